"""A file of carbon parameters (TOML) → checked rows. What a file may hold is told in the head of ``factors.toml``."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pingchang_geo.carbon.parameters import (
    INPUTS,
    Benchmark,
    CarbonFraction,
    Coefficient,
    ExpansionFactor,
    GrowthReference,
    Method,
    OfficialRate,
    PerHectare,
    Scope,
    Uncertainty,
)
from pingchang_geo.errors import FactorError

Row = (
    Coefficient
    | ExpansionFactor
    | PerHectare
    | CarbonFraction
    | OfficialRate
    | Uncertainty
    | Benchmark
    | GrowthReference
)
#: Returns the checked value; raises ``ValueError`` with what the value should be, in Chinese.
Check = Callable[[Any], Any]


@dataclass(frozen=True)
class SetHead:
    """One ``[[set]]``: the description of a set; ``based_on`` is empty for a set that stands alone."""

    id: str
    label: str
    method: Method
    formula: str
    note: str
    year: int
    based_on: str
    max_volume_m3_ha: float | None


@dataclass(frozen=True)
class FactorFile:
    """A file's content; ``rows`` holds (set id, row) pairs, with an empty id for rows that apply to every set."""

    name: str
    default_set: str
    max_volume_m3_ha: float | None
    heads: tuple[SetHead, ...]
    rows: tuple[tuple[str, Row], ...]

    def rows_of(self, set_id: str) -> tuple[Row, ...]:
        """Rows that name the set; with an empty id those that name none."""
        return tuple(row for owner, row in self.rows if owner == set_id)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("应为非空文字")
    return value


def _any_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("应为文字")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("应为 true 或 false")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise ValueError('应为文字列表，如 ["马尾松"]')
    if len(set(value)) != len(value):
        raise ValueError(f"中有重复：{'、'.join(sorted({one for one in value if value.count(one) > 1}))}")
    return tuple(value)


def _number(low: float, high: float, *, above: bool = False) -> Check:
    """Finite number in [low, high]; with ``above`` in (low, high]."""

    def check(value: Any) -> float:
        # bool is an int to Python, and TOML allows inf and nan.
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or not low <= value <= high or (above and value == low):
            raise ValueError(f"应为{'大于' if above else '不小于'} {low:g} 且不大于 {high:g} 的数")
        return float(value)

    return check


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"应为 {low}–{high} 的整数")
        return value

    return check


def _one_of(*known: str) -> Check:
    def check(value: Any) -> str:
        if value not in known:
            raise ValueError(f"应为 {'、'.join(known)} 之一")
        return str(value)

    return check


@dataclass(frozen=True)
class _Table:
    """Keys of one kind of table; ``name`` is the key that tells an entry in messages."""

    build: Callable[..., Row]
    name: str
    required: Mapping[str, Check]
    optional: Mapping[str, Check]
    owned: bool = False


_CITED: Final[dict[str, Check]] = {"source": _text, "read_in": _any_text, "verified": _flag}
_STAND: Final[dict[str, Check]] = {"stand_type": _text, "species": _texts, "year": _whole(1900, 2100), **_CITED}
_NAMED: Final[dict[str, Check]] = {"id": _text, "label": _text, **_CITED}
#: Inputs that are the same in every plot of a stand type or kind, whatever their error.
_SHARED_INPUTS: Final = ("carbon_fraction", "official_rate")
_NOTE: Final[dict[str, Check]] = {"note": _any_text}
_FRACTION: Final = _number(0.3, 0.7)
_VOLUME: Final = _number(0, 10_000, above=True)

_HEAD: Final[dict[str, Check]] = {
    "id": _text,
    "label": _text,
    "method": _one_of(*get_args(Method)),
    "formula": _text,
    "note": _any_text,
    "year": _whole(1900, 2100),
}
_HEAD_OPTIONAL: Final[dict[str, Check]] = {"based_on": _text, "max_volume_m3_ha": _VOLUME}

_TABLES: Final[dict[str, _Table]] = {
    "coefficient": _Table(
        Coefficient,
        "stand_type",
        {**_STAND, "a_t_m3": _number(0, 10, above=True), "b_t_ha": _number(0, 1000)},
        {**_NOTE, "samples": _whole(1, 10**9), "r2": _number(0, 1)},
        owned=True,
    ),
    "expansion_factor": _Table(
        ExpansionFactor,
        "stand_type",
        {
            **_STAND,
            "density_t_m3": _number(0, 1.5, above=True),
            "bef": _number(1, 10),
            "root_ratio": _number(0, 3),
            "carbon_fraction": _FRACTION,
        },
        _NOTE,
        owned=True,
    ),
    "per_hectare": _Table(
        PerHectare,
        "id",
        {**_NAMED, "species": _texts, "land_classes": _texts, "biomass_t_ha": _number(0, 1000, above=True)},
        _NOTE,
    ),
    "carbon_fraction": _Table(CarbonFraction, "value", {"value": _FRACTION, **_CITED}, _NOTE),
    "uncertainty": _Table(
        Uncertainty,
        "id",
        {
            **_NAMED,
            "id": _one_of(*INPUTS),
            "half_width_pct": _number(0, 100, above=True),
            "scope": _one_of(*get_args(Scope)),
        },
        _NOTE,
    ),
    "benchmark": _Table(
        Benchmark, "id", {**_NAMED, "tco2_mu_a": _number(0, 10, above=True)}, {**_NOTE, "derived": _flag}
    ),
    "growth_reference": _Table(GrowthReference, "id", {**_NAMED, "growth_pct_a": _number(-10, 50)}, _NOTE),
    "official": _Table(
        OfficialRate,
        "stand_kind",
        {"stand_kind": _text, "removal_indicator": _text, "area_indicator": _text},
        {},
    ),
}


def read(path: Path) -> FactorFile:
    """Read and check one file.

    Raises:
        FactorError: the file cannot be read, is no TOML, or an entry is wrong; the message names entry and key.
    """
    fix = f"请改正 {path.name} 后重启。"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FactorError(f"读不到碳参数文件 {path.name}。", fix="请检查设置 carbon_factors 指向的文件。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FactorError(f"碳参数文件 {path.name} 不是有效的 TOML（UTF-8）文件：{error}。", fix=fix) from error
    try:
        return _checked(path.name, document)
    except ValueError as error:
        raise FactorError(f"碳参数文件 {path.name}：{error}。", fix=fix) from error


def _checked(file: str, document: Mapping[str, Any]) -> FactorFile:
    unknown = sorted(document.keys() - {"default_set", "max_volume_m3_ha", "set", *_TABLES})
    if unknown:
        raise ValueError(f"不认识顶层条目“{unknown[0]}”")
    heads = []
    for number, entry in enumerate(_entries(document, "set"), start=1):
        where = _where("set", number, entry.get("id"))
        values = _values(where, entry, _HEAD, _HEAD_OPTIONAL)
        heads.append(SetHead(**{"based_on": "", "max_volume_m3_ha": None, **values}))
    rows: list[tuple[str, Row]] = []
    for kind, table in _TABLES.items():
        rows += [_row(kind, table, number, entry) for number, entry in enumerate(_entries(document, kind), start=1)]
    limit = document.get("max_volume_m3_ha")
    return FactorFile(
        file,
        _value("顶层", "default_set", document["default_set"], _text) if "default_set" in document else "",
        _value("顶层", "max_volume_m3_ha", limit, _VOLUME) if limit is not None else None,
        tuple(heads),
        tuple(rows),
    )


def _entries(document: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    entries = document.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ValueError(f"“{kind}”应写作 [[{kind}]] 数组表")
    return entries


def _row(kind: str, table: _Table, number: int, entry: Mapping[str, Any]) -> tuple[str, Row]:
    where = _where(kind, number, entry.get(table.name))
    values = _values(where, entry, table.required, {**table.optional, "set": _text})
    owner = values.pop("set", "")
    if table.owned and not owner:
        raise ValueError(f"{where} 缺少“set”（所属参数集）")
    row = table.build(**values)
    if isinstance(row, PerHectare) and not (row.species or row.land_classes):
        raise ValueError(f"{where} 的“species”与“land_classes”不能都为空")
    if isinstance(row, Coefficient | ExpansionFactor) and not row.species:
        raise ValueError(f"{where} 的“species”不能为空")
    if isinstance(row, Uncertainty) and row.id in _SHARED_INPUTS and row.scope == "plot":
        raise ValueError(f"{where} 的“scope”：该项不能逐小班独立，应为 all 或 stand_type")
    return owner, row


def _where(kind: str, number: int, name: Any) -> str:
    return f"[[{kind}]] 第 {number} 项" + (f"（{name}）" if isinstance(name, str | int | float) else "")


def _values(
    where: str, entry: Mapping[str, Any], required: Mapping[str, Check], optional: Mapping[str, Check]
) -> dict[str, Any]:
    checks = {**optional, **required}
    unknown = sorted(entry.keys() - checks.keys())
    if unknown:
        raise ValueError(f"{where} 有不认识的键“{unknown[0]}”")
    missing = [key for key in required if key not in entry]
    if missing:
        raise ValueError(f"{where} 缺少“{missing[0]}”")
    return {key: _value(where, key, value, checks[key]) for key, value in entry.items()}


def _value(where: str, key: str, value: Any, check: Check) -> Any:
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{where} 的“{key}”{error}") from None
