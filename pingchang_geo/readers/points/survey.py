"""The text form of land surveys (勘测定界界址点坐标文件): a block of properties, then parcels with their points.

``[属性描述]`` holds ``key=value`` lines, ``[地块坐标]`` for each parcel a line ending in ``@`` (number of points, area,
number, name, …) and lines ``J1,1,X,Y``: point, ring, northing, easting. The first ring of a parcel is its outside, the
others are holes. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pingchang_geo.boundary.model import Parcel, Ring
from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.readers.points.tokens import scan
from pingchang_geo.readers.points.written import Declared, Written, place, shown

_BLOCK: Final = re.compile(r"^\s*\[[^\]]{0,40}(?:属性描述|地块坐标)[^\[]{0,40}\]")
_COORDINATES: Final = re.compile(r"^\s*\[[^\]]{0,40}地块坐标")
_ROW: Final = re.compile(r"^\s*[A-Za-z]{1,4}\d{1,6}\s*[,\t]\s*\d{1,3}\s*[,\t]\s*[\d.]{5,20}\s*[,\t]\s*[\d.]{5,20}\s*$")
#: A text without blocks is of this form when so many of its first lines look like its points.
_ROWS_NEEDED: Final = 3
_SPLIT: Final = re.compile(r"[,\t]")
#: One point is not worth a ring of its own after the closing point.
_CLOSED_POINTS: Final = 3

_XIAN: Final = re.compile(r"西安|1980|(?<!\d)80\s?(?:国家|坐标)|xian[_ ]?(?:19)?80", re.IGNORECASE)
_BEIJING: Final = re.compile(
    r"北京(?:坐标|\s?(?:19)?54)|1954|(?<!\d)54\s?(?:北京|坐标)|beijing[_ ]?(?:19)?54", re.IGNORECASE
)
_NATIONAL: Final = re.compile(r"2000\s?(?:国家|坐标|大地)|国家\s?2000|CGCS[_ ]?2000|大地\s?2000", re.IGNORECASE)
_WGS: Final = re.compile(r"WGS[\s_-]?(?:19)?84", re.IGNORECASE)
_WIDTH: Final = re.compile(r"几度分带\s{0,3}[=:]?\s{0,3}([36])|([36三六])\s?度\s?分?带")
_ZONE: Final = re.compile(r"带号\s{0,3}[=:为]?\s{0,3}(\d{1,2})(?!\d)|(?<![\d.])(\d{2})\s?(?:号带|带)(?!号)")
_MERIDIAN: Final = re.compile(r"中央(?:子午线|经线|经度)(?:经度)?\s{0,3}[=:为]?\s{0,3}(?:东经|E)?\s?(\d{2,3})(?!\d)")
_EPSG: Final = re.compile(r"(?:EPSG|SRID)\s{0,2}[:=]{0,2}\s{0,2}(\d{4,6})(?!\d)", re.IGNORECASE)
_GEOGRAPHIC: Final = re.compile(r"地理坐标|经纬度坐标|计量单位\s{0,3}[=:]\s{0,3}(?:十进制)?度")


def declared_in(text: str) -> Declared | None:
    """What a text (half-width) says of its coordinate system; None when it says nothing."""
    words: list[str] = []
    legacy = False
    for pattern, name, old in (
        (_XIAN, "1980 西安坐标系", True),
        (_BEIJING, "1954 北京坐标系", True),
        (_NATIONAL, "2000 国家大地坐标系", False),
        (_WGS, "WGS 84", False),
    ):
        if pattern.search(text):
            words.append(name)
            legacy = legacy or old
    width, zone, meridian, epsg = (_first(pattern, text) for pattern in (_WIDTH, _ZONE, _MERIDIAN, _EPSG))
    words += [f"{width} 度分带"] if width else []
    words += [f"第 {zone} 带"] if zone else []
    words += [f"中央经线 {meridian}°"] if meridian else []
    words += [f"EPSG:{epsg}"] if epsg else []
    geographic = bool(_GEOGRAPHIC.search(text))
    words += ["经纬度"] if geographic else []
    if not words:
        return None
    return Declared("，".join(words), legacy, width, zone, meridian, epsg, geographic)


def _first(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    if found is None:
        return None
    value = next(group for group in found.groups() if group)
    return {"三": 3, "六": 6}.get(value) or int(value)


def is_survey(lines: Sequence[str]) -> bool:
    """Whether half-width lines are of this form."""
    if any(_BLOCK.match(line) for line in lines[:200]):
        return True
    if any(line.rstrip().endswith(",@") for line in lines[:200]):
        return True
    return sum(1 for line in lines[:200] if _ROW.match(line)) >= _ROWS_NEEDED


@dataclass
class _Open:
    """A parcel being read."""

    name: str = ""
    stated_area: float | None = None
    stated_points: int | None = None
    rings: list[Ring] = field(default_factory=list)
    first_ring: int | None = None
    ring: int | None = None
    points: list[tuple[float, float]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, ring: int, point: tuple[float, float], line: int) -> None:
        """One more point; another ring number, or a ring already closed, begins a new ring."""
        closed = len(self.points) > _CLOSED_POINTS and self.points[-1] == self.points[0]
        if self.points and (ring != self.ring or closed):
            self.close()
        self.first_ring = ring if self.first_ring is None else self.first_ring
        self.ring = ring
        self.points.append(point)
        self.lines.append(line)

    def close(self) -> None:
        """End the ring being read."""
        if self.points:
            hole = bool(self.ring is not None and self.first_ring is not None and self.ring > self.first_ring)
            self.rings.append(Ring(np.array(self.points, dtype=np.float64), hole, tuple(self.lines)))
            self.points, self.lines = [], []


def parse(lines: Sequence[str]) -> Written:
    """Parcels of half-width lines of this form; coordinates as written (northing first by convention)."""
    header: list[str] = []
    parcels: list[_Open] = [_Open()]
    unread: list[int] = []
    inside = not any(_COORDINATES.match(line) for line in lines)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if line.lstrip().startswith("["):
            inside = inside or bool(_COORDINATES.match(line))
        elif not inside:
            header.append(line)
        elif line.rstrip(" ,").endswith("@"):
            parcels.append(_parcel_head(line))
        elif (row := _row(line, number)) is not None:
            parcels[-1].add(row[0], row[1], number)
        elif any(letter.isdigit() for letter in line) and "=" not in line:
            unread.append(number)
        else:
            header.append(line)
    for one in parcels:
        one.close()
    kept = [one for one in parcels if one.rings]
    issues = _counts(kept)
    if unread:
        sample = "、".join(shown(lines[number - 1]) for number in unread[:2])
        issues.append(issue("SITE_LINE_UNREAD", place=place(unread), sample=sample, rows=unread))
    return Written(
        "勘测定界文本",
        tuple(Parcel(tuple(one.rings), one.name, one.stated_area) for one in kept),
        usual="yx",
        name=kept[0].name if len(kept) == 1 else "",
        declared=declared_in("\n".join(header)),
        issues=tuple(issues),
    )


def _parcel_head(line: str) -> _Open:
    fields = [part.strip() for part in line.rstrip(" ,").removesuffix("@").split(",")]
    fields += [""] * (4 - len(fields))
    name = fields[3] or fields[2]
    return _Open(name[:60], _number(fields[1]), int(_number(fields[0]) or 0) or None)


def _number(text: str) -> float | None:
    """A plain positive number; None for anything else."""
    if not re.fullmatch(r"\d{1,12}(?:\.\d{0,12})?", text):
        return None
    return float(text) or None


def _row(line: str, number: int) -> tuple[int, tuple[float, float]] | None:
    """Ring number and the two coordinates of a point's line: its last two numbers."""
    fields = [part.strip() for part in _SPLIT.split(line)]
    while fields and not fields[-1]:
        fields.pop()
    if len(fields) < 2:
        return None
    values = []
    for text in fields[-2:]:
        found = scan(number, text)
        if len(found.numbers) != 1 or found.doubtful:
            return None
        values.append(found.numbers[0].value)
    ring = fields[1] if len(fields) >= 4 else ""
    return int(ring) if re.fullmatch(r"\d{1,6}", ring) else 1, (values[0], values[1])


def _counts(parcels: Sequence[_Open]) -> list[Issue]:
    """Parcels whose number of points is not the stated one, closing points counted or not.

    Fewer than stated means that a part of the boundary may be missing, which is a question; more is a note.
    """
    found = []
    for number, one in enumerate(parcels, start=1):
        read = sum(len(ring.points) for ring in one.rings)
        if one.stated_points is not None and not read - len(one.rings) <= one.stated_points <= read:
            label = (f"「{one.name}」" if one.name else f"第 {number} 个地块") if len(parcels) > 1 else "文件"
            level = None if read < one.stated_points else Level.WARNING
            found.append(issue("SITE_COUNT", level=level, ring=label, stated=one.stated_points, found=read))
    return found
