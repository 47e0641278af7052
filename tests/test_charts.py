"""Charts: sums by hand, choices as clauses, marks and escapes in the figure."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import charts, layers, maps
from pingchang_geo.filters import OneOf
from pingchang_geo.specs import Chart
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import load

FOREST = layers.get("forest")
STOCK = Chart("s", "各优势树种碳储量", by="species", measure="stock_tc")
TONNES = UnitChoice(AreaUnit.HA, MassUnit.T)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "species": pd.Categorical(["柏木", "马尾松", "马尾松", None], categories=["马尾松", "柏木", "杉木"]),
            "age_group": pd.Categorical(
                ["成熟林", "幼龄林", "幼龄林", "中龄林"], categories=["幼龄林", "中龄林", "成熟林"]
            ),
            "stock_tc": [70.0, 10.0, 20.0, 5.0],
            "canopy": [0.2, 0.5, 0.9, np.nan],
        }
    )


def test_sums_largest_first_and_missing_last():
    bars = charts.aggregate(FOREST, STOCK, frame())
    assert bars.names == ("柏木", "马尾松", "无数据")
    assert list(bars.total) == [70, 30, 5]
    assert list(bars.shown) == [70, 30, 5]
    assert bars.rows == (0, -1, 3)


def test_natural_order_for_standing_bars():
    bars = charts.aggregate(FOREST, Chart("a", "龄组", by="age_group", horizontal=False), frame())
    assert bars.names == ("幼龄林", "中龄林", "成熟林")
    assert list(bars.total) == [2, 1, 1]


def test_other_filters_shorten_bars_and_the_own_one_highlights():
    own = OneOf("species", ("马尾松",))
    bars = charts.aggregate(FOREST, STOCK, frame(), np.array([True, True, False, False]), own)
    assert list(bars.shown) == [70, 10, 0]
    assert list(bars.total) == [70, 30, 5]
    assert bars.chosen == (False, True, False)


def test_a_click_toggles():
    first = OneOf("species", ("柏木",))
    second = OneOf("species", ("马尾松",))
    both = charts.toggled(first, second)
    assert both == OneOf("species", ("柏木", "马尾松"))
    assert charts.toggled(both, first) == second
    assert charts.toggled(second, second) is None
    assert charts.toggled(None, first) == first


def test_many_categories_share_the_last_bar():
    names = [f"树种{i:02d}" for i in range(30)]
    plots = pd.DataFrame({"species": pd.Categorical(names), "stock_tc": np.arange(30.0)})
    bars = charts.aggregate(FOREST, STOCK, plots)
    assert len(bars.names) == charts.MOST_BARS
    assert bars.names[-1] == "其他（19 项）"
    assert bars.clauses[-1] is None
    assert bars.total.sum() == pytest.approx(sum(range(30)))


def test_only_the_largest_single_features_are_shown():
    names = [f"斑块 {i:02d}" for i in range(30)]
    patches = pd.DataFrame({"name": names, "forest_stock_tc": np.arange(30.0)})
    spec = layers.get("redline")
    bars = charts.aggregate(spec, Chart("p", "各斑块", by="name", measure="forest_stock_tc"), patches)
    assert len(bars.names) == charts.MOST_BARS
    assert bars.names[0] == "斑块 29"
    assert bars.rows[0] == 29
    assert bars.clauses[0] is None
    assert bars.left_out == 18
    chart = Chart("p", "各斑块", by="name", measure="forest_stock_tc")
    assert "各斑块，前 12 位" in charts.figure(spec, chart, bars, TONNES).layout.title.text


def test_figure_carries_mark_footer_units_and_no_tags():
    values = frame()
    values["species"] = values["species"].cat.rename_categories({"柏木": "<a href='x'>柏木</a>"})
    bars = charts.aggregate(FOREST, STOCK, values)
    drawn = charts.figure(FOREST, STOCK, bars, TONNES, mark="示意数据", footer="第 1 版")
    texts = [annotation.text for annotation in drawn.layout.annotations]
    assert texts == ["示意数据", "第 1 版"]
    assert "吨碳" in drawn.layout.title.text
    assert "<a" not in drawn.to_json().replace("\\u003c", "<")


def test_a_long_footer_takes_lines_below_the_mark():
    bars = charts.aggregate(FOREST, STOCK, frame())
    long = charts.figure(FOREST, STOCK, bars, TONNES, mark="示意数据", footer="筛" * 80).layout
    short = charts.figure(FOREST, STOCK, bars, TONNES, mark="示意数据", footer="筛").layout
    assert long.annotations[1].text.count("<br>") == 3  # 24 ideographs a line, as a phone has room for
    assert long.height > short.height
    assert long.annotations[0].yshift == short.annotations[0].yshift
    mark, footer = short.annotations
    assert mark.yshift >= footer.yshift + 13  # on a line of its own, not under the mark


def test_without_a_reference_layer_no_mark():
    bars = charts.aggregate(FOREST, STOCK, frame())
    assert not charts.figure(FOREST, STOCK, bars, TONNES).layout.annotations


def test_a_filter_brings_ghosts():
    bars = charts.aggregate(FOREST, STOCK, frame(), np.array([True, False, True, True]))
    assert len(charts.figure(FOREST, STOCK, bars, TONNES).data) == 2
    assert len(charts.figure(FOREST, STOCK, charts.aggregate(FOREST, STOCK, frame()), TONNES).data) == 1


def test_bars_have_the_legends_colours():
    bars = charts.aggregate(FOREST, STOCK, frame())
    shown = maps.theme_state(FOREST, FOREST.theme("species"), frame(), TONNES)
    legend = dict(zip(shown["labels"], shown["colors"], strict=True))
    drawn = dict(zip(bars.names, charts.figure(FOREST, STOCK, bars, TONNES).data[-1].marker.color, strict=True))
    assert {name: drawn[name] for name in legend} == legend


def test_unknown_is_not_zero():
    values = frame()
    values.loc[0, "stock_tc"] = np.nan
    bars = charts.aggregate(FOREST, STOCK, values)
    assert dict(zip(bars.names, bars.known, strict=True)) == {"柏木": False, "马尾松": True, "无数据": True}
    drawn = charts.figure(FOREST, STOCK, bars, TONNES).data[-1]
    assert drawn.text[bars.names.index("柏木")] == "无数据"


def test_what_the_filter_leaves_may_be_unknown():
    values = frame()
    row = int(np.flatnonzero(values["species"] == "马尾松")[0])
    values.loc[row, "stock_tc"] = np.nan
    only = np.arange(len(values)) == row
    bars = charts.aggregate(FOREST, STOCK, values, only)
    known = dict(zip(bars.names, bars.known, strict=True))
    assert known["马尾松"] is False
    assert known["柏木"] is True  # emptied by the filter: zero
    assert "马尾松 无数据" in charts.alt(FOREST, STOCK, bars, TONNES)


def test_alt_names_the_largest():
    text = charts.alt(FOREST, STOCK, charts.aggregate(FOREST, STOCK, frame()), TONNES)
    assert text.startswith("柱状图，各优势树种碳储量：柏木 70")


@given(st.lists(st.sampled_from(["马尾松", "柏木", None]), min_size=1, max_size=30), st.data())
def test_parts_add_up(species, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(species), max_size=len(species))))
    rows = pd.DataFrame(
        {
            "species": pd.Categorical(species, categories=["马尾松", "柏木"]),
            "stock_tc": np.arange(len(species), dtype=float),
        }
    )
    bars = charts.aggregate(FOREST, STOCK, rows, mask)
    assert bars.total.sum() == pytest.approx(rows["stock_tc"].sum())
    assert bars.shown.sum() == pytest.approx(rows["stock_tc"][mask].sum())


def test_every_declared_chart_can_be_drawn(store):
    for data in load(store).layers.values():
        for chart in data.spec.charts:
            bars = charts.aggregate(data.spec, chart, data.frame)
            assert charts.figure(data.spec, chart, bars, TONNES).data


def test_plain_bars_carry_mark_footer_whiskers_and_no_tags():
    bars = [charts.PlainBar("<b>甲</b>", 2.0, "2.0（待核）"), charts.PlainBar("乙", 1.0, low=0.5, high=3.0)]
    drawn = charts.plain_figure("三法并列", "吨", bars, mark="示意数据", footer="第 1 版")
    assert [note.text for note in drawn.layout.annotations] == ["示意数据", "第 1 版"]
    assert drawn.data[0].y[0] == "&lt;b&gt;甲&lt;/b&gt;"
    assert list(drawn.data[0].error_x.array) == [0.0, 2.0]
    assert list(drawn.data[0].error_x.arrayminus) == [0.0, 0.5]
    # the whisker's end is inside the picture
    assert drawn.layout.xaxis.range[1] >= 3.0
    assert charts.plain_alt("三法并列", bars) == "柱状图，三法并列：<b>甲</b> 2.0（待核），乙 1"


def test_plain_bars_without_whiskers_have_their_text_behind():
    drawn = charts.plain_figure("参考值", "t", [charts.PlainBar("甲", 2.0)])
    assert drawn.data[0].textposition == "outside"
    assert drawn.data[0].error_x.array is None
    assert not drawn.layout.annotations
