import pytest

from pingchang_geo import layers
from pingchang_geo.errors import UnknownLayerError
from pingchang_geo.indicators import load_ledger
from pingchang_geo.layers import joined
from pingchang_geo.specs import FieldKind, LayerSpec

SPECS = layers.all_specs()
IDS = [spec.id for spec in SPECS]


def test_the_eight_layer_types() -> None:
    assert set(IDS) == {"county", "neighbours", "redline", "forest", "scenic", "parks", "townships", "rivers"}


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_declarations_are_whole(spec: LayerSpec) -> None:
    assert spec.title and spec.noun and spec.description and spec.geometry
    for field in spec.fields:
        assert field.label, field.name
        if field.codes:
            assert set(field.codes.values()) <= set(field.values), field.name
    for theme in spec.themes:
        numeric = spec.field(theme.field).kind is FieldKind.NUMBER
        assert bool(theme.ramp) is numeric
        assert not (theme.palette and numeric)
    for chart in spec.charts:
        assert not chart.measure or spec.field(chart.measure).extensive
    # any quantity or category may colour the map, but for some totals around zones
    coloured = {f.name for f in spec.fields if f.kind is not FieldKind.TEXT} - joined.uncoloured(spec)
    assert spec.base_map or coloured == {theme.field for theme in spec.themes}
    # a name must lead to one field only
    names = [n for f in spec.source_fields for n in {a.upper() for a in (f.name, *f.aliases)}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_control_totals_and_indicators_stand_in_the_ledger(spec: LayerSpec) -> None:
    ledger = load_ledger()
    for indicator in (*spec.indicators, *(total.indicator for total in spec.control_totals)):
        assert indicator in ledger


def test_plots_get_a_share_for_each_zone_layer() -> None:
    forest = layers.get("forest")
    for zone in layers.zones():
        assert zone.zone is not None
        assert forest.has(zone.zone.share_field)
        assert forest.theme(zone.zone.share_field) is not None


@pytest.mark.parametrize("layer", ["scenic", "parks"])
def test_zones_with_rings_know_their_surroundings_and_the_red_line(layer: str) -> None:
    spec = layers.get(layer)
    assert spec.field("forest_area_1km_ha").label == "周边 1 km 林地面积"
    assert spec.field("forest_removal_5km_tco2_a").label == "周边 5 km 年固碳量（官方口径系数法）"
    assert spec.field("forest_stock_3km_tc").unit == "tC"
    assert spec.popup[-2:] == ("redline_distance_m", "redline_overlap_ha")
    assert spec.field("redline_distance_m").label == "距生态保护红线"
    assert "仅有点位者取周边 1 km" in spec.field("redline_overlap_ha").help
    # sums of overlapping rings mean nothing, and nine more colours would bury the others
    rings = joined.ring_fields(spec.zone)
    assert len(rings) == 9 and not any(field.extensive for field in rings)
    assert [t.field for t in spec.themes if "km_" in t.field] == [f"forest_stock_{km}km_tc" for km in (1, 3, 5)]
    # tables and pop-ups begin as before
    assert [f.name for f in spec.fields].index("forest_removal_tco2_a") < [f.name for f in spec.fields].index(
        "redline_distance_m"
    )


def test_only_zones_with_rings_get_surroundings() -> None:
    for layer in ("redline", "townships", "forest", "county"):
        assert not any("km_" in f.name or f.name.startswith("redline_distance") for f in layers.get(layer).fields)


def test_layers_behind_joined_columns() -> None:
    scenic = layers.get("scenic")
    assert layers.behind(scenic) == ("scenic",)
    assert layers.behind(scenic, ["forest_stock_3km_tc"]) == ("scenic", "forest")
    assert layers.behind(scenic, ["redline_distance_m"]) == ("scenic", "redline")
    assert layers.behind(scenic, ["redline_overlap_ha", "forest_area_ha"]) == ("scenic", "forest", "redline")
    assert layers.behind(layers.get("redline"), ["forest_stock_tc"]) == ("redline", "forest")


def test_names_of_rings() -> None:
    assert joined.ring_field("forest_stock_tc", 3000.0) == "forest_stock_3km_tc"
    assert joined.ring_field("forest_removal_tco2_a", 500.0) == "forest_removal_0_5km_tco2_a"


def test_an_unknown_layer_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownLayerError, match="forest（森林小班）"):
        layers.get("forrest")


@pytest.mark.parametrize(
    ("field", "code", "name"),
    [
        ("species", "220", "马尾松"),
        ("species", "350000", "柏木"),
        ("origin", "21", "人工"),
        ("age_group", "3", "近熟林"),
        ("forest_use", "112", "防护林"),
        ("land_class", "030100", "乔木林地"),
        ("land_class", "0111", "乔木林地"),
    ],
)
def test_codes(field: str, code: str, name: str) -> None:
    assert layers.get("forest").field(field).codes[code] == name
