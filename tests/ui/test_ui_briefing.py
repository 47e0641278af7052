"""汇报: what readers see, what analysts change, save, take back and bring in; and maps taken from other pages."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pingchang_geo.access import Role, operator
from pingchang_geo.briefing import Feature, dump, editing
from pingchang_geo.settings import settings
from pingchang_geo.ui.briefing import exports
from pingchang_geo.workflow import start
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.briefings import saving, work
from pingchang_geo.workflow.briefings.work import Work
from tests.ui.conftest import Open, SignIn, words

HOSTILE = "<script>alert(1)</script>**粗** $x$ [链接](http://example.org) :red[红]"


@pytest.fixture(autouse=True)
def _same_store(store: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Shelf and work in progress beside the test's layers."""
    monkeypatch.setenv("PINGCHANG_DATA_DIR", str(store.root))
    settings.cache_clear()
    saving.shelf.cache_clear()
    work.works.cache_clear()
    monkeypatch.setattr(start, "open_store", lambda: store)
    yield
    settings.cache_clear()
    saving.shelf.cache_clear()
    work.works.cache_clear()


@pytest.fixture
def analyst(sign_in: SignIn, open_page: Open) -> AppTest:
    """The page, opened by an analyst."""
    sign_in(Role.ANALYST, "张三")
    return sound(open_page("briefing"))


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not [error.value for error in app.error]
    return app


def rows(app: AppTest) -> list[str]:
    return [str(option) for option in app.radio(key="briefing_scene").options]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return sound(app.run())


def choose(app: AppTest, scene: str) -> AppTest:
    app.radio(key="briefing_scene").set_value(scene)
    return sound(app.run())


def editing_mode(app: AppTest) -> AppTest:
    app.segmented_control(key="briefing_mode").set_value("编辑")
    return sound(app.run())


def field(app: AppTest, part: str) -> Any:
    every = [*app.text_input, *app.text_area, *app.multiselect, *app.selectbox, *app.slider]
    return next(one for one in every if str(one.key).startswith(f"edit_{part}_"))


def type_in(app: AppTest, part: str, value: Any) -> AppTest:
    field(app, part).set_value(value)
    return sound(app.run())


def opened(app: AppTest, key: str) -> AppTest:
    app.session_state[key] = True
    return sound(app.run())


def kept_by(name: str) -> Work:
    found = work.works().get(operator(name), "default")
    assert found is not None
    return found


def shipped() -> Any:
    return saving.opened("default", 0).briefing


def test_readers_see_every_scene_and_no_controls(open_page: Open) -> None:
    app = sound(open_page("briefing"))
    assert len(rows(app)) == len(shipped().scenes)
    assert shipped().scenes[0].title in words(app)
    assert not [one for one in app.button if one.label in ("上移", "删除", "新建", "撤销")]
    assert not app.segmented_control
    (link,) = [one for one in app.get("link_button") if "开始汇报" in one.proto.label]
    assert link.proto.url == "/play/default#county"


def test_the_scene_stands_in_the_address_and_plays_from_there_in_the_dark_theme(open_page: Open) -> None:
    app = choose(sound(open_page("briefing")), "stock")
    assert app.query_params["scene"] == "stock"
    app.toggle(key="briefing_dark").set_value(True)
    app.run()
    (link,) = app.get("link_button")
    assert link.proto.url == "/play/default?theme=dark#stock"


def test_an_unknown_briefing_says_so_and_shows_the_shipped_one(open_page: Open) -> None:
    app = sound(open_page("briefing", briefing="nothing-here"))
    assert "没有名为「nothing" in words(app)
    assert len(rows(app)) == len(shipped().scenes)


def test_the_texts_are_told_with_their_figures(open_page: Open) -> None:
    app = choose(sound(open_page("briefing")), "redline")
    assert "79\\.57 km²" in words(app)
    assert "{ledger" not in words(app)
    assert app.get("plotly_chart")
    assert len(app.get("component_instance")) == 1


def test_moving_copying_hiding_deleting_and_taking_back(analyst: AppTest) -> None:
    ids = [scene.id for scene in shipped().scenes]
    app = press(choose(analyst, ids[1]), "scene_up")
    assert rows(app)[0].startswith("1　**生态保护红线")
    assert app.radio(key="briefing_scene").value == ids[1]
    app = press(app, "scene_copy")
    assert len(rows(app)) == len(ids) + 1
    assert app.radio(key="briefing_scene").value == "scene-1"
    app = press(app, "scene_hide")
    assert "隐藏" in rows(app)[1]
    app = press(app, "scene_delete")
    assert "可以撤销" in words(app)
    assert len(rows(app)) == len(ids)
    for _ in range(4):
        app = press(app, "briefing_undo")
    assert len(rows(app)) == len(ids)
    assert rows(app)[1].startswith("2　**生态保护红线")
    assert "未保存的修改" not in words(app)
    assert app.button(key="briefing_undo").disabled


def test_what_is_typed_is_kept_saved_and_played(analyst: AppTest, store: Any) -> None:
    app = editing_mode(choose(analyst, "redline"))
    app = type_in(app, "title", "红线一张图")
    app = type_in(app, "text", "第一段 {ledger:redline_area_km2}\n\n第二段")
    app = type_in(app, "notes", "慢一点讲")
    assert "有未保存的修改" in words(app)
    kept = kept_by("张三")
    assert editing.scene_of(kept.briefing, "redline").text == ("第一段 {ledger:redline_area_km2}", "第二段")
    assert saving.opened("default").saved.number == 0  # nobody else sees it yet
    next(one for one in app.text_input if "修改说明" in one.label).set_value("改了红线")
    app = press(app, "briefing_save_go")
    assert "已保存为「default」第 1 版" in words(app)
    now = saving.opened("default")
    assert (now.saved.number, now.saved.actor, now.saved.note) == (1, "张三", "改了红线")
    scene = editing.scene_of(now.briefing, "redline")
    assert (scene.title, scene.notes) == ("红线一张图", "慢一点讲")
    assert work.works().get(operator("张三"), "default") is None
    assert "briefing" in {one.action for one in store.audit()}


def test_leaving_the_page_and_a_new_session_lose_nothing(analyst: AppTest, open_page: Open) -> None:
    app = type_in(editing_mode(choose(analyst, "redline")), "title", "红线一张图")
    app.switch_page("forest.py").run()
    app.switch_page("briefing.py").run()
    assert any("红线一张图" in row for row in rows(app))
    assert any("红线一张图" in row for row in rows(sound(open_page("briefing"))))


def test_somebody_elses_changes_are_not_mine(analyst: AppTest, sign_in: SignIn, open_page: Open) -> None:
    press(choose(analyst, "redline"), "scene_delete")
    sign_in(Role.ANALYST, "李四")
    assert len(rows(sound(open_page("briefing")))) == len(shipped().scenes)


def test_the_second_of_two_editors_is_told_and_keeps_the_work(analyst: AppTest) -> None:
    app = press(choose(analyst, "redline"), "scene_delete")
    other = editing.without(shipped(), "county")
    saving.save(other, base=0, actor=operator("李四"), note="删了第一页")
    app = press(app, "briefing_save_go")
    assert "李四已于" in words(app)
    assert "您的修改没有保存" in words(app)
    assert "不能直接保存" in words(app)
    assert saving.opened("default").briefing == other
    assert len(rows(app)) == len(shipped().scenes) - 1
    next(one for one in app.text_input if one.label == "名称").set_value("county-2025")
    app = press(app, "briefing_save_as")
    assert "已另存为「county" in words(app)
    mine = saving.opened("county-2025").briefing
    assert [scene.id for scene in mine.scenes] == [one.id for one in shipped().scenes if one.id != "redline"]
    assert app.selectbox(key="briefing_name").value == "county-2025"


def saved_by_another(scene: str, **changes: Any) -> None:
    now = saving.opened("default")
    briefing = editing.with_scene(now.briefing, replace(editing.scene_of(now.briefing, scene), **changes))
    saving.save(briefing, base=now.saved.number, actor=operator("李四"))


def test_what_somebody_saved_meanwhile_is_not_typed_over(analyst: AppTest) -> None:
    app = editing_mode(choose(analyst, "redline"))
    saved_by_another("redline", text=("李四的第一段", "李四的第二段"))
    app = type_in(app, "text", "张三的一段")  # into a field that shows the text of before
    assert "刚才输入的是：张三的一段" in words(app)
    assert work.works().get(operator("张三"), "default") is None
    assert field(app, "text").value == "李四的第一段\n李四的第二段"
    app = type_in(app, "text", "李四的第一段\n张三的第二段")
    assert "没有写入" not in words(app)
    assert editing.scene_of(kept_by("张三").briefing, "redline").text == ("李四的第一段", "张三的第二段")
    assert kept_by("张三").base == 1


def test_a_field_shows_what_somebody_saved_meanwhile_and_others_are_typed_as_ever(analyst: AppTest) -> None:
    app = editing_mode(choose(analyst, "redline"))
    saved_by_another("redline", notes="李四的讲稿")
    app = type_in(app, "title", "张三的标题")
    assert field(app, "notes").value == "李四的讲稿"
    scene = editing.scene_of(kept_by("张三").briefing, "redline")
    assert (scene.title, scene.notes) == ("张三的标题", "李四的讲稿")
    app = type_in(app, "notes", "李四的讲稿，张三补充")
    assert editing.scene_of(kept_by("张三").briefing, "redline").notes == "李四的讲稿，张三补充"


def test_colours_that_somebody_chose_meanwhile_are_not_chosen_over(analyst: AppTest) -> None:
    app = editing_mode(choose(analyst, "stock"))
    here = editing.scene_of(shipped(), "stock").map
    assert here is not None
    saved_by_another("stock", map=replace(here, layers=tuple(replace(one, theme="species") for one in here.layers)))
    app = type_in(app, "map_theme", "canopy")
    assert "没有写入" in words(app)
    assert field(app, "map_theme").value == "species"
    saved_by_another("stock", map=replace(here, layers=()))
    app = type_in(app, "map_opacity", 20)
    assert "没有写入" in words(app)
    assert work.works().get(operator("张三"), "default") is None


def test_the_subtitle_can_be_left_out_and_the_title_cannot(analyst: AppTest) -> None:
    app = opened(analyst, "briefing_more")
    next(one for one in app.text_input if one.label == "副标题").set_value(" ")
    app = sound(app.run())
    assert kept_by("张三").briefing.subtitle == ""
    next(one for one in app.text_input if one.label == "汇报标题").set_value("")
    app = sound(app.run())
    assert "汇报标题不能为空" in words(app)
    assert next(one for one in app.text_input if one.label == "汇报标题").value == shipped().title
    assert kept_by("张三").briefing.title == shipped().title


@pytest.mark.parametrize("name", ["", "中文", "../x", "default"])
def test_a_name_that_cannot_be_used_is_refused(analyst: AppTest, name: str, store: Any) -> None:
    app = press(choose(analyst, "redline"), "scene_delete")
    next(one for one in app.text_input if one.label == "名称").set_value(name)
    app = press(app, "briefing_save_as")
    assert app.warning
    assert saving.opened("default").saved.number == 0
    assert saving.shelf().names() == ("default",)


def test_hostile_texts_are_texts(analyst: AppTest) -> None:
    app = editing_mode(choose(analyst, "redline"))
    for part in ("title", "section", "text", "notes"):
        app = type_in(app, part, HOSTILE)
    app.segmented_control(key="briefing_mode").set_value("预览")
    app = sound(app.run())
    said = "\n".join([*(str(one.value) for one in app.markdown), *(str(one.value) for one in app.caption), *rows(app)])
    assert "alert" in said
    for sign in ("<script", "**粗", "$x", "](http", ":red[红"):
        assert not re.search(r"(?<!\\)" + re.escape(sign), said)


def test_too_long_texts_say_so_beside_the_field_and_in_the_list(analyst: AppTest) -> None:
    app = editing_mode(choose(analyst, "redline"))
    app = type_in(app, "title", "长" * 30)
    assert any("标题长约 30 字，超过 24 字" in one.value for one in app.caption)
    assert any("个问题" in row for row in rows(app))
    app = type_in(app, "text", "\n".join(["段"] * 3 + ["长" * 95, "段"]))
    said = "\n".join(one.value for one in app.caption)
    assert "第 4 段长约 95 字" in said
    assert "段落 5 个，多于 4 个" in said


def test_cards_quotation_and_charts_by_picking(analyst: AppTest) -> None:
    app = editing_mode(choose(analyst, "redline"))
    cards = field(app, "cards")
    assert any("（报告）" in one for one in cards.options)
    assert any("（计算）" in one for one in cards.options)
    app = type_in(app, "cards", ["forest_cover_pct", "forest.stock_tc"])
    app = type_in(app, "quote", "")
    app = type_in(app, "charts", [])
    kept = editing.scene_of(kept_by("张三").briefing, "redline")
    assert (kept.cards, kept.quote, kept.charts) == (("forest_cover_pct", "forest.stock_tc"), "", ())


def test_features_are_highlighted_by_picking(analyst: AppTest) -> None:
    app = editing_mode(choose(analyst, "scenic"))
    box = field(app, "map_select")
    assert [one.key for one in box.value] == ["佛头山"]
    names = [option.partition("：")[2] for option in box.options if option.startswith("AAAA 级景区：")]
    other = next(one for one in names if one != "佛头山")
    app = type_in(app, "map_select", [*box.value, Feature("scenic", other)])
    kept = editing.scene_of(kept_by("张三").briefing, "scenic").map
    assert kept is not None
    assert kept.select == (Feature("scenic", "佛头山"), Feature("scenic", other))
    type_in(app, "map_select", [])
    kept = editing.scene_of(kept_by("张三").briefing, "scenic").map
    assert kept is not None and kept.select == ()


def test_a_scene_whose_layer_and_feature_are_gone_says_so_and_is_shown(analyst: AppTest) -> None:
    text = (
        dump(shipped()).replace('key = "佛头山"', 'key = "不存在的景区"').replace('layer = "redline"', 'layer = "moon"')
    )
    saving.save(saving.brought_in(text.encode(), "broken"), base=None, actor=operator("李四"))
    app = sound(analyst.run())
    app.selectbox(key="briefing_name").set_value("broken")
    app = choose(sound(app.run()), "scenic")
    assert "没有「不存在的景区」" in words(app)
    assert "AAAA 级旅游景区" in words(app)
    app = choose(app, "redline")
    assert "图层「moon」不存在" in words(app)
    assert len(app.get("component_instance")) == 1
    sound(editing_mode(app))


def test_versions_and_the_way_back(analyst: AppTest) -> None:
    app = press(press(choose(analyst, "redline"), "scene_delete"), "briefing_save_go")
    app = opened(app, "briefing_more")
    assert [row["版本"] for row in app.dataframe[0].value.to_dict("records")] == ["第 1 版", "随系统提供"]
    app = press(app, "briefing_restore")
    assert "已恢复到随系统提供，保存为第 2 版" in words(app)
    assert saving.opened("default").briefing == shipped()


def test_changes_are_given_up_and_that_is_taken_back(analyst: AppTest) -> None:
    app = opened(press(choose(analyst, "redline"), "scene_delete"), "briefing_more")
    app = press(app, "briefing_drop")
    assert len(rows(app)) == len(shipped().scenes)
    assert len(rows(press(app, "briefing_undo"))) == len(shipped().scenes) - 1


def test_what_was_undone_does_not_lie_over_what_somebody_has_saved(analyst: AppTest) -> None:
    app = press(choose(analyst, "redline"), "scene_delete")
    other = editing.without(shipped(), "county")
    saving.save(other, base=0, actor=operator("李四"), note="删了第一页")
    app = opened(sound(app.run()), "briefing_more")
    app = press(app, "briefing_drop")
    assert len(rows(app)) == len(other.scenes)
    app = press(app, "briefing_undo")  # my draft comes back as what it was: changes to the version before
    assert kept_by("张三").base == 0
    assert "不能直接保存" in words(app)
    app = press(app, "briefing_save_go")
    assert "您的修改没有保存" in words(app)
    assert saving.opened("default").briefing == other


def test_only_what_this_window_did_last_is_undone(analyst: AppTest) -> None:
    app = press(choose(analyst, "redline"), "scene_delete")
    app = press(app, "briefing_save_go")
    other = editing.without(saving.opened("default").briefing, "county")
    saving.save(other, base=1, actor=operator("李四"), note="删了第一页")
    app = press(sound(app.run()), "briefing_undo")
    assert "没有撤销" in words(app)
    assert len(rows(app)) == len(other.scenes)
    assert work.works().names(operator("张三")) == ()


def test_a_change_is_undone_after_it_was_saved(analyst: AppTest) -> None:
    app = press(choose(analyst, "redline"), "scene_delete")
    app = press(app, "briefing_save_go")
    app = press(app, "briefing_undo")
    assert len(rows(app)) == len(shipped().scenes)
    assert kept_by("张三").base == saving.opened("default").saved.number == 1
    press(app, "briefing_save_go")
    assert saving.opened("default").briefing == shipped()


def test_one_unreadable_briefing_takes_no_other_away(analyst: AppTest, store: Any) -> None:
    saving.save(replace(shipped(), name="broken"), base=None, actor=operator("李四"))
    (file,) = (store.root / "briefings" / "broken").glob("*.toml")
    file.write_bytes("汇报".encode("gbk"))
    app = sound(analyst.run())
    assert "broken（无法读取）" in app.selectbox(key="briefing_name").options
    assert len(rows(app)) == len(shipped().scenes)


def brought(app: AppTest, content: bytes) -> AppTest:
    app = opened(app, "briefing_more")
    app.file_uploader[0].set_value([("场景.toml", content, "application/toml")])
    app = opened(app, "briefing_more")
    return press(app, "briefing_import")


def test_a_file_is_brought_in_with_its_problems(analyst: AppTest) -> None:
    text = 'format = 1\nname = "small"\ntitle = "小汇报"\nwrong = 1\n[[scene]]\nid = "one"\ntitle = "甲"\n'
    app = brought(analyst, text.encode())
    assert "已载入「小汇报」（small），共 1 个场景" in words(app)
    assert "不认识的键「wrong」" in words(app)
    assert "尚未保存，保存后才能放映" in words(app)
    app = press(app, "briefing_save_go")
    assert saving.opened("small").saved.number == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"nothing = ", b"\x00" * 99])
def test_a_broken_file_is_refused_in_words(analyst: AppTest, content: bytes) -> None:
    app = brought(analyst, content)
    assert "没有可以载入的场景" in words(app)
    assert work.works().names(operator("张三")) == ()


def capture(app: AppTest, title: str, place: str = "at the end") -> AppTest:
    app = opened(app, "capture")
    app.selectbox(key="capture_place_0_default").set_value(place)
    app.text_input(key="capture_title_0").set_value(title)
    app.session_state["capture"] = True
    return press(app, "capture_go")


def test_the_map_of_a_page_becomes_a_scene(sign_in: SignIn, open_page: Open) -> None:
    sign_in(Role.ANALYST, "张三")
    app = open_page("forest", species="马尾松", theme="canopy", view="31.56,107.12,12", sel="forest:0")
    sound(capture(app, "马尾松林", "after:redline"))
    kept = kept_by("张三")
    scene = kept.briefing.scenes[2]
    assert (scene.title, scene.section) == ("马尾松林", "森林碳汇")
    assert scene.map is not None
    (view,) = scene.map.layers
    assert (view.layer, view.theme, view.filter, view.opacity) == ("forest", "canopy", "species=马尾松", None)
    assert view.version.startswith("1-")
    assert [one.layer for one in scene.map.select] == ["forest"]
    west, south, east, north = scene.map.extent or (0, 0, 0, 0)
    assert west < 107.12 < east and south < 31.56 < north
    assert (west + east) / 2 == pytest.approx(107.12, abs=1e-4)


def test_the_map_of_a_scene_is_replaced_and_its_texts_stay(sign_in: SignIn, open_page: Open) -> None:
    sign_in(Role.ANALYST, "张三")
    sound(capture(open_page("redline"), "", "map:stock"))
    kept = kept_by("张三")
    scene, before = editing.scene_of(kept.briefing, "stock"), editing.scene_of(shipped(), "stock")
    assert (scene.title, scene.text) == (before.title, before.text)
    assert scene.map is not None
    assert [view.layer for view in scene.map.layers] == ["redline"]


def test_a_scene_needs_a_title(sign_in: SignIn, open_page: Open) -> None:
    sign_in(Role.ANALYST, "张三")
    app = capture(open_page("forest"), " ")
    app = opened(app, "capture")
    assert "请填写场景的标题" in words(app)
    assert work.works().names(operator("张三")) == ()


@pytest.mark.parametrize("page", ["overview", "forest", "redline", "scenic", "parks", "site", "overlay"])
def test_readers_have_no_button_to_capture(page: str, open_page: Open, sign_in: SignIn) -> None:
    sign_in(Role.VIEWER, "王五")
    assert not [one for one in sound(open_page(page)).get("popover") if "加入汇报" in str(one.proto)]
    sign_in(Role.ANALYST, "张三")
    assert [one for one in sound(open_page(page)).get("popover") if "加入汇报" in str(one.proto)]


def test_whoever_lost_the_right_changes_nothing(analyst: AppTest, access: Any, sign_in: SignIn) -> None:
    app = choose(analyst, "redline")
    sign_in(Role.VIEWER, "王五")
    app.button(key="scene_delete").click()
    app.run()
    assert any("没有" in one.value for one in app.warning)
    assert saving.opened("default").saved.number == 0
    assert work.works().names(operator("张三")) == ()
    assert not [one for one in app.button if one.label == "删除"]


def finished(job: exports.Job) -> exports.Job:
    for _ in range(200):
        if not job.working:
            return job
        time.sleep(0.02)
    raise AssertionError("the export is not done in time")


def test_exports_are_made_one_after_the_other_given_up_and_told(store: Any) -> None:
    atlas, going, steps = load(store), threading.Event(), []

    def slow(story: Any, atlas: Any, progress: exports.Progress) -> bytes:
        progress("第 1 页")
        steps.append("slow")
        going.wait(20)
        progress("第 2 页")
        return b"slow"

    def quick(story: Any, atlas: Any, progress: exports.Progress) -> bytes:
        steps.append("quick")
        return str(story.title).encode()

    def broken(story: Any, atlas: Any, progress: exports.Progress) -> bytes:
        raise ValueError("a secret path")

    first = exports.start_job(slow, shipped(), atlas)
    while not steps:
        time.sleep(0.01)
    second = exports.start_job(quick, shipped(), atlas)
    time.sleep(0.1)
    assert (first.steps[-1], second.steps, steps) == ("第 1 页", [], ["slow"])
    first.stop()
    going.set()
    assert finished(second).content == shipped().title.encode()
    assert (first.content, first.wrong) == (None, "已取消。")
    wrong = finished(exports.start_job(broken, shipped(), atlas)).wrong
    assert "没有生成" in wrong
    assert "secret" not in wrong
