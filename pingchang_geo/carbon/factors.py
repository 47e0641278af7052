"""Carbon parameter sets: the shipped ones of ``factors.toml`` and the county's own, ready for use.

Which set counts by default, and where the county's own file lies, the settings ``carbon_set`` and ``carbon_factors``
say.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from pingchang_geo.carbon import factor_files
from pingchang_geo.carbon.factor_files import FactorFile, Row, SetHead
from pingchang_geo.carbon.parameters import (
    INPUTS,
    Benchmark,
    CarbonFraction,
    Coefficient,
    ExpansionFactor,
    FactorSet,
    GrowthReference,
    Method,
    OfficialRate,
    PerHectare,
    Pool,
    Scope,
    Uncertainty,
)
from pingchang_geo.errors import FactorError
from pingchang_geo.settings import settings

__all__ = [
    "INPUTS",
    "Benchmark",
    "CarbonFraction",
    "Coefficient",
    "ExpansionFactor",
    "FactorSet",
    "GrowthReference",
    "Method",
    "OfficialRate",
    "PerHectare",
    "Pool",
    "Scope",
    "Uncertainty",
    "load",
    "sets",
]

_FILE: Final = Path(__file__).with_name("factors.toml")
_Kind = TypeVar("_Kind")


def load(set_id: str | None = None) -> FactorSet:
    """Parameter set by id; without one that of the settings, else the shipped default.

    Raises:
        FactorError: no such set, or a parameter file is wrong; the message names entry and key.
    """
    wanted = set_id or settings().carbon_set
    known = sets()
    if not wanted:
        return known[0]
    found = next((one for one in known if one.id == wanted), None)
    if found is None:
        listed = "、".join(f"{one.id}（{one.label}）" for one in known)
        raise FactorError(f"没有名为「{wanted}」的碳参数集。", fix=f"可用：{listed}。")
    return found


def sets() -> tuple[FactorSet, ...]:
    """Every set: the shipped default, the other shipped ones, the county's own.

    Raises:
        FactorError: a parameter file is wrong.
    """
    own = settings().carbon_factors
    # An environment variable left empty arrives as the folder ".", which names no file.
    return read(_FILE, own if own is not None and own.name else None)


@cache
def read(shipped: Path, own: Path | None = None) -> tuple[FactorSet, ...]:
    """The sets of the shipped file and, after them, of the county's own; read once a process.

    Raises:
        FactorError: a file is wrong, or the two do not fit together.
    """
    first = factor_files.read(shipped)
    files = [(first, False)] if own is None else [(first, False), (factor_files.read(own), True)]
    built: dict[str, FactorSet] = {}
    for file, is_own in files:
        try:
            _build_file(file, first, built, is_own)
        except ValueError as error:
            raise FactorError(f"碳参数文件 {file.name}：{error}。", fix=f"请改正 {file.name} 后重启。") from error
    return tuple(sorted(built.values(), key=lambda one: (one.id != first.default_set, one.own)))


def _build_file(file: FactorFile, shipped: FactorFile, built: dict[str, FactorSet], own: bool) -> None:
    """Add the file's sets to ``built``; a set may rest on those built before it."""
    if own and file.default_set:
        raise ValueError("“default_set”只在系统自带的参数文件中有效，自备参数集请用设置 carbon_set 选用")
    ids = [head.id for head in file.heads]
    if not ids:
        raise ValueError("没有 [[set]]")
    twice = sorted({one for one in ids if ids.count(one) > 1} | (set(ids) & built.keys()))
    if twice:
        raise ValueError(f"参数集编号“{twice[0]}”重复")
    if not own and file.default_set not in ids:
        raise ValueError(f"“default_set”所指的参数集“{file.default_set}”不存在")
    strangers = sorted({owner for owner, _ in file.rows if owner} - set(ids))
    if strangers:
        raise ValueError(f"有条目的“set”为“{strangers[0]}”，但文件中没有这个 [[set]]")
    for head in file.heads:
        built[head.id] = _build(head, file, shipped, built, own)


@dataclass(frozen=True)
class _Rows:
    """The rows of one set by kind, while the sets it rests on are laid over one another."""

    coefficients: tuple[Coefficient | ExpansionFactor, ...] = ()
    per_ha: tuple[PerHectare, ...] = ()
    fractions: tuple[CarbonFraction, ...] = ()
    official: tuple[OfficialRate, ...] = ()
    uncertainties: tuple[Uncertainty, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    growth: tuple[GrowthReference, ...] = ()


def _build(head: SetHead, file: FactorFile, shipped: FactorFile, built: dict[str, FactorSet], own: bool) -> FactorSet:
    where = f"参数集“{head.id}”"
    base = built.get(head.based_on)
    if head.based_on and base is None:
        raise ValueError(f"{where}的“based_on”所指的“{head.based_on}”不存在或列在其后")
    if base is not None and base.method != head.method:
        raise ValueError(f"{where}与其所依据的“{base.id}”方法不同")
    rows = _Rows() if base is None else _rows_of(base)
    if base is None and own:
        rows = _laid_over(rows, shipped.rows_of(""), where)
    if base is None or base.own != own:
        rows = _laid_over(rows, file.rows_of(""), where)
    rows = _laid_over(rows, file.rows_of(head.id), where)
    _complete(rows, head, where)
    limits = (head.max_volume_m3_ha, base and base.max_volume_m3_ha, file.max_volume_m3_ha, shipped.max_volume_m3_ha)
    limit = next((one for one in limits if one), None)
    if limit is None:
        raise ValueError("缺少“max_volume_m3_ha”")
    return FactorSet(
        id=head.id,
        label=head.label,
        formula=head.formula,
        note=head.note,
        year=head.year,
        method=head.method,
        max_volume_m3_ha=limit,
        coefficients=rows.coefficients,
        per_ha=rows.per_ha,
        carbon_fraction=rows.fractions[0],
        official_rates=rows.official,
        uncertainties=rows.uncertainties,
        benchmarks=rows.benchmarks,
        growth_references=rows.growth,
        own=own,
    )


def _rows_of(base: FactorSet) -> _Rows:
    return _Rows(
        base.coefficients,
        base.per_ha,
        (base.carbon_fraction,),
        base.official_rates,
        base.uncertainties,
        base.benchmarks,
        base.growth_references,
    )


def _laid_over(old: _Rows, new: Iterable[Row], where: str) -> _Rows:
    """``old`` with the new rows in place of those they stand for; a species goes to the row that names it last."""
    rows = tuple(new)
    stands = tuple(row for row in rows if isinstance(row, Coefficient | ExpansionFactor))
    per_ha = _only(rows, PerHectare)
    species = _once([name for row in (*stands, *per_ha) for name in row.species], where, "树种")
    lands = _once([name for row in per_ha for name in row.land_classes], where, "地类")
    _once([row.stand_type for row in stands], where, "林分类型")
    names = {row.stand_type for row in stands}
    kept_stands = [replace(r, species=_less(r.species, species)) for r in old.coefficients if r.stand_type not in names]
    ids = {row.id for row in per_ha}
    kept_per_ha = [
        replace(row, species=_less(row.species, species), land_classes=_less(row.land_classes, lands))
        for row in old.per_ha
        if row.id not in ids
    ]
    return _Rows(
        (*(row for row in kept_stands if row.species), *stands),
        (*(row for row in kept_per_ha if row.species or row.land_classes), *per_ha),
        _replaced(old.fractions, _only(rows, CarbonFraction), lambda _: "", lambda _: "含碳率", where),
        _replaced(old.official, _only(rows, OfficialRate), lambda r: r.stand_kind, lambda r: r.stand_kind, where),
        _replaced(old.uncertainties, _only(rows, Uncertainty), lambda r: r.id, lambda r: f"{r.id} {r.scope}", where),
        _replaced(old.benchmarks, _only(rows, Benchmark), lambda r: r.id, lambda r: r.id, where),
        _replaced(old.growth, _only(rows, GrowthReference), lambda r: r.id, lambda r: r.id, where),
    )


def _only(rows: tuple[Row, ...], kind: type[_Kind]) -> tuple[_Kind, ...]:
    return tuple(row for row in rows if isinstance(row, kind))


def _once(names: list[str], where: str, what: str) -> set[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{where}中{what}重复：{'、'.join(twice)}")
    return set(names)


def _less(names: tuple[str, ...], taken: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in taken)


def _replaced(
    old: tuple[_Kind, ...],
    new: tuple[_Kind, ...],
    group: Callable[[Any], Hashable],
    unique: Callable[[Any], str],
    where: str,
) -> tuple[_Kind, ...]:
    """Old rows whose group no new row has, then the new ones."""
    _once([unique(row) for row in new], where, "条目")
    groups = {group(row) for row in new}
    return (*(row for row in old if group(row) not in groups), *new)


def _complete(rows: _Rows, head: SetHead, where: str) -> None:
    wanted = Coefficient if head.method == "continuous" else ExpansionFactor
    table = "coefficient" if head.method == "continuous" else "expansion_factor"
    if not rows.coefficients or not all(isinstance(row, wanted) for row in rows.coefficients):
        raise ValueError(f"{where}（method = {head.method}）应有且只应有 [[{table}]] 条目")
    if not rows.fractions:
        raise ValueError(f"{where}缺少 [[carbon_fraction]]")
    missing = [one for one in INPUTS if one not in {row.id for row in rows.uncertainties}]
    if missing:
        raise ValueError(f"{where}缺少“{missing[0]}”的 [[uncertainty]]")
