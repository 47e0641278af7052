"""Carbon parameters as data: ``factors.toml`` → frozen objects."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pingchang_geo.errors import FactorError

_FILE: Final = Path(__file__).with_name("factors.toml")


@dataclass(frozen=True)
class Coefficient:
    """B = a·V + b for one stand type: ``a`` in t/m³, ``b`` in t/ha."""

    stand_type: str
    species: tuple[str, ...]
    a_t_m3: float
    b_t_ha: float
    source: str
    read_in: str
    verified: bool
    note: str = ""


@dataclass(frozen=True)
class CarbonFraction:
    """tC per t of dry matter."""

    value: float
    source: str
    verified: bool
    note: str = ""


@dataclass(frozen=True)
class OfficialRate:
    """Where the ledger holds the annual total and the area that give one stand kind's rate."""

    stand_kind: str
    removal_indicator: str
    area_indicator: str


@dataclass(frozen=True)
class FactorSet:
    """One versioned parameter set of the continuous expansion method."""

    id: str
    label: str
    formula: str
    note: str
    coefficients: tuple[Coefficient, ...]
    carbon_fraction: CarbonFraction
    official_rates: tuple[OfficialRate, ...]

    @property
    def by_species(self) -> Mapping[str, Coefficient]:
        """Coefficient by the species name that plots carry."""
        return MappingProxyType({name: c for c in self.coefficients for name in c.species})


@cache
def load(set_id: str | None = None, path: Path = _FILE) -> FactorSet:
    """Parameter set by id; the file's default when ``set_id`` is None.

    Raises:
        FactorError: an unknown set, or a file that lacks a key or names a species twice.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return _build(document, set_id or document["default_set"])
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise FactorError(f"碳参数文件有误：{error}。", fix=f"请检查 {path.name} 中的对应条目。") from error


def _build(document: Mapping[str, Any], set_id: str) -> FactorSet:
    described = next((entry for entry in document["set"] if entry["id"] == set_id), None)
    if described is None:
        known = "、".join(entry["id"] for entry in document["set"])
        raise FactorError(f"没有名为「{set_id}」的碳参数集。", fix=f"可用：{known}。")
    coefficients = tuple(
        Coefficient(
            entry["stand_type"],
            tuple(entry["species"]),
            float(entry["a"]),
            float(entry["b"]),
            entry["source"],
            entry["read_in"],
            bool(entry["verified"]),
            entry.get("note", ""),
        )
        for entry in document["coefficient"]
        if entry["set"] == set_id
    )
    species = [name for coefficient in coefficients for name in coefficient.species]
    twice = {name for name in species if species.count(name) > 1}
    if twice:
        raise FactorError(f"碳参数集「{set_id}」中树种重复：{'、'.join(sorted(twice))}。")
    fraction = document["carbon_fraction"]
    return FactorSet(
        set_id,
        described["label"],
        described["formula"],
        described["note"],
        coefficients,
        CarbonFraction(float(fraction["value"]), fraction["source"], bool(fraction["verified"]), fraction["note"]),
        tuple(
            OfficialRate(entry["stand_kind"], entry["removal_indicator"], entry["area_indicator"])
            for entry in document["official"]
        ),
    )
