"""「图片」: the page's present map as a PNG with title, legend, scale bar, sources and marks, for any reader."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import streamlit as st

from pingchang_geo.briefing import Briefing, Scene, SceneMap
from pingchang_geo.errors import PingchangError
from pingchang_geo.exports.filenames import file_stem
from pingchang_geo.ui.registry import PageEntry
from pingchang_geo.ui.text import plain
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.telling import tell

_LONGEST: Final = 60
#: The picture beneath its button, so that both are in sight on a small desktop.
_PREVIEW_PX: Final = 480
#: A picture takes a processor for a second or two, and the pages need one too.
_ONE_AT_A_TIME: Final = threading.Semaphore(1)
_KEPT: Final = "map_picture"


#: Width and height in pixels, and pixels an inch that letters are sized by.
_SIZES: Final = {
    "投影、插入幻灯片（1920×1080）": (1920, 1080, 200),
    "打印 A4 横向（3508×2480，300 dpi）": (3508, 2480, 300),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a picture was asked for; a picture of anything else is not offered."""

    page: str
    atlas_id: str
    map: SceneMap
    title: str
    size: str
    units: UnitChoice


@dataclass(frozen=True, slots=True)
class _Made:
    """A picture that waits for its reader."""

    asked: _Asked
    name: str
    png: bytes
    problems: tuple[str, ...]


def map_picture(
    page: PageEntry, found: Atlas, map_now: Callable[[], SceneMap], units: UnitChoice, *, left_out: str = ""
) -> None:
    """The pop-over on a page with a map.

    Args:
        page: where it stands.
        found: its layers.
        map_now: the page's map as the address has it at that moment.
        units: the reader's.
        left_out: what the page shows and the picture does not, in words.
    """
    about = "把当前地图存成图片：带标题、图例、比例尺、指北针、数据版本与来源"
    with st.popover(
        "图片", icon=":material/image:", type="tertiary", width="content", help=about, key="picture", on_change="rerun"
    ) as box:
        if not box.open:
            st.session_state.pop(_KEPT, None)
            return
        title = st.text_input(
            "标题", key=f"picture_title_{page.path}", max_chars=_LONGEST, placeholder="不填则为图层和着色的名称"
        )
        size = st.selectbox("大小", list(_SIZES), key="picture_size")
        if left_out:
            st.caption(left_out)
        asked = _Asked(page.path, found.id, map_now(), " ".join((title or "").split()), size, units)
        if st.button("生成图片", icon=":material/draw:", type="primary", key="picture_go"):
            st.session_state[_KEPT] = _drawn(page, found, asked)
        made = st.session_state.get(_KEPT)
        if isinstance(made, _Made) and made.asked == asked:
            for words in made.problems:
                st.caption(f":orange[{plain(words)}]")
            st.download_button(
                f"下载 PNG（{len(made.png) / 1e6:.1f} MB）",
                data=made.png,
                file_name=made.name,
                mime="image/png",
                icon=":material/download:",
                on_click="ignore",
                key="picture_ready",
            )
            st.image(made.png, width=_PREVIEW_PX)


def _drawn(page: PageEntry, found: Atlas, asked: _Asked) -> _Made | None:
    # Loaded when somebody wants it: drawing on paper takes a second to load.
    from pingchang_geo.workflow.briefings import pictures  # noqa: PLC0415

    briefing = Briefing("picture", page.title, scenes=(Scene("map", page.title, map=asked.map),))
    story = tell(briefing, found, choice=asked.units, keep=False)
    told = story.scenes[0].map
    assert told is not None  # the scene has one
    title = asked.title
    day = f"{date.today():%Y-%m-%d}"
    try:
        with st.spinner("正在绘制……"), _ONE_AT_A_TIME:
            png = pictures.draw(
                told,
                found,
                pictures.Frame(*_SIZES[asked.size]),
                title=title,
                approval=story.approval,
                on=day,
                keep=False,
            )
    except PingchangError as error:
        st.warning(f"**{plain(error.message)}** {plain(error.fix)}", icon=":material/error:")
        return None
    problems = [*story.scenes[0].problems, pictures.font()[1]]
    name = f"{file_stem(title or told.title)}_{date.today():%Y%m%d}.png"
    return _Made(asked, name, png, tuple(words for words in problems if words))
