"""``check``: exit codes, one JSON object whatever happens, reports, questions. The tiny county's squares are exact."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from pyproj import Geod

from pingchang_geo.cli import main
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from tests.layer_frames import SOUTH, STEP, WEST, square
from tests.site_texts import lines, projected, survey

KEYS = ["verdict", "exit_code", "error", "boundary", "check", "files"]


@pytest.fixture
def here(store: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalStore]:
    """The command line on the tiny county; the reference folder holds nothing more."""
    empty = tmp_path / "reference"
    empty.mkdir()
    (empty / "sources.toml").write_text("", encoding="utf-8")
    chosen = Settings(data_dir=store.root, reference_dir=empty)
    monkeypatch.setattr("pingchang_geo.cli.site.settings", lambda: chosen)
    monkeypatch.setattr(start, "open_store", lambda: store)
    yield store


def corners(column: float, row: float, size: float = 1.0) -> list[tuple[float, float]]:
    return [(x, y) for x, y in square(column, row, size).exterior.coords][:-1]


def pasted(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    raw = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and the one JSON object."""
    code = main(["check", *arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert list(found) == KEYS
    assert found["exit_code"] == code
    return code, found


def test_a_site_on_the_red_line(
    here: LocalStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pasted(monkeypatch, lines(corners(0, 0), "{x:.6f},{y:.6f}"))
    code, found = answer(capsys, "-", "--name", "白衣镇项目")
    assert (code, found["verdict"]) == (1, "touched")
    check = found["check"]
    assert check["name"] == "白衣镇项目"
    assert check["protected"][0]["overlap_pct"] == pytest.approx(50, rel=1e-3)  # the patch is the cell's left half
    assert check["carbon"][0]["area_ha"] == pytest.approx(found["boundary"]["area_ha"], rel=1e-6)
    assert check["mark"] == "示意数据"
    pasted(monkeypatch, lines(corners(0, 0), "{x:.6f},{y:.6f}"))
    assert main(["check", "-"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("结论：触碰\n")
    assert "触碰生态保护红线" in said and "不是审批意见" in said and "示意数据" in said
    assert "面积：105.27" in said  # 948.9 m × 1,109.4 m


def test_a_site_beside_it(here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "选址.txt"
    path.write_text(survey([("甲地块", [corners(2, 1, 0.5)])]), encoding="gb18030")
    code, found = answer(capsys, str(path))
    assert (code, found["verdict"], found["check"]["name"]) == (0, "untouched", "甲地块")
    assert found["boundary"]["epsg"] == 4524
    # from the patch's north-east corner due east to the site's south-west corner: 1.5 cells
    east = Geod(ellps="GRS80").inv(WEST + STEP / 2, SOUTH + STEP, WEST + 2 * STEP, SOUTH + STEP)[2]
    assert found["check"]["protected"][0]["distance_m"] == pytest.approx(east, rel=1e-4)
    assert str(tmp_path) not in json.dumps(found, ensure_ascii=False)


def test_a_shapefile_without_prj_in_gbk(here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.shp"
    frame = gpd.GeoDataFrame({"名称": ["驷马水乡项目"]}, geometry=[square(2, 1, 0.5)], crs=4490).to_crs(4524)
    frame.to_file(path, encoding="gbk")
    path.with_suffix(".prj").unlink()
    code, found = answer(capsys, str(path))
    assert (code, found["check"]["name"]) == (0, "site")
    assert found["boundary"]["parcels"] == ["驷马水乡项目"]


def test_a_question_stays_open_until_it_is_answered(
    here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "utm.csv"
    path.write_text(lines(projected(corners(2, 1, 0.5), 32648), "{n},{y:.3f},{x:.3f}"), encoding="utf-8")
    code, found = answer(capsys, str(path), "--docx", str(tmp_path / "no.docx"))
    assert (code, found["verdict"], found["check"], found["files"]) == (3, "confirm", None, [])
    assert [one["value"] for one in found["boundary"]["readings"]] == ["4507", "32648"]
    assert not (tmp_path / "no.docx").exists()
    assert main(["check", str(path)]) == 3
    said = capsys.readouterr().out
    assert "[需要确认] SITE_CRS" in said and "--confirm SITE_CRS=4507" in said
    code, found = answer(capsys, str(path), "--confirm", "SITE_CRS=32648")
    assert (code, found["boundary"]["epsg"]) == (0, 32648)


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("", 2, "空文件"),
        ("你好", 2, "没有认出坐标"),
        ("107.1,31.56", 2, "围不成面"),
        ("116.1,39.9\n116.2,39.9\n116.2,40.0", 2, "平昌县之外"),
        ("31.56,107.10\n31.56,107.11\n31.57,107.11", 3, "颠倒"),
        ("107.10,31.56\n107.1O,31.56\n107.11,31.57\n107.10,31.57", 3, "无法读取"),
        (b"\xff\xfe\x00\x01\x02", 2, ""),
    ],
)
def test_what_cannot_be_checked(
    here: LocalStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str | bytes,
    code: int,
    word: str,
) -> None:
    pasted(monkeypatch, text)
    got, found = answer(capsys, "-")
    assert (got, found["check"]) == (code, None)
    assert word in "".join(one["message"] for one in found["boundary"]["issues"])
    pasted(monkeypatch, text)
    assert main(["check", "-"]) == code
    said = capsys.readouterr()
    assert "未核查" in said.out.splitlines()[0] or "尚未核查" in said.out.splitlines()[0]
    assert "Traceback" not in said.out + said.err


def test_a_site_half_outside_the_county_cannot_be_cleared(
    here: LocalStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pasted(monkeypatch, lines(corners(-5.5, 10), "{x:.6f},{y:.6f}"))
    code, found = answer(capsys, "-")
    assert (code, found["verdict"]) == (3, "unknown")
    assert any(one["code"] == "SITE_PARTLY_OUTSIDE" for one in found["boundary"]["issues"])


def test_reports_are_written(
    here: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docx, pdf = tmp_path / "报告.docx", tmp_path / "报告.pdf"
    pasted(monkeypatch, lines(corners(0, 0), "{x:.6f},{y:.6f}"))
    code, found = answer(capsys, "-", "--docx", str(docx), "--pdf", str(pdf))
    assert (code, found["files"]) == (1, [str(docx), str(pdf)])
    assert "word/document.xml" in zipfile.ZipFile(docx).namelist()
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_a_report_that_cannot_be_written(
    here: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "no" / "报告.docx"
    pasted(monkeypatch, lines(corners(0, 0), "{x:.6f},{y:.6f}"))
    code, found = answer(capsys, "-", "--docx", str(target))
    assert (code, found["verdict"]) == (2, "error")
    assert "无法写入" in found["error"]["message"] and str(tmp_path) not in found["error"]["message"]
    pasted(monkeypatch, lines(corners(0, 0), "{x:.6f},{y:.6f}"))
    assert main(["check", "-", "--docx", str(target)]) == 2
    assert capsys.readouterr().err.startswith("错误：报告「报告.docx」无法写入")


def test_names_from_files_do_nothing_on_a_terminal(
    here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.txt"
    text = survey([("甲\x1b[31m地块", [corners(2, 1, 0.5)])])
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("refusal", ["no", "否", "N", " 不 ", "false", "0"])
def test_a_refused_proposal_is_not_carried_out(
    here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str], refusal: str
) -> None:
    path = tmp_path / "swapped.txt"
    path.write_text(lines(corners(2, 1, 0.5), "{n},{y:.6f},{x:.6f}"), encoding="utf-8")
    code, found = answer(capsys, str(path), "--confirm", f"SITE_SWAPPED={refusal}")
    assert (code, found["verdict"], found["check"]) == (3, "confirm", None)
    code, found = answer(capsys, str(path), "--confirm", "SITE_SWAPPED")
    assert (code, found["verdict"]) == (0, "untouched")


def test_an_answer_to_no_question_is_named(
    here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.txt"
    path.write_text(lines(corners(2, 1, 0.5), "{n},{x:.6f},{y:.6f}"), encoding="utf-8")
    code, found = answer(capsys, str(path), "--confirm", "NONSENSE", "--confirm", "SITE_SWAPED=yes")
    (notice,) = [one for one in found["boundary"]["issues"] if one["code"] == "ANSWER_UNKNOWN"]
    assert code == 0 and "「NONSENSE」、「SITE_SWAPED」" in notice["message"]
    _, found = answer(capsys, str(path), "--confirm", "SITE_SWAPPED")
    assert "ANSWER_UNKNOWN" not in [one["code"] for one in found["boundary"]["issues"]]


def test_a_folder_is_no_boundary(here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gpd.GeoDataFrame(geometry=[square(2, 1, 0.5)], crs=4490).to_file(tmp_path / "other.gpkg")
    code, found = answer(capsys, str(tmp_path))
    assert (code, found["check"]) == (2, None)
    assert [one["code"] for one in found["boundary"]["issues"]] == ["SITE_FOLDER"]
