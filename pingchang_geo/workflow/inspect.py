"""Inspect files: read → layer → fields → CGCS2000 → checks → decision. Changes nothing, never raises for bad data."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo import attributes, carbon, conversion, crs, fieldmap, layers, readers, validation
from pingchang_geo.comparison import Comparison, compare
from pingchang_geo.fieldmap import FieldMapping
from pingchang_geo.indicators import load_ledger
from pingchang_geo.issues import Decision, Issue, answered, consents, decide, keyed, refuses, unclear
from pingchang_geo.messages import issue
from pingchang_geo.readers import sniff
from pingchang_geo.readers.model import CrsFinding, Limits, RawTable, Refused
from pingchang_geo.specs import LayerSpec
from pingchang_geo.units import HA_M2, KM2_M2
from pingchang_geo.validation import Validated, place, validate
from pingchang_geo.workflow import recognise
from pingchang_geo.workflow.inspection import Inspection, inspection_text

__all__ = ["Inspection", "inspect", "inspection_text"]

_LOG: Final = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())  # without a configured log a traceback must not reach the terminal
_NO_ANSWERS: Final[Mapping[str, str]] = MappingProxyType({})
#: Answers that name an EPSG number, by the question they answer.
_CRS_QUESTIONS: Final = ("CRS", "CRS_MISSING", "CRS_CONTRADICTORY", "CRS_UNREADABLE", "CRS_INFERRED", "CRS_CUSTOM")
#: Findings about records that are left without a geometry.
_UNREAD: Final = ("SHP_RECORDS_BROKEN", "GEOMETRY_UNREADABLE", "GEOMETRY_BEYOND")
_TOTAL_VOLUME: Final = "volume_m3"
#: Commas between ``field=column`` pairs; others belong to a column's name.
_NEXT_PAIR: Final = re.compile(r",(?=\s*\w+\s*=)")

Progress = Callable[[str], None]
Current = Callable[[str], gpd.GeoDataFrame | None]
Base = Callable[[str], str | None]
Remembered = Callable[[str, Sequence[str]], Mapping[str, str]]


def inspect(
    paths: Sequence[Path],
    layer: str | None = None,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    county: Any | None = None,
    answers: Mapping[str, str] = _NO_ANSWERS,
    mapping: Mapping[str, str] = _NO_ANSWERS,
    current: Current = lambda _: None,
    base: Base = lambda _: None,
    remembered: Remembered = lambda _layer, _columns: {},
    progress: Progress = lambda _: None,
) -> Inspection:
    """Say what files hold, everything that is wrong with it, and what becomes of it.

    Args:
        paths: a zip, one file, or the parts of a shapefile.
        layer: layer id; guessed from fields and geometry when None.
        limits: what reading may cost.
        county: outline (EPSG:4490 polygon) that features have to lie in; without it the surrounding box.
        answers: question code, or key of one finding, → value; an empty value confirms what is proposed.
            ``MAPPING`` holds ``field=column`` pairs, separated by commas.
        mapping: field → column as the analyst chose, an empty column for none; goes before ``MAPPING``.
        current: content of a layer (canonical source columns, EPSG:4490) to compare with, None without.
        base: name of the version that ``current`` is about; :class:`.basis.Basis` answers both from one snapshot.
        remembered: mapping (field → column) confirmed earlier for a layer and these columns; answers go before it.
        progress: told each step, for the screen.

    Returns:
        The inspection; for a file that cannot be read, one that rejects it with the reason.
    """
    names = tuple(sniff.display(path.name) for path in paths)
    chosen = _said(answers, "LAYER_UNSURE")
    known = layer or (chosen if chosen in layers.REGISTRY else None)
    if known is not None and known not in layers.REGISTRY:
        listed = "、".join(f"{spec.id}（{spec.title}）" for spec in layers.all_specs())
        return Inspection(files=names, issues=(issue("LAYER_UNKNOWN", layer=known, known=listed),))
    progress("读取文件")
    try:
        raw = readers.read(
            paths,
            limits,
            encoding=_said(answers, "ENCODING_UNSURE", "ENCODING"),
            crs=_said(answers, *_CRS_QUESTIONS),
            dataset=_dataset(answers),
        )
    except Refused as refusal:
        return Inspection(files=names, layer=known, issues=(refusal.issue,))
    raw = _without_words(raw, _dataset(answers))
    try:
        asked = _Asked(answers, mapping, current, base, remembered, progress)
        return _examined(_described(names, raw), raw, known, county, asked)
    except Exception as error:
        # The boundary to data of unknown make: the analyst gets a refusal, the operator the traceback in the log.
        _LOG.exception("inspection failed")
        return replace(
            _described(names, raw), layer=known, issues=(issue("INSPECT_FAILED", detail=type(error).__name__),)
        )


def _said(answers: Mapping[str, str], *codes: str) -> str | None:
    """The first value among the answers to these questions; plain yes and no are no values."""
    given = (answers.get(code, "").strip() for code in codes)
    return next((one for one in given if not consents(one) and not refuses(one)), None)


def _dataset(answers: Mapping[str, str]) -> str | None:
    """The data set that was named; any word may be a name."""
    return answers.get("DATASET_SEVERAL", "").strip() or answers.get("DATASET", "").strip() or None


def _without_words(raw: RawTable, named: str | None) -> RawTable:
    """A yes or a no about the only data set there is names none that is missed."""
    if named is None or len(raw.datasets) > 1 or not (consents(named) or refuses(named)):
        return raw
    return replace(raw, issues=tuple(one for one in raw.issues if one.code != "DATASET_UNKNOWN"))


def _settled(
    issues: Iterable[Issue], answers: Mapping[str, str], layer: str = "", columns: Mapping[str, str] = _NO_ANSWERS
) -> tuple[Issue, ...]:
    """Issues under the answers given, and a notice for each answer that settles nothing."""
    left = answered([keyed(one, layer, columns.get(one.field or "", "")) for one in issues], answers)
    doubtful = unclear(left, answers).items()
    return *left, *(issue("ANSWER_UNCLEAR", asked=code, value=value[:30]) for code, value in doubtful)


@dataclass(frozen=True)
class _Asked:
    """The analyst's side: answers given, what there is already, steps told."""

    answers: Mapping[str, str]
    mapping: Mapping[str, str]
    current: Current
    base: Base
    remembered: Remembered
    progress: Progress


def _described(names: tuple[str, ...], raw: RawTable) -> Inspection:
    """What is known once the file is read."""
    return Inspection(
        files=names,
        format=raw.format,
        dataset=raw.dataset,
        datasets=raw.datasets,
        encoding=raw.encoding,
        encoding_evidence=raw.encoding_evidence,
        crs=raw.crs,
        rows=len(raw.table),
        issues=raw.issues,
    )


def _examined(base: Inspection, raw: RawTable, known: str | None, county: Any | None, asked: _Asked) -> Inspection:
    answers, progress = asked.answers, asked.progress
    progress("识别图层与字段")
    samples = fieldmap.samples(raw.table)
    chosen, found = _chosen_columns({**_pairs(answers.get("MAPPING", "")), **asked.mapping}, raw)
    layer, evidence, layer_issues = recognise.layer_of(raw.table, samples, raw.geometry, known)
    found += layer_issues
    if layer is None:
        return replace(base, samples=samples, issues=_settled((*raw.issues, *found), answers))
    spec = layers.get(layer)
    columns = [str(name) for name in raw.table.columns]
    known_pairs = {**asked.remembered(layer, columns), **_of_layer(spec, chosen, found)}
    mapping = fieldmap.map_columns(spec, columns, samples, known_pairs)
    found += _mapping_issues(spec, mapping, raw, samples)
    progress("换算取值")
    frame, value_issues = conversion.to_canonical(spec, mapping.columns, raw.table)
    found += value_issues
    base = replace(base, layer=layer, layer_evidence=evidence, mapping=mapping, samples=samples)
    if not raw.crs.definition and decide(raw.issues) is Decision.REJECT:
        return replace(base, issues=_settled((*raw.issues, *found), answers, layer, mapping.columns))
    progress("换算坐标")
    shapes = _in_storage_crs(raw.geometry, raw.crs)
    shapes, beyond = _on_earth(raw, shapes)
    found += beyond
    shapes = place.corrected(shapes, [code for code, said in answers.items() if said.strip() == "correct"])
    canonical = gpd.GeoDataFrame(frame, geometry=shapes, crs=f"EPSG:{crs.STORAGE_EPSG}")
    canonical, derived = _with_volume(spec, mapping, canonical)
    progress("逐项检查")
    checked = validate(spec, canonical, county, _named_units(mapping, value_issues))
    found += [*derived, *(one for one in checked.issues if not _said_already(one, mapping, (*raw.issues, *beyond)))]
    found += validation.totals(spec, checked.frame.assign(area_ha=checked.area_m2 / HA_M2), load_ledger())
    comparison = None
    if decide((*raw.issues, *found)) is not Decision.REJECT:
        progress("与当前版本比较")
        comparison, doubts = _compared(spec, checked.frame, asked.current(layer))
        found += doubts
    base = replace(base, comparison=comparison, base=asked.base(layer))
    return _concluded(base, spec, checked, _settled((*raw.issues, *found), answers, layer, mapping.columns))


def _named_units(mapping: FieldMapping, converted: Iterable[Issue]) -> dict[str, str]:
    """Area units that the names of the mapped columns declare, by field; units in the cells have been heeded."""
    done = {one.field for one in converted if one.code == "UNIT_IN_VALUES"}
    units = {name: fieldmap.named_unit(column) for name, column in mapping.columns.items() if name not in done}
    return {name: unit for name, unit in units.items() if unit}


def _said_already(one: Issue, mapping: FieldMapping, said: Iterable[Issue]) -> bool:
    """Whether a check only repeats what the mapping or the reader said: no column means no values."""
    if one.code in ("VALUE_ALL_MISSING", "KEY_MISSING"):
        return one.field in mapping.missing
    told = {row for other in said if other.code in _UNREAD for row in other.every_row}
    return one.code == "GEOMETRY_NULL" and bool(one.every_row) and told.issuperset(one.every_row)


def _compared(
    spec: LayerSpec, new: gpd.GeoDataFrame, old: gpd.GeoDataFrame | None
) -> tuple[Comparison | None, list[Issue]]:
    """What became of each feature, and what is doubtful about it."""
    if old is None:
        return None, []
    before, after = (validation.Side(frame, frame.geometry.to_numpy()) for frame in (old, new.reset_index(drop=True)))
    found = compare(spec, before.frame, before.geometry, after.frame, after.geometry)
    return found, validation.continuity(spec, found, before, after)


def _concluded(base: Inspection, spec: LayerSpec, checked: Validated, issues: tuple[Issue, ...]) -> Inspection:
    frame = checked.frame.reset_index(drop=True)
    bounds = shapely.total_bounds(frame.geometry.to_numpy()) if len(frame) else np.full(4, np.nan)
    rejected = decide(issues) is Decision.REJECT
    return replace(
        base,
        bounds=tuple(float(value) for value in bounds) if np.isfinite(bounds).all() else None,
        area_km2=float(checked.area_m2.sum()) / KM2_M2,
        stock_tc=_stock_tc(spec, checked),
        unique_keys=checked.unique_keys,
        issues=issues,
        frame=None if rejected else frame,
        checked=checked.frame,
    )


def _stock_tc(spec: LayerSpec, checked: Validated) -> float | None:
    """Carbon stock in tC where the layer carries carbon and the file enough to compute it."""
    if spec.carbon is None or not len(checked.frame):
        return None
    stock = attributes.stock_tc_ha(spec.carbon, checked.frame, carbon.load()) * checked.area_m2 / HA_M2
    return float(np.nansum(stock)) if np.isfinite(stock).any() else None


def _pairs(text: str) -> dict[str, str]:
    """``field=column`` pairs of an answer; a column's name may hold commas."""
    parts = (pair.partition("=") for pair in _NEXT_PAIR.split(text) if pair.strip())
    return {name.strip(): column for name, _, column in parts}


def _chosen_columns(wanted: Mapping[str, str], raw: RawTable) -> tuple[dict[str, str], list[Issue]]:
    """Columns that the file has, named exactly or but for the blanks around; the others are reported."""
    chosen: dict[str, str] = {}
    found: list[Issue] = []
    columns = [str(name) for name in raw.table.columns]
    for name, given in wanted.items():
        near = (column for column in columns if column.strip() == given.strip())
        column = given if given in columns else next(near, None)
        if column is None and given.strip():
            found.append(issue("FIELD_UNKNOWN", field=name, detail=f"文件中没有列「{given.strip()}」"))
        else:
            chosen[name] = column or ""
    return chosen, found


def _of_layer(spec: LayerSpec, chosen: Mapping[str, str], found: list[Issue]) -> dict[str, str]:
    """Chosen pairs whose field the layer has; the others are reported."""
    fields = {field.name for field in spec.source_fields}
    for name in chosen:
        if name not in fields:
            found.append(issue("FIELD_UNKNOWN", field=name, detail=f"「{spec.title}」没有字段「{name}」"))
    return {name: column for name, column in chosen.items() if name in fields}


def _mapping_issues(
    spec: LayerSpec, mapping: FieldMapping, raw: RawTable, samples: Mapping[str, Sequence[str]]
) -> list[Issue]:
    if not mapping.pairs:
        columns = "、".join(list(raw.table.columns)[:12]) or "（无）"
        return [issue("FIELDS_NONE", layer=spec.title, columns=columns)]
    found = fieldmap.mapping_issues(spec, mapping, samples)
    if recognise.volume_derivable(spec, mapping):
        density = spec.carbon.volume_m3_ha if spec.carbon else ""
        found = [one for one in found if (one.code, one.field) != ("FIELD_REQUIRED", density)]
    return found


def _in_storage_crs(geometry: NDArray[Any], finding: CrsFinding) -> NDArray[Any]:
    """Geometries in EPSG:4490."""
    if finding.swap:
        geometry = shapely.transform(geometry, lambda points: points[:, ::-1])
    if finding.epsg in (crs.STORAGE_EPSG, 4326) or not finding.definition:
        return geometry  # CGCS2000 and WGS 84 differ by centimetres
    return crs.transform(geometry, finding.definition, f"EPSG:{crs.STORAGE_EPSG}")


def _on_earth(raw: RawTable, shapes: NDArray[Any]) -> tuple[NDArray[Any], list[Issue]]:
    """Geometries with those taken out whose coordinates are numbers, but none that the coordinate system knows."""
    before, after = (np.isfinite(shapely.bounds(geometry)).all(axis=1) for geometry in (raw.geometry, shapes))
    lost = np.flatnonzero(before & ~(after & _degrees(shapes)))
    if not len(lost):
        return shapes, []
    x, y = shapely.bounds(raw.geometry[lost[0]])[:2]
    left = shapes.copy()
    left[lost] = None
    record = raw.table.index.to_numpy()[lost]
    sample = f"({x:.10g}, {y:.10g})"
    return left, [issue("GEOMETRY_BEYOND", rows=record, sample=sample, name=raw.crs.evidence)]


def _degrees(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Which geometries lie within the range of longitudes and latitudes."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(shapely.bounds(shapes)) <= (360, 90, 360, 90)).all(axis=1))


def _with_volume(
    spec: LayerSpec, mapping: FieldMapping, frame: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Volume per hectare from the total volume where the file has only that."""
    if spec.carbon is None or not recognise.volume_derivable(spec, mapping):
        return frame, []
    area_ha = crs.area_m2(frame.geometry.to_numpy()) / HA_M2
    total = frame[_TOTAL_VOLUME].to_numpy(dtype=np.float64)
    density = np.divide(total, area_ha, out=np.full(len(frame), np.nan), where=area_ha > 0)
    column = mapping.pairs[_TOTAL_VOLUME].column
    derived = issue("VOLUME_DERIVED", field=spec.carbon.volume_m3_ha, column=column)
    return frame.assign(**{spec.carbon.volume_m3_ha: density}), [derived]
