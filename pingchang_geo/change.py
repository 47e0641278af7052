"""Annual removal as the change of carbon stock between two versions of the same plots (IPCC stock-difference).

Plots are matched by their key, never by position. A key that is missing or occurs twice on a side matches nothing;
such plots, and those that only one version has, are counted and left out: their stock did not change, their record did.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo import carbon
from pingchang_geo.comparison import keys
from pingchang_geo.errors import PingchangError
from pingchang_geo.units import format_number

Rows = NDArray[np.intp]

#: A relative change of the matched plots' area beyond which the notes speak of it.
_AREA_CHANGE: Final = 1e-3
_DATE: Final = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?[年月日]?")
_DATE_FIX: Final = "请在发布时填写数据时点，如 2024-12-31、2024-12 或 2024。"


@dataclass(frozen=True)
class Plots:
    """Some plots of one version: how many, their area, and the stock of those that have one."""

    plots: int
    area_ha: float
    stock_tc: float
    unknown_plots: int

    @classmethod
    def of(cls, frame: pd.DataFrame, rows: Rows) -> Plots:
        """Sums over ``rows``; ``frame`` has ``area_ha`` and ``stock_tc``."""
        area = frame["area_ha"].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
        stock = frame["stock_tc"].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
        return cls(len(rows), float(np.nansum(area)), float(np.nansum(stock)), int(np.isnan(stock).sum()))


@dataclass(frozen=True, eq=False)
class Match:
    """Which plots of two versions are the same, by position in their frames.

    Attributes:
        key: the key fields used; those empty in a version have no part in it.
        before, after: the k matched plots, one position a side.
        unclear_before, unclear_after: plots whose key is missing or occurs twice in either version.
    """

    key: tuple[str, ...]
    before: Rows
    after: Rows
    unclear_before: Rows
    unclear_after: Rows


@dataclass(frozen=True)
class StockChange:
    """The outcome.

    Attributes:
        years: between the two dates.
        key: the key fields that plots were matched by; those empty in a version have no part in it.
        before, after: the matched plots whose stock is known on both sides; the removal follows from these.
        unknown: matched plots whose stock is unknown on a side, as they are afterwards.
        added, removed: plots with a key that only one version has.
        ambiguous_before, ambiguous_after: plots whose key is missing or occurs twice in either version.
        removal_tco2_a: (after − before) × 44/12 over ``years``; negative for a loss, NaN where nothing matched.
        notes: Chinese sentences on what the figure holds and what it leaves out.
    """

    years: float
    key: tuple[str, ...]
    before: Plots
    after: Plots
    unknown: Plots
    added: Plots
    removed: Plots
    ambiguous_before: Plots
    ambiguous_after: Plots
    removal_tco2_a: float
    notes: tuple[str, ...]

    @property
    def matched(self) -> int:
        """Number of matched plots."""
        return self.after.plots + self.unknown.plots


def match(before: pd.DataFrame, after: pd.DataFrame, key: tuple[str, ...]) -> Match:
    """Match the plots of two whole versions; parts of them would hide keys that occur twice.

    Args:
        before: m plots with the key fields.
        after: n plots of the later version.
        key: fields that together name a plot.
    """
    used = tuple(name for name in key if _filled(before, name) and _filled(after, name))
    return Match(used, *_matched(keys(before, used), keys(after, used)))


def stock_change(before: pd.DataFrame, after: pd.DataFrame, matched: Match, years: float) -> StockChange:
    """Stock difference of matched plots.

    Args:
        before: m plots with ``area_ha`` and ``stock_tc``, computed with the same parameter set.
        after: n plots of the later version.
        matched: what :func:`match` found for the two.
        years: between the dates of the two versions, above 0.

    Raises:
        FactorError: ``years`` is not above 0.
    """
    old, new, known = matched.before, matched.after, _known(before, after, matched)
    old_unclear, new_unclear = matched.unclear_before, matched.unclear_after
    first, second = Plots.of(before, old[known]), Plots.of(after, new[known])
    gone = np.setdiff1d(np.arange(len(before)), np.concatenate([old, old_unclear]))
    came = np.setdiff1d(np.arange(len(after)), np.concatenate([new, new_unclear]))
    removal = carbon.stock_difference_tco2_a(first.stock_tc, second.stock_tc, years)
    found = StockChange(
        years=years,
        key=matched.key,
        before=first,
        after=second,
        unknown=Plots.of(after, new[~known]),
        added=Plots.of(after, came),
        removed=Plots.of(before, gone),
        ambiguous_before=Plots.of(before, old_unclear),
        ambiguous_after=Plots.of(after, new_unclear),
        removal_tco2_a=removal if second.plots else float("nan"),
        notes=(),
    )
    return replace(found, notes=_notes(found))


def removal_by_group(
    before: pd.DataFrame, after: pd.DataFrame, matched: Match, years: float, groups: pd.Series[str]
) -> dict[str, float]:
    """Removal of matched plots in tCO₂/a by a word of the later version; the values add up to the whole removal.

    Args:
        before, after, matched, years: as in :func:`stock_change`.
        groups: a word for each of the n later plots, none missing.

    Returns:
        Every word of ``groups``; NaN where no plot of that group is matched with a known stock.
    """
    known = _known(before, after, matched)
    old, new = matched.before[known], matched.after[known]
    words = groups.astype(object).to_numpy()
    found = {str(word): float("nan") for word in pd.unique(words)}
    first, second = _stock(before)[old], _stock(after)[new]
    for word in pd.unique(words[new]):
        here = words[new] == word
        found[str(word)] = carbon.stock_difference_tco2_a(float(first[here].sum()), float(second[here].sum()), years)
    return found


def _known(before: pd.DataFrame, after: pd.DataFrame, matched: Match) -> NDArray[np.bool_]:
    """Which matched pairs have a stock on both sides."""
    return np.isfinite(_stock(before)[matched.before]) & np.isfinite(_stock(after)[matched.after])


def _filled(frame: pd.DataFrame, name: str) -> bool:
    return name in frame.columns and bool((frame[name].notna() & (frame[name].astype(object) != "")).any())


def _stock(frame: pd.DataFrame) -> NDArray[np.float64]:
    return frame["stock_tc"].to_numpy(dtype=np.float64, na_value=np.nan)


def _matched(before: pd.Series[str], after: pd.Series[str]) -> tuple[Rows, Rows, Rows, Rows]:
    """Rows before and after of the matches, then the rows before and after whose key is no use."""
    codes, _ = pd.factorize(pd.concat([before, after], ignore_index=True))
    old, new = codes[: len(before)], codes[len(before) :]
    size = int(codes.max(initial=-1)) + 1
    times_old = np.bincount(old[old >= 0], minlength=size)
    times_new = np.bincount(new[new >= 0], minlength=size)
    unclear = np.append((times_old > 1) | (times_new > 1), True)  # code −1, no key, reads the last entry
    both = np.append((times_old == 1) & (times_new == 1), False)
    place = np.full(size + 1, -1, dtype=np.intp)
    place[old] = np.arange(len(old))
    rows = np.flatnonzero(both[new])
    return place[new[rows]], rows, np.flatnonzero(unclear[old]), np.flatnonzero(unclear[new])


def _notes(found: StockChange) -> tuple[str, ...]:
    notes = ["储量差值是净变化，含生长、采伐、枯损、树种更改和调查误差；两期按同一参数集计算。"]
    if not found.matched:
        notes.append("没有编号一致的小班，无法计算储量差值。")
    unclear = found.ambiguous_before.plots, found.ambiguous_after.plots
    if any(unclear):
        notes.append(f"前一版本 {unclear[0]:,} 个、后一版本 {unclear[1]:,} 个小班编号缺失或重复，无法配对，未计入。")
    if found.removed.plots or found.added.plots:
        notes.append(
            f"只在前一版本中的 {found.removed.plots:,} 个、只在后一版本中的 {found.added.plots:,} 个小班未计入"
            "（区划调整、编号更改或林地增减）。"
        )
    if found.unknown.plots:
        notes.append(f"{found.unknown.plots:,} 对小班有一期碳储量未知，未计入。")
    change_ha = found.after.area_ha - found.before.area_ha
    if abs(change_ha) > _AREA_CHANGE * found.before.area_ha:
        words = "增加" if change_ha > 0 else "减少"
        notes.append(f"配对小班的面积共{words} {format_number(abs(change_ha))} 公顷，由此而来的储量变化也在差值之内。")
    return tuple(notes)


def years_between(as_of_before: str, as_of_after: str) -> float:
    """Years between two dates: whole years, then the part of the year begun.

    A date without day or month (``2022``, ``2022-12``) stands for the last day of its year or month, as inventories
    are dated.

    Raises:
        PingchangError: a date is missing or unreadable, or the second is not after the first.
    """
    first, second = _day("前一版本", as_of_before), _day("后一版本", as_of_after)
    if second <= first:
        raise PingchangError(
            f"后一版本的数据时点（{as_of_after}）不晚于前一版本（{as_of_before}），无法计算年均变化。",
            fix="请选择时点更早的版本作前一版本，或核对发布时填写的数据时点。",
        )
    years = second.year - first.year
    if _after(first, years) > second:
        years -= 1
    start, end = _after(first, years), _after(first, years + 1)
    return years + (second - start).days / (end - start).days


def _day(which: str, text: str) -> date:
    if not text.strip():
        raise PingchangError(f"{which}没有数据时点，无法计算年均变化。", fix=_DATE_FIX)
    found = _DATE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        year, month = int(found[1]), int(found[2] or 12)
        return date(year, month, int(found[3] or calendar.monthrange(year, month)[1]))
    except ValueError:  # calendar.IllegalMonthError is one
        raise PingchangError(f"{which}的数据时点「{text}」无法识别。", fix=_DATE_FIX) from None


def _after(day: date, years: int) -> date:
    """The same day some years on; for the end of a month the end of that month."""
    last = calendar.monthrange(day.year + years, day.month)[1]
    ends = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(day.year + years, day.month, last if ends else min(day.day, last))
