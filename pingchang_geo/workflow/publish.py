"""Publish a checked frame: derive first, switch last."""

from __future__ import annotations

import geopandas as gpd

from pingchang_geo import layers
from pingchang_geo.provenance import Provenance
from pingchang_geo.store import Snapshot, Store, Version
from pingchang_geo.workflow import derive


def publish(
    store: Store,
    layer: str,
    frame: gpd.GeoDataFrame,
    *,
    provenance: Provenance,
    publisher: str,
    note: str,
    base: str | None,
    action: str = "publish",
    progress: derive.Progress = lambda _: None,
) -> Version:
    """Publish ``frame`` (canonical columns, EPSG:4490) as the next version of ``layer``.

    Tiles, carbon and joins are ready before the version becomes current, so that nobody sees half of it.

    Raises:
        ConflictError, StoreError: nothing was changed.
    """

    def prepare(version: Version, after: Snapshot, content: gpd.GeoDataFrame) -> None:
        derive.ensure(store, after, {version.layer: content}, progress)

    progress(f"写入{layers.get(layer).title}（{len(frame):,} 条）")
    version = store.publish(
        layer,
        frame,
        provenance=provenance,
        publisher=publisher,
        note=note,
        base=base,
        prepare=prepare,
        action=action,
    )
    progress(f"已发布：{layers.get(layer).title}{version.label}")
    return version


def current_base(store: Store, layer: str) -> str | None:
    """Name of the layer's current version, for the compare-and-swap; None when there is none."""
    version = store.snapshot().versions.get(layer)
    return version.name if version else None
