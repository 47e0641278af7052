"""``factsheet`` writes one page, or says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pingchang_geo.cli.main import main
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from tests.documents import pdf_text


@pytest.fixture(autouse=True)
def ready(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "open_store", lambda: store)
    monkeypatch.setattr(start, "prepare", lambda *_: None)


def test_pdf_and_png(tmp_path: Path, capsys: Any) -> None:
    pdf, png = tmp_path / "a.pdf", tmp_path / "b.png"
    assert main(["factsheet", "scenic:佛头山", "--pdf", "--growth", "2.5", "--out", str(pdf)]) == 0
    (page,) = pdf_text.pages(pdf.read_bytes())
    assert "2.5" in page
    assert main(["factsheet", "county", "--out", str(png)]) == 0  # by the ending
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "佛头山的一页纸" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scenic:不存在", "--out", "a.pdf"], "没有「不存在」"),
        (["nowhere:甲", "--out", "a.pdf"], "没有名为「nowhere」的图层"),
        (["county", "--out", "没有的文件夹/a.pdf"], "无法写入"),
    ],
)
def test_refused(
    arguments: list[str], words: str, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["factsheet", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("*.pdf"))


@pytest.mark.parametrize("growth", ["nan", "-1", "51", "inf", "三"])
def test_a_growth_out_of_range_is_refused(growth: str, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["factsheet", "county", f"--growth={growth}", "--out", "a.pdf"])
    assert "0–50" in capsys.readouterr().err
