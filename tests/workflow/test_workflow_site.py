"""The site check against a published county whose squares are known by hand: words, JSON, map and report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from pingchang_geo import documents
from pingchang_geo.access import operator
from pingchang_geo.carbon import SUM_CAVEAT
from pingchang_geo.documents import Callout, Facts, Table, Tone
from pingchang_geo.errors import PingchangError
from pingchang_geo.issues import Decision
from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.site import SiteLayer, names
from pingchang_geo.store import LocalStore
from pingchang_geo.units import CO2_PER_C
from pingchang_geo.workflow import site
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.boundaries.reading import SiteBoundary, read_drawn
from pingchang_geo.workflow.publish import current_base, publish
from pingchang_geo.workflow.site.answer import area_text, distance_text, mass, percent, span
from pingchang_geo.workflow.site.checking import layer_of
from pingchang_geo.workflow.site.reporting import PLOTS_LISTED
from tests import layer_frames
from tests.layer_frames import square

AT = datetime(2026, 11, 22, 9, 30)
Check = Callable[..., site.SiteCheck]


@pytest.fixture
def atlas(store: LocalStore) -> Atlas:
    return load(store)


@pytest.fixture
def check(atlas: Atlas) -> Check:
    def run(area: Any, name: str = "", found: Atlas = atlas) -> site.SiteCheck:
        return site.check_site(found, area, name, at=AT)

    return run


def republish(store: LocalStore, layer: str, frame: Any) -> None:
    base = current_base(store, layer)
    publish(store, layer, frame, provenance=layer_frames.OFFICIAL, actor=operator("张三"), note="", base=base)


def table(document: documents.Document, caption: str) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table) and caption in block.caption)


def test_shares_of_published_squares(atlas: Atlas, check: Check) -> None:
    """The lower half of plots 0 and 1 (a metre short of plot 2); the red line covers the left half of plot 0."""
    whole, plots = check(shapely.box(107.10, 31.55, 107.11999, 31.555)), atlas["forest"].frame
    (stake,), (red,) = whole.result.carbon, whole.result.protected
    assert stake.plots["row"].tolist() in ([0, 1], [1, 0])
    assert stake.area_ha == pytest.approx(plots["area_ha"][[0, 1]].sum() / 2, rel=1e-3)
    assert stake.stock_tc == pytest.approx(plots["stock_tc"][[0, 1]].sum() / 2, rel=1e-3)
    assert stake.removal_tco2_a == pytest.approx(plots["removal_tco2_a"][[0, 1]].sum() / 2, rel=1e-3)
    assert stake.inside_protected_stock_tc == pytest.approx(plots["stock_tc"][0] / 4, rel=1e-3)
    assert red.overlap_ha == pytest.approx(plots["area_ha"][0] / 4, rel=1e-3)
    assert red.overlap_pct == pytest.approx(50 / 1.999, abs=0.01)
    assert whole.result.inside_county_pct == 100


def test_the_sum_over_all_plots_is_the_pages_total(atlas: Atlas, check: Check) -> None:
    (stake,) = check(square(-4, -4, 30)).result.carbon
    plots = atlas["forest"].frame
    assert stake.stock_tc == pytest.approx(plots["stock_tc"].sum(), rel=1e-12)
    assert stake.removal_tco2_a == pytest.approx(plots["removal_tco2_a"].sum(), rel=1e-12)
    inside = (plots["stock_tc"] * plots["redline_share_pct"] / 100).sum()
    assert stake.inside_protected_stock_tc == pytest.approx(inside, rel=1e-9)


def test_a_site_that_touches_says_so_first(check: Check) -> None:
    found = check(shapely.box(107.10, 31.55, 107.11999, 31.555), "新建厂房")
    first, carbon, removal, basis, scenic, parks, *rest = site.words(found)
    assert first.startswith("「新建厂房」触碰生态保护红线：重叠 ") and "占地块面积的 25 %" in first
    assert first.endswith("涉及红线斑块 1 个（红线斑块 01）。")
    stake = found.result.carbon[0]
    assert carbon.startswith("涉及小班 2 个、林地 ")
    assert f"碳储量 {mass(stake.stock_tc)}碳（95 % 区间 {span(stake.estimate.low, stake.estimate.high)}）" in carbon
    assert f"折合 {mass(stake.stock_tc * CO2_PER_C)} CO₂" in carbon and "在重叠范围内" in carbon
    forgone = f"占用后每年少固碳 {mass(stake.removal_tco2_a)} CO₂（官方口径系数法，新造林、森林经营林）。"
    assert removal == forgone + "两类林地是否重叠未经确认，合计仅供参考。"
    assert basis.startswith(f"碳储量按「{found.factors.label}」计算。待核（")
    assert "转引（读的是转引文献，原著未读）——换算参数：柏木、马尾松；含碳率：0.47。" in basis and "竹林" not in basis
    assert scenic.startswith("3 km 内有 AAAA 级景区 2 处：") and "佛头山（北 554 m，位置：推定）" in scenic
    assert "白衣古镇（东 476 m，位置：示意，仅有点位）" in scenic
    assert parks.startswith("3 km 内有产业园区 1 处：星光工业园（")
    assert rest[0] == "本结果为室内图上核查，不是审批意见。"
    assert rest[1].startswith("示意数据：生态保护红线、森林小班、AAAA 级景区、产业园区为参考图层") and len(rest) == 2
    assert (site.verdict(found), found.mark) == ("touched", ILLUSTRATIVE_MARK)


def test_a_site_that_does_not_touch_names_distance_and_direction(check: Check) -> None:
    found = check(shapely.box(107.105, 31.5801, 107.107, 31.581))
    first, carbon, *_ = site.words(found)
    red = found.result.protected[0]
    assert red.distance_m is not None
    # from the upper edge of the patch, 0.0201° of latitude further south, along the meridian
    assert red.distance_m == pytest.approx(0.0201 * 110_870, rel=1e-3)
    assert first == f"该地块未触碰生态保护红线：距最近的「红线斑块 01」{distance_text(red.distance_m)}，在地块南方向。"
    assert carbon == "地块内没有小班，不涉及林地碳储量。若该处应有林地，请核对森林小班图层是否完整。"
    assert site.verdict(found) == "untouched"
    assert not any("固碳" in sentence for sentence in site.words(found))


def test_a_common_border_is_said(check: Check) -> None:
    found = check(shapely.box(107.105, 31.55, 107.106, 31.56))
    assert "但与「红线斑块 01」边界相接" in site.words(found)[0]
    assert site.verdict(found) == "untouched"
    assert site.report(found, b"").blocks[0].tone is Tone.AMBER  # type: ignore[union-attr]


def test_plots_without_a_rate_and_plots_without_a_stock(store: LocalStore, check: Check) -> None:
    republish(store, "forest", layer_frames.forest().assign(volume_m3_ha=[60.0, None, *[60.0] * 10]))
    found = check(square(0, 0, 3), found=load(store))
    carbon, removal = site.words(found)[1:3]
    assert "；另有 2 个小班" not in carbon and "；另有 1 个小班（" in carbon and "碳储量未知，未计入" in carbon
    assert "不在报告的统计口径内，未计入" in removal
    only = check(shapely.box(107.121, 31.551, 107.122, 31.552), found=load(store))
    assert "官方口径系数法给不出年固碳量" in site.words(only)[2]


def test_what_is_unknown_is_null_not_zero(store: LocalStore, check: Check) -> None:
    frame = layer_frames.forest().assign(volume_m3_ha=None, stand_kind="其他林地")
    republish(store, "forest", frame)
    found = check(square(0, 0, 3), found=load(store))
    (stake,) = json.loads(json.dumps(site.as_dict(found), allow_nan=False))["carbon"]
    for name in ("stock_tc", "monte_carlo", "approach1", "removal_tco2_a", "removal_interval"):
        assert stake[name] is None, name
    assert stake["flagged"] == [] and not any("碳储量按" in sentence for sentence in site.words(found))
    (nothing,) = site.as_dict(check(square(10, 10)))["carbon"]
    assert nothing["monte_carlo"]["total_tc"] == nothing["removal_interval"]["total_tco2_a"] == 0


def test_flags_are_those_of_the_stock_at_hand(store: LocalStore, check: Check) -> None:
    """Bamboo alone rests on its unread value per hectare, and on no conversion of volumes."""
    frame = layer_frames.forest()
    republish(store, "forest", frame.assign(species="竹林", land_class="竹林地"))
    (basis,) = [one for one in site.words(check(square(0, 0, 3), found=load(store))) if one.startswith("碳储量按")]
    assert "——单位面积生物量：竹林；不确定度：含碳率、单位面积生物量" in basis
    assert "换算参数" not in basis and "蓄积" not in basis


@pytest.mark.parametrize(("kind", "told"), [("新造林", False), (["新造林", "森林经营林"], True)])
def test_a_sum_over_both_kinds_says_that_they_may_overlap(
    store: LocalStore, check: Check, kind: str | list[str], told: bool
) -> None:
    frame = layer_frames.forest()
    republish(store, "forest", frame.assign(stand_kind=kind if isinstance(kind, str) else kind * (len(frame) // 2)))
    found = check(square(-4, -4, 30), found=load(store))
    document = site.report(found, b"")
    notes = [table(document, caption).note for caption in ("优势树种", "官方口径系数法", "涉及的小班")]
    for text in ("".join(site.words(found)), *notes):
        assert (SUM_CAVEAT in text) is told
    assert site.as_dict(found)["carbon"][0]["removal_caveat"] == (SUM_CAVEAT if told else "")


def test_missing_layers_are_named_and_nothing_is_claimed(tmp_path: Path) -> None:
    empty_store = LocalStore(tmp_path / "empty")
    publish(
        empty_store,
        "parks",
        layer_frames.parks(),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=None,
    )
    found = site.check_site(load(empty_store), square(0, 0), at=AT)
    text = "".join(site.words(found))
    assert "尚未发布生态保护红线数据，无法判断是否触碰。" in text and "未触碰" not in text
    assert "尚未发布森林小班数据，碳储量未核查。" in text
    assert "尚未发布 AAAA 级景区数据，周边情况未核查。" in text
    assert site.verdict(found) == "unknown" and found.mark == ""
    assert site.as_dict(found)["not_checked"] == ["redline", "forest", "scenic"]
    document = site.report(found, b"")
    assert isinstance(document.blocks[0], Callout) and document.blocks[0].tone is Tone.AMBER


def test_outside_the_county_nothing_is_claimed(check: Check) -> None:
    # the outline reaches 5 cells to the west of the plots
    part = check(square(-6, 3, 2))
    assert part.result.inside_county_pct == pytest.approx(50, abs=0.05)
    assert site.words(part)[0].startswith("该地块的县域内部分未触碰生态保护红线")
    assert any("在县域外，县域外没有图层数据" in sentence for sentence in site.words(part))
    assert site.verdict(part) == "unknown" and "县域界线" in part.marked
    far = check(square(-20, 0))
    assert site.words(far)[0] == "该地块在县域外，现有图层不覆盖，无法核查。" and site.verdict(far) == "unknown"
    assert "未触碰" not in "".join(site.words(far))


def test_official_layers_carry_no_mark(store: LocalStore, check: Check) -> None:
    for layer in ("redline", "forest", "scenic", "parks"):
        republish(store, layer, getattr(layer_frames, layer)())
    found = check(square(0, 0), found=load(store))
    # the county's outline is still a reference layer, but only a base map while the site lies inside
    assert (found.mark, found.marked) == ("", ())
    assert not any(ILLUSTRATIVE_MARK in sentence for sentence in site.words(found))
    assert site.picture(found).mark == "" and site.report(found, b"").mark == ""


def test_a_boundary_brings_its_name_and_reading(atlas: Atlas) -> None:
    drawn = read_drawn(json.loads(shapely.to_geojson(square(0, 0))))
    boundary = SiteBoundary(drawn.polygon, name="宗地 1", reading="按 CGCS2000 读取")
    assert boundary.decision is Decision.ACCEPT
    found = site.check_site(atlas, boundary, at=AT)
    assert (found.name, found.reading, found.title) == ("宗地 1", "按 CGCS2000 读取", "「宗地 1」")
    assert site.check_site(atlas, boundary, "另名", at=AT).name == "另名"
    with pytest.raises(PingchangError, match="未能读取"):
        site.check_site(atlas, SiteBoundary(None), at=AT)
    with pytest.raises(PingchangError, match="自相交"):
        site.check_site(atlas, shapely.Polygon([(107.1, 31.5), (107.2, 31.6), (107.2, 31.5), (107.1, 31.6)]), at=AT)


def test_names_are_those_of_the_atlas(atlas: Atlas) -> None:
    for data in atlas.layers.values():
        rows = np.arange(len(data.frame))
        assert names(data.spec, data.frame, rows) == [data.title_of(int(row)) for row in rows]


def test_geometries_and_index_are_the_layers_own(atlas: Atlas) -> None:
    data = atlas["forest"]
    layer = layer_of(atlas, data.spec)
    assert isinstance(layer, SiteLayer)
    assert layer.geometries_m is data.metres and layer.tree is data.tree


def test_json_is_plain_and_complete(check: Check) -> None:
    found = check(shapely.box(107.10, 31.55, 107.12999, 31.555), "厂房")
    record = json.loads(json.dumps(site.as_dict(found), ensure_ascii=False, allow_nan=False))
    assert record["verdict"] == "touched" and record["touches_protected"] is True
    assert record["checked_at"] == "2026-11-22T09:30:00"
    assert record["answer"] == list(site.words(found))
    assert record["area_mu"] == pytest.approx(record["area_ha"] * 15) == pytest.approx(record["area_m2"] / 10_000 * 15)
    (red,), (stake,) = record["protected"], record["carbon"]
    assert red["patches"][0]["name"] == "红线斑块 01" and red["distance_m"] is None
    assert stake["stock_tco2"] == pytest.approx(stake["stock_tc"] * 44 / 12)
    assert stake["monte_carlo"]["low_tc"] < stake["stock_tc"] < stake["monte_carlo"]["high_tc"]
    assert sum(share["share_pct"] for share in stake["monte_carlo"]["contributions"]) == pytest.approx(100)
    assert [plot["removal_tco2_a"] is None for plot in stake["plots"]].count(True) == 1  # 其他林地
    removal = stake["removal_interval"]
    assert removal["low_tco2_a"] < stake["removal_tco2_a"] == pytest.approx(removal["total_tco2_a"])
    assert stake["plots"][0]["species"] in {"马尾松", "柏木", "栎类"}
    points = [feature for feature in record["nearby"][0]["features"] if feature["point"]]
    assert points[0]["overlap_ha"] is None
    assert [layer["layer"] for layer in record["layers"]] == ["redline", "forest", "scenic", "parks", "county"]
    assert record["layers"][0]["provenance"]["kind"] == "reference"
    assert record["parameters"]["set"] == found.factors.id
    assert shapely.geometry.shape(record["geometry"]).equals(found.polygon)


def test_report_holds_answer_tables_method_versions_and_limits(check: Check) -> None:
    found = check(shapely.box(107.10, 31.55, 107.12999, 31.555), "厂房")
    document = site.report(found, b"")
    answer = document.blocks[0]
    assert isinstance(answer, Callout) and answer.tone is Tone.RED
    assert (answer.title, *answer.lines) == site.words(found)
    assert (document.title, document.subtitle, document.mark) == ("选址核查报告", "厂房", ILLUSTRATIVE_MARK)
    assert document.made_at == AT
    facts = next(block for block in document.blocks if isinstance(block, Facts))
    assert any("亩" in value for label, value in facts.items if label == "地块面积")
    patches = table(document, "与生态保护红线重叠")
    assert patches.rows[0][0] == "红线斑块 01" and not patches.total
    species = table(document, "优势树种")
    assert species.total and species.rows[-1][0] == "合计"
    assert sum(int(row[1]) for row in species.rows[:-1]) == int(species.rows[-1][1]) == 3
    kinds = {row[0]: row for row in table(document, "官方口径系数法").rows}
    assert kinds["其他林地"][3:] == ("报告未给出", "—")
    assert "95 % 区间" in table(document, "官方口径系数法").note
    assert len(table(document, "不确定性").rows) == 2
    listed = table(document, "涉及的小班")
    assert [row[0] for row in listed.rows][-1] == "合计" and len(listed.rows) == 4
    shared = [float(row[-4]) for row in listed.rows[:-1]]
    assert shared == sorted(shared, reverse=True)
    versions = next(block for block in document.blocks if isinstance(block, Table) and block.header[0] == "图层")
    assert [row[0] for row in versions.rows][:2] == ["生态保护红线", "森林小班"]
    assert all(row[3] == "示意" for row in versions.rows)
    text = repr(document)
    for word in ("不是审批意见", "1 m²", found.factors.formula, "44/12", "种子", "待核（", "转引（", "枯落物"):
        assert word in text, word


def test_many_plots_are_listed_up_to_a_limit_and_the_rest_summed(store: LocalStore, check: Check) -> None:
    republish(store, "forest", layer_frames.forest(10, 6))
    found = check(square(-1, -1, 12), found=load(store))
    rows = table(site.report(found, b""), "涉及的小班").rows
    assert len(rows) == PLOTS_LISTED + 2 and rows[-2][0] == "其余 20 个"
    numbers = [float(row[-4].replace(",", "")) for row in rows]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.01)


def test_nothing_affected_makes_a_report_as_well(check: Check) -> None:
    document = site.report(check(square(10, 10)), b"")
    answer = document.blocks[0]
    assert isinstance(answer, Callout) and answer.tone is Tone.GREEN
    assert not any(isinstance(block, Table) and "树种" in block.caption for block in document.blocks)
    assert "地块内没有小班。若该处应有林地，请核对森林小班图层是否完整。" in repr(document)


def test_map_shows_site_overlap_plots_and_what_is_near(check: Check) -> None:
    found = check(shapely.box(107.10, 31.55, 107.12999, 31.555), "厂房")
    sheet = site.picture(found)
    west, south, east, north = sheet.extent_m
    assert shapely.box(west, south, east, north).contains(found.site_m)
    labels = [entry.label for entry in sheet.legend]
    assert labels[0] == "选址地块"
    assert {"生态保护红线", "与生态保护红线重叠", "马尾松", "柏木", "栎类", "AAAA 级景区"} <= set(labels)
    assert "县域界线" not in labels  # nowhere on this sheet
    assert "县域界线" in [entry.label for entry in site.picture(check(square(-6, 3, 2))).legend]
    drawn = [layer for layer in sheet.layers if layer.hatch]
    assert shapely.area(drawn[0].geometries_m).sum() / 1e4 == pytest.approx(found.result.protected[0].overlap_ha)
    colored = next(layer for layer in sheet.layers if isinstance(layer.fill, list))
    assert colored.fill is not None and len(colored.fill) == len(colored.geometries_m) == 3
    assert sheet.mark == ILLUSTRATIVE_MARK and sheet.subtitle == "厂房" and sheet.locator_m is not None
    assert "不是审批意见" in sheet.notes[0] and "生态保护红线第 1 版（示意）" in sheet.notes[0]


def test_map_of_an_untouched_site_shows_the_way_to_the_red_line(check: Check) -> None:
    found = check(shapely.box(107.105, 31.5801, 107.107, 31.581))
    sheet = site.picture(found)
    assert "距生态保护红线" in [entry.label for entry in sheet.legend]
    link = found.result.protected[0].link_m
    assert link is not None and shapely.box(*sheet.extent_m).contains(link)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (area_text(12.3456), "12.35 公顷（185.2 亩）"),
        (area_text(0.02), "200 m²（0.3 亩）"),
        (area_text(0.00005), "0.5 m²（0.0008 亩）"),
        (area_text(2229.12), "2,229 公顷（3.344 万亩）"),
        (distance_text(0.617), "0.62 m"),
        (distance_text(863.4), "863 m"),
        (distance_text(12_345), "12.35 km"),
        (mass(0.4123), "0.412 吨"),
        (mass(1204.4), "1,204 吨"),
        (mass(236_700), "23.67 万吨"),
        (span(380, 540), "380–540 吨"),
        (span(99_000, 120_000), "99,000 吨–12 万吨"),
        (percent(12.34), "12.3 %"),
        (percent(0.001), "不足 0.01 %"),
        (percent(99.999), "99.99 % 以上"),
        (percent(100), "100 %"),
        (percent(100 - 1e-9), "100 %"),
        (percent(0), "0 %"),
    ],
)
def test_numbers_in_sentences(text: str, wanted: str) -> None:
    assert text == wanted
