"""数据更新 and 版本与日志: from a file to a version and back, on pages."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from streamlit.testing.v1 import AppTest

from pingchang_geo import exports, layers
from pingchang_geo.access import Role, operator
from pingchang_geo.exports import vectors
from pingchang_geo.messages import issue
from pingchang_geo.settings import settings
from pingchang_geo.store import locks
from pingchang_geo.ui import versions_page
from pingchang_geo.ui.update import issues
from pingchang_geo.workflow import start, versions
from pingchang_geo.workflow.access import Access
from pingchang_geo.workflow.publish import current_base, publish
from pingchang_geo.workflow.uploads import drafting
from pingchang_geo.workflow.uploads.drafts import Draft, Drafts
from tests import factories, layer_frames
from tests.ui.conftest import Open, SignIn, button, words

FOREST = layer_frames.forest(volume=75)


@pytest.fixture(autouse=True)
def _same_store(store: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Page, drafts and drafting process all work on the test's store; an analyst has signed in."""
    monkeypatch.setenv("PINGCHANG_DATA_DIR", str(store.root))
    settings.cache_clear()
    monkeypatch.setattr(start, "open_store", lambda: store)
    sign_in(Role.ANALYST, "张三")
    yield
    settings.cache_clear()


def packed(frame: Any = FOREST) -> tuple[str, bytes, str]:
    return "小班.zip", vectors.to_shapefile(frame, layers.get("forest")), "application/zip"


def sent(app: AppTest, file: tuple[str, bytes, str]) -> AppTest:
    """Upload a file and wait until it is inspected."""
    app.file_uploader[0].set_value([file])
    app.run()
    button(app, "检查文件").click()
    return settled(app.run())


def settled(app: AppTest) -> AppTest:
    """Run again until no process is at work."""
    for _ in range(150):
        if not any("可以离开本页" in caption.value for caption in app.caption):
            assert not app.exception
            return app
        time.sleep(0.2)
        app.run()
    raise AssertionError("the draft is not done in time")


def test_from_a_file_to_a_version(open_page: Open, store: Any) -> None:
    app = sent(open_page("update"), packed())
    assert "检查通过，可以发布" in words(app)
    assert "示意数据），不作逐个比较" in words(app)
    app.checkbox(key="publish_whole").check()
    button(app, "发布为").click()
    app.run()
    assert "请填写数据来源和数据时点" in words(app)
    app.checkbox(key="publish_whole").uncheck()
    app.text_input(key="publish_source").set_value("平昌县林业局")
    app.text_input(key="publish_as_of").set_value("2024年12月31日")
    app.text_input(key="publish_note").set_value("年度更新")
    button(app, "发布为").click()
    app.run()
    assert "合计与报告相差较大" in words(app)  # twelve squares are no county
    app.checkbox(key="publish_whole").check()
    button(app, "发布为").click()
    app = settled(app.run())
    assert "已发布：森林小班第 2 版" in words(app)
    version = store.snapshot().versions["forest"]
    assert (version.number, version.publisher, version.note, version.rows) == (2, "张三", "年度更新", 12)
    assert (version.provenance.source, version.provenance.as_of) == ("平昌县林业局", "2024-12-31")


def test_questions_are_answered_in_a_form(open_page: Open) -> None:
    twice = FOREST.copy()
    twice.loc[2, "xiaoban"] = twice.loc[0, "xiaoban"]
    app = sent(open_page("update"), packed(twice))
    assert "有 1 个问题需要您确认" in words(app)
    assert "命令行" not in words(app)
    button(app, "按以上回答重新检查").click()
    app.run()
    assert "第 1 个问题还没有回答" in words(app)
    app.checkbox[0].check()
    button(app, "按以上回答重新检查").click()
    app = settled(app.run())
    assert "检查通过，可以发布" in words(app)


def test_the_same_question_about_two_fields(open_page: Open, store: Any) -> None:
    """One code, two questions: both are shown, and neither answers for the other."""
    wild = FOREST.copy()
    wild.loc[2, "volume_m3_ha"] = 5000.0
    wild["volume_m3"] = [2e7 if row == 3 else 100.0 for row in range(len(wild))]
    app = sent(open_page("update"), packed(wild))
    asked = [box for box in app.checkbox if "已核对" in box.label]
    assert len(asked) >= 2
    for box in asked[:-1]:
        box.check()
    button(app, "按以上回答重新检查").click()
    app.run()
    assert f"第 {len(asked)} 个问题还没有回答" in words(app)
    for box in [box for box in app.checkbox if "已核对" in box.label]:
        box.check()
    button(app, "按以上回答重新检查").click()
    app = settled(app.run())
    assert "可以发布" in words(app)
    (draft,) = Drafts(store.root).open_drafts()
    assert [name.partition(":")[0] for name in draft.answers] == ["VALUE_LIMITS"] * len(asked)


def test_the_list_of_issues_names_every_record(open_page: Open, store: Any) -> None:
    """As a workbook: one line an issue, and one line a record with its key and value."""
    old = FOREST.assign(mean_age_a=[900.0] * 7 + [30.0] * (len(FOREST) - 7))
    app = sent(open_page("update"), packed(old))
    drafts = Drafts(store.root)
    (draft,) = drafts.open_drafts()
    found = drafts.inspection(draft)
    assert found is not None
    first, second = issues.sheets(drafts, draft, found)
    assert first.title == "检查结果"
    assert "平均年龄" in first.columns["字段"]
    number = first.columns["序号"][first.columns["字段"].index("平均年龄")]
    rows = [row for row, own in enumerate(second.columns["序号"]) if own == number]
    assert [second.columns["记录号"][row] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert {second.columns["取值"][row] for row in rows} == {"900"}
    assert not app.exception


def test_what_cannot_be_used_says_what_to_mend(open_page: Open) -> None:
    app = sent(open_page("update"), ("林地.zip", b"PK\x03\x04broken", "application/zip"))
    assert "处必须改正" in words(app)
    assert "必须改正" in words(app)
    assert "已损坏" in words(app)


def test_leaving_loses_nothing(open_page: Open) -> None:
    app = sent(open_page("update"), packed())
    draft = app.query_params["draft"]
    draft = draft if isinstance(draft, str) else draft[0]
    again = open_page("update")
    assert "未完成的更新" in words(again)
    assert "检查通过" in words(open_page("update", draft=draft))
    gone = open_page("update", draft="0123456789ab")
    assert "草稿不存在" in words(gone)


def test_drafts_are_their_own_peoples_and_the_admins(open_page: Open, sign_in: SignIn) -> None:
    app = sent(open_page("update"), packed())
    draft = app.query_params["draft"]
    draft = draft if isinstance(draft, str) else draft[0]
    sign_in(Role.ANALYST, "李四")
    assert "未完成的更新" not in words(open_page("update"))
    other = open_page("update", draft=draft)
    assert "由他人上传" in words(other)
    assert "检查通过" not in words(other)
    sign_in(Role.ADMIN, "王五")
    assert "未完成的更新" in words(open_page("update"))
    assert "检查通过" in words(open_page("update", draft=draft))
    sign_in(Role.ANALYST, "张三")
    assert "检查通过" in words(open_page("update", draft=draft))


def test_nothing_is_published_by_a_session_that_ended(open_page: Open, store: Any, access: Access) -> None:
    app = sent(open_page("update"), packed())
    app.text_input(key="publish_source").set_value("平昌县林业局")
    app.text_input(key="publish_as_of").set_value("2024")
    app.checkbox(key="publish_whole").check()
    access.revoke_all("张三", operator("测试"))
    button(app, "发布为").click()
    app.run()
    assert "登录已失效" in words(app)
    assert "刚才的操作没有执行" in words(app)
    assert store.snapshot().versions["forest"].number == 1
    assert "publish" not in {entry.action for entry in store.audit() if entry.actor == "张三"}


def test_nothing_goes_back_by_a_session_that_ended(open_page: Open, store: Any, access: Access) -> None:
    put(store)
    app = open_page("versions")
    app.text_input(key="rollback_note").set_value("单位有误")
    access.revoke_all("张三", operator("测试"))
    app.button(key="rollback_go").click()
    app.run()
    assert "登录已失效，没有执行" in words(app)
    assert store.snapshot().versions["forest"].number == 2


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_others_see_the_history_and_may_only_look(
    open_page: Open, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, store: Any, role: Role | None
) -> None:
    put(store)
    if role is None:
        monkeypatch.setattr("pingchang_geo.ui.permission._session", lambda: "")
    else:
        sign_in(role, "赵六")
    app = open_page("versions")
    assert app.dataframe[0].value["发布人"].tolist() == ["李四", "系统"]
    assert not [one for one in app.button if "回退" in one.label]
    assert "操作日志由管理员查看" in words(app)
    assert "已校验，记录完整" not in words(app)


def test_the_log_is_for_admins_and_speaks_chinese(open_page: Open, sign_in: SignIn) -> None:
    assert len(open_page("versions").dataframe) == 1  # an analyst sees the history only
    sign_in(Role.ADMIN, "王五")
    app = open_page("versions")
    assert "已校验，记录完整" in words(app)
    log = app.dataframe[-1].value
    assert {"发布", "生成一次性链接", "设置密码"} <= set(log["操作"])
    assert "用户：王五　角色：管理员" in set(log["内容"])
    assert not log["内容"].str.contains("name|role|source|address").any()


def test_a_line_that_cannot_be_written_does_not_close_the_log(
    open_page: Open, sign_in: SignIn, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets: list[Any] = []
    monkeypatch.setattr(versions_page, "downloads", lambda make, *_, **__: sheets.append(make()))
    sign_in(Role.ADMIN, "王五")
    store.log("张三", "refuse", layer="forest", file=["\udcc1\udcd6.shp"])
    app = open_page("versions")
    assert app.dataframe[-1].value["内容"].iloc[0] == "森林小班　文件：\ufffd\ufffd.shp"
    assert "\ufffd\ufffd.shp" in exports.to_csv(sheets[-1]).decode("utf-8")


def put(store: Any, volume: float = 80) -> None:
    publish(
        store,
        "forest",
        layer_frames.forest(volume=volume).iloc[1:].reset_index(drop=True),
        provenance=layer_frames.OFFICIAL,
        actor=operator("李四"),
        note="更新蓄积",
        base=current_base(store, "forest"),
    )


def test_the_history_and_the_way_back(open_page: Open, store: Any) -> None:
    put(store)
    app = open_page("versions")
    history = app.dataframe[0].value
    assert history["版本"].tolist() == ["第 2 版（当前）", "第 1 版"]
    assert history["发布人"].tolist() == ["李四", "系统"]
    held = [versions.figures(store, one) for one in store.versions("forest")]
    assert history["面积（km²）"].tolist() == [round(one.area_km2, 2) for one in held]
    assert history["碳储量（tC）"].tolist() == [round(one.stock_tc) for one in held]
    assert "碳储量（tC）" not in open_page("versions", layer="redline").dataframe[0].value
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics == {"未变": "0", "变更": "11", "新增": "0", "减少": "1"}
    app.text_input(key="rollback_note").set_value("单位有误")
    app.button(key="rollback_go").click()
    app.run()
    assert store.snapshot().versions["forest"].note == "回退到第 1 版：单位有误"
    assert app.dataframe[0].value["版本"].iloc[0] == "第 3 版（当前）"
    assert versions.find(store, "forest", "3").publisher == "张三"


def test_a_pruned_version_is_refused_where_it_would_be_downloaded(open_page: Open, store: Any) -> None:
    put(store)
    store.prune(lambda present, _: present[-1:], ["forest"], "王五")
    app = open_page("versions")
    assert not [box for box in app.selectbox if box.label == "格式"]  # nothing is read before it is opened
    app.session_state["download_box"] = True
    app.run()
    assert not app.warning
    app.selectbox(key="download_version_forest").select_index(1)
    app.run()
    assert "已按保留规则清理" in app.warning[0].value
    assert not app.error
    assert "只有一个版本有内容" in words(app)


def test_a_version_that_cannot_be_compared_leaves_the_log(open_page: Open, sign_in: SignIn, store: Any) -> None:
    first = store.snapshot().versions["forest"]
    put(store, volume=61)  # compared by no other test, so that nothing is remembered
    store.content_path(first).unlink()
    sign_in(Role.ADMIN, "王五")
    app = open_page("versions")
    assert "数据文件缺失" in app.error[0].value
    assert "已校验，记录完整" in words(app)


def test_the_history_says_what_is_not_computed_yet(open_page: Open, store: Any) -> None:
    for volume in (80, 85, 90):
        frame, base = layer_frames.forest(volume=volume), current_base(store, "forest")
        source, who = layer_frames.OFFICIAL, operator("李四")
        publish(store, "forest", frame, provenance=source, actor=who, note="", base=base)
    for version in store.versions("forest")[1:]:
        shutil.rmtree(store.derived_dir(version))
    app = open_page("versions")
    assert app.dataframe[0].value["面积（km²）"].notna().tolist() == [True, True, True, False]
    assert "还有 1 个版本的面积与碳储量尚未按现行参数计算" in words(app)
    app.run()
    assert app.dataframe[0].value["面积（km²）"].notna().all()
    assert "尚未按现行参数计算" not in words(app)


def test_other_layers_by_address(open_page: Open) -> None:
    assert "生态保护红线的版本" in words(open_page("versions", layer="redline"))
    assert "nonsense" in open_page("versions", nonsense="1").toast[0].value


def test_a_wrong_layer_is_changed_without_uploading_again(open_page: Open) -> None:
    app = open_page("update")
    app.file_uploader[0].set_value([packed()])
    app.selectbox(key="update_layer").set_value("redline")
    app.run()
    button(app, "检查文件").click()
    app = settled(app.run())
    assert "更像「森林小班」" in words(app)
    assert "请确认" not in [head.value for head in app.markdown]  # nothing to confirm about a file that is refused
    (other,) = [box for box in app.selectbox if box.label == "改按图层"]
    assert other.value == "forest"
    button(app, "重新检查").click()
    app = settled(app.run())
    assert "检查通过，可以发布" in words(app)


def filled(app: AppTest) -> AppTest:
    """The form before publishing, filled in."""
    app.text_input(key="publish_source").set_value("平昌县林业局")
    app.text_input(key="publish_as_of").set_value("2024")
    app.checkbox(key="publish_whole").check()
    return app


def labels(app: AppTest) -> str:
    return "\n".join(one.label for one in app.button)


def drafted(store: Any) -> Draft:
    (draft,) = Drafts(store.root).open_drafts()
    return draft


def test_after_somebody_elses_publish_it_is_compared_again(open_page: Open, store: Any) -> None:
    app = sent(open_page("update"), packed())
    assert "重新检查并比较" not in labels(app)
    put(store)
    app.run()
    assert "检查之后，当前版本已更换：" in words(app)
    assert "李四 于" in words(app)
    assert "发布了第 2 版（更新蓄积）" in words(app)
    assert "发布为" not in labels(app)
    button(app, "重新检查并比较").click()
    app = settled(app.run())
    assert "当前版本已更换" not in words(app)
    assert {metric.label: metric.value for metric in app.metric} == {
        "未变": "0",
        "变更": "11",
        "新增": "1",
        "减少": "0",
    }
    button(filled(app), "发布为").click()
    app = settled(app.run())
    assert "已发布：森林小班第 3 版" in words(app)


def test_a_conflict_leads_back_to_the_comparison(open_page: Open, store: Any) -> None:
    """The version changes while the form is being filled in."""
    app = filled(sent(open_page("update"), packed()))
    put(store)
    button(app, "发布为").click()
    app = settled(app.run())
    assert "请重新与当前版本比较后再发布" in words(app)
    assert "发布了第 2 版（更新蓄积）" in words(app)
    button(app, "重新检查并比较").click()
    app = settled(app.run())
    assert "请重新与当前版本比较" not in words(app)
    assert drafted(store).base == store.snapshot().versions["forest"].name


def test_two_windows_do_not_publish_what_one_has_not_seen(open_page: Open, store: Any) -> None:
    filled(sent(open_page("update"), packed()))
    draft = drafted(store)
    other = filled(open_page("update", draft=draft.id))
    drafts = Drafts(store.root)
    drafts.start(replace(draft, mapping={"mean_age_a": ""}), "inspect", settings(), operator("张三"))
    while drafts.working(draft):
        time.sleep(0.1)
    button(other, "发布为").click()
    other.run()
    assert "已在别处改动或放弃，刚才的操作没有执行" in words(other)
    assert store.snapshot().versions["forest"].number == 1
    assert drafted(store).mapping == {"mean_age_a": ""}
    assert "可以发布" in words(other)


def test_what_is_at_work_is_neither_asked_again_nor_given_up(open_page: Open, store: Any) -> None:
    app = filled(sent(open_page("update"), packed()))
    draft = drafted(store)
    late, later = open_page("update", draft=draft.id), filled(open_page("update", draft=draft.id))
    with locks.locked(store.root / locks.PUBLISH, alone=True):  # the publish cannot get to its end
        button(app, "发布为").click()
        app.run()
        assert "可以离开本页" in words(app)
        assert "确定放弃" not in labels(app)
        button(late, "确定放弃").click()
        assert "正在发布，没有放弃" in words(late.run())
        button(later, "发布为").click()
        assert "正在处理，刚才的操作没有执行" in words(later.run())
    assert "已发布：森林小班第 2 版" in words(settled(app))


def test_an_unsure_layer_is_asked_about_alone(open_page: Open, store: Any, tmp_path: Path) -> None:
    """What else is doubtful depends on the layer, and is asked about once that is known."""
    names = gpd.GeoDataFrame({"MC": ["甲", "乙"]}, geometry=FOREST.geometry.array[:2], crs=4490).to_crs(4524)
    path = factories.zip_shapefile(factories.write_shapefile(names, tmp_path / "a", prj=False), tmp_path / "a.zip")
    app = sent(open_page("update"), ("a.zip", path.read_bytes(), "application/zip"))
    assert [one.label for one in app.radio] == ["图层"]
    assert "有 1 个问题需要您确认" in words(app)
    assert "其余问题取决于这一项" in words(app)
    app.radio[0].set_value("townships")
    button(app, "按以上回答重新检查").click()
    app = settled(app.run())
    assert drafted(store).layer == "townships"
    assert [one.label for one in app.radio] == ["坐标系"]


def test_files_that_took_too_long_may_be_inspected_again(open_page: Open, store: Any) -> None:
    """What the watch over the process writes: a refusal with its reason, and the files are still there."""
    sent(open_page("update"), packed())
    draft, who = drafted(store), operator("张三")
    drafting._stopped(Drafts(store.root), draft, store, who, issue("INSPECT_TIMEOUT", seconds=900))
    app = open_page("update", draft=draft.id)
    assert "检查用时超过 900 秒，已停止，文件未被采用" in words(app)
    assert "有 1 处必须改正" in words(app)
    assert "发布为" not in labels(app)
    button(app, "重新检查并比较").click()
    assert "检查通过，可以发布" in words(settled(app.run()))
