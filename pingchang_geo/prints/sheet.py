"""The sheet of paper: a matplotlib figure measured in inches from its lower left corner, with texts, boxes and keys.

No global state of matplotlib is touched (no pyplot, no rcParams), so that sheets may be drawn in several threads.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import Normal, Stroke
from matplotlib.text import Text

from pingchang_geo.layers import palette
from pingchang_geo.prints import fonts
from pingchang_geo.prints.picture import PictureError

WHITE: Final = "#FFFFFF"
MUTED: Final = "#55635B"
LINE: Final = "#C9D1CC"
POINT_IN: Final = 1 / 72
#: Height of a line of text over the size of its letters.
LEADING: Final = 1.4
#: No line starts with these: they hang over the end of the line before.
_HANGING: Final = "：，、；。！？）】》」』”’%‰℃°′″·…—"
#: Texts longer than this are cut: nobody reads them on a map, and measuring them takes time.
_LONGEST: Final = 2000
_SMALLEST_PX, _LARGEST_PX = 200, 8000


@dataclass(frozen=True)
class Box:
    """A rectangle in inches."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Inches."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Inches."""
        return self.top - self.bottom

    def touches(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        return (
            self.left <= other.left
            and self.bottom <= other.bottom
            and self.right >= other.right
            and self.top >= other.top
        )

    def grown(self, by: float) -> Box:
        """Larger on each side."""
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)


class Sheet:
    """One sheet of ``width_px`` × ``height_px`` at ``dpi``; everything else is in inches and points.

    Raises:
        PictureError: the size is out of range.
    """

    def __init__(self, width_px: int, height_px: int, dpi: int, font: Path) -> None:
        if min(width_px, height_px) < _SMALLEST_PX or max(width_px, height_px) > _LARGEST_PX:
            raise PictureError(
                f"图片尺寸 {width_px}×{height_px} 像素超出范围。", fix=f"每边应为 {_SMALLEST_PX}–{_LARGEST_PX} 像素。"
            )
        if not 72 <= dpi <= 1200:
            raise PictureError(f"分辨率 {dpi} dpi 超出范围。", fix="应为 72–1200 dpi。")
        self.font = font
        self.dpi = dpi
        # A hundredth of a pixel more, since the canvas rounds down.
        self.figure = Figure(figsize=((width_px + 0.01) / dpi, (height_px + 0.01) / dpi), dpi=dpi, facecolor=WHITE)
        self.canvas = FigureCanvasAgg(self.figure)
        self.page = Box(0.0, 0.0, width_px / dpi, height_px / dpi)
        self._widths: dict[tuple[str, float], float] = {}

    @cached_property
    def _ruler(self) -> tuple[Text, Any]:
        text = Text(0, 0, "", parse_math=False)
        text.set_figure(self.figure)
        return text, self.canvas.get_renderer()  # type: ignore[no-untyped-call]

    def clean(self, text: str) -> str:
        """The text as it can be drawn."""
        return fonts.drawable(text[:_LONGEST], self.font)

    def text_width(self, text: str, size: float) -> float:
        """Inches that a line of text takes."""
        key = (text, size)
        if key not in self._widths:
            ruler, renderer = self._ruler
            ruler.set_fontproperties(fonts.properties(self.font, size))
            ruler.set_text(self.clean(text))
            self._widths[key] = ruler.get_window_extent(renderer).width / self.dpi
        return self._widths[key]

    def wrapped(self, text: str, size: float, width: float) -> list[str]:
        """The text in lines of at most that width: ideographs break anywhere, other words stay whole if they fit."""
        lines, line = [], ""
        for piece in _pieces(self.clean(text)):
            grown = line + piece
            if not line or piece in _HANGING or self.text_width(grown.rstrip(), size) <= width:
                line = grown
            else:
                lines.append(line.rstrip())
                line = piece.lstrip()
            while self.text_width(line, size) > width and len(line) > 1 and line[-1] not in _HANGING:
                cut = self._fitting(line, size, width)
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line.rstrip()] if line.strip() or not lines else lines

    def _fitting(self, line: str, size: float, width: float) -> int:
        """How many letters of a word that is too long fit; at least one."""
        low, high = 1, len(line)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.text_width(line[:middle], size) <= width else (low, middle - 1)
        return low

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        color: str = palette.INK,
        ha: Literal["left", "center", "right"] = "left",
        va: Literal["baseline", "top"] = "baseline",
        bold: bool = False,
        halo: bool = False,
        turn_deg: float = 0.0,
        zorder: float = 10,
    ) -> Artist:
        """Draw one line of text. The font has one weight: bold is a thin outline in the same colour."""
        artist = Text(
            x,
            y,
            self.clean(text),
            color=color,
            fontproperties=fonts.properties(self.font, size),
            horizontalalignment=ha,
            verticalalignment=va,
            rotation=turn_deg,
            rotation_mode="anchor",
            parse_math=False,
            zorder=zorder,
        )
        effects: list[Any] = [Stroke(linewidth=size * 0.28, foreground=WHITE, joinstyle="round")] if halo else []
        effects += [Stroke(linewidth=size * 0.045, foreground=color)] if bold else []
        if effects:
            artist.set_path_effects([*effects, Normal()])
        return self.add(artist)

    def rectangle(
        self,
        box: Box,
        *,
        fill: str | None = None,
        edge: str | None = None,
        width: float = 0.6,
        alpha: float = 1.0,
        zorder: float = 8,
    ) -> Artist:
        """Draw a rectangle; ``alpha`` is that of the fill."""
        face: Any = "none" if fill is None else (fill, alpha)
        return self.add(
            Rectangle(
                (box.left, box.bottom),
                box.width,
                box.height,
                facecolor=face,
                edgecolor=edge or "none",
                linewidth=width if edge else 0.0,
                zorder=zorder,
            )
        )

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        color: str = palette.INK,
        width: float = 0.6,
        zorder: float = 9,
        style: Any = "-",
    ) -> Artist:
        """Draw a line through points."""
        return self.add(
            Line2D(
                xs, ys, color=color, linewidth=width, linestyle=style, zorder=zorder, solid_capstyle="butt", marker=""
            )
        )

    def polygon(self, corners: Sequence[tuple[float, float]], fill: str, edge: str, zorder: float = 9) -> Artist:
        """Draw a small filled polygon."""
        return self.add(
            Polygon(
                corners, closed=True, facecolor=fill, edgecolor=edge, linewidth=0.5, zorder=zorder, joinstyle="miter"
            )
        )

    def add(self, artist: Artist) -> Artist:
        """Put an artist on the sheet whose coordinates are inches."""
        artist.set_transform(self.figure.dpi_scale_trans)
        self.figure.add_artist(artist)
        return artist

    def png(self) -> bytes:
        """The drawn sheet; equal sheets give equal bytes."""
        out = io.BytesIO()
        options = {"compress_level": 6}
        self.canvas.print_png(out, metadata={"Software": None}, pil_kwargs=options)  # type: ignore[no-untyped-call]
        return out.getvalue()


def _pieces(text: str) -> list[str]:
    """Ideographs one by one, other words whole, spaces with the word before them."""
    pieces: list[str] = []
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in "WF"
        within_word = not wide and pieces and not pieces[-1].endswith(" ") and _narrow(pieces[-1])
        if within_word or (pieces and sign == " "):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _narrow(piece: str) -> bool:
    return unicodedata.east_asian_width(piece[-1]) not in "WF"
