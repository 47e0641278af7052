"""The last step: say where the data come from, publish, and go and look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from pingchang_geo import layers
from pingchang_geo.errors import PingchangError
from pingchang_geo.provenance import Kind, as_of_text
from pingchang_geo.ui.asked import Desk
from pingchang_geo.ui.registry import PAGES, page_of
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.uploads.drafts import Draft

_TEXTS: Final = ("source", "as_of", "note", "licence")
_KINDS: Final = {Kind.OFFICIAL: "官方数据", Kind.SURVEY: "调查数据", Kind.REFERENCE: "示意数据"}


#: Called with everything said about the data.
Submit = Callable[[dict[str, str]], str]


def publish_form(draft: Draft, found: dict[str, Any], desk: Desk, submit: Submit) -> None:
    """Source, date, kind and note; ``submit`` is called with them when the form is sent in complete."""
    title = layers.get(found["layer"]).title

    far = [one for one in found["issues"] if one["code"] == "TOTAL_DIFFERS"]

    def sent() -> str:
        said = {name: str(st.session_state.get(f"publish_{name}") or "").strip() for name in _TEXTS}
        if far and not st.session_state.get("publish_whole"):
            raise PingchangError("合计与报告相差较大。", fix="请核对后勾选「确认用它整体替换」，或补齐数据后重新上传。")
        if not said["source"] or not said["as_of"]:
            raise PingchangError("请填写数据来源和数据时点。", fix="它们会出现在每张图、每份导出上。")
        said["as_of"] = as_of_text(said["as_of"])
        return submit({**said, "kind": Kind(st.session_state["publish_kind"]).value})

    st.markdown("##### 发布")
    with st.form("update_publish", border=True):
        left, middle, right = st.columns((0.4, 0.3, 0.3))
        left.text_input("数据来源（必填）", placeholder="例如：平昌县林业局 2024 年林草湿调查", key="publish_source")
        middle.text_input("数据时点（必填）", placeholder="2024-12-31，或 2024", key="publish_as_of")
        right.selectbox("数据性质", list(_KINDS), format_func=lambda value: _KINDS[value], key="publish_kind")
        st.text_input("更新说明", placeholder="例如：按 2024 年森林督查结果更新", key="publish_note")
        st.text_input("使用限制", placeholder="例如：仅限本县内部使用", key="publish_licence")
        if far:
            st.warning("　".join(plain(one["message"]) for one in far), icon=":material/report:")
            st.checkbox("文件就是这样，确认用它整体替换当前版本（不是只含部分乡镇的数据）", key="publish_whole")
        st.caption(
            f"发布后「{title}」各页立即采用新版本；当前版本保留，可在「版本与日志」中回退。"
            "瓦片、碳储量与叠加结果在切换前全部算好，使用者不会看到半成品。"
        )
        st.form_submit_button(
            f"发布为「{title}」的新版本",
            type="primary",
            icon=":material/publish:",
            on_click=desk.ask,
            args=(sent,),
        )
    desk.told()


def published(draft: Draft, found: dict[str, Any] | None) -> None:
    """It is done; where to see it."""
    layer = str((found or {}).get("layer"))
    title = layers.get(layer).title if layer in layers.REGISTRY else "图层"
    number = draft.published.partition("-")[0]
    st.success(f"**已发布：{title}第 {plain(number)} 版。** 各页面已采用新版本。", icon=":material/check_circle:")
    with st.container(horizontal=True, gap="small"):
        page = next((page for page in PAGES if page.layer == layer), page_of("overview"))
        st.page_link(page.script, label=f"到「{page.title}」查看", icon=page.icon)
        st.page_link(page_of("versions").script, label="版本与日志", icon=":material/history:")
