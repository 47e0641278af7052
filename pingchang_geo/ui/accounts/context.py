"""What every piece of the page 碳汇核算 needs, gathered once a run; and numbers in the reader's units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import streamlit as st

from pingchang_geo import units
from pingchang_geo.carbon.factors import FactorSet
from pingchang_geo.carbon.parameters import FLAG_WORDS
from pingchang_geo.exports import sheet as sheets
from pingchang_geo.store import Version
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.accounts.state import AccountsState, Offer
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.accounts import account as carbon_account
from pingchang_geo.workflow.accounts.account import CarbonAccount
from pingchang_geo.workflow.atlas import Atlas, LayerData


@dataclass(frozen=True)
class AccountsContext:
    """The page's data and choices; ``versions`` are all of the layer, newest first."""

    atlas: Atlas
    data: LayerData
    versions: tuple[Version, ...]
    sets: tuple[FactorSet, ...]
    offer: Offer
    state: AccountsState

    @property
    def factors(self) -> FactorSet:
        """The chosen parameter set."""
        return next(one for one in self.sets if one.id == self.state.set_id)

    @property
    def account(self) -> CarbonAccount:
        """The account by the chosen set."""
        return self.account_by(self.factors)

    def account_by(self, factors: FactorSet) -> CarbonAccount:
        """The account by any set, computed once a snapshot for all sessions: shares of zones are among its columns."""
        return _account((self.atlas.id, self.data.spec.id, factors.id), self.data, factors)

    def mark(self, *fields: str) -> str:
        """示意数据 when a reference layer stands behind these columns."""
        return shared.mark(self.atlas, self.data.spec, fields)

    def footer(self) -> str:
        """Version, set and date, inside charts."""
        version = self.data.version
        return (
            f"{self.data.spec.title}{version.label}（{version.provenance.kind.label}） · {self.factors.label} · "
            f"{date.today():%Y-%m-%d}"
        )

    def notes(self, *fields: str, more: Iterable[tuple[str, str]] = ()) -> tuple[tuple[str, str], ...]:
        """Lines of an export: the set and what is unverified in it, then versions, date and mark."""
        factors = self.factors
        lines = [("参数集", f"{factors.label}（{factors.id}）：{factors.formula}。{factors.note}")]
        lines += [(f"{flag}参数", f"{words}（{FLAG_WORDS[flag]}）。") for flag, words in self.account.flagged]
        sources = shared.sources(self.atlas, self.data.spec, fields)
        return (*lines, *more, *sheets.notes(sources, datetime.now(), mark=self.mark(*fields)))


@st.cache_resource(max_entries=16, show_spinner="正在按所选参数集计算碳储量……")
def _account(key: tuple[str, str, str], _data: LayerData, _factors: FactorSet) -> CarbonAccount:
    return carbon_account.account(_data, _factors)


@dataclass(frozen=True)
class Column:
    """A column of numbers of one internal unit: how the reader sees it."""

    unit: str
    choice: UnitChoice

    @classmethod
    def of(cls, unit: str, choice: UnitChoice, values: Iterable[float]) -> Column:
        """Masses stay in tonnes where even the largest would be under one 万吨."""
        known = [abs(value) for value in values if np.isfinite(value)]
        return cls(unit, units.fitting(unit, choice, max(known, default=0.0)))

    @property
    def label(self) -> str:
        """The shown unit."""
        return units.shown_unit(self.unit, self.choice)

    @property
    def factor(self) -> float:
        """Shown = internal × factor."""
        return units.shown_factor(self.unit, self.choice)

    @property
    def digits(self) -> int:
        """Decimals of the shown unit."""
        return (self.choice.area if self.unit == "ha" else self.choice.mass).value.digits

    def text(self, value: float) -> str:
        """``1,804,200``; a dash for an unknown value."""
        return units.format_number(value * self.factor, self.digits)

    def shown(self, values: Iterable[float]) -> list[float | None]:
        """Numbers of an export, None where unknown."""
        scaled = (value * self.factor for value in values)
        return [round(value, self.digits + 2) if np.isfinite(value) else None for value in scaled]
