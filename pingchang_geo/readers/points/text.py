"""Boundary coordinates as people paste them: one point a line in any notation; or survey text, WKT, GeoJSON. Pure.

Nothing is guessed silently: what was skipped, mended or could not be read is in the issues, with its line. Which
coordinate system the numbers are in is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from pingchang_geo.boundary.model import Parcel, Ring
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers.points import shapes, survey
from pingchang_geo.readers.points.columns import Layout, choose, likeness, points_of
from pingchang_geo.readers.points.tokens import GROUPED, Number, Scanned, axes, scan
from pingchang_geo.readers.points.written import Written, half_width, has_full_width, place, shown

#: Letters of a pasted or uploaded text; 20,000 points of a survey text are two thirds of it.
MAX_LETTERS: Final = 1_000_000
#: Runs of digits in it: a point in degrees, minutes and seconds has nine.
MAX_DIGIT_RUNS: Final = 250_000

_JSON: Final = re.compile(r"\{|\[\s*[\[{]")
#: Lines that say something else than a point, although they may hold numbers.
_REMARK: Final = re.compile(
    r"面积|公顷|亩|平方|比例尺|日期|年|合计|总计|周长|备注|注[:：]|单位|坐标系|带号|中央|分带|精度|高程|投影|转换|度带|EPSG|CGCS|WGS",
    re.IGNORECASE,
)
_RING_WORD: Final = re.compile(
    r"地块|宗地|图斑|环|圈|区块|片|块|多边形|polygon|ring|part|parcel|^end$|孔|洞|扣除|[-=#*_]{3}", re.I
)
_HOLE_WORD: Final = re.compile(r"内环|内圈|孔|洞|扣除|hole|inner", re.IGNORECASE)
_LONELY: Final = re.compile(r"\s*\d{1,5}\.\d{1,4}\s*m?\s*", re.IGNORECASE)
_CHUNK: Final = re.compile(r"-?\d{1,9}(?:\.\d{0,15})?,-?\d{1,9}(?:\.\d{0,15})?(?:,-?\d{1,9}(?:\.\d{0,15})?)?,?")
_TITLE_LETTERS: Final = 60
#: Around a name.
_MARGIN: Final = " \t:,;#*-=_[]|\"'"
_TAG: Final = re.compile(r"<[^<>]{0,200}>")
_DEGREES: Final = ("lon", "lat")
_METRES: Final = ("east", "north")
_MOST_DEGREES: Final = 180.0
#: So many lines of a single number between the points are lengths of the sides, not points that lack a number.
_LENGTHS: Final = 3
#: Points that make a ring.
_FEWEST: Final = 3


@dataclass
class _Group:
    """One ring being read."""

    name: str = ""
    hole: bool | None = None
    points: list[tuple[float, float]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    @property
    def closed(self) -> bool:
        return len(self.points) > 3 and self.points[0] == self.points[-1]


@dataclass(frozen=True)
class _Line:
    """A line's kind: ``blank``, ``text``, ``bad``, ``points``; a line of points may hold several."""

    number: int
    kind: str
    text: str = ""
    rows: tuple[Scanned, ...] = ()


def parse(text: str) -> Written:
    """Read a text; one with more than :data:`MAX_LETTERS` or :data:`MAX_DIGIT_RUNS` is refused."""
    sizes = ((len(text), MAX_LETTERS, "个字符"), (_digit_runs(text[:MAX_LETTERS]), MAX_DIGIT_RUNS, "个数"))
    for size, most, unit in sizes:
        if size > most:
            told = issue("SITE_TOO_LONG", size=f"{size:,} {unit}", limit=f"{most:,} {unit}")
            return Written("文本", issues=(told,))
    bare = text.lstrip("\ufeff \t\r\n")
    if _JSON.match(bare) and (written := shapes.geojson(bare)) is not None:
        return written
    if shapes.is_wkt(bare):
        return shapes.wkt(bare)
    # coordinates cut out of a KML or HTML text; lines keep their numbers
    raw = _TAG.sub(" " if "\n" in text.strip() else "\n", text).splitlines()
    lines = [half_width(line) for line in raw]
    written = survey.parse(lines) if survey.is_survey(lines) else _plain(lines)
    wide = [number for number, line in enumerate(raw, start=1) if has_full_width(line) and _any_digit(line)]
    if wide and written.parcels:
        told = issue("SITE_PUNCTUATION", place=place(wide), rows=wide)
        return replace(written, issues=(*written.issues, told))
    return written


def _digit_runs(text: str) -> int:
    return sum(1 for _ in re.finditer(r"\d+", text))


def _any_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _plain(lines: Sequence[str]) -> Written:
    """One point a line, or several; rings parted by blank lines, headings or by closing."""
    read = [_line(number, text, grouped=False) for number, text in enumerate(lines, start=1)]
    layouts = _layouts(read)
    grouped = False
    if any(GROUPED.search(line) for line in lines):
        other = [_line(number, text, grouped=True) for number, text in enumerate(lines, start=1)]
        other_layouts = _layouts(other)
        if _score(other, other_layouts) > _score(read, layouts):
            read, layouts, grouped = other, other_layouts, True
    read = _without_lengths([_remark_or_bad(line, layouts) for line in read])
    order, flipped = _order(read, layouts)
    groups = _groups(read, layouts, flipped)
    if sum(len(group.points) for group in groups) < _FEWEST and _score(read, layouts)[1] == 0:
        groups = []  # a number or two in a text that is about something else
    remarks = [line for line in read if line.kind == "text"]
    declared = survey.declared_in("\n".join(line.text for line in remarks))
    return Written(
        "界址点坐标",
        _parcels(groups),
        order=order,
        name=_title(read),
        declared=declared,
        issues=tuple(_told(read, layouts, groups, grouped=grouped)),
    )


def _line(number: int, text: str, *, grouped: bool) -> _Line:
    """A line split into its points."""
    if not text.strip(" \t,;|"):
        return _Line(number, "blank", text)
    rows = tuple(scan(number, piece, grouped=grouped) for piece in _pieces(text, grouped=grouped))
    usable = tuple(row for row in rows if len(row.numbers) >= 2)
    if usable and len(usable) == len(rows) and not any(row.doubtful for row in rows):
        return _Line(number, "points", text, usable)
    return _Line(number, "bad" if any(row.doubtful or row.numbers for row in rows) else "text", text, usable)


def _pieces(text: str, *, grouped: bool) -> list[str]:
    """Parts of a line that are one point each: ``;`` or ``|`` between points, or ``x,y x,y`` as in KML."""
    for separator in (";", "|"):
        parts = [part for part in text.split(separator) if part.strip(" \t,")]
        if len(parts) > 1 and all(sum(1 for _ in _numbers(part)) >= 2 for part in parts):
            return parts
    chunks = text.split()
    if not grouped and len(chunks) > 1 and all(_CHUNK.fullmatch(chunk) for chunk in chunks):
        return chunks
    return [text]


def _numbers(text: str) -> Iterator[Number]:
    yield from scan(0, text).numbers


def _rows(read: Sequence[_Line]) -> Iterator[Scanned]:
    for line in read:
        if line.kind == "points":
            yield from line.rows


def _layouts(read: Sequence[_Line]) -> dict[int, Layout]:
    """Layout for each number of numbers met."""
    by_width: dict[int, list[Scanned]] = {}
    for row in _rows(read):
        by_width.setdefault(len(row.numbers), []).append(row)
    return {width: choose(rows) for width, rows in by_width.items()}


def _score(read: Sequence[_Line], layouts: dict[int, Layout]) -> tuple[float, float]:
    """Shares of these lines' points that look like the county's and like China's."""
    points = [
        (first.value, second.value)
        for row in _rows(read)
        for first, second in points_of(row, layouts[len(row.numbers)])
    ]
    values = np.array(points, dtype=np.float64).reshape(-1, 2)
    return likeness(values[:, 0], values[:, 1])


def _remark_or_bad(line: _Line, layouts: dict[int, Layout]) -> _Line:
    """A line whose numbers are no point is a remark, or a point that was mistyped."""
    if line.kind == "points":
        remark = _REMARK.search(line.text) and _score([line], layouts)[1] == 0
        return replace(line, kind="text") if remark else line
    if line.kind != "bad":
        return line
    return replace(line, kind="text") if _REMARK.search(line.text) or not _pointlike(line.text) else line


def _without_lengths(read: list[_Line]) -> list[_Line]:
    """Tables of boundary points print the length of each side on a line between the points; those are remarks."""
    lonely = {line.number for line in read if line.kind == "bad" and _LONELY.fullmatch(line.text)}
    points = sum(1 for line in read if line.kind == "points")
    if not _LENGTHS <= len(lonely) <= points:
        return read
    return [replace(line, kind="text") if line.number in lonely else line for line in read]


def _pointlike(text: str) -> bool:
    """Whether a line was meant to be a point: mostly digits, or with a number of many digits or decimals."""
    digits = sum(letter.isdigit() for letter in text)
    letters = sum(letter.isalpha() for letter in text)
    return bool(re.search(r"\d{2,}\.\d|\d{5,}", text)) or (digits >= 4 and digits > 2 * letters)


def _order(read: Sequence[_Line], layouts: dict[int, Layout]) -> tuple[str | None, set[int]]:
    """Order that labels and headings give (``xy`` or ``yx``), and the lines whose labels say the reverse of it."""
    said: dict[int, str] = {}
    heading: list[str] = []
    for line in read:
        if line.kind == "text":
            heading = axes(line.text) or heading
        elif line.kind == "points":
            for row in line.rows:
                for first, second in points_of(row, layouts[len(row.numbers)]):
                    pair = _METRES if max(abs(first.value), abs(second.value)) > _MOST_DEGREES else _DEGREES
                    own = _said([first.axis, second.axis], pair) or _said(heading, pair)
                    if own:
                        said[line.number] = own
    points = sum(1 for line in read if line.kind == "points")
    if not said or len(said) < points:
        return None, set()
    order = max(("xy", "yx"), key=list(said.values()).count)
    return order, {number for number, own in said.items() if own != order}


def _said(words: Sequence[str], pair: tuple[str, str]) -> str | None:
    """``xy`` where the first of two axes comes before the second, ``yx`` for the reverse; None when one is not said."""
    if pair[0] not in words or pair[1] not in words:
        return None
    return "xy" if words.index(pair[0]) < words.index(pair[1]) else "yx"


def _groups(read: Sequence[_Line], layouts: dict[int, Layout], flipped: set[int]) -> list[_Group]:
    """Rings in order."""
    groups = [_Group()]
    breaks = _blank_lines_part(read, layouts)
    for line in read:
        if line.kind == "blank":
            if breaks and groups[-1].points:
                groups.append(_Group())
        elif line.kind == "text":
            if _RING_WORD.search(line.text) or groups[-1].closed:
                groups += [_Group()] if groups[-1].points else []
                groups[-1].name = "" if axes(line.text) else _name(line.text)
                groups[-1].hole = True if _HOLE_WORD.search(line.text) else None
        elif line.kind == "points":
            for row in line.rows:
                for first, second in points_of(row, layouts[len(row.numbers)]):
                    point = first.value, second.value
                    name = row.name or _counter(row, layouts[len(row.numbers)])
                    _add(groups, line, name, point[::-1] if line.number in flipped else point)
    return [group for group in groups if group.points]


def _counter(row: Scanned, layout: Layout) -> str:
    """Number of the point, where one stands before its coordinates."""
    return f"{row.numbers[0].value:g}" if layout.kind == "pair" and layout.start > 0 else ""


def _add(groups: list[_Group], line: _Line, name: str, point: tuple[float, float]) -> None:
    """One more point; after a closing point, or when point names start again, it begins a new ring."""
    last = groups[-1]
    again = name in last.names and len(last.names) >= 3 and point != last.points[0]
    if last.closed or again:
        groups.append(_Group())
        last = groups[-1]
    last.points.append(point)
    last.lines.append(line.number)
    if name:
        last.names.add(name)


def _blank_lines_part(read: Sequence[_Line], layouts: dict[int, Layout]) -> bool:
    """Blank lines part rings unless that would leave nothing but scraps (double-spaced lists)."""
    sizes = [0]
    for line in read:
        if line.kind == "blank":
            sizes.append(0)
        elif line.kind == "points":
            sizes[-1] += sum(len(points_of(row, layouts[len(row.numbers)])) for row in line.rows)
    return any(size >= 3 for size in sizes)


def _parcels(groups: Sequence[_Group]) -> tuple[Parcel, ...]:
    """A parcel for each ring; rings called holes belong to the one before."""
    parcels: list[Parcel] = []
    for group in groups:
        ring = Ring(np.array(group.points, dtype=np.float64), group.hole, tuple(group.lines))
        if group.hole and parcels:
            last = parcels[-1]
            shells = tuple(replace(one, hole=False) if one.hole is None else one for one in last.rings)
            parcels[-1] = replace(last, rings=(*shells, ring))
        else:
            parcels.append(Parcel((ring,), "" if group.hole else group.name))
    return tuple(parcels)


def _title(read: Sequence[_Line]) -> str:
    """A first line of words only names the whole."""
    first = next((line for line in read if line.kind != "blank"), None)
    if first is None or first.kind != "text" or axes(first.text) or _REMARK.search(first.text):
        return ""
    text = first.text.strip(_MARGIN)
    return text if len(text) <= _TITLE_LETTERS and any(letter.isalpha() for letter in text) else ""


def _unused(text: str, names: set[str]) -> bool:
    """Whether a line of words says more than the names already taken from it or a mark that parts rings."""
    name = _name(text)
    return name not in names if name else any(letter.isalnum() for letter in text)


def _name(text: str) -> str:
    """A heading as the name of a ring; nothing when it has no letters."""
    name = text.strip(_MARGIN)[:_TITLE_LETTERS]
    return name if any(letter.isalpha() for letter in name) else ""


def _told(
    read: Sequence[_Line], layouts: dict[int, Layout], groups: Sequence[_Group], *, grouped: bool
) -> Iterator[Issue]:
    """What has to be said about the lines."""
    bad = [line for line in read if line.kind == "bad"]
    if bad:
        sample = "、".join(shown(line.text) for line in bad[:2])
        rows = [line.number for line in bad]
        yield issue("SITE_LINE_UNREAD", place=place(rows), sample=sample, rows=rows)
    if not groups:
        return
    used = {group.name for group in groups} | {_title(read)}
    skipped = [line for line in read if line.kind == "text" and not axes(line.text) and _unused(line.text, used)]
    if skipped:
        rows = [line.number for line in skipped]
        yield issue(
            "SITE_REMARKS", place=place(rows), sample="、".join(shown(one.text) for one in skipped[:2]), rows=rows
        )
    if grouped:
        at = [line for line in read if line.kind == "points" and GROUPED.search(line.text)]
        match = GROUPED.search(at[0].text) if at else None
        if match:
            rows = [line.number for line in at]
            yield issue("SITE_GROUPED", place=place(rows), sample=match[0], rows=rows)
    sixes = [
        line
        for line in read
        if line.kind == "points" and any(layouts[len(row.numbers)].kind == "dms" for row in line.rows)
    ]
    if sixes:
        rows = [line.number for line in sixes]
        yield issue("SITE_DMS", place=place(rows), sample=sixes[0].text.strip()[:40], rows=rows)
