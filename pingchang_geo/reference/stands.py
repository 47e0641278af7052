"""Stand attributes of the reference compartments, named and coded as in dialect A; all of them invented.

They are drawn from smooth fields, so that neighbouring compartments resemble each other, and hang together: species
by height, age by group and species, volume by species, age, site and canopy, stems by volume and mean tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pingchang_geo.reference.compartments import Compartments
from pingchang_geo.reference.model import Flags, Floats, Ints
from pingchang_geo.reference.species import BAMBOO, ORCHARD, SPECIES
from pingchang_geo.reference.terrain import Terrain
from pingchang_geo.reference.woods import take

NEW, MANAGED, OTHER = "新造林", "森林经营林", "其他林地"
#: Shares of 幼 … 过 outside planted stands.
_AGE_SHARES: Final = (0.22, 0.40, 0.20, 0.14, 0.04)
_NOT_YET_FOREST_A: Final = 3
_FORM_FACTOR: Final = 0.45


def attributes(seed: int, terrain: Terrain, plots: Compartments, new_m2: float, managed_m2: float) -> pd.DataFrame:
    """One row per compartment, without numbering and areas; 新造林 and 森林经营林 hit the given areas."""
    draw = _Draw(np.random.default_rng([seed, len(plots.shape), 1]), terrain, plots)
    species = _species(draw)
    kind = _kinds(draw, species, new_m2, managed_m2)
    planted = (kind != OTHER) | (
        draw.even(draw.patches(40, 2_500), 0.5) > np.array([s.natural for s in SPECIES])[species]
    )
    group, age_a = _ages(draw, species, kind, planted)
    land = _land(draw.rng, species, kind, age_a)
    site = 0.72 + 0.56 * draw.even(draw.patches(42, 3_000), 0.4)
    canopy = _canopy(draw, group, age_a, land)
    size = _sizes(draw.rng, species, age_a, land, closed=site * canopy, site=site)
    use = _uses(draw, species)
    return pd.DataFrame(
        {
            "DI_LEI": land,
            "YOU_SHI_SZ": np.array([s.code for s in SPECIES])[species],
            "QI_YUAN": np.where(planted, "21", np.where(draw.rng.random(len(land)) < 0.8, "11", "12")),
            "LING_ZU": (group + 1).astype(str),
            "PINGJUN_NL": age_a,
            **size,
            "YU_BI_DU": canopy,
            **use,
            "TH_LX": kind,
            "WEIZHI": "示意",
        }
    )


@dataclass(frozen=True)
class _Draw:
    """What all draws need: chance, the invented terrain and where the compartments lie."""

    rng: np.random.Generator
    terrain: Terrain
    plots: Compartments

    def patches(self, number: int, wavelength_m: float) -> Floats:
        """An independent smooth field at the compartments."""
        return self.terrain.patches(number, wavelength_m)(self.plots.x_m, self.plots.y_m)

    def even(self, field: Floats, chance: float) -> Floats:
        """A field plus chance, as ranks spread evenly over 0 … 1."""
        value = field + chance * self.rng.standard_normal(len(field))
        rank = np.empty(len(value))
        rank[np.argsort(value, kind="stable")] = (np.arange(len(value)) + 0.5) / len(value)
        return rank

    def climb(self) -> Floats:
        """Height in standard deviations from the mean."""
        height = self.plots.height
        return np.asarray((height - height.mean()) / height.std())


def _species(draw: _Draw) -> Ints:
    """Index into SPECIES; patches of each species' own field, shifted until the area shares come out."""
    height = draw.climb()
    wish = np.stack(
        [
            1.5 * draw.patches(10 + k, 4_500) + 0.8 * draw.patches(20 + k, 1_300) + one.climb * height
            for k, one in enumerate(SPECIES)
        ],
        axis=1,
    )
    wish += 0.7 * draw.rng.gumbel(size=wish.shape)
    share = np.array([s.share for s in SPECIES])
    shift = 2.0 * np.log(share)
    for _ in range(40):
        chosen = (wish + shift).argmax(axis=1)
        found = np.bincount(chosen, draw.plots.area_m2, len(SPECIES)) / draw.plots.area_m2.sum()
        shift += 0.8 * np.log(share / np.maximum(found, 0.1 * share))
    return np.asarray((wish + shift).argmax(axis=1), dtype=np.int64)


def _kinds(
    draw: _Draw,
    species: Ints,
    new_m2: float,
    managed_m2: float,
) -> np.ndarray:
    """新造林 on lower slopes, 森林经营林 in blocks elsewhere; neither bamboo nor orchards."""
    height = draw.climb()
    timber = np.array([s.volume_m3_ha > 0 for s in SPECIES])[species]
    kind = np.full(len(species), OTHER, dtype=object)
    for name, area_m2, number, climb in ((NEW, new_m2, 30, -0.4), (MANAGED, managed_m2, 31, 0.2)):
        field = draw.patches(number, 2_600)
        wish = field + climb * height + 0.35 * draw.rng.standard_normal(len(species))
        free = np.flatnonzero(timber & (kind == OTHER))
        order = free[np.argsort(-wish[free], kind="stable")]
        kind[take(order, draw.plots.area_m2, area_m2)] = name
    return kind


def _ages(
    draw: _Draw,
    species: Ints,
    kind: np.ndarray,
    planted: Flags,
) -> tuple[Ints, Ints]:
    """Age group (0 幼 … 4 过) and mean age within the limits of species and origin."""
    natural = np.array([s.natural_a for s in SPECIES])[species]
    limit = np.where(planted[:, None], np.array([s.planted_a for s in SPECIES])[species], natural)
    rank = draw.even(draw.patches(41, 3_200), 0.7)
    group = np.searchsorted(np.cumsum(_AGE_SHARES)[:-1], rank)
    group = np.where(kind == MANAGED, np.where(rank < 0.25, 0, np.where(rank < 0.85, 1, 2)), group)
    group = np.where(kind == NEW, 0, group)
    row = np.arange(len(group))
    low = np.where(group > 0, limit[row, np.maximum(group - 1, 0)] + 1, 1)
    # Young stands are rarely just sown: most of the county was replanted decades ago.
    low = np.where((group == 0) & (kind != NEW), np.maximum(2, (limit[:, 0] * 2) // 5), low)
    high = np.where(group < 4, limit[row, np.minimum(group, 3)], limit[:, 3] + limit[:, 3] // 4)
    high = np.where(kind == NEW, np.minimum(high, 10), high)
    return group, draw.rng.integers(low, np.maximum(low, high) + 1)


def _land(rng: np.random.Generator, species: Ints, kind: np.ndarray, age_a: Ints) -> np.ndarray:
    """DI_LEI in the six-digit codes."""
    code = np.array([s.code for s in SPECIES])[species]
    luck = rng.random(len(species))
    land = np.full(len(species), "030100", dtype=object)
    land[(kind == OTHER) & (luck < 0.008)] = "030401"
    land[(kind == NEW) & (age_a <= _NOT_YET_FOREST_A)] = "030402"
    land[code == BAMBOO] = "030200"
    land[(code == ORCHARD) & (luck < 0.6)] = "030301"
    return land


def _canopy(draw: _Draw, group: Ints, age_a: Ints, land: np.ndarray) -> Floats:
    """YU_BI_DU: 0.2 and more for forest, less for open and not yet closed stands."""
    rank = draw.even(draw.patches(43, 2_000), 0.6)
    usual = np.array([0.50, 0.62, 0.66, 0.66, 0.60])[group]
    canopy = np.clip(usual + 0.38 * (rank - 0.5) + 0.06 * (age_a > 8) - 0.03, 0.20, 0.95)
    canopy = np.where(land == "030401", 0.10 + 0.09 * rank, canopy)
    return np.asarray(np.round(np.where(land == "030402", 0.15 * rank, canopy), 2))


def _sizes(
    rng: np.random.Generator, species: Ints, age_a: Ints, land: np.ndarray, *, closed: Floats, site: Floats
) -> dict[str, np.ndarray]:
    """Mean DBH (cm), mean height (m), live stock (m³/ha) and stems per ha of each stand."""
    table = {
        name: np.array([getattr(s, name) for s in SPECIES])[species]
        for name in ("volume_m3_ha", "rate_a", "height_m", "dbh_cm")
    }
    grown = 1.0 - np.exp(-table["rate_a"] * age_a)
    height = np.maximum(0.4, table["height_m"] * grown**1.1 * np.sqrt(site))
    dbh = table["dbh_cm"] * grown**1.2 * np.sqrt(site)
    volume = table["volume_m3_ha"] * grown**2.2 * closed / 0.75 * np.exp(0.08 * rng.standard_normal(len(site)))
    bare = (land == "030402") | (table["volume_m3_ha"] == 0)
    volume = np.where(bare | (volume < 0.5), 0.0, volume)
    dbh = np.where(land == "030402", 0.0, dbh)
    tree = _FORM_FACTOR * np.pi / 4.0 * (np.maximum(dbh, 1.0) / 100.0) ** 2 * height
    stems = np.clip(volume / tree, 240, 4200) * np.exp(0.06 * rng.standard_normal(len(site)))
    planted = 1400 + 1100 * rng.random(len(site))
    stems = np.where(volume > 0, stems, planted)
    code = np.array([s.code for s in SPECIES])[species]
    stems = np.where(code == BAMBOO, 2600 + 2.0 * planted, np.where(code == ORCHARD, 0.45 * planted, stems))
    return {
        "PINGJUN_XJ": np.round(dbh, 1),
        "PINGJUN_SG": np.round(height, 1),
        "HUO_LMGQXJ": np.round(volume, 1),
        "MEI_GQ_ZS": np.round(stems).astype(np.int64),
    }


def _uses(draw: _Draw, species: Ints) -> dict[str, np.ndarray]:
    """SEN_LIN_LB, LIN_ZHONG, BH_DJ and LD_QS: protection on the heights, timber and orchards below."""
    code = np.array([s.code for s in SPECIES])[species]
    high = draw.even(draw.plots.height + 0.8 * draw.patches(44, 6_000), 0.2)
    luck = draw.rng.random(len(code))
    use = np.where(high > 0.45, np.where(luck < 0.45, "111", "112"), "231")
    use = np.where((high > 0.97) & (luck < 0.6), "127", use)
    use = np.where(code == ORCHARD, "255", use)
    public = np.char.startswith(use.astype(str), "1")
    national = high > 0.72
    state_owned = draw.even(draw.patches(45, 4_000), 0.1) > 0.955
    return {
        "SEN_LIN_LB": np.where(public, np.where(national, "11", "12"), np.where(luck < 0.2, "21", "22")),
        "LIN_ZHONG": use,
        "BH_DJ": np.where(use == "127", "1", np.where(public, np.where(national, "2", "3"), "4")),
        "LD_QS": np.where(state_owned, "10", "20"),
    }
