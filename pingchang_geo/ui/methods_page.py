"""方法与参数: the methods text, drawn block by block; the file docs/methods.md has the same words."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.markdown_table import markdown_table
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.workflow.methods import text
from pingchang_geo.workflow.methods.blocks import Block, Formula, Points, Prose, Section, Table

_MIME: Final = "text/markdown"
_BADGES: Final = {"已核": "green", "转引": "blue", "推算": "blue", "待核": "orange"}


def methods_page() -> None:
    """Contents, then every chapter in its order; what is unverified stands first."""
    page = page_of("methods")
    with guarded():
        if st.query_params:
            notice(st.query_params)
            st.query_params.clear()
        status_line(page, [], None, None)
        chapters = text.sections()
        _head(chapters)
        for section in chapters:
            _section(section)
        footer()


def _head(chapters: tuple[Section, ...]) -> None:
    st.caption(text.INTRO)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("　".join(f"[{section.title}](#{section.id})" for section in chapters), width="stretch")
        st.download_button(
            "下载全文",
            data=text.markdown,
            file_name="平昌县_方法与参数.md",
            mime=_MIME,
            key="methods-md",
            icon=":material/download:",
            on_click="ignore",
        )


def _section(section: Section) -> None:
    st.subheader(section.title, anchor=section.id)
    if not section.folded:
        _blocks(section)
        return
    title, key = f"展开{section.title}", f"fold-{section.id}"
    with st.expander(title, icon=":material/list_alt:", key=key, on_change="rerun") as fold:
        if fold.open:
            _blocks(section)


def _blocks(section: Section) -> None:
    for number, block in enumerate(section.blocks):
        _block(block, f"{section.id}_{number}")


def _block(block: Block, key: str) -> None:
    if isinstance(block, Prose):
        st.markdown(block.text)
    elif isinstance(block, Points):
        st.markdown("\n".join(f"- {item}" for item in block.items))
    elif isinstance(block, Formula):
        st.latex(block.latex)
    else:
        with st.container(key=f"wide_{key}"):
            st.markdown(markdown_table(block.headers, _rows(block), numbers=block.numbers))


def _rows(table: Table) -> list[tuple[str, ...]]:
    """Cells with flags as badges."""
    return [tuple(_badge(cell) if i in table.flags else cell for i, cell in enumerate(row)) for row in table.rows]


def _badge(flag: str) -> str:
    return f":{_BADGES[flag]}-badge[{flag}]" if flag in _BADGES else flag
