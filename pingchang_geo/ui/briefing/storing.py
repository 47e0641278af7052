"""Saving under a name, earlier versions and the way back, files brought in, changes given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from pingchang_geo.access import Actor, Right
from pingchang_geo.briefing import Briefing
from pingchang_geo.errors import ConflictError, PingchangError
from pingchang_geo.store.briefings import SavedBriefing
from pingchang_geo.ui import asked, permission
from pingchang_geo.ui.briefing import fields, state
from pingchang_geo.ui.briefing.state import Table, doing
from pingchang_geo.ui.text import local_time, plain
from pingchang_geo.workflow.briefings import saving
from pingchang_geo.workflow.briefings.work import Work, works

_NOTE, _AS_NAME, _AS_TITLE = "briefing_note", "briefing_as_name", "briefing_as_title"
_FILE: Final = "briefing_file"
_NAME_RULE: Final = "小写字母、数字和连字符，最多 40 个，用于放映地址"
_FILE_MB: Final = 1


def save_box(table: Table) -> None:
    """Save under the same name, or under another one."""
    number = (table.saved.number if table.saved else 0) + 1
    turn = asked.desk(state.PAGE).turn
    with st.popover("保存", icon=":material/save:", type="primary" if table.work else "secondary", key="briefing_save"):
        st.text_input("修改说明（可不填）", key=f"{_NOTE}_{turn}", max_chars=200)
        st.button(
            f"保存为「{table.name}」第 {number} 版",
            key="briefing_save_go",
            type="primary",
            disabled=table.work is None,
            on_click=doing(_save),
            args=(table, f"{_NOTE}_{turn}"),
        )
        st.divider()
        st.markdown("**另存为**")
        st.text_input("名称", key=f"{_AS_NAME}_{turn}", placeholder="例如 county-2025", help=_NAME_RULE, max_chars=40)
        st.text_input("标题", key=f"{_AS_TITLE}_{turn}", placeholder=table.briefing.title, max_chars=60)
        st.button(
            "另存为新的汇报",
            key="briefing_save_as",
            on_click=doing(_save_as),
            args=(table, f"{_AS_NAME}_{turn}", f"{_AS_TITLE}_{turn}"),
        )


def more_box(table: Table, who: Actor) -> None:
    """Title of the whole, versions, import, giving up."""
    turn = asked.desk(state.PAGE).turn
    with st.popover("更多", icon=":material/more_horiz:", key="briefing_more", on_change="rerun") as box:
        if not box.open:
            return
        _titles(table, turn)
        if table.saved is not None:
            _versions(table)
        st.markdown("**导入场景文件**")
        permission.grant_upload(_FILE_MB)
        key = f"{_FILE}_{turn}"
        file = st.file_uploader("场景文件（TOML）", key=key, max_upload_size=_FILE_MB, label_visibility="collapsed")
        st.button("载入", key="briefing_import", disabled=file is None, on_click=doing(_bring_in), args=(key,))
        if table.work is not None:
            st.divider()
            st.button(
                "放弃未保存的修改",
                icon=":material/delete:",
                key="briefing_drop",
                on_click=doing(_give_up),
                args=(table,),
            )


def _titles(table: Table, turn: int) -> None:
    """Title and subtitle of the whole briefing."""
    _title(table, turn, "汇报标题", "title")
    _title(table, turn, "副标题", "subtitle")


def _title(table: Table, turn: int, label: str, part: str) -> None:
    now = getattr(table.briefing, part)
    key = fields.seed(f"briefing_{part}_{turn}_{table.name}", now, now)

    def converted(typed: str) -> str:
        if part == "title" and not typed.strip():
            raise PingchangError("汇报标题不能为空。", fix=f"现在仍是「{plain(now)}」。")
        return typed.strip()

    def put(briefing: Briefing, value: str) -> Briefing:
        return replace(briefing, **{part: value})  # type: ignore[arg-type]

    changed = fields.write(table.name, key, converted, lambda briefing: getattr(briefing, part), put)
    st.text_input(label, key=key, max_chars=80, on_change=changed)


def _versions(table: Table) -> None:
    """Every version, and the way back to one."""
    known = saving.shelf().versions(table.name)
    with st.expander(f"历次版本（{len(known)} 个）", icon=":material/history:"):
        st.dataframe(
            pd.DataFrame([_row(one) for one in known]),
            hide_index=True,
            key="briefing_versions",
            height=min(220, 40 + 35 * len(known)),
            alt=f"汇报「{table.name}」的历次版本",
        )
        earlier = known[1:]
        if earlier:
            key = f"briefing_back_{table.name}_{known[0].number}"
            st.selectbox("恢复到", earlier, key=key, format_func=_described)
            st.button("恢复为新版本", key="briefing_restore", on_click=doing(_restore), args=(table, key))


def _row(saved: SavedBriefing) -> dict[str, str]:
    at = local_time(saved.saved_at) if saved.saved_at else ""
    return {"版本": saved.label, "保存时间": at, "保存人": saved.actor, "说明": saved.note}


def _described(saved: SavedBriefing) -> str:
    at = f" · {local_time(saved.saved_at)} · {saved.actor}" if saved.saved_at else ""
    return f"{saved.label}{at}"


def _save(table: Table, note_key: str) -> str:
    note = str(st.session_state.get(note_key) or "")
    who = permission.require(Right.UPDATE)
    desk = asked.desk(state.PAGE)
    now = state.table(who, table.name)
    if now.work is None:
        return "没有需要保存的修改。"
    try:
        saved = saving.save(now.briefing, base=now.base, actor=who, note=note)
    except ConflictError as error:
        raise _told(error, table.name, now.base) from error
    works().drop(who, table.name)
    state.rebase(table.name, now.base, saved.number)
    desk.turn += 1
    return f"已保存为「{table.name}」{saved.label}，放映地址即时更新。"


def _told(error: ConflictError, name: str, base: int | None) -> PingchangError:
    """Who has saved what and when, in the server's time."""
    current = saving.shelf().current(name)
    if base is None or not current.saved_at:
        return error
    when = local_time(current.saved_at)
    return ConflictError(
        f"{current.actor}已于 {when} 保存「{name}」{current.label}，您的修改没有保存，仍保留着。",
        fix="请用「另存为」保存成另一份，或先导出场景文件，再放弃修改、在新版上重做。",
    )


def _save_as(table: Table, name_key: str, title_key: str) -> str:
    name = str(st.session_state.get(name_key) or "").strip()
    title = str(st.session_state.get(title_key) or "").strip()
    who = permission.require(Right.UPDATE)
    desk, marks = asked.desk(state.PAGE), state.bench().before
    if not name:
        raise PingchangError("请填写新汇报的名称。", fix=f"名称为{_NAME_RULE}。")
    if name in state.names(who):
        raise PingchangError(f"名称「{plain(name)}」已被使用。", fix="请换一个名称。")
    scene = st.query_params.get(state.SCENE, "")
    now = state.table(who, table.name)
    saved = saving.save(replace(now.briefing, name=name, title=title or now.briefing.title), base=None, actor=who)
    # The address before the work is dropped: a request that is cut short there comes again and must find it.
    state.turn_to(name, scene)
    marks.pop(table.name, None)
    desk.turn += 1
    works().drop(who, table.name)
    return f"已另存为「{name}」{saved.label}。"


def _restore(table: Table, key: str) -> str:
    chosen = st.session_state.get(key)
    who = permission.require(Right.UPDATE)
    desk = asked.desk(state.PAGE)
    if not isinstance(chosen, SavedBriefing) or table.saved is None:
        raise PingchangError("请先选择要恢复的版本。")
    if table.work is not None:
        raise PingchangError("有未保存的修改，没有恢复。", fix="请先保存或放弃修改。")
    try:
        saved = saving.restore(table.name, chosen.number, base=table.saved.number, actor=who)
    except ConflictError as error:
        raise _told(error, table.name, table.saved.number) from error
    desk.turn += 1
    return f"已恢复到{chosen.label}，保存为{saved.label}。"


def _give_up(table: Table) -> str:
    who = permission.require(Right.UPDATE)
    desk, before = asked.desk(state.PAGE), state.bench().before.setdefault(table.name, [])
    now = state.table(who, table.name)
    if now.work is None:
        return ""
    works().drop(who, table.name)
    if table.saved is not None:
        before.append(state.Step(now.briefing, now.base, saving.opened(table.name).briefing))
    desk.turn += 1
    return "已放弃未保存的修改。" + ("可以撤销。" if table.saved is not None else "")


def _bring_in(key: str) -> str:
    file = st.session_state.get(key)
    who = permission.require(Right.UPDATE)
    bench, desk = state.bench(), asked.desk(state.PAGE)
    if file is None:
        raise PingchangError("请先选择场景文件。")
    briefing = saving.brought_in(file.getvalue())
    findings = tuple(problem.words() for problem in briefing.problems)
    if not briefing.scenes:
        raise PingchangError("文件中没有可以载入的场景。", fix=findings[0] if findings else "请选择汇报的场景文件。")
    name = briefing.name
    there = name in state.names(who)
    before = state.table(who, name) if there else None
    base = before.saved.number if before is not None and before.saved is not None else None
    works().keep(who, Work(briefing, base))
    permission.release_uploads([file])
    if before is not None:
        bench.before.setdefault(name, []).append(state.Step(before.briefing, before.base, briefing))
    bench.findings = findings
    desk.turn += 1
    state.turn_to(name)
    kept = "内容已替换为文件中的内容，尚未保存，可以撤销。" if there else "尚未保存。"
    return f"已载入「{briefing.title}」（{name}），共 {len(briefing.scenes)} 个场景。{kept}"
