"""Versions, rollback, export and log on the command line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pingchang_geo.access import operator
from pingchang_geo.cli.main import main
from pingchang_geo.workflow import start
from pingchang_geo.workflow.publish import current_base, publish
from tests import layer_frames


def put(store: Any, frame: Any, note: str) -> None:
    source = layer_frames.OFFICIAL
    base = current_base(store, "forest")
    publish(store, "forest", frame, provenance=source, actor=operator("张三"), note=note, base=base)


@pytest.fixture(autouse=True)
def _store(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "open_store", lambda: store)


def test_the_list_and_a_way_back(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    put(store, layer_frames.forest(volume=80), "年度更新")
    assert main(["versions", "forest", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(v["number"], v["current"]) for v in found] == [(2, True), (1, False)]
    assert found[0]["area_km2"] == found[1]["area_km2"] > 0
    assert found[0]["stock_tc"] > found[1]["stock_tc"] > 0
    assert main(["rollback", "forest", "1", "--note", "有误", "--by", "李四"]) == 0
    assert "现为第 3 版" in capsys.readouterr().out
    assert main(["rollback", "forest", "1"]) == 0
    assert "无需回退" in capsys.readouterr().out
    assert main(["versions", "forest"]) == 0
    said = capsys.readouterr().out
    assert "回退到第 1 版：有误" in said
    assert re.search(r"12 条 · [\d.,]+ km² · [\d,]+ tC · 官方", said)
    assert main(["versions", "redline"]) == 0
    said = capsys.readouterr().out
    assert " km² · " in said
    assert " tC" not in said


def test_export_and_its_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "a.zip"
    assert main(["export", "forest", "--out", str(target)]) == 0
    assert target.read_bytes().startswith(b"PK")
    assert main(["export", "townships"]) == 2
    assert "尚未发布" in capsys.readouterr().err
    assert main(["export", "forest", "77"]) == 2
    assert main(["export", "forest", "--out", str(tmp_path / "none" / "a.zip")]) == 2
    assert str(tmp_path) not in capsys.readouterr().err


def test_a_line_that_cannot_be_written_does_not_close_the_log(store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    store.log("张三", "refuse", layer="forest", file=["\udcc1\udcd6.shp"])
    assert main(["log", "--last", "1"]) == 0
    assert "\ufffd\ufffd.shp" in capsys.readouterr().out
    assert main(["log", "--json", "--last", "1"]) == 0
    (line,) = json.loads(capsys.readouterr().out.encode("utf-8"))
    assert line["detail"]["file"] == ["??.shp"]


def test_the_log_is_verified(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "--last", "2"]) == 0
    assert "校验通过" in capsys.readouterr().out
    assert main(["log", "--json"]) == 0
    assert {"seq", "at", "actor", "action", "detail"} <= set(json.loads(capsys.readouterr().out)[0])
