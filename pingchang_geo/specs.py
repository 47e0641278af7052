"""What a layer is: the declaration from which everything else is derived.

A :class:`LayerSpec` drives field mapping, validation, legend, pop-up, table headers, charts, exports and the
data dictionary. Adding a layer type is one file in ``layers/`` and one line in its registry; code that asks
``if layer_id == …`` outside ``layers/`` is a smell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from types import MappingProxyType


class FieldKind(StrEnum):
    """How a column is stored and shown."""

    TEXT = "text"
    CATEGORY = "category"
    NUMBER = "number"


@dataclass(frozen=True)
class FieldSpec:
    """One canonical column.

    Attributes:
        name: English, with the unit where it has one.
        label: Chinese, as in tables and legends.
        unit: internal unit, shown through :mod:`pingchang_geo.units`.
        aliases: names seen in real files, upper case; the canonical name and the label match as well.
        codes: code in a file → name shown. Values that already are names pass through.
        values: categories in their natural order; for a coded field the distinct names in this order.
        limits: smallest and largest plausible number, both inclusive.
        derived: computed by us, never read from a file.
        extensive: a quantity that splits with the area (ha, tC), so that sums and shares make sense.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    unit: str = ""
    digits: int | None = None
    aliases: tuple[str, ...] = ()
    codes: Mapping[str, str] = dataclass_field(default_factory=dict)
    values: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    required: bool = False
    derived: bool = False
    filterable: bool = False
    extensive: bool = False
    help: str = ""


@dataclass(frozen=True)
class Theme:
    """One way to colour a layer: by a number (``ramp``, light to dark) or by a category (``palette``)."""

    field: str
    title: str
    ramp: tuple[str, ...] = ()
    palette: Mapping[str, str] = dataclass_field(default_factory=dict)
    #: Round class limits preferred over computed ones, for quantities with customary classes.
    breaks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Chart:
    """One chart: ``measure`` summed (or features counted where it is empty) by ``by``, a category or a name."""

    id: str
    title: str
    by: str
    measure: str = ""
    horizontal: bool = True


@dataclass(frozen=True)
class ControlTotal:
    """A total that the ledger reports: Σ ``field`` over the rows where ``where`` holds, or a feature count.

    ``unit`` is the ledger's unit of the indicator; ``tolerance`` is relative.
    """

    indicator: str
    field: str
    label: str
    unit: str
    where: tuple[str, str] | None = None
    tolerance: float = 1e-4
    #: The computed side uses a rate made from the reported total itself, so agreement only proves the area.
    by_rate: bool = False


@dataclass(frozen=True)
class Style:
    """Symbology of a small vector layer; ``color`` also stands for the layer in legends and charts."""

    color: str
    weight: float = 2.0
    fill_opacity: float = 0.15
    dash: str | None = None
    symbol: str = "circle"


@dataclass(frozen=True)
class CarbonColumns:
    """Which columns of a layer feed the carbon arithmetic."""

    stand_type: str
    volume_m3_ha: str
    stand_kind: str
    land_class: str
    #: Land classes without an established stand, where b of B = a·V + b does not apply.
    unestablished: frozenset[str]
    #: Column with the stock the file reports (tC), shown beside ours; empty where the layer has none.
    reported_stock_tc: str = ""
    #: Those of them that bear no trees: surveys leave the volume empty there, and it is 0.
    treeless: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ZoneRole:
    """The layer's features are zones that carbon-bearing plots are summed over.

    ``point_radius_m`` is the buffer taken where only a point is known.
    """

    share_field: str
    share_label: str
    point_radius_m: float | None = None
    #: Distances around each zone within which the plots are summed as well, the zone itself included.
    rings_m: tuple[float, ...] = ()


class SiteKind(StrEnum):
    """What a layer is to the site check."""

    #: Its features must not be touched; the answer names overlap or distance.
    PROTECTED = "protected"
    #: Features within a radius are listed.
    NEARBY = "nearby"


@dataclass(frozen=True)
class SiteRole:
    """What the site check (选址核查) asks of the layer; carbon-bearing layers need no role to be counted."""

    kind: SiteKind
    radius_m: float = 0.0


@dataclass(frozen=True)
class LayerSpec:
    """The whole declaration of a layer type."""

    id: str
    title: str
    noun: str
    description: str
    geometry: frozenset[str]
    fields: tuple[FieldSpec, ...]
    key: tuple[str, ...]
    name_field: str
    style: Style
    icon: str = ":material/layers:"
    themes: tuple[Theme, ...] = ()
    popup: tuple[str, ...] = ()
    tooltip: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    control_totals: tuple[ControlTotal, ...] = ()
    carbon: CarbonColumns | None = None
    zone: ZoneRole | None = None
    site: SiteRole | None = None
    #: Drawn beneath everything, without switch or pop-up, when somebody has published it.
    base_map: bool = False
    #: Ledger figures that belong on this layer's page.
    indicators: tuple[str, ...] = ()
    _by_name: Mapping[str, FieldSpec] = dataclass_field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        by_name = {spec.name: spec for spec in self.fields}
        if len(by_name) != len(self.fields):
            raise ValueError(f"{self.id}: duplicate field names")
        object.__setattr__(self, "_by_name", MappingProxyType(by_name))
        named = {*self.key, self.name_field, *self.popup, *self.tooltip, *self.search}
        named |= {theme.field for theme in self.themes} | {chart.by for chart in self.charts}
        unknown = named - set(by_name)
        if unknown:
            raise ValueError(f"{self.id}: undeclared fields {sorted(unknown)}")

    def field(self, name: str) -> FieldSpec:
        """Field by its canonical name; ``KeyError`` for an unknown one."""
        return self._by_name[name]

    def has(self, name: str) -> bool:
        """Whether the layer declares this column."""
        return name in self._by_name

    @property
    def source_fields(self) -> tuple[FieldSpec, ...]:
        """Fields that come from a file."""
        return tuple(spec for spec in self.fields if not spec.derived)

    @property
    def filterable(self) -> tuple[FieldSpec, ...]:
        """Fields the reader may filter by."""
        return tuple(spec for spec in self.fields if spec.filterable)

    def theme(self, name: str) -> Theme | None:
        """Theme colouring by field ``name``."""
        return next((theme for theme in self.themes if theme.field == name), None)
