"""One version by one set, two versions by their dates, three methods side by side: hand-computed plots."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from pingchang_geo import accounts, carbon, layers
from pingchang_geo.access import operator
from pingchang_geo.errors import PingchangError
from pingchang_geo.indicators import load_ledger
from pingchang_geo.provenance import Kind, Provenance
from pingchang_geo.store import LocalStore, Version
from pingchang_geo.units import CO2_PER_C
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.accounts import account, removal, stock_change
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

FOREST = layers.get("forest")
IPCC = next(one for one in carbon.sets() if one.method == "ipcc")


@pytest.fixture
def atlas(store: LocalStore) -> Atlas:
    return load(store)


def publish_forest(store: LocalStore, frame, as_of: str, kind: Kind = Kind.OFFICIAL) -> Version:
    return publish(
        store,
        "forest",
        frame,
        provenance=Provenance(kind, "平昌县林业局", as_of=as_of),
        actor=operator("技术员"),
        note="",
        base=store.snapshot().versions["forest"].name,
    )


def test_the_current_set_takes_the_derived_columns(atlas: Atlas) -> None:
    found = account.account(atlas["forest"], carbon.load())
    assert found.frame is atlas["forest"].frame
    assert found.simulated.total == pytest.approx(found.frame["stock_tc"].sum())
    assert found.propagated.total == pytest.approx(found.simulated.total)
    assert found.simulated.low < found.simulated.total < found.simulated.high


def test_another_set_is_computed_anew_and_changes_nothing_shared(atlas: Atlas) -> None:
    data = atlas["forest"]
    before = data.frame["stock_tc"].to_numpy().copy()
    found = account.account(data, IPCC)
    assert np.array_equal(data.frame["stock_tc"].to_numpy(), before)
    first = found.frame.iloc[0]
    # 马尾松, V = 60: 60 · 0.380 · 1.472 · 1.187 · 0.460
    assert first["stock_tc_ha"] == pytest.approx(60 * 0.380 * 1.472 * 1.187 * 0.460)
    assert first["stock_tc"] == pytest.approx(first["stock_tc_ha"] * first["area_ha"])
    assert found.simulated.total == pytest.approx(found.frame["stock_tc"].sum())


def test_the_current_set_by_recomputing_equals_the_derived(atlas: Atlas) -> None:
    data = atlas["forest"]
    again = account.with_stock(data.frame, account.role_of(FOREST), carbon.load())
    for name in ("stock_tc_ha", "stock_tc"):
        assert np.allclose(again[name], data.frame[name], rtol=1e-12, equal_nan=True)
    assert (again["stock_basis"].astype(str) == data.frame["stock_basis"].astype(str)).all()


def test_groupings_follow_the_declaration_and_what_is_filled(atlas: Atlas) -> None:
    names = [field.name for field in account.groupings(atlas["forest"])]
    assert names[:3] == ["species", "age_group", "stand_kind"]
    assert {"origin", "township", "stock_basis"} <= set(names)
    assert not {"location", "land_class", "canopy"} & set(names)
    assert list(account.zone_shares(atlas["forest"], layers.zones())) == ["redline_share_pct"]


def test_plots_without_a_stock_are_counted_by_name(store: LocalStore) -> None:
    frame = layer_frames.forest()
    frame.loc[0, "volume_m3_ha"] = np.nan
    frame["species"] = frame["species"].cat.add_categories(["银杏"])
    frame.loc[[1, 2], "species"] = "银杏"
    publish_forest(store, frame, "2024")
    found = account.account(load(store)["forest"], carbon.load())
    lost = {one.basis: one for one in account.left_out(found)}
    assert lost["蓄积缺失或异常"].plots == 1 and lost["蓄积缺失或异常"].names == ("马尾松",)
    assert lost["树种无参数"].plots == 2 and lost["树种无参数"].names == ("银杏",)
    area = found.frame["area_ha"]
    assert lost["树种无参数"].area_ha == pytest.approx(area.iloc[1] + area.iloc[2])
    assert int(found.frame["stock_tc"].isna().sum()) == sum(one.plots for one in lost.values())


def test_removal_by_growth_of_one_plot(atlas: Atlas) -> None:
    found = account.account(atlas["forest"], carbon.load())
    values = account.removal_by_growth(found, 4.0)
    area = found.frame["area_ha"].iloc[0]
    assert values.iloc[0] == pytest.approx(0.5034 * 60 * 0.04 * 0.47 * 44 / 12 * area)
    assert account.removal_by_growth(found, 8.0).sum() == pytest.approx(2 * values.sum())


def test_three_methods_by_kind(atlas: Atlas) -> None:
    found = account.account(atlas["forest"], carbon.load())
    rows = removal.side_by_side(found, load_ledger(), 4.0, {"新造林": 7.0})
    assert [row.kind for row in rows] == ["新造林", "森林经营林", "其他林地"]
    new, managed, other = rows
    assert new.reported_tco2_a == load_ledger().number("new_forest_removal_wt_a") * 1e4
    assert new.official_tco2_a == pytest.approx(15.84 / 26.41 * 15 * new.area_ha)
    assert (new.change_tco2_a, math.isnan(managed.change_tco2_a)) == (7.0, True)
    assert other.reported is None and math.isnan(other.reported_tco2_a) and math.isnan(other.official_tco2_a)
    total = account.removal_by_growth(found, 4.0).sum()
    assert sum(row.model_tco2_a for row in rows) == pytest.approx(total)
    assert sum(row.area_ha for row in rows) == pytest.approx(found.area_ha)
    assert "储量差法" in removal.gap_words(new) and removal.gap_words(other) == ""


def test_without_a_growth_rate_the_model_says_nothing(atlas: Atlas) -> None:
    found = account.account(atlas["forest"], carbon.load())
    for row in removal.side_by_side(found, load_ledger()):
        assert math.isnan(row.model_tco2_a) and row.model_area_ha == 0
        assert removal.gap_words(row) == ""


def test_plots_without_a_kind_have_a_row_of_their_own(store: LocalStore) -> None:
    frame = layer_frames.forest()
    frame.loc[0, "stand_kind"] = None
    publish_forest(store, frame, "2024")
    found = account.account(load(store)["forest"], carbon.load())
    rows = {row.kind: row for row in removal.side_by_side(found, load_ledger(), 1.0)}
    assert rows[accounts.UNFILLED].area_ha == pytest.approx(found.frame["area_ha"].iloc[0])
    assert rows[accounts.UNFILLED].model_tco2_a > 0


def test_stock_change_of_two_versions(store: LocalStore) -> None:
    first = publish_forest(store, layer_frames.forest(volume=60.0), "2020-12-31")
    second = publish_forest(store, layer_frames.forest(volume=66.0), "2023-12-31")
    found = stock_change.between(store, FOREST, first, second, carbon.load())
    frame = load(store)["forest"].frame
    slopes = frame["species"].astype(str).map({"马尾松": 0.5034, "柏木": 0.6129, "栎类": 1.1453})
    by_plot = slopes * 6.0 * 0.47 * frame["area_ha"] * CO2_PER_C / 3
    assert found.whole.years == 3
    assert found.whole.removal_tco2_a == pytest.approx(by_plot.sum())
    for kind, value in found.by_kind.items():
        assert value == pytest.approx(by_plot[frame["stand_kind"] == kind].sum())
    assert sum(found.by_kind.values()) == pytest.approx(found.whole.removal_tco2_a)


def test_stock_change_where_no_plot_has_a_kind_stands_in_the_row_without_one(store: LocalStore) -> None:
    for volume, date in ((60.0, "2020-12-31"), (66.0, "2023-12-31")):
        publish_forest(store, layer_frames.forest(volume=volume).assign(stand_kind=None), date)
    second, first = store.versions("forest")[:2]
    found = stock_change.between(store, FOREST, first, second, carbon.load())
    now = account.account(load(store)["forest"], carbon.load())
    (row,) = removal.side_by_side(now, load_ledger(), None, found.by_kind)
    assert row.kind == accounts.UNFILLED and row.change_tco2_a > 0
    assert row.change_tco2_a == pytest.approx(found.whole.removal_tco2_a)


def test_a_plot_that_two_kinds_share_and_one_without_a_kind(store: LocalStore) -> None:
    before, after = layer_frames.forest(volume=60.0), layer_frames.forest(volume=66.0)
    for name in FOREST.key:  # rows 0 and 1 of the later version claim to be the same plot, of two kinds
        after.loc[1, name] = after.loc[0, name]
    after.loc[0, "stand_kind"], after.loc[1, "stand_kind"], after.loc[2, "stand_kind"] = "新造林", "森林经营林", None
    first = publish_forest(store, before, "2020-12-31")
    found = stock_change.between(store, FOREST, first, publish_forest(store, after, "2023-12-31"), carbon.load())
    assert found.whole.ambiguous_after.plots == 2
    assert found.by_kind[accounts.UNFILLED] > 0
    assert np.nansum(list(found.by_kind.values())) == pytest.approx(found.whole.removal_tco2_a)


def test_a_version_is_measured_anew_where_its_derived_file_is_gone(store: LocalStore) -> None:
    version = store.snapshot().versions["forest"]
    kept = stock_change.plots_of(store, FOREST, version, carbon.load())
    derive._attributes_path(store, version).unlink()
    anew = stock_change.plots_of(store, FOREST, version, carbon.load())
    assert np.allclose(kept["area_ha"], anew["area_ha"], rtol=1e-12)
    assert np.allclose(kept["stock_tc"], anew["stock_tc"], rtol=1e-12)


def test_the_proposal_names_what_is_missing(store: LocalStore) -> None:
    only = store.versions("forest")
    assert "只有一个版本" in stock_change.proposed(only, only[0]).missing
    publish_forest(store, layer_frames.forest(volume=61.0), "")
    assert "第 2 版没有数据时点" in stock_change.proposed(store.versions("forest")).missing
    publish_forest(store, layer_frames.forest(volume=62.0), "2021")
    older = stock_change.proposed(store.versions("forest"))
    # The reference version is dated 2022: not before 2021.
    assert older.before is None and "第 2 版没有数据时点" in older.missing
    publish_forest(store, layer_frames.forest(volume=63.0), "2024-06-30")
    found = stock_change.proposed(store.versions("forest"))
    assert found.before is not None and found.after is not None
    assert (found.before.number, found.after.number, found.missing) == (3, 4, "")


def test_versions_in_the_wrong_order_are_refused_in_words(store: LocalStore) -> None:
    first = publish_forest(store, layer_frames.forest(), "2020")
    second = publish_forest(store, layer_frames.forest(volume=66), "2023")
    with pytest.raises(PingchangError, match="不晚于"):
        stock_change.between(store, FOREST, second, first, carbon.load())


def test_a_layer_without_carbon_has_no_role() -> None:
    with pytest.raises(ValueError, match="carries no carbon"):
        account.role_of(dataclasses.replace(layers.get("redline"), carbon=None))
