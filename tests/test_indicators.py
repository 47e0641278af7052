"""The ledger against the report it is taken from, and the loader against malformed ledgers."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from pingchang_geo.errors import LedgerError, PingchangError
from pingchang_geo.indicators import EXTERNAL_THEME, THEMES, Indicator, Ledger, load_ledger

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT.parent / "shared" / "report.txt"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
CHINESE_DIGITS = {3: "三", 4: "四", 5: "五", 6: "六"}
# How the report words each unit, right after the number.
UNIT_WORDS = {
    "km/km²": "公里",
    "%": "%",
    "km²": "平方公里",
    "万亩": "万亩",
    "万吨CO₂/年": "万吨",
    "家": "家",
    "项": "大",
    "万m²": "万平方米",
    "m³/d": "方",
    "万m³/d": "万方",
    "亿元": "亿元",
    "个": "个",
    "万元": "万元",
    "万人": "余万",
    "年": "年",
    "批": "批",
}
# Chinese numerals of the report that are no figures: pattern and reason. Numbers in digits have no exception.
NUMERALS_NOT_FIGURES = {
    r"[（(][二三四][）)]": "numbering of a sub-section",
    r"[二三]、(?=有待加强|思考与建议)": "numbering of a section",
    r"[二三]是": "numbering of a paragraph",
    r"四川": "name of the province",
    r"四季分明": "set phrase on the climate",
    r"两个大局": "set political phrase",
    r"“两山”": "set political phrase",
    r"党的十八大": "name of a party congress",
    r"第七次全国人口普查": "name of the census",
    r"十几年": "vague length of time",
    r"几个方面": "title of section 二",
}
SECTION_HEADINGS = {
    "引言": "加快推动平昌绿色低碳转型研究",
    "一、": "一、基本情况及做法",
    "一、（一）": "（一）因地制宜找定位",
    "一、（二）": "(二)立足绿色低碳谋发展",
    "一、（三）": "（三）健全机制体制保发展",
    "一、（四）": "（四）狠抓项目工程促发展",
    "二、": "二、有待加强的几个方面",
    "二、（一）": "（一）自然生态良好",
    "二、（二）": "（二）经济稳定增长",
    "二、（三）": "（三）城镇规划建设",
    "三、": "三、思考与建议",
    "三、（一）": "（一）抢抓政策机遇",
    "三、（二）": "（二）增强发展动力",
    "三、（三）": "（三）开展绿色转型",
    "署名": "调研单位：",
}


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return load_ledger()


@pytest.fixture(scope="module")
def report() -> str:
    if not REPORT.is_file():
        pytest.skip("the report is not at hand")
    return squeeze(REPORT.read_text(encoding="utf-8"))


def from_report(ledger: Ledger) -> list[Indicator]:
    return [indicator for indicator in ledger.values() if not indicator.external]


def covered(text: str, ledger: Ledger) -> list[bool]:
    """Per character of the report: does some quotation hold it?"""
    marks = [False] * len(text)
    for indicator in from_report(ledger):
        quote = squeeze(indicator.quote)
        start = text.index(quote)
        marks[start : start + len(quote)] = [True] * len(quote)
    return marks


# ---- against the report


def test_each_quotation_occurs_exactly_once(ledger: Ledger, report: str) -> None:
    counts = {i.id: report.count(squeeze(i.quote)) for i in from_report(ledger)}
    assert {key: count for key, count in counts.items() if count != 1} == {}


def test_each_quotation_stands_in_the_section_named(ledger: Ledger, report: str) -> None:
    starts = {section: report.index(heading) for section, heading in SECTION_HEADINGS.items()}
    assert list(starts.values()) == sorted(starts.values())

    def section_at(position: int) -> str:
        return [section for section, start in starts.items() if start <= position][-1]

    wrong = {
        i.id: (i.section, found)
        for i in from_report(ledger)
        if (found := section_at(report.index(squeeze(i.quote)))) != i.section
    }
    assert wrong == {}


def test_every_number_of_the_report_is_in_some_quotation(ledger: Ledger, report: str) -> None:
    marks = covered(report, ledger)
    missing = [
        report[max(0, m.start() - 8) : m.end() + 8]
        for m in NUMBER.finditer(report)
        if not all(marks[m.start() : m.end()])
    ]
    assert missing == []


def test_every_chinese_numeral_that_counts_is_in_some_quotation(ledger: Ledger, report: str) -> None:
    marks = covered(report, ledger)
    for pattern in NUMERALS_NOT_FIGURES:
        exceptions = list(re.finditer(pattern, report))
        assert exceptions, f"the exception {pattern} is no longer needed"
        for m in exceptions:
            marks[m.start() : m.end()] = [True] * len(m.group())
    # A lone 一 is an article, an adverb or a heading; every other numeral is looked at.
    counted = re.compile(r"[一二三四五六七八九十百千两几]{2,}|[二三四五六七八九十百千两几]")
    missing = [
        report[max(0, m.start() - 8) : m.end() + 8]
        for m in counted.finditer(report)
        if not all(marks[m.start() : m.end()])
    ]
    assert missing == []


def test_header_matches_the_report(ledger: Ledger, report: str) -> None:
    header = ledger.report
    assert report.startswith(header.title)
    assert f"调研单位：{header.author_unit}" in report
    assert f"课题负责人：{header.lead}" in report
    assert f"课题组成员：{'、'.join(header.members)}" in report
    assert "报告未印日期" in header.date_note


# ---- the ledger in itself (no report needed)


def test_each_number_with_its_unit_stands_in_its_own_quotation(ledger: Ledger) -> None:
    wrong = []
    for i in from_report(ledger):
        if i.value is None:
            continue
        spelled = [re.escape(i.value_text.lstrip("-")), CHINESE_DIGITS.get(int(i.value), "$^")]
        pattern = rf"(?<![\d.])(?:{'|'.join(spelled)}){re.escape(UNIT_WORDS[i.unit])}"
        if not re.search(pattern, squeeze(i.quote)):
            wrong.append((i.id, i.value_text, i.unit, i.quote))
    assert wrong == []


def test_each_listed_item_stands_in_its_own_quotation(ledger: Ledger) -> None:
    wrong = [(i.id, item) for i in from_report(ledger) for item in i.items if squeeze(item) not in squeeze(i.quote)]
    assert wrong == []


def test_a_falling_figure_is_negative_and_no_other(ledger: Ledger) -> None:
    for i in from_report(ledger):
        if i.value is not None:
            assert (i.value < 0) == ("下降" in i.quote), i.id


def test_hedges_of_the_report_are_kept(ledger: Ledger) -> None:
    for i in from_report(ledger):
        if i.value is None:
            continue
        after_or_before = rf"(?:约为?|超|最高){re.escape(i.value_text)}|{re.escape(i.value_text)}余"
        hedged = re.search(after_or_before, squeeze(i.quote)) is not None
        assert hedged == (i.approx or bool(i.bound)), i.id


def test_three_sectors_add_up_to_gdp(ledger: Ledger) -> None:
    sectors = [Decimal(ledger[f"gdp_q1_{s}_yi_yuan"].value_text) for s in ("primary", "secondary", "tertiary")]
    assert sum(sectors) == Decimal(ledger["gdp_q1_yi_yuan"].value_text)


def test_park_support_is_bounded_by_its_yearly_parts(ledger: Ledger) -> None:
    first = ledger.number("park_support_first_year_wan_yuan")
    later = ledger.number("park_support_later_max_wan_yuan")
    years = ledger.number("park_support_years")
    assert first + later * (years - 1) == ledger.number("park_support_max_yi_yuan") * 10_000


def test_named_scenic_areas_are_fewer_than_the_count(ledger: Ledger) -> None:
    assert len(ledger["scenic_4a_named"].items) == 3 < ledger.number("scenic_4a_count")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("redline_area_km2", "79.57 km²"),
        ("forest_land_area_wanmu", "180.42 万亩"),
        ("new_forest_area_wanmu", "26.41 万亩"),
        ("new_forest_removal_wt_a", "15.84 万吨CO₂/年"),
        ("managed_forest_area_wanmu", "约 15 万亩"),
        ("managed_forest_removal_wt_a", "约 6 万吨CO₂/年"),
        ("forest_cover_pct", "54.14 %"),
        ("air_quality_good_pct", "99.2 %"),
        ("river_density_km_km2", "0.33 km/km²"),
        ("scenic_4a_count", "8 个"),
        ("scenic_4a_named", "佛头山、驷马水乡、白衣古镇"),
        ("gdp_q1_yi_yuan", "40.83 亿元"),
        ("gdp_q1_primary_growth_pct", "4 %"),
        ("gdp_q1_secondary_growth_pct", "−1.8 %"),
        ("urbanisation_pct", "39.98 %"),
        ("registered_population_wan", "超过 90 万人"),
        ("park_support_later_max_wan_yuan", "不超过 5,000 万元"),
        ("county_area_km2", "2,229.12 km²"),
    ],
)
def test_display_keeps_the_digits_of_the_source(ledger: Ledger, key: str, shown: str) -> None:
    assert ledger[key].display() == shown


def test_shape_of_every_entry(ledger: Ledger) -> None:
    assert len(from_report(ledger)) > 80
    for key, i in ledger.items():
        assert key == i.id
        assert re.fullmatch(r"[a-z][a-z0-9_]*", key), key
        assert re.fullmatch(r"|\d{4}|\d{4}-Q[1-4]|\d{4}-\d{2}-\d{2}", i.as_of), key
        assert len(i.quote) <= 130, key
        assert (i.value is None) == bool(i.items), key


def test_external_numbers_are_marked(ledger: Ledger) -> None:
    external = [i for i in ledger.values() if i.external]
    assert [i.id for i in external] == ["county_area_km2"]
    assert external[0].quote == "" and external[0].section == "" and external[0].source
    assert not external[0].verified
    assert external[0].citation().endswith("〔未核〕")


def test_carbon_lines_say_what_they_are(ledger: Ledger) -> None:
    for key in ("new_forest_removal_wt_a", "managed_forest_removal_wt_a"):
        assert "年清除量" in ledger[key].note
        assert "重叠未经确认" in ledger[key].note


# ---- the mapping


def test_order_themes_and_search(ledger: Ledger) -> None:
    assert next(iter(ledger)) == "geneva_speech_date"
    assert list(ledger)[-1] == "county_area_km2"
    assert set(ledger.themes()) == {*THEMES, EXTERNAL_THEME}
    assert [i.id for i in ledger.search("红线")] == ["redline_area_km2"]
    assert [i.id for i in ledger.search("华油中蓝 lng")] == ["planned_lng_project"]
    assert len(ledger.search("  ")) == len(ledger)
    assert ledger.search("查无此项") == ()


def test_unknown_and_list_ids(ledger: Ledger) -> None:
    assert ledger.get("nope") is None
    assert "nope" not in ledger
    with pytest.raises(KeyError):
        ledger["nope"]
    with pytest.raises(PingchangError, match=r"^指标台账中没有“nope”。"):
        ledger["nope"]
    with pytest.raises(LedgerError, match="是名录，没有数值"):
        ledger.number("honours")


def test_citation_names_section_and_quotation(ledger: Ledger) -> None:
    assert ledger["forest_cover_pct"].citation() == "报告〔一〕“森林覆盖率达54.14%”"
    assert ledger["redline_area_km2"].citation() == "报告〔一、（二）〕“划定生态保护红线 79.57 平方公里”"


def test_loaded_once(ledger: Ledger) -> None:
    assert load_ledger() is ledger


# ---- malformed ledgers

HEAD = '[report]\ntitle="a"\nauthor_unit="b"\nlead="c"\nmembers=["d"]\ndate_note="e"\n'
GOOD = {
    "id": '"x"',
    "label": '"某数"',
    "value": "1.50",
    "unit": '"km²"',
    "as_of": '"2021"',
    "section": '"一、"',
    "theme": '"经济"',
    "quote": '"某数1.50"',
}


def write(folder: Path, changes: dict[str, str | None], table: str = "indicator", repeat: int = 1) -> Path:
    fields = {key: text for key, text in {**GOOD, **changes}.items() if text is not None}
    body = f"[[{table}]]\n" + "\n".join(f"{key} = {text}" for key, text in fields.items()) + "\n"
    path = folder / "ledger.toml"
    path.write_text(HEAD + body * repeat, encoding="utf-8")
    return path


def test_smallest_good_ledger_keeps_a_trailing_zero(tmp_path: Path) -> None:
    entry = load_ledger(write(tmp_path, {}))["x"]
    assert (entry.value, entry.display()) == (1.5, "1.50 km²")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": None}, "缺少“label”"),
        ({"quote": '""'}, "缺少“quote”"),
        ({"unit": None}, "缺少“unit”"),
        ({"value": None}, "“value”与“items”必须且只能有一个"),
        ({"items": '["甲"]'}, "“value”与“items”必须且只能有一个"),
        ({"value": None, "items": "[]"}, "“items”应为非空的文字列表"),
        ({"value": "true"}, "“value”应为有限的数"),
        ({"value": "nan"}, "“value”应为有限的数"),
        ({"value": '"1.5"'}, "“value”应为有限的数"),
        ({"theme": '"其他"'}, "“theme”应为"),
        ({"bound": '"above"'}, "“bound”应为 lower 或 upper"),
        ({"approx": '"是"'}, "“approx”应为 true 或 false"),
        ({"as_of": '""'}, "须在“as_of_note”中说明"),
        ({"note": "3"}, "“note”应为文字"),
        ({"valeu": "3"}, "不认识的键“valeu”"),
    ],
)
def test_a_malformed_entry_is_named_with_its_key(tmp_path: Path, changes: dict[str, str | None], words: str) -> None:
    with pytest.raises(LedgerError) as caught:
        load_ledger(write(tmp_path, changes))
    message = str(caught.value)
    assert words in message
    assert "[[indicator]] 第 1 项（x）" in message
    assert "请改正" in message


def test_duplicate_ids(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="编号“x”重复"):
        load_ledger(write(tmp_path, {}, repeat=2))


def test_external_needs_its_source(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"\[\[external\]\] 第 1 项（x） 缺少“source”"):
        load_ledger(write(tmp_path, {}, table="external"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[indicator", "不是有效的 TOML 文件"),
        ("", r"缺少 \[report\] 表"),
        (HEAD.replace('lead="c"', ""), "“lead”应为非空文字"),
        (HEAD + "[indicator]\nid='x'", r"\[\[indicator\]\] 数组表"),
        (HEAD + "[other]\n", "不认识的顶层表“other”"),
    ],
)
def test_a_malformed_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "ledger.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match=words):
        load_ledger(path)


def test_a_missing_file_says_how_to_mend_it_and_shows_no_path(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="读不到指标台账") as caught:
        load_ledger(tmp_path / "gone.toml")
    assert "git checkout" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
