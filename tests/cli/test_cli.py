"""The command line: exit codes, one JSON object, nothing changed by a refusal."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from pingchang_geo.access import operator
from pingchang_geo.cli import data, main
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers import Limits
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from pingchang_geo.workflow.inspection import Inspection
from pingchang_geo.workflow.publish import current_base, publish
from tests import layer_frames
from tests.factories import sample_forest, write_shapefile


@pytest.fixture
def here(store: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalStore]:
    """The command line on the tiny county; the reference folder holds nothing more."""
    empty = tmp_path / "reference"
    empty.mkdir()
    (empty / "sources.toml").write_text("", encoding="utf-8")
    chosen = Settings(data_dir=store.root, reference_dir=empty)
    for module in ("pingchang_geo.cli.data", "pingchang_geo.cli.operate"):
        monkeypatch.setattr(f"{module}.settings", lambda: chosen)
    monkeypatch.setattr(start, "open_store", lambda: store)
    yield store


def plots() -> gpd.GeoDataFrame:
    """Sixty plots inside the tiny county's outline."""
    frame: gpd.GeoDataFrame = sample_forest(400)
    outline = layer_frames.county().to_crs(4524).geometry.union_all()
    inside = frame[frame.within(outline)].head(60).reset_index(drop=True)
    assert len(inside) == 60
    return inside


@pytest.fixture
def shapefile(tmp_path: Path) -> Path:
    """The plots in GBK without .cpg and .prj."""
    return write_shapefile(plots(), tmp_path, encoding="gbk", cpg=False, epsg=4524, prj=False)


def test_inspect_prints_one_json_object(here: LocalStore, shapefile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["inspect", str(shapefile), "--layer", "forest", "--json"]
    assert main(asked) == 3  # eastings tell the zone, never the datum
    found = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in found["issues"] if one["level"] == "confirm"] == ["CRS_INFERRED"]
    assert main([*asked, "--confirm", "crs_inferred=4524"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["decision"] in {"accept", "repair"}
    assert (found["rows"], found["crs"]["epsg"], found["layer"]) == (60, 4524, "forest")
    assert found["columns"]["volume_m3_ha"].upper() == "HUO_LMGQXJ"
    assert found["unique_keys"] == 60
    assert found["stock_tc"] > 0


@pytest.mark.parametrize(("code", "value"), [("CODE_UNKNOWN", "999"), ("CATEGORY_NEW", "不详林")])
def test_an_answer_that_settles_is_not_called_idle(
    here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, value: str
) -> None:
    """Usually a warning, asked only where it is frequent: the level of the catalogue does not tell."""
    frame = plots().assign(YOU_SHI_SZ=value)
    path = write_shapefile(frame, tmp_path, encoding="gbk", epsg=4524)
    asked = ["inspect", str(path), "--layer", "forest", "--json"]
    assert main(asked) == 3
    found = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in found["issues"] if one["level"] == "confirm"] == [code]
    assert main([*asked, "--confirm", code]) == 0
    assert "ANSWER_UNKNOWN" not in capsys.readouterr().out
    assert main([*asked, "--confirm", code, "--confirm", "OVERLAP"]) == 0
    assert "「OVERLAP」 不对应本次检查的任何问题" in capsys.readouterr().out


def test_a_file_that_takes_too_long_is_refused_as_one_json_object(
    here: LocalStore, shapefile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The watch has its own tests; here it bites at once, and what ends the process is stopped short of it."""
    given_up = issue("INSPECT_TIMEOUT", seconds=900)

    @contextmanager
    def bites(_: Limits, last_word: Callable[[Issue], object]) -> Iterator[None]:
        last_word(given_up)
        raise SystemExit(2)
        yield

    monkeypatch.setattr(data, "watched", bites)
    with pytest.raises(SystemExit):
        main(["inspect", str(shapefile), "--layer", "forest", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["decision"], [one["code"] for one in found["issues"]]) == ("reject", ["INSPECT_TIMEOUT"])
    before = here.snapshot()
    with pytest.raises(SystemExit):
        main(["publish", str(shapefile), "--layer", "forest"])
    assert "INSPECT_TIMEOUT" in capsys.readouterr().err
    assert here.snapshot() == before


def test_publish_makes_a_version(here: LocalStore, shapefile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "publish",
        str(shapefile),
        "--layer",
        "forest",
        "--note",
        "年度更新",
        "--source",
        "林业局",
        "--by",
        "张三",
        "--confirm",
        "CRS_INFERRED",
    ]
    assert main([*arguments, "--as-of", "2024-12-31"]) == 0
    assert "第 2 版" in capsys.readouterr().out
    version = here.snapshot().versions["forest"]
    assert (version.number, version.rows, version.publisher, version.note) == (2, 60, "张三", "年度更新")
    assert (version.provenance.source, version.provenance.as_of) == ("林业局", "2024-12-31")
    assert not version.provenance.illustrative
    # again: nothing new
    assert main([*arguments, "--as-of", "2024-12-31"]) == 0
    assert here.snapshot().versions["forest"] == version


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("missing.zip", None, "missing.zip"),
        ("empty.zip", b"", "empty.zip"),
        ("text.shp", b"hello, this is no shapefile", "text.shp"),
        ("broken.geojson", b'{"type": "FeatureCollection", "features": [', "broken.geojson"),
        ("broken.gpkg", b"SQLite format 3\x00 and then nothing", "broken.gpkg"),
        ("broken.parquet", b"PAR1xxxxPAR1", "broken.parquet"),
    ],
)
def test_what_is_no_file_of_ours_is_refused(
    here: LocalStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes | None,
    word: str,
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    before = here.snapshot()
    assert main(["inspect", str(path), "--layer", "forest", "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["decision"] == "reject"
    assert found["issues"] and all(issue["message"] and issue["code"] for issue in found["issues"])
    assert main(["publish", str(path), "--layer", "forest", "--note", "x"]) == 2
    said = capsys.readouterr().err
    assert "未发布" in said and "Traceback" not in said and str(tmp_path) not in said
    assert here.snapshot().id == before.id
    assert here.audit()[-1].action == "refuse"


def test_a_name_in_gbk_bytes_goes_into_the_log_as_text(
    here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / os.fsdecode("林班.shp".encode("gbk"))
    path.write_bytes(b"hello, this is no shapefile")
    assert main(["publish", str(path), "--layer", "forest"]) == 2
    assert "林班.shp" in capsys.readouterr().err
    assert here.audit()[-1].detail["file"] == ["林班.shp"]


def test_wrong_layer_and_bad_words(here: LocalStore, shapefile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(shapefile), "--layer", "forrest", "--note", "x"]) == 2
    assert "forest（森林小班）" in capsys.readouterr().err
    assert main(["publish", str(shapefile), "--layer", "forest", "--as-of", "去年"]) == 2
    assert "2024-12-31" in capsys.readouterr().err
    assert main(["publish", str(shapefile), "--layer", "scenic", "--note", "x"]) in {2, 3}
    assert here.snapshot().versions["scenic"].number == 1


def test_a_geometry_outside_the_county(here: LocalStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "far.geojson"
    far = layer_frames.scenic()[["name", "geometry"]].copy()
    far["geometry"] = far.geometry.translate(xoff=5)
    far.to_file(path, driver="GeoJSON")
    assert main(["inspect", str(path), "--layer", "scenic", "--json"]) in {2, 3}
    found = json.loads(capsys.readouterr().out)
    assert found["decision"] != "accept"
    assert any("平昌县" in issue["message"] for issue in found["issues"])


def test_prepare_is_idempotent(here: LocalStore, capsys: pytest.CaptureFixture[str]) -> None:
    before = here.snapshot().id
    assert main(["prepare"]) == 0
    assert here.snapshot().id == before
    assert "已就绪" in capsys.readouterr().out


def test_missing_browser_assets_name_the_command(
    here: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = Settings(data_dir=here.root, web_dir=tmp_path / "nothing")
    monkeypatch.setattr("pingchang_geo.cli.operate.settings", lambda: chosen)
    assert main(["prepare"]) == 2
    assert "make setup" in capsys.readouterr().err


def test_missing_reference_files_name_the_command(
    empty_store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = Settings(data_dir=empty_store.root, reference_dir=tmp_path)
    monkeypatch.setattr("pingchang_geo.cli.operate.settings", lambda: chosen)
    monkeypatch.setattr(start, "open_store", lambda: empty_store)
    assert main(["prepare"]) == 2
    assert "reference build" in capsys.readouterr().err


def test_somebody_who_publishes_during_the_inspection_is_not_overwritten(
    here: LocalStore, shapefile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is published replaces the version that it was compared with, and no other."""
    inspected = data.inspect

    def slowly(*arguments: Any, **options: Any) -> Inspection:
        found = inspected(*arguments, **options)
        frame, source, base = layer_frames.forest(volume=88), layer_frames.OFFICIAL, current_base(here, "forest")
        publish(here, "forest", frame, provenance=source, actor=operator("李四"), note="抢先", base=base)
        return found

    monkeypatch.setattr(data, "inspect", slowly)
    arguments = ["publish", str(shapefile), "--layer", "forest", "--source", "林业局", "--confirm", "CRS_INFERRED"]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "李四" in said
    assert "重新与当前版本比较" in said
    assert (here.snapshot().versions["forest"].number, here.snapshot().versions["forest"].note) == (2, "抢先")
