"""What the inspection found: what we take the files for, questions, issues with a map, and the comparison."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pingchang_geo import layers
from pingchang_geo.ui.asked import Desk
from pingchang_geo.ui.text import plain
from pingchang_geo.ui.update import changes, issues, questions
from pingchang_geo.units import format_number
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.uploads import answers
from pingchang_geo.workflow.uploads.drafts import Draft, Drafts

_DECISIONS: Final = {
    "accept": ("success", ":material/check_circle:", "检查通过，可以发布。"),
    "repair": ("success", ":material/build_circle:", "已自动修复，可以发布；修复内容见下表。"),
    "confirm": ("warning", ":material/help:", "有 {questions} 个问题需要您确认，确认后才能发布。"),
    "reject": ("error", ":material/block:", "有 {blocking} 处必须改正，暂不能发布。请按下表修改源数据后重新上传。"),
}
_SURE: Final = 0.8


def findings(
    drafts: Drafts, draft: Draft, found: dict[str, Any], atlas: Atlas, *, desk: Desk, submit: questions.Submit
) -> None:
    """Show an inspection; ``submit`` is called with the draft as the analyst has answered."""
    levels = [one["level"] for one in found["issues"]]
    show, icon, words = _DECISIONS[found["decision"]]
    words = words.format(questions=len(answers.asked(found)), blocking=levels.count("blocking"))
    getattr(st, show)(f"**{words}**", icon=icon)
    if found["format"]:
        _summary(found)
    if found["decision"] == "reject":
        questions.other_layer(draft, found, desk, submit)
    else:
        questions.questions(draft, found, desk, submit)
    questions.columns(draft, found, desk, submit)
    issues.issues(drafts, draft, found, atlas)
    changes.changes(drafts, draft, found, atlas)


def _summary(found: dict[str, Any]) -> None:
    """What we take the files for, each with the reason."""
    spec = layers.get(found["layer"]) if found["layer"] else None
    crs = found["crs"]
    facts: list[tuple[str, str, str]] = [
        ("图层", spec.title if spec else "未能识别", found["layer_evidence"]),
        ("格式", found["format"] or "未能识别", f"数据集：{found['dataset']}" if found["dataset"] else ""),
        ("记录数", f"{found['rows']:,}", _keys(found)),
        ("属性编码", found["encoding"] or "—", found["encoding_evidence"]),
        ("坐标系", f"EPSG:{crs['epsg']}" if crs["epsg"] else "未能确定", _crs_words(crs)),
        ("范围", _bounds(found["bounds"]), ""),
        (
            "图形面积",
            f"{format_number(found['area_km2'], 3)} km²" if found["area_km2"] else "—",
            "由图形在等积投影中计算",
        ),
    ]
    if found["stock_tc"] is not None:
        facts.append(("碳储量", f"{format_number(found['stock_tc'], 0)} tC", "按默认参数集计算，见「方法与参数」"))
    st.markdown("##### 识别结果")
    with st.grid(4, min_column_width=210, gap="xsmall"):
        for label, value, reason in facts:
            with st.container(border=True, gap="xxsmall"):
                st.caption(label)
                st.markdown(f"**{plain(value)}**" + (f"  \n:small[:gray[{plain(reason)}]]" if reason else ""))


def _keys(found: dict[str, Any]) -> str:
    return f"{found['unique_keys']:,} 个不重复的标识" if found["unique_keys"] is not None else ""


def _crs_words(crs: dict[str, Any]) -> str:
    sure = "" if crs["confidence"] >= _SURE or not crs["epsg"] else "（把握不大，请核对）"
    return f"{crs['evidence']}{sure}"


def _bounds(bounds: list[float] | None) -> str:
    if bounds is None:
        return "—"
    west, south, east, north = bounds
    return f"{west:.3f}–{east:.3f}°E　{south:.3f}–{north:.3f}°N"
