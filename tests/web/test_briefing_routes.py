"""``/play/{name}``: a page for every briefing of the shelf, whatever is in its file; 404 for the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pingchang_geo.maps.offline import BRIEFING_BUNDLE, briefing_bundle
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.store import LocalStore
from pingchang_geo.store.briefings import BriefingShelf
from pingchang_geo.web import routes
from pingchang_geo.workflow.briefings import saving
from pingchang_geo.workflow.current import Atlases

WEB = PROJECT_ROOT / "web"


@pytest.fixture(params=["", "/shengtai"])
def prefix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder in which briefings lie."""
    made = BriefingShelf(tmp_path / "data")
    monkeypatch.setattr(saving, "shelf", lambda: made)
    return tmp_path / "data" / "briefings"


@pytest.fixture
def client(store: LocalStore, shelf: Path, prefix: str) -> Iterator[TestClient]:
    app = Starlette(routes=routes(Atlases(store), WEB, prefix))
    with TestClient(app) as opened:
        yield opened


def story_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="briefing-data">(.*?)</script>', page, re.DOTALL)
    assert found
    story: dict[str, Any] = json.loads(found[1])["story"]
    return story


def put(shelf: Path, name: str, text: str | bytes) -> None:
    folder = shelf / name
    folder.mkdir(parents=True)
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "000001.toml").write_bytes(b'# saved {"at": "2026-01-02T03:04:05Z", "by": "x", "note": ""}\n' + content)


def test_the_shipped_briefing_plays(client: TestClient, prefix: str) -> None:
    answer = client.get(f"{prefix}/play/default")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert len(story_of(answer.text)["scenes"]) >= 12


def test_every_file_of_the_page_is_served_and_kept(client: TestClient, prefix: str) -> None:
    page = client.get(f"{prefix}/play/default").text
    named = re.findall(r'(?:src|href)="\.\./([^"]+)"', page)
    assert len(named) >= 5
    for address in named:
        answer = client.get(f"{prefix}/{address}")
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"], address
    assert client.get(f"{prefix}/{BRIEFING_BUNDLE}").content == briefing_bundle(WEB)


@pytest.mark.parametrize("name", ["nobody", "Default", "..", "%2e%2e", "a%2fb", "x" * 60, "默认", "default.toml"])
def test_what_is_no_briefing_is_404(client: TestClient, prefix: str, name: str) -> None:
    answer = client.get(f"{prefix}/play/{name}")
    assert answer.status_code == 404
    assert str(Path.home()) not in answer.text


@pytest.mark.parametrize("text", ["not = [toml", "format = 99", "[[scene]]"])
def test_a_broken_file_is_a_page_that_says_what_is_wrong(
    client: TestClient, shelf: Path, prefix: str, text: str | bytes
) -> None:
    put(shelf, "broken", text)
    answer = client.get(f"{prefix}/play/broken")
    assert answer.status_code == 200
    story = story_of(answer.text)
    assert story["problems"]
    assert all(problem["message"] for problem in story["problems"])


def test_an_empty_file_is_a_briefing_without_scenes(client: TestClient, shelf: Path, prefix: str) -> None:
    put(shelf, "nothing", "")
    answer = client.get(f"{prefix}/play/nothing")
    assert answer.status_code == 200
    assert story_of(answer.text)["scenes"] == []


def test_a_file_that_is_no_text_is_refused_in_words(client: TestClient, shelf: Path, prefix: str) -> None:
    put(shelf, "noise", b"\xff\xfe\x00")
    answer = client.get(f"{prefix}/play/noise")
    assert answer.status_code == 404
    assert "无法读取" in answer.text


def test_a_scene_of_a_layer_that_is_not_there_plays_and_says_so(client: TestClient, shelf: Path, prefix: str) -> None:
    put(
        shelf,
        "gone",
        'format = 1\nname = "gone"\ntitle = "试讲"\n[[scene]]\nid = "a"\nsection = "一"\ntitle = "图"\n'
        'text = ["正文"]\n[[scene.map.layer]]\nlayer = "volcanoes"\n',
    )
    (scene,) = story_of(client.get(f"{prefix}/play/gone").text)["scenes"]
    assert scene["paragraphs"] == ["正文"]
    assert scene["problems"]


def test_a_new_version_is_played_at_once(client: TestClient, shelf: Path, prefix: str) -> None:
    text = (
        'format = 1\nname = "mine"\ntitle = "{}"\n[[scene]]\nid = "a"\nsection = "一"\ntitle = "图"\ntext = ["正文"]\n'
    )
    put(shelf, "mine", text.format("第一稿"))
    assert story_of(client.get(f"{prefix}/play/mine").text)["title"] == "第一稿"
    head = b'# saved {"at": "2026-01-02T03:04:05Z", "by": "x", "note": ""}\n'
    (shelf / "mine" / "000002.toml").write_bytes(head + text.format("第二稿").encode())
    assert story_of(client.get(f"{prefix}/play/mine").text)["title"] == "第二稿"
