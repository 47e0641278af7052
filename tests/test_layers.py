import pytest

from pingchang_geo import layers
from pingchang_geo.errors import UnknownLayerError
from pingchang_geo.indicators import load_ledger
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
    # any quantity or category may colour the map
    coloured = {f.name for f in spec.fields if f.kind is not FieldKind.TEXT}
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
