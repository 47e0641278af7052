"""Versions: found, compared, downloaded, gone back to."""

import io
import shutil
import zipfile
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pytest
import shapely

from pingchang_geo import layers
from pingchang_geo.access import operator
from pingchang_geo.comparison import Status
from pingchang_geo.errors import ConflictError, ExportError, StoreError
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import versions
from pingchang_geo.workflow.publish import current_base, publish
from pingchang_geo.workflow.versions import Download
from tests import layer_frames


def put(store: Any, frame: Any, note: str = "") -> Any:
    return publish(
        store,
        "forest",
        frame,
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note=note,
        base=current_base(store, "forest"),
    )


def test_a_version_is_found_by_number_name_and_hash(store: Any) -> None:
    first = store.snapshot().versions["forest"]
    for name in ("1", "v1", first.name, first.sha256[:10]):
        assert versions.find(store, "forest", name) == first
    with pytest.raises(StoreError, match="没有名为「9」的版本") as caught:
        versions.find(store, "forest", "9")
    assert first.name in caught.value.fix


def test_going_back_is_a_new_version_and_logged(store: Any) -> None:
    first = store.snapshot().versions["forest"]
    second = put(store, layer_frames.forest(volume=80))
    third = versions.rollback(store, "forest", first, actor=operator("李四"), note="单位有误")
    assert (third.number, third.sha256, third.provenance) == (3, first.sha256, first.provenance)
    assert third.note == "回退到第 1 版：单位有误"
    assert store.audit()[-1].action == "rollback"
    assert store.snapshot().versions["forest"] == third
    assert [v.number for v in store.versions("forest")] == [3, 2, 1]
    # once more is no further version
    assert versions.rollback(store, "forest", first, actor=operator("李四")) == third
    with pytest.raises(ConflictError):
        versions.rollback(store, "forest", second, actor=operator("李四"), base=first.name)


def test_what_gbk_cannot_hold_is_known_before_the_download(store: Any) -> None:
    first = store.snapshot().versions["forest"]
    second = put(store, layer_frames.forest().assign(village="㘭口村"))
    assert versions.not_in(store, first, Download.SHAPEFILE_GBK) == ""
    assert "「㘭口村」" in versions.not_in(store, second, Download.SHAPEFILE_GBK)
    assert {versions.not_in(store, second, kind) for kind in set(Download) - {Download.SHAPEFILE_GBK}} == {""}
    with pytest.raises(ExportError):
        versions.download(store, second, Download.SHAPEFILE_GBK)


def test_two_versions_side_by_side(store: Any) -> None:
    first = store.snapshot().versions["forest"]
    changed = layer_frames.forest().iloc[1:].assign(volume_m3_ha=lambda f: f.volume_m3_ha + 10).reset_index(drop=True)
    second = put(store, changed)
    shown = versions.compare_versions(store, first, second)
    assert (shown.found.count(Status.REMOVED), shown.found.count(Status.CHANGED)) == (1, 11)
    assert {"township", "species"} <= set(shown.groups)
    species = shown.groups["species"].set_index("group")
    assert species["count_before"].sum() == 12
    assert species["count_after"].sum() == 11
    # areas are those of the squares, carbon follows the volumes
    assert species["area_ha_change"].sum() == pytest.approx(-shown.before["area_ha"].iloc[0])
    # 柏木: rows 1, 4, 7, 10 with 10 m³/ha more each; CF 0.47
    bigger = shown.before["species"] == "柏木"
    expected = (0.6129 * 10 * 0.47 * shown.before["area_ha"][bigger]).sum()
    assert species.loc["柏木", "stock_tc_change"] == pytest.approx(expected)


@pytest.mark.parametrize("kind", list(Download))
def test_every_download_says_what_it_is(store: Any, kind: Download) -> None:
    version = store.snapshot().versions["forest"]
    name, content = versions.download(store, version, kind)
    assert name == f"平昌县_森林小班_第1版.{kind.ending}"
    if kind is Download.GEOPACKAGE:
        assert content.startswith(b"SQLite format 3")
        assert version.sha256.encode() in content
    elif kind is Download.GEOPARQUET:
        assert content.startswith(b"PAR1")
    elif kind is Download.GEOJSON:
        assert "示意数据" in content.decode()
    else:
        archive = zipfile.ZipFile(io.BytesIO(content))
        text = "".join(archive.read(n).decode("utf-8", "replace") for n in archive.namelist() if not n.endswith("shp"))
        assert "示意数据" in text
        assert version.sha256 in text


def test_patches_are_cut_by_township_outlines(store: Any) -> None:
    """A patch over two townships counts in both by its area; what lies in none is named; a point counts whole."""
    towns = layer_frames.canonical(
        "townships", {"name": ["甲镇", "乙镇"]}, [layer_frames.square(0, 0, 2), layer_frames.square(2, 0, 2)]
    )
    patches = gpd.GeoDataFrame(
        {"area_ha": [100.0, 50.0, 8.0, 0.0]},
        geometry=[
            shapely.box(*layer_frames.square(1, 0).bounds[:2], *layer_frames.square(2, 0).bounds[2:]),
            layer_frames.square(30, 30),
            layer_frames.square(0, 0),
            layer_frames.square(2, 1).centroid,
        ],
        crs=4490,
    )
    cut = versions.by_outline(patches, towns, ["area_ha"]).groupby(versions.BY_OUTLINE)["area_ha"]
    assert cut.sum().to_dict() == pytest.approx({"甲镇": 58.0, "乙镇": 50.0, versions.OUTSIDE: 50.0}, rel=1e-3)
    assert cut.count().to_dict() == {"甲镇": 2, "乙镇": 2, versions.OUTSIDE: 1}


def test_red_line_versions_are_compared_by_township_once_there_are_outlines(store: Any) -> None:
    first = store.snapshot().versions["redline"]
    assert versions.BY_OUTLINE not in versions.compare_versions(store, first, first).groups
    provenance, who = layer_frames.OFFICIAL, operator("张三")
    towns = layer_frames.canonical("townships", {"name": ["甲镇"]}, [layer_frames.square(-1, -1, 5)])
    publish(store, "townships", towns, provenance=provenance, actor=who, note="", base=None)
    fewer = layer_frames.redline().iloc[1:].reset_index(drop=True)
    second = publish(store, "redline", fewer, provenance=provenance, actor=who, note="", base=first.name)
    groups = versions.compare_versions(store, first, second).groups[versions.BY_OUTLINE].set_index("group")
    assert groups["count_before"].to_dict() == {"甲镇": 1, versions.OUTSIDE: 1}
    assert groups["count_after"].to_dict() == {"甲镇": 0, versions.OUTSIDE: 1}
    lost = layer_frames.redline().to_crs(4545).area.iloc[0] / 1e4
    assert groups.loc["甲镇", "area_ha_change"] == pytest.approx(-lost, rel=1e-3)
    assert (
        versions.BY_OUTLINE
        not in versions.compare_frames(layers.get("forest"), layer_frames.forest(), layer_frames.forest(), towns).groups
    )  # plots say themselves in which township they lie


def test_every_version_knows_its_area_and_stock(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = store.snapshot().versions["forest"]
    second = put(store, layer_frames.forest(volume=80).iloc[1:].reset_index(drop=True))
    held = [versions.figures(store, one) for one in (first, second)]
    for version, one in zip((first, second), held, strict=True):
        frame = versions.with_quantities(layers.get("forest"), store.read(version))
        assert one.area_km2 == pytest.approx(frame["area_ha"].sum() / 100)
        assert one.stock_tc == pytest.approx(frame["stock_tc"].sum())
    assert held[0] != held[1]
    # by other parameters: computed once, without tiles or anything else on disk, and nobody reads the content again
    shutil.rmtree(store.derived_dir(first))
    versions._COMPUTED.clear()
    assert versions.figures(store, first) == held[0]
    assert not store.derived_dir(first).exists()
    with monkeypatch.context() as patch:
        patch.setattr(store, "read", None)
        assert versions.figures(store, first) == held[0]
    assert versions.figures(store, replace(first, pruned_at="2030-01-01T00:00:00Z")) == versions.Figures()
    red = versions.figures(store, store.snapshot().versions["redline"])
    assert (red.area_km2 or 0) > 0
    assert red.stock_tc is None


def test_a_version_that_cannot_be_read_has_no_figures(store: Any) -> None:
    first = store.snapshot().versions["forest"]
    put(store, layer_frames.forest(volume=80))
    shutil.rmtree(store.derived_dir(first))
    versions._COMPUTED.clear()
    store.content_path(first).write_bytes(b"PAR1xxxxPAR1")
    assert versions.figures(store, first) == versions.Figures()
    store.content_path(first).unlink()
    assert versions.figures(store, first) == versions.Figures()


def test_a_page_computes_the_figures_of_few_versions(store: Any) -> None:
    for volume in (80, 90, 100):
        put(store, layer_frames.forest(volume=volume))
    known = store.versions("forest")
    expected = [versions.figures(store, one) for one in known]
    for version in known[1:]:
        shutil.rmtree(store.derived_dir(version))
    store.content_path(known[1]).unlink()  # does not keep the others waiting
    versions._COMPUTED.clear()
    gone = versions.Figures()
    assert versions.history_figures(store, known, 1) == [expected[0], gone, expected[2], None]
    assert versions.history_figures(store, known, 1) == [expected[0], gone, *expected[2:]]
    assert versions.history_figures(store, known, 0)[2:] == expected[2:]


@pytest.mark.parametrize("kind", [Download.SHAPEFILE_GBK, Download.GEOJSON])
def test_a_version_without_content_cannot_be_had(store: Any, kind: Download) -> None:
    first = store.snapshot().versions["forest"]
    put(store, layer_frames.forest(volume=80))
    assert versions.not_in(store, first, kind) == ""
    store.content_path(first).write_bytes(b"PAR1xxxxPAR1")
    assert "第 1 版的数据文件无法读取" in versions.not_in(store, first, kind)
    store.prune(lambda present, _: [one for one in present if one == first], ["forest"], "张三")
    assert "已按保留规则清理" in versions.not_in(store, first, kind)


def test_whether_gbk_holds_a_version_is_seen_without_its_shapes(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(version: Any, columns: list[str]) -> Any:
        read.extend(columns)
        return LocalStore.read(store, version, columns)

    monkeypatch.setattr(store, "read", noted)
    assert versions.not_in(store, store.snapshot().versions["forest"], Download.SHAPEFILE_GBK) == ""
    assert "village" in read
    assert not {"geometry", "volume_m3_ha"} & set(read)
