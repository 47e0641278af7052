"""Annual removal from two published versions of a layer: read both, match the plots, divide by the years between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from pingchang_geo import change, crs
from pingchang_geo.accounts import UNFILLED
from pingchang_geo.carbon.factors import FactorSet
from pingchang_geo.change import StockChange
from pingchang_geo.errors import PingchangError
from pingchang_geo.specs import LayerSpec
from pingchang_geo.store import Store, Version
from pingchang_geo.units import HA_M2
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.accounts.account import role_of, with_stock


@dataclass(frozen=True)
class VersionChange:
    """The change over all plots; ``by_kind`` is the removal (tCO₂/a) of matched plots by the later version's kinds,
    未填 among them, and adds up to that of the whole."""

    before: Version
    after: Version
    whole: StockChange
    by_kind: Mapping[str, float]


@dataclass(frozen=True)
class Choice:
    """Two versions to compare, or in ``missing`` what is wanting before that can be done."""

    before: Version | None
    after: Version | None
    missing: str = ""


def proposed(versions: tuple[Version, ...], current: Version | None = None) -> Choice:
    """The current version and the newest earlier one whose date lies before its own.

    Args:
        versions: all of a layer, newest first.
        current: the version served; the newest by default.
    """
    after = current or (versions[0] if versions else None)
    if after is None or len(versions) < 2:
        return Choice(None, after, "该图层只有一个版本。发布时点不同的另一个版本后，即可计算储量差。")
    if not after.provenance.as_of:
        return Choice(None, after, f"{after.label}没有数据时点。请在发布时填写（例如 2024-12-31）。")
    for before in versions:
        if before.number != after.number and comparable(before, after):
            return Choice(before, after)
    undated = "、".join(v.label for v in versions if v.number != after.number and not v.provenance.as_of)
    why = f"{undated}没有数据时点，" if undated else ""
    return Choice(None, after, f"{why}没有数据时点早于{after.label}的版本。请核对各版本发布时填写的数据时点。")


def comparable(before: Version, after: Version) -> bool:
    """Whether the dates of both versions are known and in order."""
    try:
        change.years_between(before.provenance.as_of, after.provenance.as_of)
    except PingchangError:
        return False
    return True


def between(store: Store, spec: LayerSpec, before: Version, after: Version, factors: FactorSet) -> VersionChange:
    """Stock difference of two versions, both computed with the same parameter set.

    Raises:
        PingchangError: a date is missing or unreadable, or the second is not after the first.
        StoreError: a version cannot be read.
    """
    years = change.years_between(before.provenance.as_of, after.provenance.as_of)
    old, new = plots_of(store, spec, before, factors), plots_of(store, spec, after, factors)
    role = role_of(spec)
    matched = change.match(old, new, spec.key)
    whole = change.stock_change(old, new, matched, years)
    kinds = new[role.stand_kind].astype(object).where(new[role.stand_kind].notna(), UNFILLED)
    return VersionChange(before, after, whole, change.removal_by_group(old, new, matched, years, kinds))


def plots_of(store: Store, spec: LayerSpec, version: Version, factors: FactorSet) -> pd.DataFrame:
    """Plots of any version with key, carbon columns, area (ha) and stock (tC) by ``factors``.

    The area derived at publish is used where it is at hand; a version from before a change of the rules is measured
    anew from its geometry.
    """
    role = role_of(spec)
    names = [*spec.key, role.stand_type, role.volume_m3_ha, role.stand_kind, role.land_class]
    frame: pd.DataFrame = store.read(version, columns=list(dict.fromkeys(names)))
    return with_stock(frame.assign(area_ha=_area_ha(store, version)), role, factors)


def _area_ha(store: Store, version: Version) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    try:
        return derive.read_attributes(store, version)["area_ha"].to_numpy(dtype=np.float64)
    except FileNotFoundError:
        geometry = store.read(version, columns=["geometry"]).geometry
        metres = crs.to_equal_area(np.asarray(geometry.array, dtype=object))
        return np.asarray(shapely.area(metres), dtype=np.float64) / HA_M2
