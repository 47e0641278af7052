"""What an upload is compared with, and what it would replace: the versions as they were at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pingchang_geo.store import Snapshot, Store


@dataclass(frozen=True)
class Basis:
    """One snapshot, taken before an inspection: content to compare with and base to publish on are the same version."""

    store: Store
    snapshot: Snapshot

    @classmethod
    def now(cls, store: Store) -> Basis:
        """The versions that are current now."""
        return cls(store, store.snapshot())

    def name(self, layer: str) -> str | None:
        """Name of the layer's version, for the compare-and-swap; None when there is none."""
        version = self.snapshot.versions.get(layer)
        return version.name if version else None

    def content(self, layer: str) -> Any:
        """Content of a layer (GeoDataFrame, EPSG:4490) to compare uploads with.

        None when there is no version, or an illustrative one: real data differ from it in everything, and should.
        """
        version = self.snapshot.versions.get(layer)
        return None if version is None or version.provenance.illustrative else self.store.read(version)
