"""Annual removal by three methods side by side, stand kind by stand kind, beside what the report says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pingchang_geo import accounts
from pingchang_geo.indicators import Indicator, Ledger
from pingchang_geo.workflow.accounts.account import CarbonAccount, removal_by_growth

_T_PER_WT = 10_000


@dataclass(frozen=True)
class KindRemoval:
    """One stand kind; removals in tCO₂/a, NaN where a method says nothing.

    ``reported`` is the ledger's figure for the kind; ``model_area_ha`` the area the model could compute.
    """

    kind: str
    area_ha: float
    reported: Indicator | None
    official_tco2_a: float
    model_tco2_a: float
    model_area_ha: float
    change_tco2_a: float

    @property
    def reported_tco2_a(self) -> float:
        """The report's figure in t."""
        return math.nan if self.reported is None else (self.reported.value or 0.0) * _T_PER_WT


def side_by_side(
    found: CarbonAccount,
    ledger: Ledger,
    growth_pct_a: float | None = None,
    change_by_kind: Mapping[str, float] | None = None,
) -> tuple[KindRemoval, ...]:
    """Rows by stand kind: those the report covers first.

    Args:
        found: the account of the current version by the chosen set.
        ledger: the reported totals.
        growth_pct_a: volume growth entered by the reader, %/a; None computes nothing by the model.
        change_by_kind: removal by stock change, tCO₂/a; None where no two versions are compared.
    """
    role, frame = found.role, found.frame
    reported = {rate.stand_kind: ledger[rate.removal_indicator] for rate in found.factors.official_rates}
    model = removal_by_growth(found, growth_pct_a).to_numpy() if growth_pct_a is not None else None
    table = accounts.by_group(frame, role.stand_kind).set_index("group")
    order = [*(kind for kind in reported if kind in table.index), *(k for k in table.index if k not in reported)]
    words = frame[role.stand_kind].astype(object).where(frame[role.stand_kind].notna(), accounts.UNFILLED)
    area = frame["area_ha"].to_numpy(dtype=np.float64)
    rows = []
    for kind in order:
        here = (words == kind).to_numpy(dtype=bool)
        known = here & np.isfinite(model) if model is not None else np.zeros(len(frame), dtype=bool)
        rows.append(
            KindRemoval(
                kind=str(kind),
                area_ha=float(table.loc[kind, "area_ha"]),
                reported=reported.get(str(kind)),
                official_tco2_a=float(table.loc[kind, "removal_tco2_a"]),
                model_tco2_a=float(model[known].sum()) if model is not None and known.any() else math.nan,
                model_area_ha=float(area[known].sum()),
                change_tco2_a=(change_by_kind or {}).get(str(kind), math.nan),
            )
        )
    return tuple(rows)


def gap_words(row: KindRemoval) -> str:
    """Why the model or the stock change differs from the reported figure, in figures; empty without both."""
    parts = []
    for name, value in (("模型法", row.model_tco2_a), ("储量差法", row.change_tco2_a)):
        if math.isfinite(value) and row.reported_tco2_a > 0:
            parts.append(f"{name}为报告值的 {100 * value / row.reported_tco2_a:.0f} %")
    return "，".join(parts)
