"""The answer as JSON: stable keys, units in the names, null for what is not known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import shapely

from pingchang_geo.carbon.uncertainty import Estimate
from pingchang_geo.site import CarbonFinding, NearbyFinding, ProtectedFinding
from pingchang_geo.units import CO2_PER_C, HA_M2, MU_PER_HA
from pingchang_geo.workflow.atlas import LayerData
from pingchang_geo.workflow.site.answer import verdict, words
from pingchang_geo.workflow.site.checking import SiteCheck


def as_dict(check: SiteCheck) -> dict[str, Any]:
    """JSON-ready form of a check.

    ``verdict`` is ``touched``, ``untouched`` or ``unknown``; rows are 0-based positions in the named layer version;
    intervals are at 95 %; ``geometry`` is GeoJSON in EPSG:4490.
    """
    result = check.result
    return {
        "name": check.name,
        "checked_at": check.checked_at.isoformat(timespec="seconds"),
        "reading": check.reading,
        "verdict": verdict(check),
        "touches_protected": result.touches,
        "answer": list(words(check)),
        "mark": check.mark,
        "marked_layers": list(check.marked),
        "area_ha": result.area_ha,
        "area_m2": result.area_ha * HA_M2,
        "area_mu": result.area_ha * MU_PER_HA,
        "perimeter_m": result.perimeter_m,
        "inside_county_pct": result.inside_county_pct,
        "protected": [_protected(finding) for finding in result.protected],
        "carbon": [_carbon(finding) for finding in result.carbon],
        "nearby": [_nearby(finding) for finding in result.nearby],
        "not_checked": [spec.id for spec in check.absent],
        "parameters": {
            "set": check.factors.id,
            "label": check.factors.label,
            "formula": check.factors.formula,
            "unverified": list(check.factors.unverified),
        },
        "layers": [_version(check.atlas[layer_id]) for layer_id in check.used],
        "snapshot": check.atlas.id,
        "geometry": _listed(shapely.geometry.mapping(check.polygon)),
    }


def _protected(finding: ProtectedFinding) -> dict[str, Any]:
    nearest = finding.nearest
    return {
        "layer": finding.layer_id,
        "title": finding.title,
        "contact": finding.contact.value,
        "touches": finding.touches,
        "overlap_ha": finding.overlap_ha,
        "overlap_pct": finding.overlap_pct,
        "distance_m": finding.distance_m,
        "direction": finding.direction,
        "nearest": None if nearest is None else {"row": nearest[0], "name": nearest[1]},
        "patches": records(finding.patches),
    }


def _carbon(finding: CarbonFinding) -> dict[str, Any]:
    return {
        "layer": finding.layer_id,
        "title": finding.title,
        "plot_count": len(finding.plots),
        "area_ha": finding.area_ha,
        "stock_tc": _number(finding.stock_tc),
        "stock_tco2": _number(finding.stock_tc * CO2_PER_C),
        "monte_carlo": _estimate(finding.estimate, finding.stock_tc),
        "approach1": _estimate(finding.approach1, finding.stock_tc),
        "inside_protected_stock_tc": _number(finding.inside_protected_stock_tc),
        "removal_tco2_a": _number(finding.removal_tco2_a),
        "removal_interval": _estimate(finding.removal_estimate, finding.removal_tco2_a, "tco2_a"),
        "removal_caveat": finding.sum_caveat,
        "removal_not_covered_ha": finding.removal_unknown_ha,
        "unknown_stock_plots": finding.unknown_plots,
        "unknown_stock_ha": finding.unknown_ha,
        "flagged": [{"flag": flag, "parameters": words} for flag, words in finding.flagged],
        "slivers_ha": finding.slivers_ha,
        "contested_ha": finding.contested_ha,
        "by_species": records(finding.by_species),
        "by_kind": records(finding.by_kind),
        "plots": records(finding.plots),
    }


def _estimate(one: Estimate, known: float, unit: str = "tc") -> dict[str, Any] | None:
    """The estimate of a quantity; none where the quantity itself is unknown (NaN)."""
    if math.isnan(known):
        return None
    return {
        f"total_{unit}": _number(one.total),
        f"low_{unit}": _number(one.low),
        f"high_{unit}": _number(one.high),
        "half_width_pct": _number(one.half_width_pct),
        "method": one.method,
        "draws": one.draws,
        "seed": one.seed,
        "contributions": [{"input": label, "share_pct": _number(share)} for label, share in one.contributions],
    }


def _nearby(finding: NearbyFinding) -> dict[str, Any]:
    return {
        "layer": finding.layer_id,
        "title": finding.title,
        "radius_m": finding.radius_m,
        "features": records(finding.features),
    }


def _version(data: LayerData) -> dict[str, Any]:
    version = data.version
    return {
        "layer": data.spec.id,
        "title": data.spec.title,
        "version": version.name,
        "number": version.number,
        "published_at": version.published_at,
        "provenance": version.provenance.as_dict(),
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table with plain values; NaN and missing become None."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return _number(value)
    return None if value is None or value is pd.NA else value


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _listed(value: Any) -> Any:
    """Lists for tuples, as JSON has them."""
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, list | tuple) else value
