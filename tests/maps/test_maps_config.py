"""The constant configuration and the folium glue: offline, escaped, stable."""

import json
import re

import folium
import folium.plugins
import pytest
from folium.elements import JSCSSMixin
from hypothesis import given
from hypothesis import strategies as st
from streamlit_folium import generate_js_hash, generate_leaflet_string

from pingchang_geo import maps
from pingchang_geo.errors import AssetMissingError
from pingchang_geo.maps import glue, offline
from pingchang_geo.maps.offline import Assets
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.workflow.atlas import load

FOUND = Assets(("../../vendor/leaflet/dist/leaflet.js", "../../web/map.js?v=1"), ("../../web/pingchang.css?v=1",))


@pytest.fixture
def config(store):
    atlas = load(store)
    parts = {
        i: maps.MapLayer(d.spec, d.version.name, d.frame, i == "forest", "示意数据") for i, d in atlas.layers.items()
    }
    data = [part for part in parts.values() if not part.spec.base_map]
    return maps.config("0123456789abcdef", data, [parts["county"]], (106.8, 31.2, 107.6, 31.9))


def subclasses(kind):
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def test_no_folium_class_links_to_another_host():
    for kind in subclasses(JSCSSMixin):
        for _, address in [*kind.default_js, *kind.default_css]:
            assert "//" not in address, f"{kind.__name__}: {address}"


def test_layers_are_described_as_the_contract_says(config):
    by_id = {layer["id"]: layer for layer in config["layers"]}
    assert list(by_id) == ["redline", "forest", "scenic", "parks"]
    assert by_id["forest"]["mode"] == "idtiles"
    assert by_id["forest"]["columns"]["species"]["values"][0] == "马尾松"
    assert by_id["forest"]["columns"]["stock_tc_ha"] == {
        "kind": "number",
        "label": "每公顷碳储量",
        "unit": "tC/ha",
        "digits": 1,
    }
    assert by_id["redline"]["mode"] == "geojson"
    assert by_id["redline"]["labelField"] == "name"
    assert by_id["scenic"]["style"]["symbol"] == "triangle"
    assert "symbol" not in by_id["redline"]["style"]
    assert config["base"] == {"outline": "county", "neighbours": None, "rivers": None}
    assert config["bounds"] == [[31.2, 106.8], [31.9, 107.6]]


def test_every_field_that_the_map_filters_by_or_shows_is_a_column(config):
    for layer in config["layers"]:
        assert set(layer["tooltip"]) <= set(layer["columns"])
        if layer["mode"] == "idtiles":
            assert all(column["kind"] != "text" for column in layer["columns"].values())


def test_links_of_a_map_stay_on_the_server(config):
    board = maps.new_map(config, FOUND)
    html = board.get_root().render()
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", html)
    assert [src for _, src in board.default_js] == list(FOUND.scripts)


def test_the_script_creates_the_map_once_and_is_stable(config):
    first, second = (generate_leaflet_string(_rendered(maps.new_map(config, FOUND))) for _ in range(2))
    assert first.count("PingchangMap.create(") == 1
    assert generate_js_hash(first, "k") == generate_js_hash(second, "k")
    assert _embedded(first, "PingchangMap.create(map, ") == config


def test_a_new_version_changes_the_key(config):
    other = json.loads(json.dumps(config))
    other["layers"][1]["columns"] = {"stock_tc_b": other["layers"][1]["columns"].pop("stock_tc_ha")}
    scripts = [generate_leaflet_string(_rendered(maps.new_map(c, FOUND))) for c in (config, other)]
    assert generate_js_hash(scripts[0], "k") != generate_js_hash(scripts[1], "k")


def test_a_state_arrives_unharmed(config):
    state = {"layers": {"forest": {"theme": {"field": "stock_tc_ha", "labels": ["</script>_0", "{{'a'}}"]}}}}
    board = _rendered(maps.new_map(config, FOUND))
    group = maps.command(state)
    group.add_to(board)
    group.render()
    script = generate_leaflet_string(group, base_id="feature_group_0")
    assert "</script" not in script
    assert _embedded(script, "pingchang.apply(") == state


@given(st.dictionaries(st.text(max_size=8), st.text(st.sampled_from("{}%#'<>&_\u2028a/"), max_size=20), max_size=4))
def test_embedding_keeps_every_text_and_is_inert(value):
    text = glue.embed(value)
    assert json.loads(text) == value
    assert not re.search(r"[<>&'_\u2028\u2029]|{[{%#]", text)


def test_assets_carry_a_content_hash(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "node_modules/leaflet/dist").mkdir(parents=True)
    (tmp_path / "src/manifest.json").write_text('{"styles": ["a.css"], "scripts": ["a.js", "b.js"]}')
    for name in ("src/a.js", "src/b.js", "src/a.css"):
        (tmp_path / name).write_text(name)
    with pytest.raises(AssetMissingError, match="make setup"):
        offline.assets(tmp_path)
    for name in ("leaflet.js", "leaflet.css"):
        (tmp_path / "node_modules/leaflet/dist" / name).write_text(name)
    found = offline.assets(tmp_path)
    assert [re.sub(r"\?v=[0-9a-f]{10}$", "", a) for a in found.scripts] == [
        "../../vendor/leaflet/dist/leaflet.js",
        "../../web/pingchang.js",
    ]
    assert len({address.partition("?v=")[2] for address in (*found.scripts, *found.styles)}) == 4
    assert offline.script_bundle(tmp_path) == b"src/a.js\n;\nsrc/b.js"


def test_our_own_manifest_names_files_that_exist():
    manifest = json.loads((PROJECT_ROOT / "web/src/manifest.json").read_text(encoding="utf-8"))
    for name in [*manifest["scripts"], *manifest["styles"]]:
        assert (PROJECT_ROOT / "web/src" / name).is_file()


def _rendered(board: folium.Map) -> folium.Map:
    board.get_root().render()
    return board


def _embedded(script: str, before: str):
    start = script.index(before) + len(before)
    return json.JSONDecoder().raw_decode(script[start:])[0]
