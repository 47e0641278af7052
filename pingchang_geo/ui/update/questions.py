"""Questions of an inspection as controls, and the mapping of columns as a table that can be changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from pingchang_geo import layers
from pingchang_geo.errors import PingchangError
from pingchang_geo.ui.asked import Desk
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.uploads import answers
from pingchang_geo.workflow.uploads.drafts import Draft

#: The same sentences serve the command line; on the page its hint in brackets is left out.
_COMMAND: Final = re.compile(r"[（(]或?命令行[^）)]*[）)]|，或用 --confirm [^。]*")
#: Layers as the command line knows them, in front of their names.
_IDS: Final = re.compile(r"\b[a-z]+（([^）]+)）")
_ENCODINGS: Final = ("GB18030", "UTF-8", "BIG5")
#: Findings after which another layer may be the right one.
_LAYER_WRONG: Final = frozenset(("LAYER_WRONG", "LAYER_NONE", "FIELDS_NONE", "GEOMETRY_TYPE"))
_NONE: Final = "（不采用）"

_COLUMN: Final = "文件中的列"

#: Called with the draft to inspect anew: as it was looked at, with what was said since.
Submit = Callable[[Draft], str]


def said(text: str) -> str:
    """A message without what only concerns the command line."""
    return _IDS.sub(r"\1", _COMMAND.sub("", text))


def questions(draft: Draft, found: dict[str, Any], desk: Desk, submit: Submit) -> None:
    """One form with every question to be asked now; ``submit`` is called when it is sent in complete."""
    open_ones = answers.asked(found)
    if not open_ones:
        return
    st.markdown(f"##### 请确认　:gray[:small[{len(open_ones)} 个问题]]")
    keys = [f"answer_{draft.id}_{draft.revision}_{number}" for number in range(len(open_ones))]

    def sent() -> str:
        given = [_given(st.session_state.get(key)) for key in keys]
        missing = [str(number) for number, value in enumerate(given, start=1) if value is None]
        if missing:
            raise PingchangError(
                f"第 {'、'.join(missing)} 个问题还没有回答。", fix="不能确认的，请修改源数据后重新上传。"
            )
        pairs = [(one, value) for one, value in zip(open_ones, given, strict=True) if value is not None]
        return submit(answers.answered(draft, found, pairs))

    with st.form("update_questions", border=True):
        for number, one in enumerate(open_ones):
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"**{number + 1}. {plain(said(one['message']))}**")
                st.caption(plain(said(one["fix"])))
                _control(one, found, keys[number])
        if len(open_ones) < [one["level"] for one in found["issues"]].count("confirm"):
            st.caption("其余问题取决于这一项，重新检查后再问。")
        st.form_submit_button(
            "按以上回答重新检查", type="primary", icon=":material/refresh:", on_click=desk.ask, args=(sent,)
        )


def other_layer(draft: Draft, found: dict[str, Any], desk: Desk, submit: Submit) -> None:
    """The choice of a layer, where the file was refused for the one it was taken for; the file need not come again."""
    if not _LAYER_WRONG & {one["code"] for one in found["issues"]}:
        return
    titles = {spec.id: spec.title for spec in layers.all_specs() if spec.id != found["layer"]}
    named = " ".join(one["message"] for one in found["issues"] if one["code"] == "LAYER_WRONG")
    likely = [number for number, title in enumerate(titles.values()) if f"更像「{title}」" in named]
    key = f"other_layer_{draft.id}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "改按图层",
            list(titles),
            format_func=lambda value: titles[value],
            index=likely[0] if likely else None,
            placeholder="选择图层",
            width=220,
            key=key,
        )

        def sent() -> str:
            chosen = st.session_state.get(key)
            if not chosen:
                raise PingchangError("还没有选择图层。", fix="请选择后再检查。")
            return submit(answers.of_layer(draft, chosen))

        st.button("重新检查", icon=":material/refresh:", key=f"{key}_go", on_click=desk.ask, args=(sent,))


def _given(value: Any) -> str | None:
    """An answer as the inspection takes it: a ticked box confirms, a choice is its value; None where it is open."""
    if isinstance(value, bool):
        return "" if value else None
    return value if isinstance(value, str) else None


def _control(one: answers.Finding, found: dict[str, Any], key: str) -> None:
    """The control for a question."""
    code = one["code"]
    if code in answers.CRS:
        _choice("坐标系", {str(epsg): name for epsg, name in found["crs_choices"]}, key, across=False)
    elif code == "LAYER_UNSURE":
        _choice("图层", {spec.id: spec.title for spec in layers.all_specs()}, key)
    elif code == "DATASET_SEVERAL":
        _choice("数据集", {name: name for name in found["datasets"]}, key)
    elif code == "ENCODING_UNSURE":
        _choice("编码", {name: name for name in _ENCODINGS}, key)
    elif code in ("GCJ_SUSPECTED", "BD_SUSPECTED"):
        _choice("处理方式", {"correct": "由系统纠偏为 CGCS2000", "": "确属实测坐标，不纠偏"}, key)
    else:
        st.checkbox("已核对，按此采用", key=key)


def _choice(label: str, names: dict[str, str], key: str, *, across: bool = True) -> None:
    st.radio(label, list(names), index=None, key=key, format_func=lambda value: names[value], horizontal=across)


def columns(draft: Draft, found: dict[str, Any], desk: Desk, submit: Submit) -> None:
    """The mapping of columns with samples; the analyst may choose other columns."""
    if not found["layer"] or not (found["columns"] or found["unmapped"]):
        return
    spec = layers.get(found["layer"])
    known = [*found["columns"].values(), *found["unmapped"]]
    missing = [one["field"] for one in found["issues"] if one["code"] == "FIELD_REQUIRED"]
    title = f"字段对应（{len(found['columns'])} 列已对应，{len(found['unmapped'])} 列未采用）"
    fields = spec.source_fields
    now = [found["columns"].get(f.name, _NONE) for f in fields]
    key = f"mapping_{draft.id}_{draft.revision}"

    def sent() -> str:
        edits = st.session_state[key]["edited_rows"]
        chosen = {fields[int(row)].name: edit.get(_COLUMN, now[int(row)]) for row, edit in edits.items()}
        changed = {n: "" if c == _NONE else c for n, c in chosen.items() if found["columns"].get(n, _NONE) != c}
        if not changed:
            return "对应关系没有变化。"
        return submit(replace(draft, mapping={**draft.mapping, **changed}))

    with st.expander(title, icon=":material/table_chart:", expanded=bool(missing)):
        st.caption(
            "如对应有误，在「文件中的列」一栏改选后点「按此对应重新检查」。确认过的对应会记住，下次相同的列不再询问。"
        )
        table = pd.DataFrame(
            {
                "字段": [f.label + ("（必需）" if f.required else "") for f in fields],
                _COLUMN: now,
                "依据": [found["evidence"].get(f.name, "") for f in fields],
                "示例": ["、".join(found["samples"].get(found["columns"].get(f.name, ""), [])[:3]) for f in fields],
            }
        )
        st.data_editor(
            table,
            key=key,
            hide_index=True,
            disabled=["字段", "依据", "示例"],
            column_config={_COLUMN: st.column_config.SelectboxColumn(options=[_NONE, *known], required=True)},
            height=min(420, 38 + 35 * len(fields)),
        )
        if found["unmapped"]:
            st.caption("未采用的列：" + plain("、".join(found["unmapped"])))
        st.button(
            "按此对应重新检查",
            icon=":material/refresh:",
            key=f"mapping_go_{draft.id}",
            on_click=desk.ask,
            args=(sent,),
        )
