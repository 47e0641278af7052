"""What a briefing file says: scenes with texts, a map state, charts and notes. Nothing here is looked up yet.

Everything is frozen and hashable, so that a briefing is its own key wherever something made from it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pingchang_geo.crs import Box

FORMAT: Final = 1
#: Names of briefings, as in addresses and folders.
NAME_PATTERN: Final = r"[a-z0-9-]{1,40}"
#: The briefing that is shipped with the project.
SHIPPED: Final = "default"

#: Limits for legibility from the back row, counted in ideographs (:func:`pingchang_geo.briefing.placeholders.width`).
MOST_TITLE: Final = 24
MOST_SECTION: Final = 16
MOST_PARAGRAPHS: Final = 4
MOST_PARAGRAPH: Final = 90
MOST_NOTES: Final = 600
MOST_CARDS: Final = 6
MOST_CHARTS: Final = 2
#: Scenes beyond these are refused: nobody sits through them, and a file of millions must not stop a server.
MOST_SCENES: Final = 60


class ChartKind(StrEnum):
    """Where a chart's numbers come from."""

    #: A chart that the layer declares.
    LAYER = "layer"
    #: Figures of the report.
    LEDGER = "ledger"
    #: Computed figures by name.
    COMPUTED = "computed"
    #: The carbon account by a grouping of the plots.
    ACCOUNT = "account"
    #: A ready result of the overlays.
    READY = "ready"
    #: Reported beside computed totals.
    RECONCILE = "reconcile"


class Shape(StrEnum):
    """How a chart is drawn; the empty one leaves it to the kind."""

    DEFAULT = ""
    BARH = "barh"
    COLUMN = "column"
    LINE = "line"
    DOUGHNUT = "doughnut"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a briefing that cannot be shown as it was meant; the rest plays on.

    ``scene`` is the scene's id, empty for the file as a whole; ``line`` is the 1-based line of the file, 0 where it
    is not known.
    """

    scene: str
    message: str
    fix: str = ""
    line: int = 0

    def words(self) -> str:
        """One sentence with what to do."""
        place = f"第 {self.line} 行：" if self.line else ""
        return f"{place}{self.message}{self.fix}"


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature by its name or key, never by its row: rows change with every version."""

    layer: str
    key: str


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer as a scene shows it.

    Attributes:
        theme: field that colours it; empty: as the map shows it by default.
        opacity: 0–1; None: as the map shows it by default.
        version: name of the version the scene was made with; empty: whichever is current.
        filter: in the form of page addresses, ``species=马尾松~柏木&volume_m3_ha=50..120``.
    """

    layer: str
    theme: str = ""
    opacity: float | None = None
    version: str = ""
    filter: str = ""


@dataclass(frozen=True, slots=True)
class SceneMap:
    """The map of a scene: ``extent`` or else the surroundings of ``focus``, or else the whole county.

    ``select`` are the highlighted features; labels and pop-ups take the first one first.
    """

    layers: tuple[LayerView, ...] = ()
    extent: Box | None = None
    focus: Feature | None = None
    select: tuple[Feature, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartRef:
    """A chart by what it shows; which fields count depends on the kind.

    Attributes:
        layer, chart: for ``layer``: a chart the layer declares.
        indicators: for ``ledger`` ids of the ledger, for ``computed`` names of computed figures.
        group: for ``account`` the field that plots are grouped by, for ``ready`` the result's id.
        measure: for ``account`` and ``ready`` the column shown; empty: the first.
        unit: for ``reconcile`` the ledger's unit whose totals are compared.
        title: over the chart; needed for ``ledger`` and ``computed``, else the chart's own.
        shape: how it is drawn.
    """

    kind: ChartKind
    layer: str = ""
    chart: str = ""
    indicators: tuple[str, ...] = ()
    group: str = ""
    measure: str = ""
    unit: str = ""
    title: str = ""
    shape: Shape = Shape.DEFAULT


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene. Texts may hold placeholders (:mod:`pingchang_geo.briefing.placeholders`)."""

    id: str
    title: str = ""
    section: str = ""
    text: tuple[str, ...] = ()
    notes: str = ""
    hidden: bool = False
    quote: str = ""
    cards: tuple[str, ...] = ()
    charts: tuple[ChartRef, ...] = ()
    map: SceneMap | None = None


@dataclass(frozen=True, slots=True)
class Briefing:
    """A whole briefing; ``problems`` are what reading its file found, no part of its content."""

    name: str
    title: str
    subtitle: str = ""
    scenes: tuple[Scene, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)
