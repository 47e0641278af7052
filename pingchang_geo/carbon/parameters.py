"""What a carbon parameter set holds: frozen values, each with its source and whether that source was read.

A set converts the live volume V (m³/ha) of a stand type to biomass by one straight line, ``slope·V + intercept``:
the continuous function has both terms, the IPCC form has the slope D·BEF·(1+R) alone, and a value per hectare has the
intercept alone. :attr:`FactorSet.pools` is that common form; the arithmetic of this package knows nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal

Method = Literal["continuous", "ipcc"]
Scope = Literal["all", "stand_type", "plot"]

#: How far a parameter's source was read.
UNREAD, REPRINTED, READ = "待核", "转引", "已核"
#: What 待核 and 转引 mean, for whoever reads a figure.
FLAG_WORDS: Final = {UNREAD: "出处与转引文献均未读到，或为约定值", REPRINTED: "读的是转引文献，原著未读"}
#: Inputs that carry an uncertainty, in the order they enter the formula.
INPUTS: Final = ("volume", "expansion", "carbon_fraction", "per_ha", "official_rate")


@dataclass(frozen=True, kw_only=True)
class Cited:
    """A parameter's source (``source``), what was read of it (``read_in``), and whether that was read by us."""

    source: str
    read_in: str
    verified: bool
    note: str = ""

    @property
    def flag(self) -> str:
        """``待核`` where nothing was read, ``转引`` where only a reprint was, else ``已核``."""
        if not self.verified:
            return UNREAD
        return REPRINTED if REPRINTED in self.read_in else READ


@dataclass(frozen=True, kw_only=True)
class Coefficient(Cited):
    """B = a·V + b for one stand type; ``samples`` and ``r2`` are those of the regression, where printed."""

    stand_type: str
    species: tuple[str, ...]
    a_t_m3: float
    b_t_ha: float
    year: int
    samples: int | None = None
    r2: float | None = None


@dataclass(frozen=True, kw_only=True)
class ExpansionFactor(Cited):
    """C = V·D·BEF·(1+R)·CF for one stand type: basic wood density ``density_t_m3`` in t/m³, the others ratios."""

    stand_type: str
    species: tuple[str, ...]
    density_t_m3: float
    bef: float
    root_ratio: float
    carbon_fraction: float
    year: int


@dataclass(frozen=True, kw_only=True)
class PerHectare(Cited):
    """Biomass per hectare (t d.m./ha) of land whose carbon no volume tells: by species, else by land class."""

    id: str
    label: str
    species: tuple[str, ...]
    land_classes: tuple[str, ...]
    biomass_t_ha: float


@dataclass(frozen=True, kw_only=True)
class CarbonFraction(Cited):
    """tC per t of dry matter."""

    value: float


@dataclass(frozen=True)
class OfficialRate:
    """Where the ledger holds the annual total and the area that give one stand kind's rate."""

    stand_kind: str
    removal_indicator: str
    area_indicator: str


@dataclass(frozen=True, kw_only=True)
class Uncertainty(Cited):
    """Half width of one input's 95 % interval, in % of its value.

    ``scope`` says what errs together: every plot (``all``), the plots of one stand type, or each ``plot`` by itself.
    """

    id: str
    label: str
    half_width_pct: float
    scope: Scope


@dataclass(frozen=True, kw_only=True)
class Benchmark(Cited):
    """A removal measured or published elsewhere, tCO₂/亩/a, to judge plausibility by.

    ``derived`` ones were worked out by us from figures of the source; ``note`` or ``read_in`` says how.
    """

    id: str
    label: str
    tco2_mu_a: float
    derived: bool = False


@dataclass(frozen=True, kw_only=True)
class GrowthReference(Cited):
    """A volume growth rate published elsewhere, %/a: shown beside the reader's own, never used in its place."""

    id: str
    label: str
    growth_pct_a: float


@dataclass(frozen=True)
class Pool:
    """One stand type, or one kind of land with a value per hectare, as the arithmetic sees it.

    Biomass (t/ha) is ``slope_t_m3``·V + ``intercept_t_ha``; carbon is biomass × ``carbon_fraction``.
    """

    label: str
    per_ha: bool
    slope_t_m3: float
    intercept_t_ha: float
    carbon_fraction: float


@dataclass(frozen=True, kw_only=True)
class FactorSet:
    """One versioned parameter set.

    Attributes:
        id: short name for settings and file names.
        label: Chinese name.
        formula: as printed beside figures.
        note: what a reader must know, Chinese.
        year: of the publication that stands for it.
        method: ``continuous`` (:class:`Coefficient`) or ``ipcc`` (:class:`ExpansionFactor`).
        max_volume_m3_ha: a volume above it is taken for a mistake and gives no stock.
        own: whether it stands in the county's own file.
    """

    id: str
    label: str
    formula: str
    note: str
    year: int
    method: Method
    max_volume_m3_ha: float
    coefficients: tuple[Coefficient | ExpansionFactor, ...]
    per_ha: tuple[PerHectare, ...]
    carbon_fraction: CarbonFraction
    official_rates: tuple[OfficialRate, ...]
    uncertainties: tuple[Uncertainty, ...]
    benchmarks: tuple[Benchmark, ...]
    growth_references: tuple[GrowthReference, ...] = ()
    own: bool = False

    @property
    def by_species(self) -> Mapping[str, Coefficient | ExpansionFactor]:
        """Coefficient by the species name that plots carry."""
        return MappingProxyType({name: c for c in self.coefficients for name in c.species})

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Coefficients, then values per hectare, in the form all arithmetic uses."""
        fraction = self.carbon_fraction.value
        stands = tuple(_stand_pool(one, fraction) for one in self.coefficients)
        return stands + tuple(Pool(one.label, True, 0.0, one.biomass_t_ha, fraction) for one in self.per_ha)

    @cached_property
    def pool_of_species(self) -> Mapping[str, int]:
        """Position in :attr:`pools` by species."""
        rows: tuple[Coefficient | ExpansionFactor | PerHectare, ...] = (*self.coefficients, *self.per_ha)
        return MappingProxyType({name: i for i, row in enumerate(rows) for name in row.species})

    @cached_property
    def pool_of_land_class(self) -> Mapping[str, int]:
        """Position in :attr:`pools` by land class, for land whose biomass is given per hectare."""
        start = len(self.coefficients)
        return MappingProxyType({name: start + i for i, row in enumerate(self.per_ha) for name in row.land_classes})

    def uncertainty(self, input_id: str) -> tuple[Uncertainty, ...]:
        """What is declared for one of :data:`INPUTS`: one entry a scope."""
        return tuple(one for one in self.uncertainties if one.id == input_id)

    @property
    def unverified_values(self) -> tuple[str, ...]:
        """Words for what a stock rests on although its source was not read, e.g. ``("换算参数：马尾松、杉木",)``."""
        groups: tuple[tuple[str, list[str]], ...] = (
            ("换算参数", [one.stand_type for one in self.coefficients if not one.verified]),
            ("含碳率", [] if self.carbon_fraction.verified else [f"{self.carbon_fraction.value:g}"]),
            ("单位面积生物量", [one.label for one in self.per_ha if not one.verified]),
        )
        return tuple(f"{name}：{'、'.join(words)}" for name, words in groups if words)

    @property
    def unverified(self) -> tuple[str, ...]:
        """:attr:`unverified_values` and, as a last entry, the uncertainties whose source was not read."""
        widths = dict.fromkeys(one.label for one in self.uncertainties if not one.verified)
        return (*self.unverified_values, *([f"不确定度：{'、'.join(widths)}"] if widths else []))

    def flagged(self, pools: Collection[int]) -> tuple[tuple[str, str], ...]:
        """What a stock that rests on some of :attr:`pools` owes to sources that were not read themselves.

        Args:
            pools: positions in :attr:`pools`; empty: the stock rests on nothing.

        Returns:
            Flag (待核, 转引) and words, e.g. ``("待核", "单位面积生物量：竹林；不确定度：蓄积")``; 待核 first.
        """
        rows: tuple[Coefficient | ExpansionFactor | PerHectare, ...] = (*self.coefficients, *self.per_ha)
        used = [rows[i] for i in sorted(pools)]
        stands = [row for row in used if not isinstance(row, PerHectare)]
        areas = [row for row in used if isinstance(row, PerHectare)]
        # stand types of the IPCC form bring a carbon fraction of their own
        common = bool(areas) or any(isinstance(row, Coefficient) for row in stands)
        inputs = {"carbon_fraction"} if used else set()
        inputs |= {"volume", "expansion"} if stands else set()
        inputs |= {"per_ha"} if areas else set()
        groups: tuple[tuple[str, list[tuple[str, Cited]]], ...] = (
            ("换算参数", [(row.stand_type, row) for row in stands]),
            ("含碳率", [(f"{self.carbon_fraction.value:g}", self.carbon_fraction)] if common else []),
            ("单位面积生物量", [(row.label, row) for row in areas]),
            ("不确定度", [(row.label, row) for row in self.uncertainties if row.id in inputs]),
        )
        found = []
        for flag in FLAG_WORDS:
            named = ((group, dict.fromkeys(label for label, row in rows if row.flag == flag)) for group, rows in groups)
            words = "；".join(f"{group}：{'、'.join(labels)}" for group, labels in named if labels)
            found += [(flag, words)] if words else []
        return tuple(found)


def _stand_pool(one: Coefficient | ExpansionFactor, fraction: float) -> Pool:
    if isinstance(one, Coefficient):
        return Pool(one.stand_type, False, one.a_t_m3, one.b_t_ha, fraction)
    slope = one.density_t_m3 * one.bef * (1 + one.root_ratio)
    return Pool(one.stand_type, False, slope, 0.0, one.carbon_fraction)
