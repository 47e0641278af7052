"""A story as a page: everything it needs is in it or named, nothing in it is read as HTML."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from pingchang_geo.briefing import Briefing, ChartKind, ChartRef, Feature, LayerView, Scene, SceneMap, Story
from pingchang_geo.maps.briefing_page import linked_page
from pingchang_geo.maps.offline import BRIEFING_BUNDLE, Parts, briefing_bundle, briefing_parts
from pingchang_geo.settings import PROJECT_ROOT, settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings.features import key_of
from pingchang_geo.workflow.briefings.playing import player_page, single_file
from pingchang_geo.workflow.briefings.telling import tell

WEB = PROJECT_ROOT / "web"
NASTY = "</script><script>alert(1)</script><!-- <b>&"
PLAYED = Briefing(
    name="probe",
    title="试讲",
    scenes=(
        Scene(
            id="plots",
            section="一",
            title="小班",
            text=("正文",),
            charts=(ChartRef(kind=ChartKind.LAYER, layer="forest", chart="species-stock"),),
            map=SceneMap(layers=(LayerView("forest", theme="species"),)),
        ),
        Scene(id="words", section="二", title=NASTY[:24], text=(NASTY,), notes=NASTY),
    ),
)


class Scripts(HTMLParser):
    """Elements of a page, and the texts of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.scripts:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    def data(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            json.loads(text) for attributes, text in self.scripts if attributes.get("id") == name
        )
        return found


@pytest.fixture
def atlas(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> Atlas:
    small = settings().model_copy(update={"id_tile_threshold": 5})
    monkeypatch.setattr(derive, "settings", lambda: small)
    derive.ensure(store, store.snapshot())
    return load(store)


@pytest.fixture
def story(atlas: Atlas) -> Story:
    first, second = PLAYED.scenes
    assert first.map is not None
    marked = replace(first.map, select=(Feature("forest", key_of(atlas["forest"], 0)),))
    told = tell(replace(PLAYED, scenes=(replace(first, map=marked), second)), atlas, approval="")
    assert not told.problems
    return told


def held(page: Scripts) -> dict[str, bytes]:
    return {path: gzip.decompress(base64.b64decode(body)) for path, body in page.data("briefing-files").items()}


def test_the_linked_page_has_no_script_of_its_own_and_loads_only_ours(story: Story, atlas: Atlas) -> None:
    page = Scripts(player_page(story, atlas, WEB))
    for attributes, text in page.scripts:
        if attributes.get("type") == "application/json":
            assert attributes["id"] == "briefing-data"
        else:
            assert text.strip() == ""
            assert re.fullmatch(r"\.\./(vendor|web)/[\w./-]+\?v=[0-9a-f]{10}", attributes["src"] or "")
    links = [attributes["href"] or "" for tag, attributes in page.tags if tag == "link"]
    assert links and all(re.fullmatch(r"\.\./(vendor|web)/[\w./-]+\?v=[0-9a-f]{10}", link) for link in links)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_the_page_holds_the_story_and_the_map_of_its_layers(story: Story, atlas: Atlas) -> None:
    data = Scripts(player_page(story, atlas, WEB)).data("briefing-data")
    assert data["story"] == json.loads(json.dumps(story.as_dict()))
    assert [layer["id"] for layer in data["config"]["layers"]] == ["forest"]
    assert data["config"]["root"] == "../"
    assert data["config"]["snapshot"] == atlas.id


def test_texts_cannot_leave_their_place(story: Story, atlas: Atlas) -> None:
    for text in (player_page(story, atlas, WEB), single_file(story, atlas, WEB).decode()):
        page = Scripts(text)
        assert page.data("briefing-data")["story"]["scenes"][1]["paragraphs"] == [NASTY]
        assert not any("alert(1)" in body for attributes, body in page.scripts if not attributes.get("id"))
    titled = replace(story, title=NASTY)
    assert "<title>&lt;/script&gt;" in player_page(titled, atlas, WEB)


def test_the_single_file_names_nothing_outside_itself(story: Story, atlas: Atlas) -> None:
    text = single_file(story, atlas, WEB).decode()
    page = Scripts(text)
    assert not any({"src", "href"} & set(attributes) for _, attributes in page.tags)
    (policy,) = (a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None and "default-src 'none'" in policy and "connect-src" not in policy
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert ".bf-stage" in styles
    assert re.findall(r"url\((?![\"']?(?:data:|#))", styles) == []


def test_the_single_file_holds_what_its_map_will_ask_for(story: Story, atlas: Atlas) -> None:
    page = Scripts(single_file(story, atlas, WEB).decode())
    config, files = page.data("briefing-data")["config"], held(page)
    (forest,) = config["layers"]
    assert config["root"] == "" and config["alone"] is True
    version = atlas["forest"].version.name
    tiles = [path for path in files if path.startswith(f"tiles/forest/{version}/")]
    assert tiles and all(len(files[path]) == 3 * 256 * 256 for path in tiles)
    zooms = {int(path.split("/")[3]) for path in tiles}
    assert max(zooms) == forest["maxNativeZoom"]
    assert min(zooms) == forest["minNativeZoom"]
    assert len(files[f"columns/forest/{atlas.id}/species"]) == len(atlas["forest"].frame)
    assert {f"columns/forest/{atlas.id}/{name}" for name in forest["tooltip"] if name in forest["columns"]} <= set(
        files
    )
    select = story.scenes[0].map.select if story.scenes[0].map else None
    assert select
    assert json.loads(files[f"outline/forest/{version}/{select[0][1]}"])["geometry"]["type"] == "Polygon"
    for layer_id in filter(None, config["base"].values()):
        assert json.loads(files[f"layers/{layer_id}/{atlas.id}.geojson"])["features"]


def test_a_story_without_scenes_is_a_page_that_says_so(atlas: Atlas) -> None:
    empty = tell(Briefing(name="empty", title="空", scenes=()), atlas, approval="")
    assert Scripts(player_page(empty, atlas, WEB)).data("briefing-data")["story"]["scenes"] == []
    assert b"briefing-data" in single_file(empty, atlas, WEB)


def test_the_same_story_is_the_same_file(story: Story, atlas: Atlas) -> None:
    assert single_file(story, atlas, WEB) == single_file(story, atlas, WEB)


def test_the_players_files_are_there_and_named_by_their_content(story: Story, atlas: Atlas) -> None:
    parts = briefing_parts(WEB)
    assert dict(parts.scripts)[BRIEFING_BUNDLE] == briefing_bundle(WEB)
    assert briefing_bundle(WEB).index(b"PingchangMap") < briefing_bundle(WEB).index(b"PingchangBriefing")
    other = Parts(((BRIEFING_BUNDLE, b"1"),), ())
    config = {"root": "../", "layers": [], "base": {}}
    changed = Parts(((BRIEFING_BUNDLE, b"2"),), ())
    assert linked_page(story.as_dict(), config, other) != linked_page(story.as_dict(), config, changed)
