"""The blank presentation: 16:9, a master with the work's title and the page number, two layouts, fonts and colours."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final
from xml.sax.saxutils import escape

from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches

from pingchang_geo.layers import palette
from pingchang_geo.slides.text import FONT, MUTED, Box, clean, set_font

WIDTH_IN, HEIGHT_IN = 40 / 3, 7.5
EDGE_IN: Final = 0.45
TITLE: Final = Box(EDGE_IN, 0.5, 10.6, 0.6)
SECTION: Final = Box(EDGE_IN, 0.24, 8.0, 0.28)
RULE_TOP_IN: Final = 1.14
FOOTER: Final = Box(EDGE_IN, 7.12, 9.5, 0.24)
NUMBER: Final = Box(WIDTH_IN - EDGE_IN - 1.2, 7.12, 1.2, 0.24)
COVER_TITLE: Final = Box(0.9, 2.1, 11.5, 1.25)
COVER_SUBTITLE: Final = Box(0.9, 3.7, 11.5, 0.9)
TITLE_PT, SECTION_PT, FOOTER_PT, COVER_PT, SUBTITLE_PT = 28.0, 13.0, 10.0, 44.0, 20.0

#: Layouts by their names in the file.
COVER, SCENE = "封面", "场景"
#: Index of the section's placeholder on scene slides.
SECTION_INDEX: Final = 13
_COLORS: Final = {
    "dk1": palette.INK,
    "lt1": "#FFFFFF",
    "dk2": "#4A4A4A",
    "lt2": "#EAF1ED",
    "accent1": palette.ACCENT,
    "accent2": palette.RED_LINE,
    "accent3": palette.SCENIC,
    "accent4": palette.PARKS,
    "accent5": palette.WATER,
    "accent6": palette.OTHER,
    "hlink": palette.ACCENT,
    "folHlink": palette.PARKS,
}


def blank(footer: str) -> Any:
    """An empty presentation (python-pptx's ``Presentation``) with our master; ``footer`` stands on every slide."""
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Inches(WIDTH_IN), Inches(HEIGHT_IN)
    _drop_leftovers(presentation)
    master, layouts = presentation.slide_master, presentation.slide_layouts
    _dress(master._element, _master_shapes(footer), "平昌县生态资产一张图")
    _style(master._element)
    _keep_stops_inside(presentation.part._element, master._element)
    _theme(master)
    cover, scene = layouts[0], layouts[5]
    for layout in [one for one in layouts if one not in (cover, scene)]:
        layouts.remove(layout)
    _dress(cover._element, _cover_shapes(), COVER)
    _dress(scene._element, _scene_shapes(footer), SCENE)
    return presentation


def layout(presentation: Any, name: str) -> Any:
    """The layout of that name."""
    return presentation.slide_layouts.get_by_name(name)


def add_footer(slide: Any) -> None:
    """Footer and page number as placeholders of their own, as the office program's dialogue makes them."""
    for shape in slide.slide_layout.placeholders:
        if shape.placeholder_format.type in _FOOTERS:
            copy = deepcopy(shape._element)
            copy.nvSpPr.cNvPr.set("id", str(max(int(i) for i in slide.shapes._spTree.xpath(".//p:cNvPr/@id")) + 1))
            slide.shapes._spTree.append(copy)


def _drop_leftovers(presentation: Any) -> None:
    """The thumbnail and the printer's settings of somebody else's machine."""
    package = presentation.part.package
    for owner, kind in (
        (package, RELATIONSHIP_TYPE.THUMBNAIL),
        (presentation.part, RELATIONSHIP_TYPE.PRINTER_SETTINGS),
    ):
        for key in [key for key, relation in owner._rels.items() if relation.reltype == kind]:
            owner._rels.pop(key)


def _dress(root: Any, shapes: list[str], name: str) -> None:
    """Replace the shapes of a master or a layout."""
    tree = root.cSld.spTree
    for shape in tree.findall(qn("p:sp")):
        tree.remove(shape)
    for number, shape in enumerate(shapes, start=2):
        tree.append(parse_xml(shape.replace("{id}", str(number))))
    root.cSld.set("name", name)


def _style(master: Any) -> None:
    """Both fonts by name at every level of the master's text styles; sizes as we use them."""
    for properties in master.iter(qn("a:defRPr")):
        set_font(properties)
    title = master.find(qn("p:txStyles")).find(qn("p:titleStyle")).find(qn("a:lvl1pPr"))
    title.set("algn", "l")
    title.find(qn("a:defRPr")).set("sz", str(int(TITLE_PT * 100)))
    body = master.find(qn("p:txStyles")).find(qn("p:bodyStyle"))
    for level in list(body):
        level.set("marL", "0")
        level.set("indent", "0")
        for bullet in [*level.findall(qn("a:buFont")), *level.findall(qn("a:buChar"))]:
            level.remove(bullet)
        level.insert(list(level).index(level.find(qn("a:defRPr"))), level.makeelement(qn("a:buNone"), {}))


def _keep_stops_inside(*roots: Any) -> None:
    """No stop hangs over the edge of its text, as texts are measured."""
    for root in roots:
        for level in root.xpath(".//*[@hangingPunct]"):
            level.set("hangingPunct", "0")


def _theme(master: Any) -> None:
    part = next(r.target_part for r in master.part.rels.values() if r.reltype == RELATIONSHIP_TYPE.THEME)
    theme = parse_xml(part.blob)
    theme.set("name", "平昌县生态资产一张图")
    space = {"a": theme.nsmap["a"]}
    for name, color in _COLORS.items():
        slot = theme.find(f".//a:clrScheme/a:{name}", space)
        for old in list(slot):
            slot.remove(old)
        slot.append(slot.makeelement(qn("a:srgbClr"), {"val": color.lstrip("#")}))
    for tag in ("majorFont", "minorFont"):
        fonts = theme.find(f".//a:fontScheme/a:{tag}", space)
        fonts.find("a:latin", space).set("typeface", FONT)
        fonts.find("a:ea", space).set("typeface", FONT)
        for one in fonts.findall("a:font[@script='Hans']", space):
            one.set("typeface", FONT)
    part._blob = serialize_part_xml(theme)


def _master_shapes(footer: str) -> list[str]:
    return [
        _placeholder("标题", 'type="title"', TITLE, TITLE_PT, "单击此处编辑标题", bold=True),
        _placeholder("正文", 'type="body" idx="1"', Box(EDGE_IN, 1.4, 12.4, 5.4), 18, "单击此处编辑正文"),
        *_footers(footer),
    ]


def _scene_shapes(footer: str) -> list[str]:
    return [
        _bar("标题线", Box(EDGE_IN, RULE_TOP_IN, WIDTH_IN - 2 * EDGE_IN, 0.022), palette.ACCENT),
        _placeholder("标题", 'type="title"', TITLE, TITLE_PT, "单击此处编辑标题", bold=True),
        _placeholder(
            "章节", f'type="body" sz="quarter" idx="{SECTION_INDEX}"', SECTION, SECTION_PT, "章节", color=palette.ACCENT
        ),
        *_footers(footer),
    ]


def _cover_shapes() -> list[str]:
    return [
        _bar("色带", Box(0, 0, 0.42, HEIGHT_IN), palette.ACCENT),
        _bar("标题线", Box(0.9, 3.5, 2.4, 0.05), palette.ACCENT),
        _placeholder("标题", 'type="ctrTitle"', COVER_TITLE, COVER_PT, "单击此处编辑标题", bold=True, anchor="b"),
        _placeholder("副标题", 'type="subTitle" idx="1"', COVER_SUBTITLE, SUBTITLE_PT, "副标题", color=MUTED),
    ]


def _footers(footer: str) -> list[str]:
    number = (
        f'<a:fld id="{{C1FF6DA9-008F-8B48-92A6-B652298478BF}}" type="slidenum">{_run_style()}<a:t>‹#›</a:t></a:fld>'
    )
    text = f"<a:r>{_run_style()}<a:t>{escape(clean(footer))}</a:t></a:r>"
    return [
        _placeholder("页脚", 'type="ftr" sz="quarter" idx="11"', FOOTER, FOOTER_PT, "", color=MUTED, content=text),
        _placeholder(
            "页码", 'type="sldNum" sz="quarter" idx="12"', NUMBER, FOOTER_PT, "", color=MUTED, content=number, align="r"
        ),
    ]


_FOOTERS: Final = frozenset({15, 13})  # PP_PLACEHOLDER.FOOTER, SLIDE_NUMBER


def _run_style() -> str:
    fonts = f'<a:latin typeface="{FONT}"/><a:ea typeface="{FONT}"/>'
    return f'<a:rPr lang="zh-CN" altLang="en-US">{fonts}</a:rPr>'


def _placeholder(
    name: str,
    kind: str,
    box: Box,
    size: float,
    prompt: str,
    *,
    color: str = palette.INK,
    bold: bool = False,
    anchor: str = "ctr",
    align: str = "l",
    content: str = "",
) -> str:
    fonts = f'<a:latin typeface="{FONT}"/><a:ea typeface="{FONT}"/>'
    fill = f'<a:solidFill><a:srgbClr val="{color.lstrip("#")}"/></a:solidFill>'
    style = f'<a:defRPr sz="{int(size * 100)}" b="{int(bold)}">{fill}{fonts}</a:defRPr>'
    content = content or f"<a:r>{_run_style()}<a:t>{prompt}</a:t></a:r>"
    return (
        f"<p:sp {nsdecls('p', 'a')}><p:nvSpPr>"
        f'<p:cNvPr id="{{id}}" name="{name}"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>'
        f"<p:nvPr><p:ph {kind}/></p:nvPr></p:nvSpPr><p:spPr>{_geometry(box)}</p:spPr><p:txBody>"
        f'<a:bodyPr vert="horz" wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="{anchor}"><a:noAutofit/>'
        f'</a:bodyPr><a:lstStyle><a:lvl1pPr marL="0" indent="0" algn="{align}"><a:buNone/>{style}</a:lvl1pPr>'
        f"</a:lstStyle>"
        f"<a:p>{content}</a:p></p:txBody></p:sp>"
    )


def _bar(name: str, box: Box, color: str) -> str:
    return (
        f"<p:sp {nsdecls('p', 'a')}><p:nvSpPr>"
        f'<p:cNvPr id="{{id}}" name="{name}"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr>{_geometry(box)}'
        f'<a:solidFill><a:srgbClr val="{color.lstrip("#")}"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr>'
        f'<p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:endParaRPr lang="zh-CN"/></a:p></p:txBody></p:sp>'
    )


def _geometry(box: Box) -> str:
    left, top, width, height = (int(value) for value in box.emu)
    return (
        f'<a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
    )
