"""What is computed from published versions: areas, carbon, id tiles, joins. Built before a version becomes visible.

Everything here is immutable and keyed by what it was computed from: the version, the pair of versions, and
:func:`fingerprint` (the rules and parameters). Change a parameter and the next start computes anew beside the old.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingchang_geo import attributes, carbon, crs, layers, overlay
from pingchang_geo.indicators import load_ledger
from pingchang_geo.settings import settings
from pingchang_geo.specs import CarbonColumns, LayerSpec
from pingchang_geo.store import Snapshot, Store, Version, sync_folder
from pingchang_geo.tiles import TileArchive, build_tiles

#: Raise when a rule in this module, in ``attributes`` or in ``overlay`` changes what it computes.
_RULES: Final = 4
#: Raise when ``tiles`` changes what it draws or how it stores it.
_TILE_RULES: Final = 1

_POLYGONS: Final = 2
BOUNDS: Final = ["west", "south", "east", "north"]

Progress = Callable[[str], None]


@cache
def fingerprint() -> str:
    """Eight hex digits over the rules and every parameter behind the derived columns, declarations included."""
    roles = [(spec.id, spec.zone, _plain(spec.carbon)) for spec in layers.all_specs()]
    parameters = repr((_RULES, carbon.load(), sorted(_rates().items()), roles))
    return hashlib.sha256(parameters.encode()).hexdigest()[:8]


def _plain(role: CarbonColumns | None) -> tuple[str, ...]:
    """The role in an order that does not change from process to process."""
    if role is None:
        return ()
    return role.stand_type, role.volume_m3_ha, role.stand_kind, role.land_class, *sorted(role.unestablished)


def _rates() -> dict[str, float]:
    return carbon.official_rates_tco2_ha_a(carbon.load(), load_ledger())


def joined_layers(snapshot: Snapshot) -> Iterator[tuple[LayerSpec, LayerSpec]]:
    """Pairs (plots, zones) of published layers that are joined."""
    for plots in layers.carbon_bearing():
        for zones in layers.zones():
            if plots.id in snapshot.versions and zones.id in snapshot.versions:
                yield plots, zones


def tiled(version: Version) -> bool:
    """Whether the layer version is drawn from id tiles: all polygons, more than the threshold, no base map."""
    drawn = version.dimension == _POLYGONS and not layers.get(version.layer).base_map
    return drawn and version.rows > settings().id_tile_threshold


def tile_path(store: Store, version: Version) -> Path:
    """The version's archive of id tiles."""
    return store.derived_dir(version) / f"tiles-{_TILE_RULES}.bin"


def _attributes_path(store: Store, version: Version) -> Path:
    return store.derived_dir(version) / f"attributes-{fingerprint()}.parquet"


def _join_path(store: Store, plots: Version, zones: Version) -> Path:
    name = f"join-{fingerprint()}-{zones.layer}-{zones.name}.npz"
    return store.derived_dir(plots) / name


def read_attributes(store: Store, version: Version) -> pd.DataFrame:
    """Own attributes and bounds (columns :data:`BOUNDS`, degrees), one row a feature."""
    return pd.read_parquet(_attributes_path(store, version))


def read_join(store: Store, plots: Version, zones: Version) -> attributes.ZoneJoin:
    """The area-weighted join of two versions."""
    with np.load(_join_path(store, plots, zones)) as arrays:
        pairs = overlay.Pairs(arrays["left"], arrays["right"], arrays["area_m2"])
        return attributes.ZoneJoin(pairs, arrays["covered_m2"])


def ensure(
    store: Store,
    snapshot: Snapshot,
    frames: dict[str, gpd.GeoDataFrame] | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Compute whatever is missing for a snapshot. Idempotent; each file appears whole or not at all.

    Args:
        store: where derived files go.
        snapshot: the versions to serve, whether current already or about to be.
        frames: content at hand by layer id; the rest is read from the store when needed.
        progress: told in Chinese what is being done.
    """
    projected = _Projected(store, snapshot, frames or {})
    for version in snapshot.versions.values():
        spec = layers.get(version.layer)
        path = _attributes_path(store, version)
        if not path.exists():
            progress(f"计算{spec.title}的面积" + ("与碳储量" if spec.carbon else ""))
            _write(path, lambda target, v=version, s=spec: _attributes(projected, s, v).to_parquet(target))  # type: ignore[misc]
        if tiled(version) and not (path := tile_path(store, version)).exists():
            progress(f"生成{spec.title}的地图瓦片（{version.rows:,} 个{spec.noun}）")
            drawn = crs.to_web_mercator(projected.degrees(version.layer))
            _write(path, lambda target, d=drawn: TileArchive.write(target, build_tiles(d)))  # type: ignore[misc]
    for plots, zones in joined_layers(snapshot):
        path = _join_path(store, snapshot.versions[plots.id], snapshot.versions[zones.id])
        if not path.exists():
            progress(f"叠加{plots.title}与{zones.title}")
            _write(path, lambda target, p=plots, z=zones: _save_join(target, projected, p, z))  # type: ignore[misc]


class _Projected:
    """Geometries of a snapshot's layers, read and projected once, on demand."""

    def __init__(self, store: Store, snapshot: Snapshot, frames: dict[str, gpd.GeoDataFrame]) -> None:
        self._store = store
        self._snapshot = snapshot
        self._frames = dict(frames)
        self._metres: dict[str, crs.Geometries] = {}

    def frame(self, layer: str) -> gpd.GeoDataFrame:
        if layer not in self._frames:
            self._frames[layer] = self._store.read(self._snapshot.versions[layer])
        return self._frames[layer]

    def degrees(self, layer: str) -> crs.Geometries:
        return np.asarray(self.frame(layer).geometry.array, dtype=object)

    def metres(self, layer: str) -> crs.Geometries:
        if layer not in self._metres:
            self._metres[layer] = crs.to_equal_area(self.degrees(layer))
        return self._metres[layer]


def _attributes(projected: _Projected, spec: LayerSpec, version: Version) -> pd.DataFrame:
    frame = projected.frame(version.layer)
    metres = projected.metres(version.layer)
    own = attributes.own_attributes(spec, frame, metres, carbon.load(), load_ledger())
    bounds = shapely.bounds(projected.degrees(version.layer))
    return own.assign(**{name: bounds[:, i] for i, name in enumerate(BOUNDS)}).reset_index(drop=True)


def _save_join(target: Path, projected: _Projected, plots: LayerSpec, zones: LayerSpec) -> None:
    metres = projected.metres(plots.id)
    join = attributes.join_zones(metres, shapely.area(metres), zones, projected.metres(zones.id))
    with target.open("wb") as file:
        np.savez(
            file,
            left=join.pairs.left,
            right=join.pairs.right,
            area_m2=join.pairs.area_m2,
            covered_m2=join.covered_m2,
        )


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside ``path``, sync, then rename: readers see the whole file or none.

    The partial file's name is the writer's own: two processes that compute the same thing do not meet.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        write(partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)
