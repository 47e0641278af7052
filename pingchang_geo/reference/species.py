"""Stand types of the reference forest: codes, shares, ages and growth.

Codes and the age limits marked "domain notes" come from there; shares, growth and the remaining limits are plausible
inventions, good for a demonstration only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Species:
    """One dominant species.

    Attributes:
        code: YOU_SHI_SZ, three digits.
        share: of the forest area.
        climb: how much likelier on high (positive) or low ground.
        natural: probability of natural origin outside planted stands.
        natural_a, planted_a: upper ages (years) of 幼, 中, 近, 成 by origin.
        volume_m3_ha: live stock of a closed old stand; 0 where stock is not measured in m³.
        rate_a: growth rate per year.
        height_m, dbh_cm: of an old stand.
    """

    code: str
    share: float
    climb: float
    natural: float
    natural_a: tuple[int, int, int, int]
    planted_a: tuple[int, int, int, int]
    volume_m3_ha: float
    rate_a: float
    height_m: float
    dbh_cm: float


SPECIES: Final = (
    # 柏木, 马尾松: both origins from the domain notes.
    Species("350", 0.33, 0.0, 0.55, (40, 60, 80, 120), (30, 50, 60, 80), 168.0, 0.034, 17.0, 26.0),
    Species("220", 0.27, 0.5, 0.60, (20, 30, 40, 60), (10, 20, 30, 50), 225.0, 0.058, 21.0, 30.0),
    # 栎类: planted from the domain notes.
    Species("410", 0.10, 0.9, 0.90, (40, 60, 80, 120), (20, 40, 50, 70), 185.0, 0.036, 17.0, 28.0),
    # 阔叶混, 针阔混.
    Species("620", 0.07, 0.6, 0.90, (40, 60, 80, 120), (20, 40, 50, 70), 175.0, 0.040, 16.0, 26.0),
    Species("630", 0.08, 0.7, 0.80, (30, 50, 60, 80), (20, 30, 40, 60), 195.0, 0.044, 18.0, 27.0),
    # 杉木: planted from the domain notes.
    Species("310", 0.06, 0.1, 0.00, (20, 30, 40, 60), (10, 20, 25, 35), 270.0, 0.095, 20.0, 27.0),
    # 其他软阔 (mostly 桤木); 杨: planted from the domain notes.
    Species("590", 0.03, -1.0, 0.35, (10, 20, 30, 40), (5, 10, 15, 25), 165.0, 0.120, 17.0, 24.0),
    Species("530", 0.01, -1.4, 0.00, (5, 10, 15, 25), (5, 10, 15, 25), 190.0, 0.140, 21.0, 28.0),
    # 竹, 经济林: no volume; ages without meaning for groups.
    Species("670", 0.02, -0.9, 0.30, (2, 4, 6, 8), (2, 4, 6, 8), 0.0, 0.500, 11.0, 6.0),
    Species("700", 0.03, -1.0, 0.00, (5, 10, 20, 30), (5, 10, 20, 30), 0.0, 0.180, 4.5, 11.0),
)
BAMBOO: Final = "670"
ORCHARD: Final = "700"
