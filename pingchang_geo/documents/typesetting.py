"""Typst as a typesetter: a template of ours, data as JSON and picture files, bytes out; content is never markup.

Typst compiles inside a temporary folder that holds nothing else, which is also the only folder it can read; fonts of
the machine are ignored and no package is loaded, so it needs no network and every server sets alike.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import matplotlib
import typst

from pingchang_geo.documents import colours
from pingchang_geo.documents.model import DocumentError

#: Typst lets a word that is too long run out of its cell; such words get a break (of no width) after every few letters.
#: Others get none, so that numbers of versions can be copied and searched; nor do numbers inside a long word, which
#: must stay numbers when they are copied, unless one alone is too wide.
_WORD: Final = re.compile(r"[^\s\u2e80-\uffef]+")
_BREAK: Final = "\u200b"
_EVERY: Final = 4
_NUMBER: Final = re.compile(r"((?<![A-Za-z\d])\d[\d.,]*(?![A-Za-z\d]))")
#: Signs that end a line rather than begin one.
_CLOSING: Final = re.compile(_BREAK + r"(?=[–—~/%])")
#: Widths of a digit and of a point or comma, in letters; a wide letter is half as wide again.
_DIGIT_WIDE, _POINT_WIDE = 1.11, 0.6
WIDE: Final = 1.5


def compiled(
    template: str,
    data: Mapping[str, Any],
    pictures: Sequence[bytes],
    font: Path,
    *,
    title: str,
    moment: datetime,
    form: Any = "pdf",
    ppi: float = 144,
) -> list[bytes]:
    """The set document: one PDF, or a PNG a page.

    Args:
        template: file of this package; it finds ``data`` as ``data.json``, with ``fonts`` and ``colours`` added.
        pictures: PNG files, named by :func:`picture_file` in their order.
        font: file of a Chinese font.
        title: for messages.
        moment: kept in the file as its date.
        form: ``pdf`` or ``png``.
        ppi: pixels an inch of PNG pages.

    Raises:
        DocumentError: the font cannot be used, or the document cannot be set.
    """
    # Typst takes whole seconds and a fixed offset.
    offset = timezone(moment.utcoffset() or timedelta())
    with _compiler(template, data, pictures, font, title) as compiler:
        made = compiler.compile(format=form, ppi=ppi, timestamp=moment.replace(microsecond=0, tzinfo=offset))
    if made is None:
        raise DocumentError(f"文档「{title}」无法排版。")
    return made if isinstance(made, list) else [made]


def noted(template: str, data: Mapping[str, Any], font: Path, label: str, *, title: str) -> Any:
    """What a template notes about its own page: the value of its metadata ``<label>``, pictures left out.

    Raises:
        DocumentError: the font cannot be used, or the document cannot be set.
    """
    with _compiler(template, data, (), font, title) as compiler:
        return json.loads(compiler.query(f"<{label}>", field="value", one=True))


@contextmanager
def _compiler(
    template: str, data: Mapping[str, Any], pictures: Sequence[bytes], font: Path, title: str
) -> Iterator[typst.Compiler]:
    """A compiler that sees the template, its data and pictures, and nothing else."""
    with TemporaryDirectory(prefix="pingchang-") as folder:
        root = Path(folder)
        fonts = _fonts(root / "fonts", font)
        for number, picture in enumerate(pictures):
            (root / picture_file(number)).write_bytes(picture)
        (root / template).write_bytes(resources.files(__package__).joinpath(template).read_bytes())
        chinese = [family for family in fonts.families() if family != "DejaVu Sans"]
        whole = {**data, "fonts": [*chinese, "DejaVu Sans"], "colours": _colours()}
        (root / "data.json").write_text(json.dumps(whole, ensure_ascii=False), "utf-8")
        try:
            yield typst.Compiler(
                str(root / template),
                root=str(root),
                font_paths=fonts,
                ignore_system_fonts=True,
                package_path=str(root / "none"),
                package_cache_path=str(root / "none"),
            )
        except typst.TypstError as error:
            raise DocumentError(f"文档「{title}」无法排版：{error.message}。") from error


def picture_file(number: int) -> str:
    """Name of the picture with this number."""
    return f"figure-{number}.png"


def breakable(text: str, most: int) -> str:
    """The text with breaks in words of more than ``most`` letters."""

    def one(word: re.Match[str]) -> str:
        found = word[0]
        if len(found) <= most or _BREAK in found:
            return found
        pieces: list[str] = []
        for number, part in enumerate(_NUMBER.split(found)):
            if number % 2 and _digits_wide(part) <= (most + 1) * WIDE:
                pieces.append(part)
            else:
                pieces += [part[i : i + _EVERY] for i in range(0, len(part), _EVERY)]
        return _CLOSING.sub("", _BREAK.join(pieces))

    return _WORD.sub(one, text)


def _digits_wide(number: str) -> float:
    digits = sum(sign.isdigit() for sign in number)
    return _DIGIT_WIDE * digits + _POINT_WIDE * (len(number) - digits)


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
