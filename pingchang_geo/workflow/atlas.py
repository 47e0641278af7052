"""The atlas: the current layers with their derived attributes, read-only, as pages, routes and exports use them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pingchang_geo import attributes, crs, layers, provenance
from pingchang_geo.crs import Geometries
from pingchang_geo.errors import UnknownLayerError
from pingchang_geo.specs import FieldKind, LayerSpec
from pingchang_geo.store import Snapshot, Store, Version
from pingchang_geo.workflow import derive


@dataclass(frozen=True)
class LayerData:
    """One published layer.

    Attributes:
        frame: n rows, the row number as index; canonical source columns and every derived one; categories are
            pandas categoricals. Shared between sessions: never write to it.
        bounds: n × 4 (west, south, east, north), EPSG:4490.
    """

    spec: LayerSpec
    version: Version
    frame: pd.DataFrame
    bounds: NDArray[np.float64]
    store: Store = field(repr=False, compare=False)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the whole layer, EPSG:4490."""
        low, high = self.bounds[:, :2].min(axis=0), self.bounds[:, 2:].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @cached_property
    def geometry(self) -> Geometries:
        """n geometries, EPSG:4490; read on first use, since pages of large layers never need them."""
        frame: gpd.GeoDataFrame = self.store.read(self.version, columns=["geometry"])
        return np.asarray(frame.geometry.array, dtype=object)

    @cached_property
    def metres(self) -> Geometries:
        """n geometries in the measuring projection. Shared between threads: never prepare them in place."""
        return crs.to_equal_area(self.geometry)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over :attr:`metres`, in row order."""
        return shapely.STRtree(self.metres)

    @cached_property
    def filled(self) -> frozenset[str]:
        """Columns that hold at least one value; looked at once, since every run of a page asks."""
        return frozenset(str(name) for name, column in self.frame.items() if column.notna().any())

    @cached_property
    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """Smallest and largest finite value of each filled number column."""
        numbers = [f.name for f in self.spec.fields if f.kind is FieldKind.NUMBER and f.name in self.filled]
        values = {name: self.frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in numbers}
        return {name: (float(np.nanmin(v)), float(np.nanmax(v))) for name, v in values.items()}

    @cached_property
    def categories(self) -> Mapping[str, tuple[str, ...]]:
        """Categories that occur in each filled category column, in their order."""
        named = [f.name for f in self.spec.fields if f.kind is FieldKind.CATEGORY and f.name in self.filled]
        columns = {name: self.frame[name].cat for name in named}
        return {
            name: tuple(str(column.categories[code]) for code in np.unique(column.codes) if code >= 0)
            for name, column in columns.items()
        }

    @cached_property
    def search_text(self) -> Any:
        """Arrow array of n lower-case texts to search in: the declared search fields, joined by spaces."""
        columns = [self.frame[name].astype(object).fillna("").astype(str) for name in self.spec.search]
        joined = columns[0]
        for column in columns[1:]:
            joined = joined + " " + column
        return pa.array(joined.str.lower(), type=pa.large_string())

    @cached_property
    def titles(self) -> NDArray[Any]:
        """Names of all n features as :meth:`title_of` gives them; those without one are numbered."""
        numbered = [f"{self.spec.noun} {row + 1}" for row in range(len(self.frame))]
        by_name = len(self.spec.key) == 1 or self.spec.name_field == "name"
        columns = [self.spec.name_field] if by_name else [k for k in self.spec.key if k in self.frame]
        texts = [self.frame[name].astype(object).where(self.frame[name].notna(), "").astype(str) for name in columns]
        if by_name:
            words = texts[0].tolist()
        else:
            parts = zip(*(text.tolist() for text in texts), strict=True)
            words = ["-".join(part for part in row if part) for row in parts]
            words = [f"{self.spec.noun} {word}" if word else "" for word in words]
        return np.array([word or number for word, number in zip(words, numbered, strict=True)], dtype=object)

    def title_of(self, row: int) -> str:
        """Name of one feature, e.g. ``佛头山`` or ``小班 12-7``."""
        record = self.frame.iloc[row]
        name = str(record[self.spec.name_field])
        if len(self.spec.key) == 1 or self.spec.name_field == "name":
            return name
        parts = [str(record[k]) for k in self.spec.key if k in record and pd.notna(record[k]) and record[k] != ""]
        return f"{self.spec.noun} {'-'.join(parts)}"


@dataclass(frozen=True)
class Atlas:
    """All published layers of one snapshot."""

    snapshot: Snapshot
    layers: Mapping[str, LayerData]

    @property
    def id(self) -> str:
        """Sixteen hex digits for addresses: changes with any version, the rules behind derived columns, and what
        cards and columns show of them."""
        return hashlib.sha256(f"{self.snapshot.id} {derive.fingerprint()} {_shown()}".encode()).hexdigest()[:16]

    def __getitem__(self, layer_id: str) -> LayerData:
        try:
            return self.layers[layer_id]
        except KeyError:
            title = layers.get(layer_id).title
            raise UnknownLayerError(
                f"图层「{title}」尚未发布数据。", fix="请先用命令 python -m pingchang_geo publish 发布。"
            ) from None

    def __contains__(self, layer_id: object) -> bool:
        return layer_id in self.layers

    def mark(self, layer_ids: Iterable[str] | None = None) -> str:
        """示意数据 when any of the layers (all by default) is a reference layer, else nothing.

        A layer whose derived columns come from other layers must be asked for together with them.
        """
        ids = self.layers if layer_ids is None else layer_ids
        return provenance.mark(self.layers[i].version.provenance for i in ids if i in self.layers)


@cache
def _shown() -> str:
    """Everything a declaration says of fields, in a stable form."""
    return repr([(s.id, s.title, s.noun, s.fields, s.key, s.popup, s.tooltip, s.themes) for s in layers.all_specs()])


def load(store: Store, snapshot: Snapshot | None = None) -> Atlas:
    """Atlas of a snapshot (the current one by default); derived data must be there already."""
    snapshot = snapshot or store.snapshot()
    frames: dict[str, pd.DataFrame] = {}
    bounds: dict[str, NDArray[np.float64]] = {}
    for layer_id, version in snapshot.versions.items():
        source = store.read(version, columns=[f.name for f in layers.get(layer_id).source_fields])
        own = derive.read_attributes(store, version)
        bounds[layer_id] = own[derive.BOUNDS].to_numpy(dtype=np.float64)
        frames[layer_id] = pd.concat([source, own.drop(columns=derive.BOUNDS)], axis=1)
    _join(store, snapshot, frames)
    data = {
        spec.id: LayerData(spec, snapshot.versions[spec.id], _ordered(spec, frames[spec.id]), bounds[spec.id], store)
        for spec in layers.all_specs()
        if spec.id in frames
    }
    return Atlas(snapshot, MappingProxyType(data))


def _join(store: Store, snapshot: Snapshot, frames: dict[str, pd.DataFrame]) -> None:
    """Add shares to plots; totals, surroundings and distances to zones; in place."""
    for plot_spec, zone_spec in derive.joined_layers(snapshot):
        join = derive.read_join(store, snapshot.versions[plot_spec.id], snapshot.versions[zone_spec.id])
        plots, zones = frames[plot_spec.id], frames[zone_spec.id]
        assert zone_spec.zone is not None
        area_ha = plots["area_ha"].to_numpy(dtype=np.float64)
        plots[zone_spec.zone.share_field] = attributes.share_pct(join, area_ha)
        totals = attributes.zone_totals(join, plots, len(zones))
        _add(zones, totals)
    for plot_spec, zone_spec in derive.ringed_layers(snapshot):
        rings = derive.read_rings(store, snapshot.versions[plot_spec.id], snapshot.versions[zone_spec.id])
        _add(frames[zone_spec.id], rings)
    for zone_spec, guarded in derive.guarded_layers(snapshot):
        near = derive.read_guarded(store, snapshot.versions[zone_spec.id], snapshot.versions[guarded.id])
        _add(frames[zone_spec.id], near)


def _add(frame: pd.DataFrame, columns: pd.DataFrame) -> None:
    for name in columns:
        frame[name] = columns[name].to_numpy()


def _ordered(spec: LayerSpec, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in the order of the declaration; those the snapshot cannot fill (no zone layer) are left out."""
    present: list[Any] = [f.name for f in spec.fields if f.name in frame.columns]
    return frame[present]
