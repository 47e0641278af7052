"""碳汇核算: choices live in the address, nothing is computed from a default growth rate or price, marks follow."""

import numpy as np
import pytest

from pingchang_geo import carbon
from pingchang_geo.access import operator
from pingchang_geo.provenance import Kind, Provenance
from pingchang_geo.ui.accounts import state as accounts_state
from pingchang_geo.ui.accounts.context import Column
from pingchang_geo.ui.accounts.state import AccountsState, Offer
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

OFFER = Offer(("甲", "乙"), ("species", "origin"), (3, 2, 1), (2, 3))
IPCC = next(one for one in carbon.sets() if one.method == "ipcc")


def sound(app):
    assert not app.exception
    assert not [error.value for error in app.error]
    return app


def texts(app):
    return "\n".join(str(item.value) for item in [*app.markdown, *app.caption, *app.info])


def table(app, header):
    found = next(item.value for item in app.markdown if item.value.startswith(f"| {header} |"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()]


def publish_forest(store, frame, as_of):
    publish(
        store,
        "forest",
        frame,
        provenance=Provenance(Kind.OFFICIAL, "平昌县林业局", as_of=as_of),
        actor=operator("技术员"),
        note="",
        base=store.snapshot().versions["forest"].name,
    )


def test_the_account_by_species_with_total_share_and_mark(open_page):
    app = sound(open_page("accounts"))
    head, _, *rows = table(app, "优势树种")
    assert head[:3] == ["优势树种", "小班数", "面积（亩）"]
    assert [row[0] for row in rows] == ["马尾松", "柏木", "栎类", "**合计**"]
    assert [row[1] for row in rows] == ["4", "4", "4", "**12**"]
    assert rows[-1][-2] == "**100.0%**"
    assert any(badge.value.startswith(":orange-badge[示意数据") for badge in app.markdown)
    assert app.query_params == {}


def test_the_two_reported_lines_are_never_added(open_page):
    app = sound(open_page("accounts"))
    assert table(app, "优势树种")[-1][6] == "**不相加**"
    total = table(app, "碳汇类型")[-1]
    assert total[2:4] == ["**不相加**", "**不相加**"]
    assert "不直接相加" in texts(app)


@pytest.mark.parametrize(
    ("by", "header", "groups"),
    [
        ("age_group", "龄组", ["幼龄林", "中龄林", "成熟林"]),
        ("origin", "起源", ["天然", "人工"]),
        ("township", "乡镇（片区）", ["示意片区 01", "示意片区 02"]),
        ("stand_kind", "碳汇类型", ["新造林", "森林经营林", "其他林地"]),
        ("redline_share_pct", "生态保护红线内外", ["内", "外"]),
    ],
)
def test_every_grouping_conserves_the_total(open_page, by, header, groups):
    app = sound(open_page("accounts", by=by, mass="t"))
    rows = table(app, header)[2:]
    assert [row[0] for row in rows[:-1]] == groups
    stocks = [float(row[4].replace(",", "")) for row in rows[:-1]]
    whole = float(rows[-1][4].strip("*").replace(",", ""))
    assert sum(stocks) == pytest.approx(whole, abs=len(stocks))


def test_another_set_changes_the_figures_and_stands_in_the_address(open_page):
    app = open_page("accounts")
    before = table(app, "优势树种")[2][4]
    app.selectbox(key="accounts_set").set_value(IPCC.id).run()
    assert app.query_params == {"set": IPCC.id}
    assert table(sound(app), "优势树种")[2][4] != before
    assert "待核 · 换算参数" in texts(app)


def test_the_model_computes_nothing_until_a_growth_rate_is_entered(open_page):
    app = open_page("accounts")
    assert app.number_input(key="accounts_growth").value is None
    assert [row[4] for row in table(app, "碳汇类型")[2:]] == ["—", "—", "—", "**—**"]
    app.number_input(key="accounts_growth").set_value(4.5).run()
    assert app.query_params == {"growth": "4.5"}
    values = [row[4] for row in table(sound(app), "碳汇类型")[2:]]
    assert all(value.strip("*") not in {"—", "0"} for value in values)
    assert "p = 4.5 %/年（用户输入）" in texts(app)
    assert "模型法为报告值的" in table(app, "碳汇类型")[2][6]


def test_one_version_says_what_is_missing_for_the_stock_change(open_page):
    app = sound(open_page("accounts"))
    assert "只有一个版本" in texts(app)
    assert not [box for box in app.selectbox if box.key == "accounts_before"]


def test_two_dated_versions_give_the_stock_change(open_page, store):
    publish_forest(store, layer_frames.forest(volume=66.0), "2025-12-31")
    app = sound(open_page("accounts"))
    # The reference version is dated 2022: three years.
    assert "2022 至 2025-12-31，3 年；配对小班 12 个。" in texts(app)
    row = table(app, "碳汇类型")[2]
    assert row[5] != "—"
    assert "示意数据 · 所比较的版本中有参考图层" in texts(app)
    app.selectbox(key="accounts_before").set_value(2).run()
    assert app.query_params == {"before": "2"}
    assert "不晚于" in texts(sound(app))


def test_a_version_without_a_date_is_named(open_page, store):
    publish_forest(store, layer_frames.forest(volume=66.0), "")
    app = sound(open_page("accounts"))
    assert "第 2 版没有数据时点" in texts(app)


def test_reported_stock_stands_beside_ours(open_page, store):
    assert "没有填报碳储量" in texts(sound(open_page("accounts")))
    frame = layer_frames.forest()
    frame.loc[:2, "reported_stock_tc"] = [1000.0, 2000.0, np.nan]
    publish_forest(store, frame, "2024")
    app = sound(open_page("accounts", mass="t"))
    rows = next(
        item.value for item in app.markdown if item.value.startswith("| 优势树种 |") and "上报 − 计算" in item.value
    ).splitlines()
    assert len(rows) == 2 + 2 + 1
    assert "1,000" in rows[2] and "2,000" in rows[3] and "**3,000**" in rows[4]
    assert "2 个小班填报了碳储量" in texts(app)


def test_what_has_no_stock_is_counted_by_name(open_page, store):
    assert "未计入碳储量：" not in texts(open_page("accounts"))
    frame = layer_frames.forest()
    frame["species"] = frame["species"].cat.add_categories(["银杏"])
    frame.loc[[0, 1], "species"] = "银杏"
    frame.loc[2, "volume_m3_ha"] = -5.0
    publish_forest(store, frame, "2024")
    words = texts(sound(open_page("accounts")))
    assert "**树种无参数** 2 个小班" in words and "（银杏）" in words
    assert "**蓄积缺失或异常** 1 个小班" in words


def test_a_value_is_worked_out_only_from_what_the_reader_enters(open_page):
    app = open_page("accounts", growth="5")
    app.session_state["accounts-value"] = True
    app.run()
    assert app.number_input(key="accounts_price").value is None
    assert "测算：" not in texts(app)
    app.selectbox(key="accounts_base").set_value("新造林 · 官方口径系数法").run()
    app.number_input(key="accounts_price").set_value(70.0).run()
    assert "测算：" not in texts(app)
    app.date_input(key="accounts_price_day").set_value("2025-08-01").run()
    words = texts(sound(app))
    assert "**测算：" in words and "2025-08-01，用户输入" in words
    assert "部分生态产品价值" in words


def test_an_official_forest_by_a_reference_red_line_carries_the_mark(open_page, store):
    publish_forest(store, layer_frames.forest(), "")  # undated: no reference version to compare with
    assert "示意数据" not in texts(open_page("accounts"))
    assert "示意数据 · 生态保护红线内外" in texts(sound(open_page("accounts", by="redline_share_pct")))


def test_a_new_red_line_moves_plots_inside(open_page, store):
    app = open_page("accounts", by="redline_share_pct", area="ha")
    before = table(app, "生态保护红线内外")[2]
    redline = layer_frames.redline()
    redline["geometry"] = [layer_frames.square(0, 0, 2), layer_frames.square(20, 20)]
    publish(
        store,
        "redline",
        redline,
        provenance=Provenance(Kind.OFFICIAL, "平昌县自然资源局", as_of="2024"),
        actor=operator("技术员"),
        note="",
        base=store.snapshot().versions["redline"].name,
    )
    after = table(sound(app.run()), "生态保护红线内外")[2]
    # Half a plot lay inside before, four plots do now (rows differ a little in width).
    old, new = (float(row[2].replace(",", "")) for row in (before, after))
    assert new / old == pytest.approx(8, rel=1e-3)
    assert after[1] == "4"


def test_bad_parameters_are_named_and_dropped(open_page):
    app = sound(open_page("accounts", set="nothing", by="moon", growth="-1", before="9", after="x", q="1"))
    assert "set、by、growth、before、after、q" in app.toast[0].value
    assert app.query_params == {}


def test_units_change_the_account(open_page):
    app = open_page("accounts")
    app.segmented_control(key="unit_area").set_value("公顷").run()
    assert app.query_params == {"area": "ha"}
    assert table(sound(app), "优势树种")[0][2] == "面积（公顷）"


def test_everything_downloads(open_page):
    assert len(sound(open_page("accounts")).get("download_button")) == 4
    assert len(open_page("accounts").get("plotly_chart")) == 3


def test_without_carbon_data_the_page_says_what_to_do(open_page, monkeypatch):
    monkeypatch.setattr("pingchang_geo.layers.carbon_bearing", lambda: ())
    assert "请先发布森林小班数据" in texts(sound(open_page("accounts")))


@pytest.mark.parametrize(
    "state",
    [
        AccountsState("甲", "species", None, 2, 3),
        AccountsState("乙", "origin", 4.25, 1, 2, UnitChoice(AreaUnit.HA, MassUnit.T)),
        AccountsState("甲", "origin", 0.0, 3, 1, UnitChoice(AreaUnit.KM2, MassUnit.WT)),
    ],
)
def test_the_address_holds_the_whole_state(state):
    assert accounts_state.decode(accounts_state.encode(state, OFFER), OFFER) == (state, [])


def test_the_default_state_has_a_clean_address():
    assert accounts_state.encode(accounts_state.defaults(OFFER), OFFER) == {}


@pytest.mark.parametrize("text", ["-1", "51", "nan", "inf", "五", ""])
def test_a_growth_rate_out_of_range_is_not_understood(text):
    state, bad = accounts_state.decode({"growth": text}, OFFER)
    assert (state.growth_pct_a, bad) == (None, ["growth"])


def test_small_masses_stay_in_tonnes():
    choice = UnitChoice(AreaUnit.MU, MassUnit.WT)
    assert Column.of("tC", choice, [9999.0, float("nan")]).label == "吨碳"
    large = Column.of("tC", choice, [2e6])
    assert (large.label, large.text(1_234_567), large.shown([float("nan"), 1e4])) == ("万吨碳", "123.46", [None, 1.0])
