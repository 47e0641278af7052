"""Stock change between two versions: matched by key, and nothing else; dates as they are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import change
from pingchang_geo.errors import FactorError, PingchangError

KEY = ("township", "linban", "xiaoban")


def plots(*rows: tuple[str | None, str | None, float, float]) -> pd.DataFrame:
    """Plots of 林班, 小班, area (ha), stock (tC); no township."""
    frame = pd.DataFrame(list(rows), columns=["linban", "xiaoban", "area_ha", "stock_tc"])
    return frame.assign(township=None)


def difference(one: pd.DataFrame, two: pd.DataFrame, key: tuple[str, ...], years: float) -> change.StockChange:
    return change.stock_change(one, two, change.match(one, two, key), years)


BEFORE = plots(("1", "1", 10, 400), ("1", "2", 5, 200), ("2", "1", 8, 300), ("2", "2", 8, 100), ("3", "1", 1, np.nan))
AFTER = plots(("3", "1", 1, 50), ("1", "2", 5, 260), ("2", "2", 7, 90), ("9", "9", 2, 80), ("1", "1", 10, 470))


def test_by_hand() -> None:
    """1-1: +70, 1-2: +60, 2-2: −10, so 120 tC · 44/12 / 2 a = 220 tCO₂/a; 3-1 has no stock before."""
    found = difference(BEFORE, AFTER, KEY, 2.0)
    assert found.removal_tco2_a == pytest.approx(220.0)
    assert found.key == ("linban", "xiaoban")  # no township is filled in
    assert (found.before.plots, found.before.stock_tc, found.before.area_ha) == (3, 700.0, 23.0)
    assert (found.after.plots, found.after.stock_tc, found.after.area_ha) == (3, 820.0, 22.0)
    assert (found.unknown.plots, found.unknown.stock_tc) == (1, 50.0)
    assert (found.added.plots, found.added.stock_tc) == (1, 80.0)
    assert (found.removed.plots, found.removed.stock_tc, found.removed.area_ha) == (1, 300.0, 8.0)
    assert (found.ambiguous_before.plots, found.ambiguous_after.plots, found.matched) == (0, 0, 4)


def test_the_notes_say_what_is_left_out() -> None:
    notes = "".join(difference(BEFORE, AFTER, KEY, 2.0).notes)
    for words in ("净变化", "只在前一版本中的 1 个、只在后一版本中的 1 个", "1 对小班有一期碳储量未知", "减少 1 公顷"):
        assert words in notes
    assert "缺失或重复" not in notes
    same = difference(BEFORE.iloc[:4], BEFORE.iloc[:4], KEY, 1.0)
    assert len(same.notes) == 1 and same.removal_tco2_a == 0.0


def test_groups_add_up_to_the_whole() -> None:
    """A 1-1 (+70) and 2-2 (−10), B 1-2 (+60), 3-1 has no stock before, 9-9 is new: over 2 years."""
    matched = change.match(BEFORE, AFTER, KEY)
    groups = pd.Series(["丙", "乙", "甲", "丁", "甲"])
    found = change.removal_by_group(BEFORE, AFTER, matched, 2.0, groups)
    assert found == pytest.approx(
        {"甲": 60 * 44 / 12 / 2, "乙": 60 * 44 / 12 / 2, "丙": np.nan, "丁": np.nan}, nan_ok=True
    )
    assert np.nansum(list(found.values())) == pytest.approx(difference(BEFORE, AFTER, KEY, 2.0).removal_tco2_a)


def test_a_key_that_two_groups_share_counts_in_neither() -> None:
    one = plots(("1", "1", 10, 400), ("2", "1", 5, 100))
    two = plots(("1", "1", 10, 410), ("1", "1", 10, 430), ("2", "1", 5, 130))
    found = change.removal_by_group(one, two, change.match(one, two, KEY), 1.0, pd.Series(["甲", "乙", "甲"]))
    assert found == pytest.approx({"甲": 30 * 44 / 12, "乙": np.nan}, nan_ok=True)


def test_groups_are_matched_by_the_key_of_the_whole() -> None:
    """Only group 乙 lacks a 林班: matched on its own it would go by 小班 alone and pair with a plot that is not it."""
    one = plots(("1", "1", 10, 400), ("2", "7", 5, 100))
    two = plots(("1", "1", 10, 410), (None, "7", 5, 300))
    found = change.removal_by_group(one, two, change.match(one, two, KEY), 1.0, pd.Series(["甲", "乙"]))
    assert found == pytest.approx({"甲": 10 * 44 / 12, "乙": np.nan}, nan_ok=True)


@pytest.mark.parametrize("twice_in", ["before", "after"])
def test_duplicate_keys_match_nothing(twice_in: str) -> None:
    one, two = plots(("1", "1", 10, 400), ("2", "1", 5, 100)), plots(("1", "1", 10, 450), ("2", "1", 5, 110))
    twin = plots(("1", "1", 3, 999))
    if twice_in == "before":
        one = pd.concat([one, twin])
    else:
        two = pd.concat([two, twin])
    found = difference(one, two, KEY, 1.0)
    assert found.removal_tco2_a == pytest.approx(10 * 44 / 12)
    assert (found.ambiguous_before.plots, found.ambiguous_after.plots) == ((2, 1) if twice_in == "before" else (1, 2))
    assert found.added.plots == found.removed.plots == 0
    assert "编号缺失或重复" in "".join(found.notes)


def test_missing_keys_match_nothing() -> None:
    one, two = plots((None, None, 10, 400), ("2", "1", 5, 100)), plots((None, None, 10, 900), ("2", "1", 5, 100))
    found = difference(one, two, KEY, 1.0)
    assert found.removal_tco2_a == 0.0
    assert (found.ambiguous_before.plots, found.ambiguous_after.plots) == (1, 1)


def test_a_key_that_one_version_lacks_has_no_part() -> None:
    found = difference(BEFORE.assign(township="甲镇"), AFTER, KEY, 2.0)
    assert found.removal_tco2_a == pytest.approx(220.0)
    nothing = difference(BEFORE, AFTER.assign(linban=None, xiaoban=None), KEY, 2.0)
    assert np.isnan(nothing.removal_tco2_a)
    assert (nothing.ambiguous_before.plots, nothing.ambiguous_after.plots, nothing.matched) == (5, 5, 0)
    assert "没有编号一致的小班" in "".join(nothing.notes)


def test_categories_of_two_versions_need_not_agree() -> None:
    one = BEFORE.assign(township=pd.Categorical(["甲"] * 5, categories=["甲", "乙"]))
    two = AFTER.assign(township=pd.Categorical(["甲"] * 5, categories=["丙", "甲"]))
    assert difference(one, two, KEY, 2.0).removal_tco2_a == pytest.approx(220.0)


def test_no_plots() -> None:
    found = difference(BEFORE.iloc[:0], AFTER, KEY, 1.0)
    assert np.isnan(found.removal_tco2_a) and found.before.plots == 0


def test_years_have_to_pass() -> None:
    with pytest.raises(FactorError, match="年数"):
        difference(BEFORE, AFTER, KEY, 0.0)


SOME = st.lists(
    st.tuples(st.sampled_from(["1", "2", None]), st.sampled_from("123"), st.floats(0, 100), st.floats(0, 1e4)),
    max_size=12,
)


@given(SOME, SOME, st.randoms(use_true_random=False))
def test_every_plot_is_accounted_for_in_any_order(one: list, two: list, shuffler) -> None:
    before, after = plots(*one), plots(*two)
    found = difference(before, after, KEY, 1.0)
    assert found.matched + found.added.plots + found.ambiguous_after.plots == len(after)
    assert found.matched + found.removed.plots + found.ambiguous_before.plots == len(before)
    shuffler.shuffle(two)
    again = difference(before, plots(*two), KEY, 1.0)
    assert again.removal_tco2_a == pytest.approx(found.removal_tco2_a, nan_ok=True, abs=1e-6)
    assert again.after.plots == found.after.plots


@pytest.mark.parametrize(
    ("before", "after", "years"),
    [
        ("2022", "2024", 2.0),
        ("2022-12-31", "2024-12-31", 2.0),
        ("2022", "2024-12", 2.0),  # a year and a month stand for their last day
        ("2022-12", "2023-12-31", 1.0),
        ("2020-02-29", "2021-02-28", 1.0),
        ("2023-12-31", "2024-07-01", 183 / 366),
        ("2022-03-15", "2024-03-14", 1 + 365 / 366),
        ("2022年12月31日", "2023/6/30", 181 / 365),
        ("2022年", "2023年12月", 1.0),
    ],
)
def test_years_between(before: str, after: str, years: float) -> None:
    assert change.years_between(before, after) == pytest.approx(years, abs=1e-12)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("", "2024", "前一版本没有数据时点"),
        ("2022", "  ", "后一版本没有数据时点"),
        ("去年", "2024", "「去年」无法识别"),
        ("2022-Q1", "2024", "「2022-Q1」无法识别"),
        ("2022", "2024-13", "「2024-13」无法识别"),
        ("2022", "2024-02-30", "「2024-02-30」无法识别"),
        ("2022月5", "2024", "「2022月5」无法识别"),
        ("2024", "2022", "不晚于"),
        ("2022", "2022-12-31", "不晚于"),
    ],
)
def test_dates_that_give_no_years(before: str, after: str, words: str) -> None:
    with pytest.raises(PingchangError) as caught:
        change.years_between(before, after)
    assert words in caught.value.message
    assert caught.value.fix
