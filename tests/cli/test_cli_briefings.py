"""Briefings on the command line."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pingchang_geo.briefing import parse
from pingchang_geo.cli.main import main
from pingchang_geo.store import LocalStore
from pingchang_geo.store.briefings import BriefingShelf
from pingchang_geo.workflow import start
from pingchang_geo.workflow.briefings import saving
from tests import briefing_scenes
from tests.documents import pdf_text
from tests.slides import deck_reading

GOOD = 'format = 1\nname = "own"\ntitle = "自己的汇报"\n' + briefing_scenes.WOODS


@pytest.fixture(autouse=True)
def _store(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "open_store", lambda: store)
    monkeypatch.setattr(start, "prepare", lambda *_: None)
    shelf = BriefingShelf(store.root, store.log)
    monkeypatch.setattr(saving, "shelf", lambda: shelf)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "own.toml"
    made.write_text(GOOD, encoding="utf-8")
    return made


def imported(file: Path, *more: str) -> int:
    return main(["briefing", "import", str(file), "--by", "张三", *more])


def test_an_imported_briefing_is_listed_and_a_second_import_is_its_next_version(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(file) == 0
    assert imported(file, "--note", "再次") == 0
    capsys.readouterr()
    assert main(["briefing", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["own"]["scenes"] == 2
    assert rows["own"]["version"] >= 1
    assert rows["default"]["version"] == 0
    assert main(["briefing", "list"]) == 0
    assert "自己的汇报" in capsys.readouterr().out
    file.write_text(GOOD.replace("自己的汇报", "改过的汇报"), encoding="utf-8")
    assert imported(file, "--base", "0") == 2  # somebody else was faster
    assert imported(file, "--base", "1") == 0


def test_a_file_with_problems_is_saved_only_when_told_so(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD.replace('"forest"', '"nirgends"'), encoding="utf-8")
    assert main(["briefing", "check", str(file)]) == 1
    assert "nirgends" in capsys.readouterr().err
    assert imported(file) == 2
    assert "没有保存" in capsys.readouterr().err
    assert "own" not in saving.shelf().names()
    assert imported(file, "--allow-problems") == 1
    assert "own" in saving.shelf().names()


def test_check_finds_nothing_wrong_with_a_good_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["briefing", "check", str(file)]) == 0
    assert "没有发现问题" in capsys.readouterr().out


def test_slides_are_written(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(file)
    target = tmp_path / "own.pptx"
    assert main(["briefing", "export", "own", "--pptx", "--out", str(target)]) == 0
    said = capsys.readouterr()
    assert "4/4 完成" in said.err
    assert str(target) in said.out
    deck = deck_reading.opened(target.read_bytes())
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles == ["自己的汇报", "林地", "只有文字", "数据来源与版本"]


def test_a_handout_is_written(file: Path, tmp_path: Path) -> None:
    imported(file)
    target = tmp_path / "own.pdf"
    assert main(["briefing", "export", "own", "--pdf", "--out", str(target)]) == 0
    assert target.read_bytes().startswith(b"%PDF-")


def test_what_cannot_be_drawn_in_a_handout_is_said_and_told_by_the_exit_code(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An extent on the other side of the globe: nothing is wrong with the file, the map fails when it is drawn."""
    file.write_text(GOOD.replace("[scene.map]", "[scene.map]\nextent = [-80, -10, -79, -9]"), encoding="utf-8")
    assert imported(file) == 0
    target = tmp_path / "own.pdf"
    capsys.readouterr()
    assert main(["briefing", "export", "own", "--pdf", "--out", str(target)]) == 1
    assert "问题：〔woods〕场景「林地」：地图未能绘制" in capsys.readouterr().err
    assert "地图未能绘制" in "".join(pdf_text.text(target.read_bytes()).split())


def test_the_map_of_a_scene_is_written(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(file)
    target = tmp_path / "map.png"
    export = ["briefing", "export", "own", "--png", "--out", str(target)]
    assert main(export) == 0
    assert Image.open(io.BytesIO(target.read_bytes())).size == (1920, 1080)
    capsys.readouterr()
    assert main([*export, "--scene", "words"]) == 2
    assert "有地图的场景：woods" in capsys.readouterr().err


def test_a_chart_of_a_scene_is_written(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(file)
    target = tmp_path / "chart.png"
    export = ["briefing", "export", "own", "--png", "--out", str(target)]
    assert main([*export, "--chart", "1"]) == 0
    assert Image.open(io.BytesIO(target.read_bytes())).width == 1440
    capsys.readouterr()
    assert main([*export, "--chart", "2"]) == 2
    assert "没有带第 2 个图表的场景" in capsys.readouterr().err
    assert main([*export, "--scene", "words", "--chart", "1"]) == 2
    assert "有第 1 个图表的场景：woods" in capsys.readouterr().err
    assert main([*export, "--chart", "-1"]) == 2


def test_all_pictures_are_written(file: Path, tmp_path: Path) -> None:
    imported(file)
    target = tmp_path / "own.zip"
    assert main(["briefing", "export", "own", "--images", "--out", str(target)]) == 0
    assert zipfile.ZipFile(target).namelist() == ["01_林地_地图.png", "01_林地_图表1.png", "图片说明.txt"]


def test_problems_are_listed_and_the_file_is_written_all_the_same(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD.replace('"species"', '"nirgends"'), encoding="utf-8")
    imported(file, "--allow-problems")
    capsys.readouterr()
    target = tmp_path / "own.pptx"
    assert main(["briefing", "export", "own", "--pptx", "--out", str(target)]) == 1
    assert "问题：〔woods〕" in capsys.readouterr().err
    assert target.exists()


def test_refusals_name_no_path_of_the_machine(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[Any]) -> None:
    assert main(["briefing", "export", "nobody", "--pdf", "--out", str(tmp_path / "a.pdf")]) == 2
    assert main(["briefing", "import", str(tmp_path / "missing.toml")]) == 2
    imported(file)
    assert main(["briefing", "export", "own", "--png", "--out", str(tmp_path / "none" / "a.png")]) == 2
    said = capsys.readouterr().err
    assert "无法写入" in said
    assert str(tmp_path) not in said


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    assert main(["briefing", "import", str(big)]) == 2
    assert "过大" in capsys.readouterr().err


def test_the_file_used_here_is_a_good_one() -> None:
    assert parse(GOOD).problems == ()


def test_the_one_file_needs_no_server(file: Path, tmp_path: Path) -> None:
    imported(file)
    target = tmp_path / "own.html"
    assert main(["briefing", "export", "own", "--html", "--out", str(target)]) == 0
    page = target.read_text(encoding="utf-8")
    assert "自己的汇报" in page
    assert 'id="briefing-files"' in page
    assert "<script src=" not in page
    assert "<link" not in page
