"""The first step: choose files, or go on with a draft."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from pingchang_geo import layers
from pingchang_geo.access import Right
from pingchang_geo.settings import settings
from pingchang_geo.ui import permission
from pingchang_geo.ui.asked import Desk
from pingchang_geo.ui.text import local_time, plain
from pingchang_geo.workflow.uploads.drafts import Draft, Drafts

_AUTO: Final = ""
_KEY: Final = "update_files"
#: The uploader speaks English. It takes any kind of file, so that our own check says in Chinese what is wrong with it;
#: what is left is its own refusal (a file too large, a session that has ended), whose words are covered.
_WORDS: Final = """
<style>
.st-key-upload_box [data-testid="stFileChip"][aria-invalid="true"] { height: auto; flex-wrap: wrap; }
.st-key-upload_box [data-testid="stFileChip"][aria-invalid="true"]::after {
  content: "没有上传：超过 LIMIT MB、登录已失效或服务器正忙"; flex-basis: 100%; font-size: 0.75rem; color: #A12A22;
}
[data-testid="stTooltipErrorContent"] { display: none; }
</style>
"""
_STAGES: Final = {"received": "检查未完成", "inspected": "待确认或待发布", "failed": "检查失败"}
_ADVICE: Final = """
**怎样提交**

- Shapefile：把同名的 .shp .dbf .shx .prj（有 .cpg 也带上）一起选中，或压缩成一个 zip。
- 也可以提交 GeoPackage、GeoJSON、KML/KMZ、GeoParquet。每次一个数据集。
- 编码（GBK、UTF-8）、坐标系、字段名、面积单位由系统识别，不确定的会请您确认。
- 新版本整体替换该图层的当前版本，请提交全县完整数据；旧版本保留，可随时回退。
- 检查不会改动任何数据，确认后才发布。
"""


def upload(drafts: Drafts, waiting: list[Draft], desk: Desk) -> None:
    """Uploader beside the advice, and the drafts that wait."""
    left, right = st.columns((0.6, 0.4), gap="large")
    with left:
        _form(drafts, desk)
    with right:
        st.markdown(_ADVICE)
    _waiting(drafts, waiting, desk)


def _form(drafts: Drafts, desk: Desk) -> None:
    limit = settings().max_upload_mb
    permission.grant_upload(limit)
    known = {_AUTO: "自动识别", **{spec.id: spec.title for spec in layers.all_specs()}}
    key = f"{_KEY}_{desk.turn}"
    st.html(_WORDS.replace("LIMIT", str(limit)))
    with st.container(key="upload_box"):
        files = st.file_uploader(
            f"**选择文件**　把文件拖到下框，或点击按钮选择（合计不超过 {limit} MB，可多选）",
            accept_multiple_files=True,
            key=key,
            max_upload_size=limit,
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox("图层", list(known), format_func=lambda value: known[value], width=220, key="update_layer")
        st.button(
            "检查文件",
            type="primary",
            icon=":material/fact_check:",
            disabled=not files,
            on_click=desk.ask,
            args=(lambda: _received(drafts, key, limit, desk),),
        )
    desk.told()


def _received(drafts: Drafts, key: str, limit: int, desk: Desk) -> str:
    """Keep the files and have them inspected."""
    who = permission.require(Right.UPDATE)
    files = st.session_state.get(key) or []
    layer = st.session_state.get("update_layer") or None
    draft = drafts.create(((file.name, file) for file in files), who, layer, limit)
    drafts.start(draft, "inspect", settings(), who)
    permission.release_uploads(files)
    desk.turn += 1  # an empty uploader next time
    desk.turned = draft.id
    return ""


def _waiting(drafts: Drafts, waiting: list[Draft], desk: Desk) -> None:
    if not waiting:
        return
    st.markdown(f"##### 未完成的更新　:gray[:small[{len(waiting)} 个]]")
    for draft in waiting:
        stage = "正在处理" if drafts.working(draft) else _STAGES.get(draft.stage, draft.stage)
        layer = layers.get(draft.layer).title if draft.layer and draft.layer in layers.REGISTRY else "自动识别"
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            names = "、".join(draft.files[:2]) + (f" 等 {len(draft.files)} 个文件" if len(draft.files) > 2 else "")
            about = f"{layer} · {plain(draft.actor)} · {local_time(draft.created_at)}"
            st.markdown(f"**{plain(names)}**　:small[:gray[{about}]]　:blue-badge[{stage}]")
            st.space("stretch")
            st.button(
                "继续",
                key=f"open_{draft.id}",
                icon=":material/arrow_forward:",
                on_click=desk.ask,
                args=(partial(_turn, desk, draft),),
            )


def _turn(desk: Desk, draft: Draft) -> str:
    desk.turned = draft.id
    return ""
