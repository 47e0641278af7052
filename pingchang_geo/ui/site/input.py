"""The ways in: draw, paste, upload, example; and the questions that a boundary leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import streamlit as st

from pingchang_geo.issues import Issue, Level
from pingchang_geo.readers import projection
from pingchang_geo.settings import settings
from pingchang_geo.ui import permission
from pingchang_geo.ui.site.state import Desk, Entry
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.boundaries.reading import SiteBoundary, read_drawn, read_text
from pingchang_geo.workflow.boundaries.upload import read_uploaded
from pingchang_geo.workflow.site import example

_WAY_KEY, _TEXT_KEY, _FILES_KEY, _CRS_KEY = "site_way", "site_text", "site_files", "site_crs"
#: Longest text that the box takes; longer ones are files.
_LETTERS: Final = 400_000
_ENDINGS: Final = ("zip", "shp", "shx", "dbf", "prj", "cpg", "geojson", "json", "gpkg", "kml", "kmz", "txt", "csv")
_TEXT_HINT: Final = "每行一个点，例如　107.0970, 31.5650　或整段勘测定界文本（J1,1,X,Y …）"
_TEXT_HELP: Final = (
    "可粘贴：\n\n- 经纬度，度或度分秒，每行一个点\n- CGCS2000 高斯投影坐标（米），3 度带或 6 度带，带号可有可无\n"
    "- 勘测定界文本（J1,1,X,Y），可含多个地块、多个圈\n- WKT、GeoJSON\n\n分隔可用逗号、空格、制表符、分号或中文标点。"
)
_FILES_HELP: Final = (
    "可上传：\n\n- Shapefile：压缩成 .zip，或同时选中 .shp、.shx、.dbf、.prj\n- GeoPackage、GeoJSON、KML/KMZ\n"
    "- 坐标文本 .txt、.csv\n\n合计不超过 {} MB。文件只用于本次读取，不保存。"
)
#: How the command line answers: of no use on the page.
_COMMAND: Final = re.compile(r"（(?:命令行：)?--confirm[^）]*）")
#: Questions with more than one answer, besides the coordinate system.
_CHOICES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "SITE_NESTED": (("", "按内环扣除"), ("parcel", "是另一地块，不扣除")),
}

# The uploader speaks English; its words are covered by ours.
_UPLOADER: Final = """
<style>
.st-key-site_upload [data-testid="stFileUploaderDropzone"] { padding: 0.35rem 0.6rem; min-height: 0; }
.st-key-site_upload [data-testid="stFileUploaderDropzone"]::after {
  content: "或把文件拖到这里（.zip .shp .gpkg .geojson .kml .txt .csv）";
}
</style>
"""


class Way(StrEnum):
    """How a boundary comes in."""

    DRAW = "在图上绘制"
    PASTE = "粘贴坐标"
    UPLOAD = "上传文件"


def way() -> Way:
    """The way the reader has chosen."""
    return st.session_state.get(_WAY_KEY) or Way.DRAW


def drawn(desk: Desk, geometry: Any, county: Any | None) -> None:
    """Take what the reader has drawn (GeoJSON polygon, EPSG:4490)."""
    desk.submit(lambda answers: read_drawn(geometry, county=county, answers=answers))


def ways(found: Atlas, county: Any | None, desk: Desk) -> None:
    """The line above the map, and beneath it what the chosen way needs."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="site_ways"):
        st.session_state.setdefault(_WAY_KEY, Way.DRAW)
        st.segmented_control(
            "边界来源", list(Way), key=_WAY_KEY, required=True, label_visibility="collapsed", width="content"
        )
        st.button(
            "示例",
            key="site_example",
            icon=":material/lightbulb:",
            type="tertiary",
            help=f"填入一个{example.NAME}，先看看核查结果是什么样。",
            on_click=lambda: desk.ask(lambda: _example(found, county, desk)),
        )
        if desk.entry is not None:
            st.button(
                "清除",
                key="site_clear",
                icon=":material/close:",
                type="tertiary",
                on_click=lambda: desk.ask(desk.clear),
            )
    if way() is Way.PASTE:
        _paste(county, desk)
    elif way() is Way.UPLOAD:
        _upload(county, desk)


def _example(found: Atlas, county: Any | None, desk: Desk) -> None:
    shape = example.example(found)
    if shape is not None:
        desk.submit(lambda answers: read_drawn(shape, county=county, answers=answers), name=example.NAME, example=True)


def _paste(county: Any | None, desk: Desk) -> None:
    def submit() -> None:
        text = str(st.session_state.get(_TEXT_KEY) or "")
        desk.submit(lambda answers: read_text(text, county=county, answers=answers))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="site_paste"):
        st.text_area(
            "界址点坐标",
            key=_TEXT_KEY,
            height=92,
            max_chars=_LETTERS,
            placeholder=_TEXT_HINT,
            help=_TEXT_HELP,
            persist_state="session",
        )
        st.button(
            "核查", key="site_read", type="primary", icon=":material/search_check:", on_click=lambda: desk.ask(submit)
        )


def _upload(county: Any | None, desk: Desk) -> None:
    def submit() -> None:
        given = st.session_state.get(_FILES_KEY) or []
        files = [(file.name, file.getvalue()) for file in given]
        if files:
            desk.submit(lambda answers: read_uploaded(files, settings(), county=county, answers=answers))

    limit = settings().site_upload_mb
    permission.grant_upload(limit)
    with st.container(key="site_upload"):
        st.html(_UPLOADER)
        st.file_uploader(
            f"边界文件（Shapefile 请压缩成 .zip，或同时选中各个文件；合计不超过 {limit} MB）",
            type=list(_ENDINGS),
            accept_multiple_files=True,
            max_upload_size=limit,
            key=_FILES_KEY,
            help=_FILES_HELP.format(limit),
            on_change=lambda: desk.ask(submit),
        )


def open_points(entry: Entry, desk: Desk) -> None:
    """What stands between the boundary and an answer: refusals, then questions with the readings to choose from."""
    refused = [one for one in entry.boundary.issues if one.level is Level.BLOCKING]
    for one in refused:
        st.error(f"**{plain(one.message)}**\n\n{plain(_fix(one))}", icon=":material/block:")
    if refused:
        _remarks(entry.boundary)
        return
    questions = [one for one in entry.boundary.issues if one.level is Level.CONFIRM and one.code not in entry.answers]
    st.warning(
        f"**有 {len(questions)} 个问题需要您确认，确认后才核查。**　图上所示为暂按建议读取的范围。",
        icon=":material/help:",
    )
    for code in dict.fromkeys(one.code for one in questions):  # one answer holds for all of a kind
        _question(entry.boundary, [one for one in questions if one.code == code], desk)
    _remarks(entry.boundary)


def _question(boundary: SiteBoundary, alike: Sequence[Issue], desk: Desk) -> None:
    """A question about one place or several."""
    one = alike[0]
    with st.container(border=True, key=f"site_question_{one.code}", gap="small"):
        st.markdown("\n\n".join(f"**{plain(each.message)}**" for each in alike))
        st.caption(plain(_fix(one)))
        if one.code == boundary.crs_code and boundary.readings:
            _readings(boundary, one.code, desk)
            return
        choices = _CHOICES.get(one.code, (("", "确认"),))
        with st.container(horizontal=True, gap="small"):
            for number, (value, label) in enumerate(choices):
                st.button(
                    label,
                    key=f"site_answer_{one.code}_{number}",
                    type="primary" if number == 0 else "secondary",
                    on_click=lambda value=value: desk.ask(lambda: desk.answer(one.code, value)),
                )


def _readings(boundary: SiteBoundary, code: str, desk: Desk) -> None:
    labels = {r.value: r.label + ("　:green[落在县内]" if r.lands else "　:red[不在县内]") for r in boundary.readings}
    st.radio("按哪种坐标系读取", list(labels), key=_CRS_KEY, format_func=lambda value: labels[value])
    st.button(
        "按所选坐标系读取",
        key="site_crs_chosen",
        type="primary",
        on_click=lambda: desk.ask(lambda: desk.answer(code, str(st.session_state[_CRS_KEY]))),
    )


def read_as(boundary: SiteBoundary) -> None:
    """How the boundary was read, and what was repaired or is worth a look; folded."""
    remarks = _remarks_of(boundary)
    system = f"按 {projection.name_of(boundary.epsg)} 读取 · " if boundary.epsg else ""
    count = f" · {len(remarks)} 条提示" if remarks else ""
    title = f"边界{system}{boundary.vertices:,} 个界址点{count}"
    with st.expander(title, icon=":material/polyline:"):
        st.markdown(plain(boundary.reading) + "。")
        parcels = [plain(name) for name in boundary.parcels if name]
        if len(boundary.parcels) > 1:
            st.markdown(f"共 {len(boundary.parcels)} 个地块" + (f"：{'、'.join(parcels)}。" if parcels else "。"))
        if not remarks:
            st.markdown("读取中没有发现问题。")
        for one in remarks:
            st.markdown(f"- {_words(one)}")


def _remarks(boundary: SiteBoundary) -> None:
    """What else was found, under questions and refusals."""
    if remarks := _remarks_of(boundary):
        with st.expander(f"另有 {len(remarks)} 条提示"):
            for one in remarks:
                st.markdown(f"- {_words(one)}")


def _remarks_of(boundary: SiteBoundary) -> list[Issue]:
    return [one for one in boundary.issues if one.level in (Level.WARNING, Level.REPAIRED)]


def _words(one: Issue) -> str:
    state = "已修复" if one.level is Level.REPAIRED else "请核对"
    return f":gray[{state}]　{plain(one.message)} :gray[{plain(_fix(one))}]"


def _fix(one: Issue) -> str:
    return _COMMAND.sub("", one.fix)
