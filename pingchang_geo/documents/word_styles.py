"""The Word file around the content: A4 page, styles with Chinese fonts, header and footer, properties.

Fonts are named, not embedded: 微软雅黑 is on every Windows with Office or WPS; where it is missing the programs fall
back by the font table, to a sans serif Chinese font.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC
from typing import Any, Final

import docx
from docx.document import Document as WordFile
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from pingchang_geo.documents import colours
from pingchang_geo.documents import word_xml as xml
from pingchang_geo.documents.model import Document

FONT: Final = "微软雅黑"
#: Own styles: id → size in points, colour, spacing in lines.
TABLE_TEXT, SMALL, CALLOUT_TITLE, CALLOUT_TEXT = "TableText", "SmallText", "CalloutTitle", "CalloutText"
BODY, FACT = "BodyTextIndented", "FactText"
_NAMES: Final = {
    TABLE_TEXT: "表格文字",
    SMALL: "小字",
    CALLOUT_TITLE: "结论标题",
    CALLOUT_TEXT: "结论文字",
    BODY: "正文缩进",
    FACT: "要点文字",
}
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006"
_FONT_TABLE: Final = (
    f'{_HEAD}<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    f'<w:font w:name="{FONT}"><w:altName w:val="Microsoft YaHei"/><w:panose1 w:val="020B0503020204020204"/>'
    '<w:charset w:val="86"/><w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font>'
    '<w:font w:name="Symbol"><w:charset w:val="02"/><w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
    "</w:fonts>"
)
_APP: Final = (
    f'{_HEAD}<Properties xmlns="{_OFFICE}/extended-properties">'
    "<Application>Microsoft Office Word</Application></Properties>"
)
#: What python-docx's template brings along and nobody needs.
_UNUSED: Final = ("/thumbnail", "/stylesWithEffects", "/customXml")


def new_file(document: Document) -> WordFile:
    """An empty A4 file with styles, header, footer and properties for the document."""
    word = docx.Document()
    _trim(word)
    _defaults(word)
    _styles(word)
    _page(word, document)
    _properties(word, document)
    return word


def packed(word: WordFile) -> bytes:
    """The file's bytes; equal files give equal bytes (no clock in the archive)."""
    raw = io.BytesIO()
    word.save(raw)
    out = io.BytesIO()
    replaced = {"docProps/app.xml": _APP, "word/fontTable.xml": _FONT_TABLE}
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = replaced[name].encode() if name in replaced else source.read(name)
            target.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _trim(word: WordFile) -> None:
    package = word.part.package
    assert package is not None
    for relations in (package.rels, word.part.rels):
        for key in [key for key, rel in relations.items() if rel.reltype.endswith(_UNUSED)]:
            relations.pop(key)
    settings = word.settings.element
    settings.find(qn("w:zoom")).set(qn("w:percent"), "100")
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")


def _defaults(word: WordFile) -> None:
    properties = word.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    _set_font(properties)
    language = properties.find(qn("w:lang"))
    language.set(qn("w:eastAsia"), "zh-CN")
    paragraph = word.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:pPrDefault')}/{qn('w:pPr')}")
    paragraph.find(qn("w:spacing")).set(qn("w:after"), "0")


def _set_font(properties: Any) -> None:
    """Name the font for every script; a theme's font would win over it."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = xml.node("rFonts")
        properties.insert(0, fonts)
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)


def _styles(word: WordFile) -> None:
    ink, muted = colours.INK, colours.MUTED
    normal = _style(word, "Normal", 10.5, ink, line=1.15)
    # Lines follow the font, not the grid of the page.
    normal.element.get_or_add_pPr().insert(0, xml.node("snapToGrid", val=0))
    _style(word, "Title", 22, ink, bold=True, after=4, line=1.0)
    _style(word, "Subtitle", 11, muted, after=10, line=1.0)
    _style(word, "Heading 1", 14, colours.ACCENT, bold=True, before=16, after=6)
    _style(word, "Heading 2", 12, ink, bold=True, before=12, after=5)
    _style(word, "Heading 3", 10.5, ink, bold=True, before=10, after=4)
    caption = _style(word, "Caption", 9.5, ink, before=6, after=5, line=1.0)
    caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _style(word, "List Bullet", 10.5, ink, after=3, line=1.15)
    _style(word, "Header", 8.5, muted, line=1.0)
    _style(word, "Footer", 8.5, muted, line=1.0)
    for style_id, (size, color, after, line) in {
        TABLE_TEXT: (9, ink, 0.0, 1.0),
        FACT: (10, ink, 0.0, 1.0),
        SMALL: (8.5, muted, 4.0, 1.0),
        CALLOUT_TITLE: (14, ink, 4.0, 1.0),
        CALLOUT_TEXT: (10.5, ink, 2.0, 1.05),
        BODY: (10.5, ink, 6.0, 1.15),
    }.items():
        added = word.styles.add_style(style_id, 1)  # a paragraph style
        added.base_style = normal
        made = _style(word, style_id, size, color, after=after, line=line, bold=style_id == CALLOUT_TITLE)
        made.element.find(qn("w:name")).set(qn("w:val"), _NAMES[style_id])
        if style_id == BODY:
            # Two letters, whatever the size.
            made.element.get_or_add_pPr().append(xml.node("ind", firstLineChars=200, firstLine=420))


def _style(
    word: WordFile,
    name: str,
    size_pt: float,
    color: str,
    *,
    bold: bool = False,
    before: float = 0.0,
    after: float = 0.0,
    line: float = 1.1,
) -> ParagraphStyle:
    style = word.styles[name]
    assert isinstance(style, ParagraphStyle)
    _set_font(style.element.get_or_add_rPr())
    style.font.size, style.font.bold, style.font.italic = Pt(size_pt), bold, False
    style.font.color.rgb = RGBColor.from_string(xml.hexadecimal(color))
    spacing = style.element.rPr.find(qn("w:spacing"))
    if spacing is not None:  # the template's titles are set wide
        style.element.rPr.remove(spacing)
    form = style.paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), line
    own_borders = style.element.get_or_add_pPr().find(qn("w:pBdr"))
    if own_borders is not None:
        style.element.pPr.remove(own_borders)
    return style


def _page(word: WordFile, document: Document) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(26), Mm(22)
    section.left_margin = section.right_margin = Mm(22)
    section.header_distance, section.footer_distance = Mm(13), Mm(10)
    head = section.header.paragraphs[0]
    head._p.append(xml.run(document.header))
    if document.mark:
        head._p.extend([xml.tab(), xml.run(f" {document.mark} ", xml.MARK)])
    foot = section.footer.paragraphs[0]
    foot._p.extend(
        [
            *(xml.run(document.footer), xml.tab(), xml.run("第 "), xml.field("PAGE", "1")),
            *(xml.run(" 页　共 "), xml.field("NUMPAGES", "1"), xml.run(" 页")),
        ]
    )
    for paragraph, side in ((head, "bottom"), (foot, "top")):
        stops = paragraph.style.paragraph_format.tab_stops if paragraph.style is not None else ()
        for stop in list(stops):
            paragraph.paragraph_format.tab_stops.add_tab_stop(stop.position, WD_TAB_ALIGNMENT.CLEAR)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(166), WD_TAB_ALIGNMENT.RIGHT)
        edge = xml.node(side, val="single", sz=4, space=4, color=xml.hexadecimal(colours.LINE))
        properties = paragraph._p.get_or_add_pPr()
        properties.insert_element_before(xml.node("pBdr", edge), "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")


def _properties(word: WordFile, document: Document) -> None:
    """Title and dates; nobody's name, since the file is made by a program."""
    core = word.core_properties
    core.title, core.subject, core.keywords = document.title[:255], document.subtitle[:255], document.mark
    core.author, core.last_modified_by, core.comments, core.category = "", "", "", ""
    core.language = "zh-CN"
    made = document.made_at
    moment = (made.astimezone(UTC) if made.tzinfo else made).replace(microsecond=0, tzinfo=None)
    core.created, core.modified = moment, moment
    core.revision = 1
