import pytest

from pingchang_geo.access import operator
from pingchang_geo.store import LocalStore
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.cards import card
from pingchang_geo.workflow.publish import current_base, publish
from pingchang_geo.workflow.search import search
from tests import layer_frames


@pytest.fixture
def atlas(store: LocalStore) -> Atlas:
    return load(store)


def test_by_name(atlas: Atlas) -> None:
    hits = search(atlas, "佛头")
    assert [(h.layer, h.title) for h in hits] == [("scenic", "佛头山")]
    west, south, east, north = hits[0].bounds
    assert (west, south) == pytest.approx((layer_frames.WEST + 0.01, layer_frames.SOUTH + 0.01))
    assert hits[0].as_dict()["bounds"] == [[south, west], [north, east]]


def test_by_compartment_number(atlas: Atlas) -> None:
    hits = search(atlas, "片区 02 2-4")
    assert {h.title for h in hits} == {"小班 示意片区 02-2-4"}


def test_a_title_finds_itself_and_full_width_digits_count(atlas: Atlas) -> None:
    title = atlas["forest"].title_of(7)
    assert [h.title for h in search(atlas, title)] == [title]
    assert search(atlas, "２-４") == search(atlas, "2-4") != []


def test_digits_match_whole_numbers(atlas: Atlas) -> None:
    assert not search(atlas, "99")
    assert not search(atlas, "   ")


@pytest.mark.parametrize("query", ["[", "(a+)+$", "\\", "%", "' OR 1=1", "<script>", "a" * 10_000])
def test_queries_are_text(atlas: Atlas, query: str) -> None:
    assert search(atlas, query) == []


def test_card_in_the_readers_units(atlas: Atlas) -> None:
    mu = dict(card(atlas, "forest", 0, UnitChoice(AreaUnit.MU, MassUnit.T)).rows)
    ha = dict(card(atlas, "forest", 0, UnitChoice(AreaUnit.HA, MassUnit.T)).rows)
    area_ha = atlas["forest"].frame["area_ha"][0]
    assert ha["面积"] == f"{area_ha:,.2f} 公顷"
    assert mu["面积"].endswith(" 亩")
    assert float(mu["面积"].split()[0].replace(",", "")) == pytest.approx(area_ha * 15, rel=1e-3)
    assert ha["红线内面积占比"] == "50.0%"
    wt = dict(card(atlas, "forest", 0, UnitChoice(AreaUnit.HA, MassUnit.WT)).rows)
    assert wt == ha  # one plot's tonnes are not 万吨
    assert "上报碳储量" not in ha  # nothing reported, nothing shown


def test_card_carries_the_mark(atlas: Atlas) -> None:
    shown = card(atlas, "redline", 0, UnitChoice())
    assert (shown.badge, shown.badge_kind) == ("示意数据", "reference")
    assert "第 1 版" in shown.note


def test_a_share_of_a_reference_zone_is_marked_on_an_official_plot(store: LocalStore) -> None:
    publish(
        store,
        "forest",
        layer_frames.forest(volume=80),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=current_base(store, "forest"),
    )
    shown = card(load(store), "forest", 0, UnitChoice())
    assert shown.badge == "官方数据"
    labels = [label for label, _ in shown.rows]
    assert "红线内面积占比〔示意〕" in labels
    assert "碳储量" in labels
    assert "生态保护红线第 1 版 · 示意" in shown.note


@pytest.mark.parametrize("row", [-1, 12, 10**9])
def test_no_such_row(atlas: Atlas, row: int) -> None:
    with pytest.raises(IndexError):
        card(atlas, "forest", row, UnitChoice())
