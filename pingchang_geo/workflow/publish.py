"""Publish a checked frame: derive first, switch last; by whoever may, at the beginning and still at the end."""

from __future__ import annotations

import geopandas as gpd

from pingchang_geo import layers
from pingchang_geo.access import Actor, Right
from pingchang_geo.provenance import Provenance
from pingchang_geo.store import Snapshot, Store, Version
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.access import Require, command_only
from pingchang_geo.workflow.operations.signals import unbroken


def publish(
    store: Store,
    layer: str,
    frame: gpd.GeoDataFrame,
    *,
    provenance: Provenance,
    actor: Actor,
    note: str,
    base: str | None,
    action: str = "publish",
    require: Require = command_only,
    progress: derive.Progress = lambda _: None,
) -> Version:
    """Publish ``frame`` (canonical columns, EPSG:4490) as the next version of ``layer``.

    Tiles, carbon and joins are ready before the version becomes current, so that nobody sees half of it. That takes a
    while, so whether the actor may is asked again right before the switch: somebody whose session was revoked in
    between publishes nothing.

    Args:
        store: where to.
        layer: layer id.
        frame: the content.
        provenance: where it comes from.
        actor: who publishes; the name goes into version and log.
        note: what changed, in the publisher's words.
        base: name of the version that the publisher compared with; None when there was none.
        action: what the log calls it, ``publish`` or ``rollback``.
        require: who is asked whether the actor may (``start.require``); where nobody is named, only the command line
            passes.
        progress: told in Chinese what is being done.

    Raises:
        ForbiddenError: the actor may not; nothing was changed.
        ConflictError, StoreError: nothing was changed.
    """
    actor = require(actor, Right.UPDATE)

    def prepare(version: Version, after: Snapshot, content: gpd.GeoDataFrame) -> None:
        derive.ensure(store, after, {version.layer: content}, progress)
        require(actor, Right.UPDATE)

    progress(f"写入{layers.get(layer).title}（{len(frame):,} 条）")
    with unbroken():
        version = store.publish(
            layer,
            frame,
            provenance=provenance,
            publisher=actor.name,
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
