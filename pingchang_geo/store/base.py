"""What a store is: versions, snapshots and the small interface that another engine can implement later."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import geopandas as gpd

from pingchang_geo.provenance import Provenance


@dataclass(frozen=True)
class Version:
    """One immutable published content of a layer.

    ``name`` is ``<number>-<first 12 hex digits of sha256>``; times are ISO 8601 UTC; ``rows`` counts features.
    """

    layer: str
    number: int
    sha256: str
    rows: int
    provenance: Provenance
    published_at: str
    publisher: str
    note: str = ""
    parent: str | None = None
    #: Dimension of every feature: 0 points, 1 lines, 2 polygons; None where they are mixed.
    dimension: int | None = None
    #: When the content was removed to free space; empty while it is there. The record stays.
    pruned_at: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """Name used in folders and addresses."""
        return f"{self.number}-{self.sha256[:12]}"

    @property
    def label(self) -> str:
        """Short text for the status line, e.g. ``第 2 版``."""
        return f"第 {self.number} 版"


@dataclass(frozen=True)
class Snapshot:
    """Which version of each layer is current. Equal content has an equal ``id``."""

    versions: Mapping[str, Version]

    @property
    def id(self) -> str:
        """First 16 hex digits of the sha256 over the sorted ``layer=version`` lines."""
        lines = "\n".join(f"{layer}={version.name}" for layer, version in sorted(self.versions.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]

    def replacing(self, version: Version) -> Snapshot:
        """The snapshot after ``version`` becomes current."""
        return Snapshot(MappingProxyType({**self.versions, version.layer: version}))


#: Called with the new version, the snapshot that would follow and the not yet visible content, before the switch.
Prepare = Callable[[Version, Snapshot, gpd.GeoDataFrame], None]


class Store(Protocol):
    """Versioned layers. Nothing is ever overwritten; a roll-back is a new version."""

    def snapshot(self) -> Snapshot:
        """The current versions."""
        ...

    def versions(self, layer: str) -> tuple[Version, ...]:
        """Every version of a layer, newest first."""
        ...

    def read(self, version: Version, columns: list[str] | None = None) -> Any:
        """Content of a version: a GeoDataFrame (EPSG:4490), or a DataFrame where ``columns`` leave geometry out."""
        ...

    def publish(
        self,
        layer: str,
        frame: gpd.GeoDataFrame,
        *,
        provenance: Provenance,
        publisher: str,
        note: str,
        base: str | None,
        prepare: Prepare,
        action: str = "publish",
    ) -> Version:
        """Publish ``frame`` as the layer's next version; see :class:`pingchang_geo.store.local.LocalStore`."""
        ...

    def derived_dir(self, version: Version) -> Path:
        """Folder for what is derived from one version alone."""
        ...

    def deriving(self) -> AbstractContextManager[None]:
        """Held while files are written into derived folders."""
        ...
