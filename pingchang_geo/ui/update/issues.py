"""The table of issues, a map that goes to the rows, and both as files."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd
import shapely
import streamlit as st

from pingchang_geo import exports, layers, maps
from pingchang_geo.exports.geopackage import GPKG_MIME, GpkgLayer, to_gpkg
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.maps.sketch import Role, Shape, collection
from pingchang_geo.ui.map_panel import board
from pingchang_geo.ui.text import plain
from pingchang_geo.ui.update.questions import said
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.uploads import listing
from pingchang_geo.workflow.uploads.drafting import CODES
from pingchang_geo.workflow.uploads.drafts import CHECKED, FRAME, Draft, Drafts

_LEVELS: Final = {"blocking": "必须改正", "confirm": "需要确认", "repaired": "已修复", "warning": "提醒"}
_COLORS: Final[dict[str, Literal["red", "orange", "green", "gray"]]] = {
    "blocking": "red",
    "confirm": "orange",
    "repaired": "green",
    "warning": "gray",
}
#: Faulty features drawn on the map; the download holds all of them.
_DRAWN: Final = 400
#: Degrees kept around a row that the map goes to.
_AROUND: Final = 0.003
#: So many issues need no list that scrolls.
_FEW: Final = 4
_PLACES: Final = {"经度": 6, "纬度": 6}


def issues(drafts: Drafts, draft: Draft, found: dict[str, Any], atlas: Atlas) -> None:
    """Every issue of an inspection."""
    listed = found["issues"]
    st.markdown(f"##### 检查结果　:gray[:small[{len(listed)} 项]]")
    if not listed:
        st.caption("没有发现问题。")
        return
    left, right = st.columns((0.58, 0.42), gap="small") if found["bounds"] else (st.container(), None)
    with left:
        picked = _list(draft, found)
        _downloads(drafts, draft, found)
    if right is not None:
        with right:
            _map(drafts, draft, found, atlas, picked)


def _label(found: dict[str, Any], name: str | None) -> str:
    spec = layers.get(found["layer"]) if found["layer"] else None
    return spec.field(name).label if spec and name and spec.has(name) else name or ""


def _list(draft: Draft, found: dict[str, Any]) -> int | None:
    """The issues, heaviest first; returns the one that the map shall go to."""
    shown_key = f"issue_{draft.id}"
    names = [f"{one['code']} {one['field']}" for one in found["issues"]]
    wanted = st.session_state.get(shown_key)
    picked = names.index(wanted) if wanted in names else None

    def go(number: int | None) -> None:
        st.session_state[shown_key] = None if number is None else names[number]

    height: int | Literal["content"] = 430 if len(found["issues"]) > _FEW else "content"
    with st.container(height=height, border=True, gap="xsmall", key="issue_list"):
        for number, one in enumerate(found["issues"]):
            with st.container(horizontal=True, gap="small", vertical_alignment="top", wrap=False):
                st.badge(_LEVELS[one["level"]], color=_COLORS[one["level"]])
                about = " · ".join(part for part in (_label(found, one["field"]), said(one["fix"])) if part)
                st.markdown(f"{plain(said(one['message']))}  \n:small[:gray[{plain(about)}]]", width="stretch")
                if _box(found, number) is not None:
                    here = number == picked
                    st.button(
                        "显示全部" if here else "定位",
                        key=f"go_{draft.id}_{number}",
                        icon=":material/zoom_out_map:" if here else ":material/my_location:",
                        type="tertiary",
                        on_click=go,
                        args=(None if here else number,),
                    )
    st.caption("记录号从 1 开始，与桌面软件的顺序一致（FID 加 1）。点「定位」，地图只画该项涉及的图形。")
    return picked


def _downloads(drafts: Drafts, draft: Draft, found: dict[str, Any]) -> None:
    stamp = f"{datetime.now():%Y%m%d}"
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "下载问题清单（Excel）",
            data=lambda: exports.to_xlsx(*sheets(drafts, draft, found)),
            file_name=f"检查结果_{stamp}.xlsx",
            mime=exports.XLSX_MIME,
            icon=":material/download:",
            on_click="ignore",
            key=f"issues_xlsx_{draft.id}",
        )
        if (drafts.folder(draft.id) / CHECKED).is_file():
            st.download_button(
                "下载有问题的图形（GeoPackage）",
                data=lambda: _geopackage(drafts, draft, found),
                file_name=f"有问题的图形_{stamp}.gpkg",
                mime=GPKG_MIME,
                icon=":material/download:",
                on_click="ignore",
                key=f"issues_gpkg_{draft.id}",
            )


def sheets(drafts: Drafts, draft: Draft, found: dict[str, Any]) -> list[Sheet]:
    """One line an issue, and behind it one line a record: all of them, not only those that fit a sentence."""
    listed = found["issues"]
    columns: dict[str, list[Any]] = {
        "序号": list(range(1, len(listed) + 1)),
        "级别": [_LEVELS[one["level"]] for one in listed],
        "代码": [one["code"] for one in listed],
        "字段": [_label(found, one["field"]) for one in listed],
        "发现": [said(one["message"]) for one in listed],
        "怎样处理": [said(one["fix"]) for one in listed],
        "条数": [one["count"] for one in listed],
        "记录号（前 20 条）": ["、".join(map(str, one["rows"])) for one in listed],
    }
    notes = (("文件", "、".join(draft.files)), ("检查时间", f"{datetime.now():%Y-%m-%d %H:%M}"))
    first = Sheet("检查结果", columns, notes)
    rows = drafts.rows(draft)
    return [first] if rows is None else [first, _records(found, rows)]


def _records(found: dict[str, Any], rows: pd.DataFrame) -> Sheet:
    """Every record of every issue, with its number, key, value and place."""
    listed = found["issues"]
    number = rows[listing.NUMBER].to_numpy()

    def of_issue(values: list[str]) -> list[str]:
        return [values[index] for index in number]

    columns: dict[str, list[Any]] = {
        "序号": (number + 1).tolist(),
        "级别": of_issue([_LEVELS[one["level"]] for one in listed]),
        "代码": of_issue([one["code"] for one in listed]),
        "字段": of_issue([_label(found, one["field"]) for one in listed]),
        "记录号": rows[listing.RECORD].tolist(),
        "标识": rows[listing.KEY].fillna("").tolist(),
        "取值": rows[listing.VALUE].fillna("").tolist(),
        "经度": _rounded(rows[listing.LON]),
        "纬度": _rounded(rows[listing.LAT]),
    }
    return Sheet("逐条记录", columns, (("记录号", "从 1 开始，与桌面软件的顺序一致（FID 加 1）。"),), digits=_PLACES)


def _rounded(degrees: pd.Series[Any]) -> list[float | None]:
    return [round(value, 6) if math.isfinite(value) else None for value in degrees.astype(float).tolist()]


def _geopackage(drafts: Drafts, draft: Draft, found: dict[str, Any]) -> bytes:
    faulty = drafts.features(draft, CHECKED)
    assert faulty is not None
    messages = {one["code"]: said(one["message"]) for one in found["issues"]}
    named = faulty.assign(
        问题=[("；".join(messages.get(code, code) for code in codes.split("、"))) for codes in faulty[CODES]]
    ).rename(columns={"record": "记录号", CODES: "代码"})
    notes = (("文件", "、".join(draft.files)), ("检查时间", f"{datetime.now():%Y-%m-%d %H:%M}"))
    return to_gpkg([GpkgLayer("有问题的图形", named)], notes)


def _map(drafts: Drafts, draft: Draft, found: dict[str, Any], atlas: Atlas, picked: int | None) -> None:
    """Base map with the faulty features; goes to the rows of the issue picked."""
    faulty = drafts.features(draft, CHECKED)
    shapes: list[Shape] = []
    code = found["issues"][picked]["code"] if picked is not None else ""
    if faulty is not None:
        chosen = faulty[[code in codes.split("、") for codes in faulty[CODES]]] if code else faulty
        drawn = chosen[~(chosen.geometry.isna() | chosen.geometry.is_empty)].head(_DRAWN)
        valid = shapely.make_valid(drawn.geometry.to_numpy())
        shapes = [Shape(Role.FAULT, shape, legend="有问题的图形") for shape in valid]
    elif found["rows"] <= _DRAWN and (frame := drafts.features(draft, FRAME)) is not None:
        drawn = frame.geometry[~(frame.geometry.isna() | frame.geometry.is_empty)].to_numpy()
        shapes = [Shape(Role.ADDED, shape, legend="文件中的图形") for shape in drawn]
    box = _box(found, picked) or found["bounds"]
    fly = None
    if box:
        west, south, east, north = box
        fly = (west - _AROUND, south - _AROUND, east + _AROUND, north + _AROUND)
    state = maps.state({}, UnitChoice(), fly=fly, sketch=collection(shapes))
    board(f"update-{draft.id}", atlas, (), state)
    if faulty is not None and len(faulty) > _DRAWN:
        st.caption(f"地图上只画出 {_DRAWN} 个，全部 {len(faulty):,} 个请下载查看。")


def _box(found: dict[str, Any], picked: int | None) -> list[float] | None:
    """Around the rows that the picked issue lists."""
    if picked is None:
        return None
    boxes = [found["places"][str(row)] for row in found["issues"][picked]["rows"] if str(row) in found["places"]]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]
