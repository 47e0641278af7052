"""Questions of an inspection as controls, and the mapping of columns as a table that can be changed."""

from __future__ import annotations

import re
from typing import Any, Final

import pandas as pd
import streamlit as st

from pingchang_geo import layers
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.drafts import Draft

#: The same sentences serve the command line; on the page its hint in brackets is left out.
_COMMAND: Final = re.compile(r"[（(]或?命令行[^）)]*[）)]|，或用 --confirm [^。]*")
_ENCODINGS: Final = ("GB18030", "UTF-8", "BIG5")
#: Questions whose answer is an EPSG number.
_CRS: Final = frozenset(("CRS_MISSING", "CRS_CONTRADICTORY", "CRS_UNREADABLE"))
_NOT_YET: Final = "请选择"
_NONE: Final = "（不采用）"

Answered = tuple[dict[str, str], str | None]


def said(text: str) -> str:
    """A message without what only concerns the command line."""
    return _COMMAND.sub("", text)


def questions(draft: Draft, found: dict[str, Any]) -> Answered | None:
    """One form with every open question; returns the answers when it is sent in complete."""
    asked = [one for one in found["issues"] if one["level"] == "confirm"]
    if not asked:
        return None
    st.markdown(f"##### 请确认　:gray[:small[{len(asked)} 个问题]]")
    answers: dict[str, str | None] = {}
    with st.form("update_questions", border=True):
        for number, one in enumerate(asked):
            if number:
                st.divider()
            st.markdown(f"**{number + 1}. {plain(said(one['message']))}**")
            st.caption(plain(said(one["fix"])))
            answers[one["code"]] = _control(one, found, f"{draft.id}_{number}")
        sent = st.form_submit_button("按以上回答重新检查", type="primary", icon=":material/refresh:")
    if not sent:
        return None
    missing = [code for code, value in answers.items() if value is None]
    if missing:
        st.warning("还有问题没有回答。不能确认的，请修改源数据后重新上传。", icon=":material/help:")
        return None
    given = {code: value for code, value in answers.items() if value is not None}
    layer = given.get("LAYER_UNSURE") or draft.layer
    return {**draft.answers, **given}, layer


def _control(one: dict[str, Any], found: dict[str, Any], key: str) -> str | None:
    """The control for a question; None while it is not answered."""
    code = one["code"]
    if code in _CRS:
        candidates = [str(epsg) for epsg in found["crs_candidates"]] or [str(found["crs"]["epsg"])]
        return _choice("坐标系", {value: f"EPSG:{value}" for value in candidates}, key)
    if code == "LAYER_UNSURE":
        return _choice("图层", {spec.id: spec.title for spec in layers.all_specs()}, key)
    if code == "DATASET_SEVERAL":
        return _choice("数据集", {name: name for name in found["datasets"]}, key)
    if code == "ENCODING_UNSURE":
        return _choice("编码", {name: name for name in _ENCODINGS}, key)
    if code == "GCJ_SUSPECTED":
        return _choice("处理方式", {"correct": "由系统纠偏为 CGCS2000", "": "确属实测坐标，不纠偏"}, key)
    return "" if st.checkbox("已核对，按此采用", key=key) else None


def _choice(label: str, names: dict[str, str], key: str) -> str | None:
    return st.radio(label, list(names), index=None, key=key, format_func=lambda value: names[value], horizontal=True)


def columns(draft: Draft, found: dict[str, Any]) -> Answered | None:
    """The mapping of columns with samples; the analyst may choose other columns."""
    if not found["layer"] or not (found["columns"] or found["unmapped"]):
        return None
    spec = layers.get(found["layer"])
    known = [*found["columns"].values(), *found["unmapped"]]
    missing = [one["field"] for one in found["issues"] if one["code"] == "FIELD_REQUIRED"]
    title = f"字段对应（{len(found['columns'])} 列已对应，{len(found['unmapped'])} 列未采用）"
    with st.expander(title, icon=":material/table_chart:", expanded=bool(missing)):
        st.caption(
            "如对应有误，在「文件中的列」一栏改选后点「按此对应重新检查」。确认过的对应会记住，下次相同的列不再询问。"
        )
        fields = list(spec.source_fields)
        table = pd.DataFrame(
            {
                "字段": [f.label + ("（必需）" if f.required else "") for f in fields],
                "文件中的列": [found["columns"].get(f.name, _NONE) for f in fields],
                "依据": [found["evidence"].get(f.name, "") for f in fields],
                "示例": ["、".join(found["samples"].get(found["columns"].get(f.name, ""), [])[:3]) for f in fields],
            }
        )
        edited = st.data_editor(
            table,
            key=f"mapping_{draft.id}",
            hide_index=True,
            disabled=["字段", "依据", "示例"],
            column_config={"文件中的列": st.column_config.SelectboxColumn(options=[_NONE, *known], required=True)},
            height=min(420, 38 + 35 * len(fields)),
        )
        if found["unmapped"]:
            st.caption("未采用的列：" + plain("、".join(found["unmapped"])))
        if not st.button("按此对应重新检查", icon=":material/refresh:", key=f"mapping_go_{draft.id}"):
            return None
    chosen = dict(zip([f.name for f in fields], edited["文件中的列"].tolist(), strict=True))
    changed = {n: ("" if c == _NONE else c) for n, c in chosen.items() if found["columns"].get(n, _NONE) != c}
    if not changed:
        st.info("对应关系没有变化。", icon=":material/info:")
        return None
    before = dict(pair.split("=", 1) for pair in draft.answers.get("MAPPING", "").split(",") if "=" in pair)
    pairs = ",".join(f"{name}={column}" for name, column in {**before, **changed}.items())
    return {**draft.answers, "MAPPING": pairs}, draft.layer
