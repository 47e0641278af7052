"""对账: the summary first, every total with its tolerance, the report against itself."""

from pingchang_geo.access import operator
from pingchang_geo.indicators import load_ledger
from pingchang_geo.ui.markdown_table import markdown_table
from pingchang_geo.workflow.publish import publish
from tests import layer_frames


def texts(app):
    return "\n".join(str(item.value) for item in [*app.markdown, *app.caption])


def table(app, header):
    return next(item.value for item in app.markdown if item.value.startswith(f"| {header} |"))


def test_differences_are_named_first_and_marked(open_page):
    app = open_page("reconcile")
    assert not app.exception
    first, counts, _ = app.warning[0].value.split("\n\n")
    assert first.startswith("**不一致 7 项：") and first.count("、") == 6
    assert counts.startswith("**共 7 项：一致 0 项，不一致 7 项")
    assert "示意数据" in app.warning[0].value
    totals = table(app, "指标")
    assert load_ledger()["redline_area_km2"].value_text in totals
    assert "red-badge[不一致]" in totals
    assert "报告数字末位的一半" in totals
    assert totals.count("\n") == 1 + 7


def test_the_report_against_itself_with_its_sources(open_page):
    app = open_page("reconcile")
    checks = table(app, "核对内容")
    assert "orange-badge[偏高]" in checks and "blue-badge[不可比]" in checks
    assert "未核：县域面积" in checks
    assert any("“划定生态保护红线 79\\.57 平方公里”" in item.value for item in app.markdown)
    assert app.get("plotly_chart")
    assert len(app.get("download_button")) == 4


def test_a_parameter_in_the_address_is_dropped_with_a_notice(open_page):
    app = open_page("reconcile", q="红线")
    assert "q" in app.toast[0].value
    assert app.query_params == {}


def test_official_layers_carry_no_mark(open_page, store):
    for layer in ("redline", "forest", "scenic"):
        publish(
            store,
            layer,
            layer_frames.all_layers()[layer],
            provenance=layer_frames.OFFICIAL,
            actor=operator("技术员"),
            note="",
            base=store.snapshot().versions[layer].name,
        )
    app = open_page("reconcile")
    assert "示意" not in app.warning[0].value
    assert "构造使然" not in texts(app)


def test_the_ledger_page_links_here(open_page):
    app = open_page("indicators")
    links = [link.proto.page for link in app.get("page_link")]
    assert links == ["reconcile"]
    assert not any(item.value.startswith("| 指标 |") for item in app.markdown)


def test_a_markdown_table_is_one_line_a_row():
    text = markdown_table(("甲", "乙"), [("一\n行", "2")], numbers=(1,))
    assert text.splitlines() == ["| 甲 | 乙 |", "| :-- | --: |", "| 一 行 | 2 |"]
