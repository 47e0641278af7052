"""What is computed from published versions: areas, carbon, id tiles, joins. Built before a version becomes visible.

Everything here is immutable and keyed by what it was computed from: the version, the pair of versions, and
:func:`fingerprint` (the rules and parameters). Change a parameter and the next start computes anew beside the old.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Container, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingchang_geo import attributes, carbon, crs, layers, overlay, proximity
from pingchang_geo.indicators import load_ledger
from pingchang_geo.layers import joined, palette
from pingchang_geo.settings import settings
from pingchang_geo.specs import CarbonColumns, LayerSpec
from pingchang_geo.store import Snapshot, Store, Version, sync_folder
from pingchang_geo.tiles import TileArchive, build_tiles
from pingchang_geo.units import HA_M2

#: Raise when a rule in this module, in ``attributes`` or in ``overlay`` changes what it computes.
_RULES: Final = 7
#: Raise when ``tiles`` changes what it draws or how it stores it.
_TILE_RULES: Final = 1

#: Names of derived files, as the functions below make them.
_DERIVED: Final = re.compile(
    r"tiles-(?P<tiles>\d+)\.bin"
    r"|(?:attributes|join|rings|guarded)-(?P<fingerprint>[0-9a-f]{8})"
    r"(?:-(?P<layer>[a-z_]+)-(?P<version>\d+-[0-9a-f]{12}))?\.(?:parquet|npz)"
)
_POLYGONS: Final = 2
BOUNDS: Final = ["west", "south", "east", "north"]

Progress = Callable[[str], None]


def fingerprint() -> str:
    """Eight hex digits over the rules and every parameter behind the derived columns, declarations included.

    The chosen parameter set enters with every value, the county's own included.
    """
    return _fingerprint(carbon.load())


@cache
def _fingerprint(factors: carbon.FactorSet) -> str:
    roles = [(spec.id, spec.zone, spec.site, _plain(spec.carbon)) for spec in layers.all_specs()]
    parameters = repr((_RULES, factors, sorted(_rates().items()), roles))
    return hashlib.sha256(parameters.encode()).hexdigest()[:8]


def _plain(role: CarbonColumns | None) -> tuple[str, ...]:
    """The role in an order that does not change from process to process."""
    if role is None:
        return ()
    named = (role.stand_type, role.volume_m3_ha, role.stand_kind, role.land_class, role.reported_stock_tc)
    return (*named, *sorted(role.unestablished), "", *sorted(role.treeless))


def _rates() -> dict[str, float]:
    return carbon.official_rates_tco2_ha_a(carbon.load(), load_ledger())


def joined_layers(snapshot: Snapshot) -> Iterator[tuple[LayerSpec, LayerSpec]]:
    """Pairs (plots, zones) of published layers that are joined."""
    for plots in layers.carbon_bearing():
        for zones in layers.zones():
            if plots.id in snapshot.versions and zones.id in snapshot.versions:
                yield plots, zones


def ringed_layers(snapshot: Snapshot) -> Iterator[tuple[LayerSpec, LayerSpec]]:
    """Pairs (plots, zones) of published layers where the plots around each zone are summed as well."""
    return ((plots, zones) for plots, zones in joined_layers(snapshot) if zones.zone and zones.zone.rings_m)


def guarded_layers(snapshot: Snapshot) -> Iterator[tuple[LayerSpec, LayerSpec]]:
    """Pairs (zones, protected) of published layers where each zone knows how it lies to the protected layer."""
    for zones in layers.zones():
        for guarded in layers.protected():
            rings = zones.zone is not None and zones.zone.rings_m
            if rings and zones.id != guarded.id and {zones.id, guarded.id} <= set(snapshot.versions):
                yield zones, guarded


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
    return _pair_path(store, "join", plots, zones, "npz")


def _pair_path(store: Store, what: str, of: Version, other: Version, ending: str) -> Path:
    return store.derived_dir(of) / f"{what}-{fingerprint()}-{other.layer}-{other.name}.{ending}"


def _rings_path(store: Store, plots: Version, zones: Version) -> Path:
    return _pair_path(store, "rings", plots, zones, "parquet")


def _guarded_path(store: Store, zones: Version, guarded: Version) -> Path:
    return _pair_path(store, "guarded", zones, guarded, "parquet")


def outdated(name: str, present: Container[tuple[str, str]]) -> bool:
    """Whether a derived file serves nothing any more: other rules or parameters, or with a version that is gone.

    Args:
        name: of a file in the derived folder of a version that is present.
        present: (layer id, version name) of every version whose content is there.
    """
    found = _DERIVED.fullmatch(name)
    if found is None:  # not ours to judge
        return False
    if found["tiles"]:
        return int(found["tiles"]) != _TILE_RULES
    other = found["layer"] is not None and (found["layer"], found["version"]) not in present
    return found["fingerprint"] != fingerprint() or other


def read_attributes(store: Store, version: Version) -> pd.DataFrame:
    """Own attributes and bounds (columns :data:`BOUNDS`, degrees), one row a feature."""
    return pd.read_parquet(_attributes_path(store, version))


def read_join(store: Store, plots: Version, zones: Version) -> attributes.ZoneJoin:
    """The area-weighted join of two versions."""
    with np.load(_join_path(store, plots, zones)) as arrays:
        pairs = overlay.Pairs(arrays["left"], arrays["right"], arrays["area_m2"])
        return attributes.ZoneJoin(pairs, arrays["covered_m2"])


def read_rings(store: Store, plots: Version, zones: Version) -> pd.DataFrame:
    """Totals of the plots within each ring, one row a zone; columns by :func:`layers.joined.ring_field`."""
    return pd.read_parquet(_rings_path(store, plots, zones))


def read_guarded(store: Store, zones: Version, guarded: Version) -> pd.DataFrame:
    """Distance to a protected layer (m) and area of it inside (ha), one row a zone."""
    return pd.read_parquet(_guarded_path(store, zones, guarded))


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
    with store.deriving():
        _ensure_own(store, snapshot, projected, progress)
        _ensure_joins(store, snapshot, projected, progress)
        _ensure_surroundings(store, snapshot, projected, progress)


def _ensure_own(store: Store, snapshot: Snapshot, projected: _Projected, progress: Progress) -> None:
    """Attributes and tiles of each version alone."""
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


def _ensure_joins(store: Store, snapshot: Snapshot, projected: _Projected, progress: Progress) -> None:
    """Plots with zones."""
    for plots, zones in joined_layers(snapshot):
        path = _join_path(store, snapshot.versions[plots.id], snapshot.versions[zones.id])
        if not path.exists():
            progress(f"叠加{plots.title}与{zones.title}")
            _write(path, lambda target, p=plots, z=zones: _save_join(target, projected, p, z))  # type: ignore[misc]


def _ensure_surroundings(store: Store, snapshot: Snapshot, projected: _Projected, progress: Progress) -> None:
    versions = snapshot.versions
    for plots, zones in ringed_layers(snapshot):
        path = _rings_path(store, versions[plots.id], versions[zones.id])
        if not path.exists():
            progress(f"统计{zones.title}周边的{plots.title}")
            own = read_attributes(store, versions[plots.id])
            rings = _rings(projected, plots, zones, own)
            _write(path, rings.to_parquet)
    for zones, guarded in guarded_layers(snapshot):
        path = _guarded_path(store, versions[zones.id], versions[guarded.id])
        if not path.exists():
            progress(f"量算{zones.title}与{guarded.title}的距离")
            _write(path, _guarded(projected, zones, guarded).to_parquet)


class _Projected:
    """Geometries of a snapshot's layers, read and projected once, on demand."""

    def __init__(self, store: Store, snapshot: Snapshot, frames: dict[str, gpd.GeoDataFrame]) -> None:
        self._store = store
        self._snapshot = snapshot
        self._frames = dict(frames)
        self._metres: dict[str, crs.Geometries] = {}
        self._trees: dict[str, shapely.STRtree] = {}

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

    def tree(self, layer: str) -> shapely.STRtree:
        if layer not in self._trees:
            self._trees[layer] = shapely.STRtree(self.metres(layer))
        return self._trees[layer]


def _attributes(projected: _Projected, spec: LayerSpec, version: Version) -> pd.DataFrame:
    frame = projected.frame(version.layer)
    metres = projected.metres(version.layer)
    own = attributes.own_attributes(spec, frame, metres, carbon.load(), load_ledger())
    bounds = shapely.bounds(projected.degrees(version.layer))
    return own.assign(**{name: bounds[:, i] for i, name in enumerate(BOUNDS)}).reset_index(drop=True)


def _save_join(target: Path, projected: _Projected, plots: LayerSpec, zones: LayerSpec) -> None:
    assert zones.zone is not None
    metres = projected.metres(plots.id)
    area_m2 = shapely.area(metres)
    polygons = overlay.zone_polygons(projected.metres(zones.id), zones.zone.point_radius_m)
    pairs = overlay.overlaps(projected.tree(plots.id), polygons, area_m2)
    with target.open("wb") as file:
        np.savez(
            file,
            left=pairs.left,
            right=pairs.right,
            area_m2=pairs.area_m2,
            covered_m2=overlay.covered_m2(metres, polygons, pairs, area_m2),
        )


def _rings(projected: _Projected, plots: LayerSpec, zones: LayerSpec, own: pd.DataFrame) -> pd.DataFrame:
    """Totals within each ring, by shared area; ``own`` are the plots' attributes."""
    assert zones.zone is not None
    area_m2 = shapely.area(projected.metres(plots.id))
    columns = {}
    for radius in zones.zone.rings_m:
        polygons = overlay.zone_polygons(projected.metres(zones.id), None, radius)
        pairs = overlay.overlaps(projected.tree(plots.id), polygons, area_m2)
        for total, column in palette.PLOT_COLUMNS.items():
            per_m2 = overlay.densities(own[column].to_numpy(dtype=np.float64), area_m2)
            columns[joined.ring_field(total, radius)] = overlay.zone_sums(pairs, per_m2, len(polygons))
    return pd.DataFrame(columns)


def _guarded(projected: _Projected, zones: LayerSpec, guarded: LayerSpec) -> pd.DataFrame:
    """Distance of each zone to the nearest protected feature, and the protected area inside it, overlaps once."""
    assert zones.zone is not None
    metres = projected.metres(zones.id)
    polygons = overlay.zone_polygons(metres, zones.zone.point_radius_m)
    near = proximity.nearest(metres, projected.tree(guarded.id))
    pairs = overlay.overlaps(polygons, projected.metres(guarded.id))
    inside_m2 = overlay.covered_m2(polygons, projected.metres(guarded.id), pairs)
    inside_m2[shapely.get_dimensions(polygons) < _POLYGONS] = np.nan
    return pd.DataFrame(
        {joined.distance_field(guarded): near.distance_m, joined.overlap_field(guarded): inside_m2 / HA_M2}
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
