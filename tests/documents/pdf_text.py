"""Text of a PDF as a reader would copy it: enough of the format for the files Typst writes (no library is needed)."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.S)
_STREAM = re.compile(rb"stream\n(.*?)\nendstream", re.S)
#: Balanced brackets may stand in a string as they are; three levels are enough for glyph numbers.
_PLAIN = rb"\\.|[^\\()]"
_INNER = rb"\((?:" + _PLAIN + rb"|\((?:" + _PLAIN + rb")*\))*\)"
_STRING = rb"\((?:" + _PLAIN + rb"|" + _INNER + rb")*\)|<[0-9A-Fa-f]*>"
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def objects(pdf: bytes) -> dict[int, bytes]:
    return {int(number): body for number, body in _OBJECT.findall(pdf)}


def stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found is not None
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def pages(pdf: bytes) -> list[str]:
    """Text of each page, in the order it is painted; each shown string on a line of its own."""
    everything = objects(pdf)
    kids = next(body for body in everything.values() if b"/Type/Pages" in body)
    numbers = re.findall(rb"(\d+) 0 R", re.search(rb"/Kids\[(.*?)\]", kids, re.S)[1])  # type: ignore[index]
    return [_page(everything, everything[int(number)]) for number in numbers]


def text(pdf: bytes) -> str:
    return "\n".join(pages(pdf))


def _page(everything: dict[int, bytes], page: bytes) -> str:
    resources = re.search(rb"/Resources (\d+) 0 R", page)
    assert resources is not None
    named = re.search(rb"/Font<<(.*?)>>", everything[int(resources[1])], re.S)
    assert named is not None
    fonts = {name: _letters(everything, int(number)) for name, number in re.findall(rb"/(\w+) (\d+) 0 R", named[1])}
    contents = re.search(rb"/Contents (\d+) 0 R", page)
    assert contents is not None
    return _shown(stream(everything[int(contents[1])]), fonts)


def _letters(everything: dict[int, bytes], number: int) -> dict[int, str]:
    """Glyph number → letters, from the font's ToUnicode table."""
    reference = re.search(rb"/ToUnicode (\d+) 0 R", everything[number])
    assert reference is not None, "a font without ToUnicode: its text cannot be copied"
    table = stream(everything[int(reference[1])])
    return {
        int(a, 16): bytes.fromhex(b.decode()).decode("utf-16-be") for a, b in re.findall(rb"<(\w+)> <(\w+)>\n", table)
    }


def _shown(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    lines: list[str] = []
    font: dict[int, str] = {}
    token = re.compile(
        rb"/(?P<font>\w+) [\d.]+ Tf|ActualText<FEFF(?P<actual>\w*)>|(?P<end>EMC)"
        rb"|\[(?P<many>(?:" + _STRING + rb"|[^\](<])*)\]TJ|(?P<one>" + _STRING + rb") ?Tj",
        re.S,
    )
    replaced = False
    for found in token.finditer(content):
        if found["font"]:
            font = fonts[found["font"]]
        elif found["actual"] is not None:  # says what the glyphs that follow stand for
            lines.append(bytes.fromhex(found["actual"].decode()).decode("utf-16-be"))
            replaced = True
        elif found["end"]:
            replaced = False
        elif not replaced:
            glyphs = b"".join(_bytes(one) for one in re.findall(_STRING, found["many"] or found["one"], re.S))
            numbers = [int.from_bytes(glyphs[i : i + 2]) for i in range(0, len(glyphs), 2)]
            lines.append("".join(font.get(number, "") for number in numbers))
    return "\n".join(lines)


def _bytes(string: bytes) -> bytes:
    return bytes.fromhex(string[1:-1].decode()) if string.startswith(b"<") else _unescaped(string[1:-1])


def _unescaped(string: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _ESCAPES.get(code, code)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, string, flags=re.S)
