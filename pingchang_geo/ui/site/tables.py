"""Tables of a site check in the reader's units: overlaps, stand types, plots, surroundings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pingchang_geo.carbon.parameters import FLAG_WORDS
from pingchang_geo.exports import sheet as sheets
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.site import CarbonFinding, NearbyFinding, ProtectedFinding
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec
from pingchang_geo.ui import data as shared
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.site import SiteCheck

_TEXT, _NUMBER = FieldKind.TEXT, FieldKind.NUMBER
_STOCK: Final = FieldSpec("stock_tc", "碳储量", _NUMBER, unit="tC", digits=1)
_REMOVAL: Final = FieldSpec("removal_tco2_a", "年固碳量", _NUMBER, unit="tCO₂/年", digits=1)


@dataclass(frozen=True)
class FoundTable:
    """One table: what stands on its tab, the sheet, and the layer and rows that its lines are about, if any."""

    tab: str
    sheet: Sheet
    layer_id: str = ""
    rows: tuple[int, ...] = ()


def tables(check: SiteCheck, choice: UnitChoice) -> list[FoundTable]:
    """Every table that has lines, in the order of the answer."""
    found: list[FoundTable] = []
    notes = _carbon_notes(check) + sheets.notes(
        [shared.source_of(check.atlas[i]) for i in check.used],
        check.checked_at,
        filters=f"选址范围{f'：{check.name}' if check.name else ''}，面积 {check.result.area_ha:.4f} 公顷",
        mark=check.mark,
    )
    maker = _Maker(choice, notes)
    for protected in check.result.protected:
        found += maker.overlaps(protected, check.atlas[protected.layer_id].spec)
    for stake in check.result.carbon:
        found += maker.stands(stake)
        found += maker.plots(stake, check.atlas[stake.layer_id].spec)
    for near in check.result.nearby:
        found += maker.nearby(near)
    return found


def _carbon_notes(check: SiteCheck) -> tuple[tuple[str, str], ...]:
    """The parameter set, what of it was not read, and what a sum of the removal is worth."""
    factors, lines = check.factors, []
    for finding in check.result.carbon:
        if finding.plots.empty:
            continue
        lines.append(("参数集", f"{factors.label}（{factors.id}）：{factors.formula}。"))
        lines += [(f"{flag}参数", f"{words}（{FLAG_WORDS[flag]}）。") for flag, words in finding.flagged]
        lines += [("年固碳量合计", finding.sum_caveat)] if finding.sum_caveat else []
    return tuple(dict.fromkeys(lines))


@dataclass(frozen=True)
class _Maker:
    choice: UnitChoice
    notes: tuple[tuple[str, str], ...]

    def _sheet(self, title: str, frame: pd.DataFrame, fields: Sequence[FieldSpec], marked: bool) -> Sheet:
        mark = ILLUSTRATIVE_MARK if marked else ""
        return Sheet.of_frame(title, frame, fields, self.choice, notes=self.notes, mark=mark)

    def overlaps(self, finding: ProtectedFinding, spec: LayerSpec) -> Iterable[FoundTable]:
        """Patches that share area with the site."""
        if finding.patches.empty:
            return
        fields = (
            FieldSpec("name", finding.noun),
            FieldSpec("type", _type_label(spec)),
            FieldSpec("overlap_ha", "重叠面积", _NUMBER, unit="ha", digits=4),
            FieldSpec("site_pct", "占地块面积", _NUMBER, unit="%", digits=2),
            FieldSpec("patch_pct", "占斑块面积", _NUMBER, unit="%", digits=2),
        )
        sheet = self._sheet(f"与{finding.title}重叠", finding.patches, fields, finding.mark)
        yield FoundTable(f"重叠{finding.noun}", sheet, finding.layer_id, _rows(finding.patches))

    def stands(self, finding: CarbonFinding) -> Iterable[FoundTable]:
        """Stand types on the site."""
        if finding.by_species.empty:
            return
        fields = (
            FieldSpec("species", "优势树种"),
            FieldSpec("plots", f"{finding.noun}数", _NUMBER, unit="个", digits=0),
            FieldSpec("area_ha", "涉及面积", _NUMBER, unit="ha", digits=4),
            _STOCK,
            _REMOVAL,
        )
        yield FoundTable("树种", self._sheet("涉及树种", finding.by_species, fields, finding.mark))

    def plots(self, finding: CarbonFinding, spec: LayerSpec) -> Iterable[FoundTable]:
        """Plots on the site with what describes them."""
        if finding.plots.empty:
            return
        own = [spec.field(name) for name in finding.plots.columns if spec.has(name) and name not in _PLOT_SUMS]
        fields = (
            FieldSpec("name", finding.noun),
            FieldSpec("shared_ha", "涉及面积", _NUMBER, unit="ha", digits=4),
            FieldSpec("share_pct", f"占{finding.noun}面积", _NUMBER, unit="%", digits=1),
            _STOCK,
            _REMOVAL,
            *(field for field in own if field.kind is FieldKind.CATEGORY),
        )
        sheet = self._sheet(f"涉及{finding.noun}", finding.plots, fields, finding.mark)
        yield FoundTable(finding.noun, sheet, finding.layer_id, _rows(finding.plots))

    def nearby(self, finding: NearbyFinding) -> Iterable[FoundTable]:
        """Features around the site."""
        if finding.features.empty:
            return
        reach = f"{finding.radius_m / 1000:g} km 内"
        fields = (
            FieldSpec("name", finding.noun),
            FieldSpec("distance_m", "距离", _NUMBER, unit="m", digits=0),
            FieldSpec("direction", "方位"),
            FieldSpec("overlap_ha", "重叠面积", _NUMBER, unit="ha", digits=4),
            FieldSpec("location", "位置"),
        )
        sheet = self._sheet(f"{reach}{finding.title}", finding.features, fields, finding.mark)
        yield FoundTable(f"{reach}{finding.noun}", sheet, finding.layer_id, _rows(finding.features))


_PLOT_SUMS: Final = frozenset({_STOCK.name, _REMOVAL.name})


def _rows(frame: pd.DataFrame) -> tuple[int, ...]:
    return tuple(int(row) for row in frame["row"])


def _type_label(spec: LayerSpec) -> str:
    """Label of the first category of the pop-up, which ``type`` holds."""
    kinds = [spec.field(name) for name in spec.popup if spec.field(name).kind is FieldKind.CATEGORY]
    return kinds[0].label if kinds else "类型"
