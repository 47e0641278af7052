"""Accounts by grouping: hand-computed groups, and sums that add up whatever the grouping."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import accounts

QUANTITIES = ["area_ha", "volume_m3", "stock_tc", "stock_tco2", "removal_tco2_a", "unknown_area_ha"]
QUANTITIES += ["reported_stock_tc", "reported_own_tc", "stock_gap_tc", "removal_area_ha"]
COUNTS = ["plots", "unknown_plots"]
NAN = np.nan


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "species": pd.Categorical(
                ["柏木", "马尾松", "柏木", None, "桉树"], categories=["马尾松", "柏木", "竹林", "桉树"]
            ),
            "township": ["乙", "甲", "乙", "甲", None],
            "area_ha": [10.0, 4.0, 2.0, 1.0, 3.0],
            "volume_m3_ha": [50.0, 60.0, -1.0, NAN, 20.0],
            "stock_basis": pd.Categorical(["蓄积换算", "蓄积换算", "蓄积缺失或异常", "树种无参数", "树种无参数"]),
            "stock_tc": [300.0, 100.0, NAN, NAN, NAN],
            "removal_tco2_a": [90.0, NAN, 12.0, NAN, NAN],
            "reported_stock_tc": [330.0, NAN, 40.0, NAN, 7.0],
        }
    )


def row(table: pd.DataFrame, group: str) -> dict:
    return table.set_index("group").loc[group].to_dict()


def test_by_species_by_hand() -> None:
    table = accounts.by_group(frame(), "species")
    assert table["group"].tolist() == ["马尾松", "柏木", "桉树", "未填"]  # in the declared order, none that is empty
    cypress = row(table, "柏木")
    assert (cypress["plots"], cypress["area_ha"], cypress["volume_m3"]) == (2, 12.0, 500.0)
    assert (cypress["stock_tc"], cypress["stock_tco2"]) == (300.0, pytest.approx(1100.0))
    assert (cypress["removal_tco2_a"], cypress["removal_area_ha"]) == (102.0, 12.0)
    assert (cypress["unknown_plots"], cypress["unknown_area_ha"]) == (1, 2.0)
    # Both plots report; ours is known of the first alone, so only it has a gap.
    assert (cypress["reported_stock_tc"], cypress["reported_own_tc"], cypress["stock_gap_tc"]) == (370.0, 300.0, 30.0)


def test_unknown_is_not_zero() -> None:
    table = accounts.by_group(frame(), "species")
    pine, gum, unfilled = row(table, "马尾松"), row(table, "桉树"), row(table, "未填")
    assert np.isnan(pine["removal_tco2_a"]) and pine["removal_area_ha"] == 0
    assert np.isnan(pine["reported_stock_tc"]) and np.isnan(pine["reported_own_tc"]) and np.isnan(pine["stock_gap_tc"])
    assert np.isnan(gum["stock_tc"]) and np.isnan(gum["stock_tco2"]) and gum["volume_m3"] == 60.0
    assert (gum["reported_stock_tc"], gum["unknown_plots"]) == (7.0, 1) and np.isnan(gum["reported_own_tc"])
    assert np.isnan(unfilled["volume_m3"]) and unfilled["plots"] == 1


def test_text_groups_come_by_area_and_the_unfilled_last() -> None:
    assert accounts.by_group(frame(), "township")["group"].tolist() == ["乙", "甲", "未填"]


def test_a_frame_without_the_optional_columns() -> None:
    plain = frame()[["township", "area_ha", "stock_tc", "removal_tco2_a"]]
    table = accounts.by_group(plain, "township")
    assert table["volume_m3"].isna().all() and table["reported_stock_tc"].isna().all()
    assert table["stock_tc"].tolist()[:2] == [300.0, 100.0]


def test_a_negative_volume_is_left_out_without_the_basis_too() -> None:
    table = accounts.by_group(frame().drop(columns="stock_basis"), "species")
    assert row(table, "柏木")["volume_m3"] == 500.0


def test_no_plots() -> None:
    assert accounts.by_group(frame().iloc[:0], "species").empty
    both = accounts.inside_outside(frame().iloc[:0].assign(share=[]), "share")
    assert both["plots"].tolist() == [0, 0] and both["stock_tc"].tolist() == [0.0, 0.0]


def test_an_unknown_grouping() -> None:
    with pytest.raises(KeyError, match="owner"):
        accounts.by_group(frame(), "owner")


def test_inside_and_outside_by_hand() -> None:
    """A quarter of the first plot, all of the second, nothing of the third, half of the fourth, none known."""
    table = accounts.inside_outside(frame().assign(share=[25.0, 100.0, 0.0, 50.0, NAN]), "share")
    assert table["group"].tolist() == ["内", "外"]
    inside, outside = table.iloc[0], table.iloc[1]
    assert (inside["area_ha"], outside["area_ha"]) == (2.5 + 4 + 0.5, 7.5 + 2 + 0.5 + 3)
    assert (inside["stock_tc"], outside["stock_tc"]) == (75 + 100, 225)
    assert (inside["removal_tco2_a"], outside["removal_tco2_a"]) == (22.5, 67.5 + 12)
    assert (inside["plots"], outside["plots"]) == (2, 3)  # the halved one counts inside
    assert (inside["border_plots"], outside["border_plots"]) == (2, 2)
    assert (inside["reported_stock_tc"], outside["reported_stock_tc"]) == (82.5, 247.5 + 40 + 7)


def test_inside_of_nothing_known_is_unknown() -> None:
    table = accounts.inside_outside(frame().assign(share=[0.0, 0.0, 0.0, 100.0, 0.0]), "share")
    assert np.isnan(table.loc[0, "stock_tc"]) and table.loc[1, "stock_tc"] == 400.0


NUMBERS = st.one_of(st.floats(0, 1e6), st.just(NAN))
PLOTS = st.lists(
    st.tuples(
        st.sampled_from(["甲", "乙", "丙", None]),
        st.floats(0, 1e4),
        st.one_of(st.floats(-5, 500), st.just(NAN)),
        NUMBERS,
        NUMBERS,
        NUMBERS,
        st.floats(0, 100),
    ),
    min_size=1,
    max_size=60,
)


def many(plots: list[tuple]) -> pd.DataFrame:
    names = ["group_by", "area_ha", "volume_m3_ha", "stock_tc", "removal_tco2_a", "reported_stock_tc", "share"]
    return pd.DataFrame(plots, columns=names).astype(dict.fromkeys(names[1:], "float64"))


def conserved(table: pd.DataFrame, plots: pd.DataFrame) -> None:
    whole = accounts.by_group(plots.assign(everything="全部"), "everything").iloc[0]
    for name in QUANTITIES:
        # A side without plots holds 0, one whose plots are all unknown nothing: the sums of what is known agree.
        assert table[name].sum() == pytest.approx(np.nan_to_num(whole[name]), rel=1e-9, abs=1e-9)
    for name in COUNTS:
        assert table[name].sum() == whole[name]
    assert whole["area_ha"] == pytest.approx(plots["area_ha"].sum(), rel=1e-9)
    assert whole["stock_tc"] == pytest.approx(plots["stock_tc"].sum(min_count=1), rel=1e-9, nan_ok=True)


@given(PLOTS)
def test_groups_add_up(plots: list[tuple]) -> None:
    conserved(accounts.by_group(many(plots), "group_by"), many(plots))


@given(PLOTS)
def test_inside_and_outside_add_up(plots: list[tuple]) -> None:
    conserved(accounts.inside_outside(many(plots), "share"), many(plots))


@given(PLOTS, st.floats(0.01, 0.99))
def test_splitting_a_plot_changes_no_sum(plots: list[tuple], part: float) -> None:
    whole = many(plots)
    quantities = ["area_ha", "stock_tc", "removal_tco2_a", "reported_stock_tc"]
    pieces = [whole.assign(**{name: whole[name] * p for name in quantities}) for p in (part, 1 - part)]
    one = accounts.by_group(whole, "group_by").set_index("group")[QUANTITIES].sort_index()
    two = accounts.by_group(pd.concat(pieces), "group_by").set_index("group")[QUANTITIES].sort_index()
    np.testing.assert_allclose(two.to_numpy(), one.to_numpy(), rtol=1e-9, atol=1e-6)
