"""数据更新: from files as they are to a published version, one step after the other.

The draft's id stands in the address and everything about it on disk: leaving the page, a new window or a restart of the
server loses nothing that was confirmed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

import streamlit as st

from pingchang_geo.access import Actor, Right
from pingchang_geo.access.names import name_key
from pingchang_geo.errors import ForbiddenError, PingchangError
from pingchang_geo.settings import settings
from pingchang_geo.ui import asked, permission
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.text import local_time, plain
from pingchang_geo.ui.update import findings, publish, standing, upload
from pingchang_geo.workflow import start
from pingchang_geo.workflow.uploads.drafts import Draft, Drafts

_PAGE: Final = "update"
_DRAFT: Final = "draft"
#: The map writes where it is into the address itself.
_KNOWN: Final = (_DRAFT, "view")
_LOOK_S: Final = 0.7


def update_page() -> None:
    """Upload, or whatever step the draft is at."""
    page = page_of("update")
    with guarded():
        desk = asked.desk(_PAGE)
        undone = not permission.may(Right.UPDATE) and desk.drop()
        desk.settle()
        wanted = _wanted(desk)
        unknown = [name for name in st.query_params if name not in _KNOWN]
        if unknown:
            notice(unknown)
            st.query_params.from_dict({n: v for n, v in st.query_params.to_dict().items() if n in _KNOWN})
        status_line(page, [], None, None)
        who = permission.actor()
        if not who.may(Right.UPDATE):
            permission.refused(Right.UPDATE, undone=undone)
            return
        drafts = Drafts(settings().data_dir)
        draft = drafts.get(wanted)
        if draft is None or not _theirs(draft, who):
            if wanted:
                st.warning("地址中的草稿不存在（已放弃或已过期），或由他人上传。请重新上传。", icon=":material/draft:")
            upload.upload(drafts, [one for one in drafts.open_drafts() if _theirs(one, who)], desk)
        else:
            _draft(drafts, draft, desk)
        footer()


def _wanted(desk: asked.Desk) -> str:
    """Id of the draft being worked on: from the address at first, from then on what the analyst turned to."""
    if desk.turned is None:
        desk.turned = st.query_params.get(_DRAFT, "")
    if desk.turned != st.query_params.get(_DRAFT, ""):
        if desk.turned:
            st.query_params[_DRAFT] = desk.turned
        else:
            st.query_params.clear()
    return desk.turned


def _draft(drafts: Drafts, draft: Draft, desk: asked.Desk) -> None:
    doing = drafts.at_work(draft)
    _head(drafts, draft, doing, desk)
    desk.told()
    if doing is not None:
        _watch(draft.id)
        return
    if draft.error:
        st.error(plain(draft.error), icon=":material/error:")
    if draft.stage == "published":
        publish.published(draft, drafts.inspection(draft))
        return
    found = drafts.inspection(draft)
    if draft.stage != "inspected" or found is None:
        if not draft.error:
            st.warning("上一次检查没有做完（可能被中断）。文件还在，可以重新检查。", icon=":material/restart_alt:")
        st.button(
            "重新检查",
            icon=":material/refresh:",
            on_click=desk.ask,
            args=(lambda: _inspect(drafts, draft),),
            type="primary",
        )
        return
    since = standing.since(start.open_store(), draft, found)
    if since or standing.worth_again(draft, found):
        standing.again(since, desk, lambda: _inspect(drafts, draft))
    findings.findings(
        drafts, draft, found, shared.atlas(), desk=desk, submit=lambda answered: _inspect(drafts, answered)
    )
    if found["decision"] in ("accept", "repair") and not since:
        seen = replace(draft, content=found.get("content", ""))
        publish.publish_form(draft, found, desk, lambda said: _publish(drafts, seen, said))


def _theirs(draft: Draft, who: Actor) -> bool:
    """Whether somebody may work on a draft: who uploaded it, and admins."""
    return name_key(draft.actor) == name_key(who.name) or who.may(Right.ADMINISTER)


def _admitted(draft: Draft) -> Actor:
    """Who acts on a draft, read anew."""
    who = permission.require(Right.UPDATE)
    if not _theirs(draft, who):
        raise ForbiddenError("这份草稿由他人上传，没有执行。", fix="请由上传者本人或管理员处理。")
    return who


def _publish(drafts: Drafts, draft: Draft, said: dict[str, str]) -> str:
    return _start(drafts, draft, "publish", json.dumps(said, ensure_ascii=False))


def _inspect(drafts: Drafts, draft: Draft) -> str:
    return _start(drafts, draft, "inspect")


def _start(drafts: Drafts, draft: Draft, action: str, *arguments: str) -> str:
    if not drafts.start(draft, action, settings(), _admitted(draft), *arguments):
        raise PingchangError("这份草稿正在处理，刚才的操作没有执行。", fix="请等处理结束，核对结果后再操作。")
    return ""


def _head(drafts: Drafts, draft: Draft, doing: str | None, desk: asked.Desk) -> None:
    """What is being worked on, and the way out; what is being published cannot be given up."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        names = "、".join(draft.files[:3]) + (f" 等 {len(draft.files)} 个文件" if len(draft.files) > 3 else "")
        st.markdown(
            f":material/draft: **{plain(names)}**　:small[:gray[{plain(draft.actor)} · {local_time(draft.created_at)}]]"
        )
        st.space("stretch")
        st.button(
            "上传其他文件",
            icon=":material/upload_file:",
            type="tertiary",
            on_click=desk.ask,
            args=(lambda: _leave(desk),),
        )
        if draft.stage != "published" and doing != "publish":
            with st.popover("放弃", icon=":material/delete:", type="tertiary"):
                st.markdown("放弃后，上传的文件和已确认的内容将被删除；已发布的版本不受影响。")
                st.button("确定放弃", on_click=desk.ask, args=(lambda: _discard(drafts, draft, desk),), type="primary")


def _leave(desk: asked.Desk) -> str:
    desk.turned = ""
    return ""


def _discard(drafts: Drafts, draft: Draft, desk: asked.Desk) -> str:
    drafts.discard(draft.id, _admitted(draft))
    desk.turned = ""
    return "已放弃。"


@st.fragment(run_every=_LOOK_S)
def _watch(draft_id: str) -> None:
    """Steps of the process at work; the page goes on when it ends."""
    drafts = Drafts(settings().data_dir)
    draft = drafts.get(draft_id)
    if draft is None or not drafts.working(draft) or not permission.may(Right.UPDATE):
        st.rerun()
        return
    steps = drafts.progress(draft)
    with st.status(f"{steps[-1] if steps else '启动'}……", expanded=True):
        for step in steps[:-1]:
            st.markdown(f":green[:material/check:] {plain(step)}")
        if steps:
            st.markdown(f":material/hourglass_top: {plain(steps[-1])}")
        st.caption("可以离开本页，处理会继续；回来时从「未完成的更新」打开即可。")
