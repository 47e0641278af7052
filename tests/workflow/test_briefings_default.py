"""The shipped briefing over the shipped reference layers: every figure looked up, nothing typed, nothing missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingchang_geo import carbon, consistency
from pingchang_geo.access import operator
from pingchang_geo.briefing import Briefing, Story, StoryScene, parse
from pingchang_geo.briefing.checks import check
from pingchang_geo.briefing.model import MOST_PARAGRAPH, MOST_TITLE, Scene
from pingchang_geo.briefing.placeholders import COMPUTED, LEDGER, found_in, width, without
from pingchang_geo.indicators import Indicator, load_ledger
from pingchang_geo.provenance import ILLUSTRATIVE_MARK as MARK
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings.figure import short
from pingchang_geo.workflow.briefings.telling import tell
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

FILE = Path(__file__).resolve().parents[2] / "data" / "briefings" / "default.toml"
#: The report's own order of argument.
SECTIONS = (
    "县情与定位",
    "生态本底",
    "碳汇家底",
    "AAAA 景区",
    "绿色产业与园区",
    "体制与项目",
    "三个短板",
    "建议与机遇",
    "目标",
    "数据来源与说明",
)
#: Scenes that rest on the report alone, or show outlines only.
UNMARKED = {"county", "growth", "goals"}
#: Numerals of Chinese that are words or count what the briefing itself shows, not figures of the report.
WORDS = (
    *("一张图", "一遍", "一项", "一句", "一算", "一页", "一笔", "一头", "另一头", "一块", "一版", "一批", "一下"),
    *(
        "一个范围",
        "两个数",
        "两类",
        "两笔",
        "两种",
        "两者",
        "两边",
        "三个短板",
        "三个层面",
        "三个有待加强的方面",
        "第一个",
        "第二个",
        "第三个",
    ),
    *("三次产业", "第一产业", "第二产业", "第三产业", "双碳", "头一年", "单季"),
)
#: Words that say of a layer whether its data are illustrative, and of all of them how many are.
CAVEAT = re.compile(r"\{computed:(?:(\w+)\.caveat|data\.illustrative)\}")
NUMERALS = re.compile(r"[零〇一二三四五六七八九十百千万亿两]+(?=[个项家亩吨人年批次类元米顷级条座处成倍])")


@pytest.fixture(scope="module")
def briefing() -> Briefing:
    return parse(FILE.read_bytes())


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """The reference layers as a first start publishes them."""
    store = LocalStore(tmp_path_factory.mktemp("reference"))
    start.prepare(store, Settings(data_dir=store.root))
    return load(store)


@pytest.fixture(scope="module")
def story(briefing: Briefing, atlas: Atlas) -> Story:
    return tell(briefing, atlas, approval="")


def pairs(briefing: Briefing, story: Story) -> Iterator[tuple[Scene, StoryScene]]:
    """Every scene of the file with the one that is shown."""
    yield from zip(briefing.scenes, story.scenes, strict=True)


def written(briefing: Briefing) -> Iterator[tuple[str, str]]:
    """Every text that somebody typed, with its place."""
    yield "title", briefing.title
    yield "subtitle", briefing.subtitle
    for scene in briefing.scenes:
        texts = (scene.section, scene.title, scene.notes, *scene.text, *(chart.title for chart in scene.charts))
        yield from ((scene.id, text) for text in texts)


def test_it_is_a_sound_file(briefing: Briefing) -> None:
    assert briefing.problems == ()
    assert check(briefing) == ()
    assert (briefing.name, briefing.title) == ("default", "平昌县生态资产一张图")
    assert 12 <= len(briefing.scenes) <= 16
    assert not any(scene.hidden for scene in briefing.scenes)


def test_it_follows_the_reports_order(briefing: Briefing) -> None:
    assert tuple(dict.fromkeys(scene.section for scene in briefing.scenes)) == SECTIONS


def test_no_digit_is_typed(briefing: Briefing) -> None:
    """Not one digit outside placeholders; AAAA and CO₂ have none (₂ is no decimal digit)."""
    typed = {place: text for place, text in written(briefing) if re.search(r"\d", without(text))}
    assert typed == {}
    assert re.search(r"\d", without("报告说有 8 个景区")) is not None


def test_no_figure_is_typed_in_chinese_numerals(briefing: Briefing) -> None:
    def figures(text: str) -> list[str]:
        plain = without(text)
        for word in WORDS:
            plain = plain.replace(word, "")
        return NUMERALS.findall(plain)

    assert {place: figures(text) for place, text in written(briefing) if figures(text)} == {}
    assert figures("共八个景区，两类林地") == ["八"]


def test_every_placeholder_is_of_a_known_kind(briefing: Briefing) -> None:
    found = [placeholder for _, text in written(briefing) for placeholder in found_in(text)]
    assert len(found) > 100
    assert {placeholder.kind for placeholder in found} == {LEDGER, COMPUTED}


def test_nothing_is_missing(story: Story) -> None:
    """Every placeholder, card, chart, layer, theme, filter, feature and quotation is there."""
    assert story.problems == ()
    assert all(scene.problems == () for scene in story.scenes)
    assert "缺失" not in str(story.as_dict())


def test_everything_asked_for_is_shown(briefing: Briefing, story: Story) -> None:
    for scene, told in pairs(briefing, story):
        assert len(told.cards) == len(scene.cards)
        assert len(told.charts) == len(scene.charts)
        assert (told.quote is not None) == bool(scene.quote)
        assert (told.map is not None) == (scene.map is not None)
        if scene.map and told.map:
            assert {layer.id for layer in told.map.layers} == {view.layer for view in scene.map.layers}
            assert len(told.map.select) == len(scene.map.select)
            for layer in told.map.layers:
                view = next(one for one in scene.map.layers if one.layer == layer.id)
                assert bool(layer.filter) == bool(view.filter)
                assert not view.theme or (layer.theme is not None and layer.theme["field"] == view.theme)


def test_texts_fit(story: Story) -> None:
    for scene in story.scenes:
        assert 0 < width(scene.title) <= MOST_TITLE, scene.id
        assert 2 <= len(scene.paragraphs) <= 4, scene.id
        assert all(width(text) <= MOST_PARAGRAPH for text in scene.paragraphs), scene.id
        assert 80 <= len(scene.notes) <= 200, (scene.id, len(scene.notes))
        assert len(scene.cards) <= 4
        assert sum(width(text) for text in scene.paragraphs) <= 220, scene.id


def test_marks_stand_where_reference_data_stand_behind(story: Story) -> None:
    assert {scene.id for scene in story.scenes if not scene.mark} == UNMARKED
    assert story.mark == MARK
    for scene in story.scenes:
        assert all(
            card.mark == (MARK if "示意" in card.source else "") for card in scene.cards if card.kind == "computed"
        )
        assert all(card.mark == "" for card in scene.cards if card.kind == "reported")
        assert all((chart.mark == MARK) == ("（示意）" in chart.source) for chart in scene.charts)


def test_what_rests_on_illustrative_layers_is_not_spoken_as_fact(briefing: Briefing, story: Story) -> None:
    """Whoever reads the notes aloud says it too, of a layer that the scene shows or counts."""
    for scene, told in pairs(briefing, story):
        caveats = list(CAVEAT.finditer(scene.notes))
        assert bool(caveats) == bool(told.mark), scene.id
        shown = {view.layer for view in scene.map.layers} if scene.map else set()
        assert {caveat[1] for caveat in caveats if caveat[1]} <= shown, scene.id
        assert not told.mark or "示意" in told.notes, scene.id


def test_figures_from_elsewhere_are_never_the_reports(briefing: Briefing, story: Story) -> None:
    ledger = load_ledger()
    external = {indicator.id for indicator in ledger.values() if indicator.external}
    shown = [
        (name, card)
        for scene, told in pairs(briefing, story)
        for name, card in zip(scene.cards, told.cards, strict=True)
    ]
    assert {name for name, _ in shown} >= external  # else this test proves nothing
    for name, card in shown:
        assert card.kind == ("external" if name in external else "reported" if name in ledger else "computed"), name


def test_the_reports_rates_stand_beside_all_benchmarks(story: Story) -> None:
    """None is left out, each says how far it is verified, and the finding is said of both rates."""
    rated = [one for one in consistency.checks(load_ledger(), carbon.load()) if one.references]
    assert len(rated) == 2
    removal = next(scene for scene in story.scenes if scene.id == "removal")
    (chart,) = removal.charts
    known = [(f"{short(one.label)}（{one.flag}）", one.value) for one in rated[0].references]
    rates = [(one.title, one.values["tco2_mu_a"]) for one in rated]
    assert list(zip(chart.categories, chart.series[0].values, strict=True)) == rates + known
    assert not set(chart.colors[:2]) & set(chart.colors[2:])
    for one in rated:
        kind = one.title.removesuffix("单位面积年清除量")
        assert f"{kind}{one.finding.value}" in removal.notes
        assert re.search(f"{kind} [^；。]*，{one.finding.value}", removal.paragraphs[1])


def test_reported_figures_show_their_quotation(story: Story) -> None:
    ledger = load_ledger()
    citations = {indicator.citation(): indicator for indicator in ledger.values()}
    for card in (card for scene in story.scenes for card in scene.cards if card.kind == "reported"):
        indicator: Indicator = citations[card.source]
        assert f"{card.value} {card.unit}".strip() == indicator.display()
    quotes = {indicator.quote for indicator in ledger.values()}
    assert all(scene.quote.text in quotes for scene in story.scenes if scene.quote)


def test_texts_are_our_own(briefing: Briefing) -> None:
    """The report's sentences stand in quotations only: no run of sixteen of its letters in what we wrote."""
    length = 16
    runs = {
        indicator.quote[i : i + length]
        for indicator in load_ledger().values()
        for i in range(len(indicator.quote) - length + 1)
    }
    assert runs

    def copied(text: str) -> list[str]:
        return [run for run in runs if run in without(text)]

    assert {place: copied(text) for place, text in written(briefing) if copied(text)} == {}
    assert copied("据报告，成功建成佛头山、驷马水乡、白衣古镇。")


def test_no_slogan_and_no_exclamation(briefing: Briefing) -> None:
    texts = "".join(text for _, text in written(briefing))
    assert not re.search(r"[！!]", texts)


def test_every_layer_of_the_county_is_in_it(story: Story, atlas: Atlas) -> None:
    switched = {layer for layer, data in atlas.layers.items() if not data.spec.base_map}
    assert set(story.layer_ids()) == switched


def test_with_official_data_no_word_of_illustration_is_left(briefing: Briefing, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "official")
    for layer, frame in layer_frames.all_layers().items():
        source = layer_frames.OFFICIAL
        publish(store, layer, frame, provenance=source, actor=operator("张三"), note="", base=None)
    told = tell(briefing, load(store), approval="")
    assert told.mark == ""
    assert MARK not in str(told.as_dict())
    assert len(told.scenes) == len(briefing.scenes)


def test_without_any_data_it_still_plays(briefing: Briefing, tmp_path: Path) -> None:
    told = tell(briefing, load(LocalStore(tmp_path / "nothing")), approval="")
    assert len(told.scenes) == len(briefing.scenes)
    assert told.mark == ""
    assert any("尚未发布数据" in problem.message for problem in told.problems)
    growth = next(scene for scene in told.scenes if scene.id == "growth")
    assert growth.problems == ()


def test_one_spoiled_scene_leaves_the_others_as_they_were(briefing: Briefing, atlas: Atlas, story: Story) -> None:
    spoiled = Scene("stock", text=("{ledger:x}",), cards=("x",), quote="x")
    scenes = tuple(spoiled if scene.id == "stock" else scene for scene in briefing.scenes)
    told = tell(Briefing("probe", "x", scenes=scenes), atlas, approval="")
    for before, after in zip(story.scenes, told.scenes, strict=True):
        assert (before == after) == (before.id != "stock")
    assert {problem.scene for problem in told.problems} == {"stock"}
    assert list(found_in(told.scenes[3].paragraphs[0])) == []
