"""The result of an inspection: as an object, as JSON, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd

from pingchang_geo import layers
from pingchang_geo.comparison import Comparison, Status
from pingchang_geo.fieldmap import FieldMapping
from pingchang_geo.issues import Decision, Issue, Level, decide
from pingchang_geo.messages import shown
from pingchang_geo.readers.model import CrsFinding
from pingchang_geo.units import format_number

_DECISIONS: Final = {
    Decision.ACCEPT: "可以发布",
    Decision.REPAIR: "已自动修复，可以发布",
    Decision.CONFIRM: "需要确认",
    Decision.REJECT: "不能采用",
}
_LEVELS: Final = {
    Level.BLOCKING: "必须改正",
    Level.CONFIRM: "需要确认",
    Level.REPAIRED: "已修复",
    Level.WARNING: "提醒",
}

#: How many unused columns the text lists, and how much of each name.
_NAMES_SHOWN: Final = 30
_NAME_SHOWN: Final = 40


@dataclass(frozen=True)
class Inspection:
    """What files hold and what is wrong with it.

    Attributes:
        bounds: west, south, east, north in degrees (EPSG:4490).
        frame: canonical source columns and geometry, EPSG:4490, ready to be published; None when rejected.
        checked: the same indexed by the file's 1-based record numbers, rejected or not, for the map of faults.
        samples: some values of each column of the file.
        base: name of the version that was current before the inspection, which it compared with; None without one.
        comparison: with the current version; None where there is none, or the files were rejected before.
    """

    files: tuple[str, ...] = ()
    layer: str | None = None
    layer_evidence: str = ""
    format: str | None = None
    dataset: str | None = None
    datasets: tuple[str, ...] = ()
    encoding: str | None = None
    encoding_evidence: str = ""
    crs: CrsFinding | None = None
    rows: int = 0
    bounds: tuple[float, ...] | None = None
    area_km2: float | None = None
    mapping: FieldMapping | None = None
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    stock_tc: float | None = None
    unique_keys: int | None = None
    issues: tuple[Issue, ...] = ()
    base: str | None = None
    comparison: Comparison | None = field(default=None, repr=False, compare=False)
    frame: gpd.GeoDataFrame | None = field(default=None, repr=False, compare=False)
    checked: gpd.GeoDataFrame | None = field(default=None, repr=False, compare=False)

    @property
    def decision(self) -> Decision:
        """What becomes of the files."""
        return decide(self.issues)

    @property
    def questions(self) -> tuple[Issue, ...]:
        """What the analyst still has to answer."""
        return tuple(one for one in self.issues if one.level is Level.CONFIRM)

    @property
    def ordered_issues(self) -> tuple[Issue, ...]:
        """Everything found, heaviest first."""
        return tuple(sorted(self.issues, key=_weight))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form, the same keys for every file."""
        crs = self.crs
        return {
            "decision": self.decision.value,
            "layer": self.layer,
            "format": self.format,
            "encoding": self.encoding,
            "crs": {
                "epsg": crs.epsg if crs else None,
                "evidence": crs.evidence if crs else "",
                "confidence": crs.confidence if crs else 0.0,
            },
            "rows": self.rows,
            "bounds": [round(value, 7) for value in self.bounds] if self.bounds else None,
            "area_km2": _rounded(self.area_km2, 6),
            "columns": self.mapping.columns if self.mapping else {},
            "stock_tc": _rounded(self.stock_tc, 1),
            "unique_keys": self.unique_keys,
            "comparison": _fates(self.comparison),
            "issues": [one.as_dict() for one in self.ordered_issues],
        }


def _fates(found: Comparison | None) -> dict[str, Any] | None:
    if found is None:
        return None
    counts = {status.name.lower(): found.count(status) for status in Status}
    return {**counts, "moved": int(found.moved.sum()), "changed_fields": dict(found.changed_fields)}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _weight(one: Issue) -> int:
    return list(_LEVELS).index(one.level)


def issue_lines(issues: Iterable[Issue]) -> list[str]:
    """Issues for a terminal, heaviest first: weight, code and what was found; beneath it how to mend it."""
    lines = []
    for one in sorted(issues, key=_weight):
        lines.append(f"[{_LEVELS[one.level]}] {one.code} {one.message}")
        if one.fix:
            lines.append(f"    → {one.fix}")
    return lines


def inspection_text(inspection: Inspection) -> str:
    """The inspection for a terminal, in Chinese."""
    lines = [f"结论：{_DECISIONS[inspection.decision]}", f"文件：{'、'.join(inspection.files)}"]
    if inspection.format:
        lines.append(f"格式：{inspection.format}，数据集「{inspection.dataset}」，{inspection.rows:,} 条记录")
        lines.append(f"编码：{inspection.encoding}（{inspection.encoding_evidence}）")
    if inspection.crs is not None:
        number = f"EPSG:{inspection.crs.epsg}" if inspection.crs.epsg else "未定"
        lines.append(f"坐标系：{number}（{inspection.crs.evidence}，可信度 {inspection.crs.confidence:.0%}）")
    if inspection.layer:
        evidence = f"（{inspection.layer_evidence}）" if inspection.layer_evidence else ""
        lines.append(f"图层：{layers.get(inspection.layer).title}{evidence}")
    lines += _figures(inspection)
    lines += _columns(inspection)
    lines += issue_lines(inspection.issues)
    return "\n".join(map(shown, lines))  # names in files may hold what a terminal would obey


def _figures(inspection: Inspection) -> list[str]:
    lines = []
    if inspection.bounds is not None:
        west, south, east, north = inspection.bounds
        lines.append(f"范围：东经 {west:.4f}–{east:.4f}°，北纬 {south:.4f}–{north:.4f}°")
    if inspection.area_km2:
        lines.append(f"面积：{format_number(inspection.area_km2, 3)} km²")
    if inspection.stock_tc is not None:
        lines.append(f"碳储量：{format_number(inspection.stock_tc, 0)} tC")
    if inspection.unique_keys is not None:
        lines.append(f"标识：{inspection.unique_keys:,} 个不重复")
    if (found := inspection.comparison) is not None:
        fates = "、".join(f"{status.label} {found.count(status):,}" for status in Status)
        lines.append(f"与当前版本相比：{fates}")
    return lines


def _columns(inspection: Inspection) -> list[str]:
    if inspection.layer is None or inspection.mapping is None or not inspection.mapping.pairs:
        return []
    spec = layers.get(inspection.layer)
    pairs = "、".join(f"{spec.field(name).label}←{column}" for name, column in inspection.mapping.columns.items())
    lines = [f"字段：{pairs}"]
    unmapped = inspection.mapping.unmapped
    if unmapped:
        listed = "、".join(name[:_NAME_SHOWN] for name in unmapped[:_NAMES_SHOWN])
        lines.append(f"未采用的列：{listed}" + (f" 等 {len(unmapped)} 列" if len(unmapped) > _NAMES_SHOWN else ""))
    return lines
