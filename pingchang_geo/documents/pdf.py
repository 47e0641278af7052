"""PDF by Typst: the page is ``report.typ``, the content goes in as JSON and picture files, never as markup.

Typst compiles inside a temporary folder that holds nothing else, which is also the only folder it can read; fonts of
the machine are ignored and no package is loaded, so it needs no network and every server sets alike.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from datetime import timedelta, timezone
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import matplotlib
import typst

from pingchang_geo.documents import colours
from pingchang_geo.documents.model import (
    Block,
    Bullets,
    Callout,
    Document,
    DocumentError,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
)
from pingchang_geo.documents.preparation import PAGE_LETTERS, prepared

_KINDS: Final[dict[type[Any], str]] = {
    Heading: "heading",
    Paragraph: "paragraph",
    Bullets: "bullets",
    Callout: "callout",
    Facts: "facts",
    Table: "table",
    Figure: "figure",
    PageBreak: "pagebreak",
}
#: Typst lets a word that is too long run out of its cell; such words get a break (of no width) after every few letters.
#: Others get none, so that numbers of versions can be copied and searched; nor do numbers inside a long word, which
#: must stay numbers when they are copied, unless one alone is too wide.
_WORD: Final = re.compile(r"[^\s\u2e80-\uffef]+")
_BREAK: Final = "\u200b"
_EVERY: Final = 4
_NUMBER: Final = re.compile(r"((?<![A-Za-z\d])\d[\d.,]*(?![A-Za-z\d]))")
#: Signs that end a line rather than begin one.
_CLOSING: Final = re.compile(_BREAK + r"(?=[–—~/%])")
#: Widths of a digit and of a point or comma, in letters.
_DIGIT_WIDE, _POINT_WIDE = 1.11, 0.6
#: Wide letters that surely fit on a line of running text and of the title; letters of table text are counted by
#: ``preparation.PAGE_LETTERS``, of which capitals take half as much again.
_LINE_LETTERS, _TITLE_LETTERS, _WIDE = 56, 20, 1.5


def to_pdf(document: Document, font: Path) -> bytes:
    """The document as a tagged PDF, A4, with the font embedded.

    Args:
        document: what to write.
        font: file of a Chinese font (``prints.chinese_font``).

    Raises:
        DocumentError: the font cannot be used, or the document cannot be set.
    """
    return _compiled(document, font, "pdf")[0]


def to_pages(document: Document, font: Path, ppi: float = 110) -> list[bytes]:
    """Every page as a PNG picture, exactly as in the PDF: for previews."""
    return _compiled(document, font, "png", ppi)


def _compiled(document: Document, font: Path, form: Any, ppi: float = 144) -> list[bytes]:
    ready = prepared(document)
    # Typst takes whole seconds and a fixed offset.
    offset = timezone(ready.made_at.utcoffset() or timedelta())
    moment = ready.made_at.replace(microsecond=0, tzinfo=offset)
    with TemporaryDirectory(prefix="pingchang-") as folder:
        root = Path(folder)
        fonts = _fonts(root / "fonts", font)
        pictures = [block for block in ready.blocks if isinstance(block, Figure)]
        for number, picture in enumerate(pictures):
            (root / _file(number)).write_bytes(picture.png)
        (root / "report.typ").write_bytes(resources.files(__package__).joinpath("report.typ").read_bytes())
        (root / "data.json").write_text(json.dumps(_data(ready, fonts.families()), ensure_ascii=False), "utf-8")
        try:
            compiler = typst.Compiler(
                str(root / "report.typ"),
                root=str(root),
                font_paths=fonts,
                ignore_system_fonts=True,
                package_path=str(root / "none"),
                package_cache_path=str(root / "none"),
            )
            made = compiler.compile(format=form, ppi=ppi, timestamp=moment)
        except typst.TypstError as error:
            raise DocumentError(f"文档「{ready.title}」无法排版：{error.message}。") from error
    if made is None:
        raise DocumentError(f"文档「{ready.title}」无法排版。")
    return made if isinstance(made, list) else [made]


def _fonts(folder: Path, font: Path) -> typst.Fonts:
    """Just two fonts, in a folder of their own: the Chinese one and, for the few signs it lacks (₂), DejaVu Sans."""
    folder.mkdir()
    spare = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    try:
        shutil.copyfile(font, folder / f"a{font.suffix}")
        shutil.copyfile(spare, folder / "b.ttf")
    except OSError as error:
        raise DocumentError(f"找不到字体文件「{font.name}」。", fix="请检查设置 font。") from error
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
    if len(fonts.families()) < 2:
        raise DocumentError(f"文件「{font.name}」不是可用的字体文件。", fix="请检查设置 font。")
    return fonts


def _data(document: Document, families: list[str]) -> dict[str, Any]:
    """What ``report.typ`` reads."""
    chinese = [family for family in families if family != "DejaVu Sans"]
    pictures = 0
    blocks = []
    for block in document.blocks:
        data = {"kind": _KINDS[type(block)], **_plain(block)}
        if isinstance(block, Figure):
            data["file"] = _file(pictures)
            pictures += 1
        blocks.append(data)
    return {
        "title": document.title,
        "title_lines": _breakable(document.title, _TITLE_LETTERS),
        "subtitle": _breakable(document.subtitle, _LINE_LETTERS),
        "mark": document.mark,
        "header": _breakable(document.header, _LINE_LETTERS),
        "footer": _breakable(document.footer, _LINE_LETTERS),
        "notes": [_breakable(note, _LINE_LETTERS) for note in document.notes],
        "fonts": [*chinese, "DejaVu Sans"],
        "colours": _colours(),
        "blocks": blocks,
    }


def _plain(block: Block) -> dict[str, Any]:
    """The block's fields, with breaks in words that are too long for their place; the picture's bytes stay out."""
    fields = asdict(block)
    fields.pop("png", None)
    if isinstance(block, Table):
        room = [max(2, int((width * PAGE_LETTERS - 3) / _WIDE)) for width in block.widths]
        fields["header"] = [_breakable(text, letters) for text, letters in zip(block.header, room, strict=True)]
        fields["rows"] = [[_breakable(text, n) for text, n in zip(row, room, strict=True)] for row in block.rows]
    if isinstance(block, Facts):
        pair = int(PAGE_LETTERS / block.columns / _WIDE)
        fields["items"] = [[_breakable(a, pair // 4), _breakable(b, pair // 2)] for a, b in block.items]
    return {name: value if name == "alt" else _broken(value) for name, value in fields.items()}


def _broken(value: Any) -> Any:
    if isinstance(value, str):
        return _breakable(value, _LINE_LETTERS)
    return [_broken(item) for item in value] if isinstance(value, list | tuple) else value


def _breakable(text: str, most: int) -> str:
    """The text with breaks in words of more than ``most`` letters."""

    def one(word: re.Match[str]) -> str:
        found = word[0]
        if len(found) <= most or _BREAK in found:
            return found
        pieces: list[str] = []
        for number, part in enumerate(_NUMBER.split(found)):
            if number % 2 and _digits_wide(part) <= (most + 1) * _WIDE:
                pieces.append(part)
            else:
                pieces += [part[i : i + _EVERY] for i in range(0, len(part), _EVERY)]
        return _CLOSING.sub("", _BREAK.join(pieces))

    return _WORD.sub(one, text)


def _digits_wide(number: str) -> float:
    digits = sum(sign.isdigit() for sign in number)
    return _DIGIT_WIDE * digits + _POINT_WIDE * (len(number) - digits)


def _file(number: int) -> str:
    return f"figure-{number}.png"


def _colours() -> dict[str, Any]:
    return {
        "ink": colours.INK,
        "accent": colours.ACCENT,
        "muted": colours.MUTED,
        "line": colours.LINE,
        "header-ground": colours.HEADER_GROUND,
        "label-ground": colours.LABEL_GROUND,
        "mark-ink": colours.MARK_INK,
        "mark-ground": colours.MARK_GROUND,
        "mark-line": colours.MARK_LINE,
        "tones": {tone.value: list(pair) for tone, pair in colours.TONES.items()},
    }
