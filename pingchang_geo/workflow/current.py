"""The process's current atlas, shared by every session and route; loaded once a snapshot."""

from __future__ import annotations

import gc
import logging
import threading
from collections import OrderedDict
from typing import Final

from pingchang_geo.errors import StoreError
from pingchang_geo.store import Snapshot, Store
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, LayerData, load

_LOG: Final = logging.getLogger(__name__)

#: The current atlas and the one before it: pages that were open during a publish finish with the old one.
_KEPT: Final = 2


class Atlases:
    """Atlases by snapshot; thread-safe. Asking for the current one costs one small query."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._staying = False
        self._loaded: OrderedDict[str, Atlas] = OrderedDict()

    def current(self) -> Atlas:
        """The atlas of the current snapshot, loaded on first use after a publish."""
        snapshot = self._store.snapshot()
        found = self._find(snapshot.id)
        if found is not None:
            return found
        with self._loading:
            found = self._find(snapshot.id)
            return found if found is not None else self._load(snapshot)

    def stay(self) -> None:
        """For a server: from now on, with what is loaded and after each publish, make room for many readers."""
        self._staying = True
        with self._lock:
            atlases = list(self._loaded.values())
        _settle(atlases)

    def _find(self, snapshot_id: str) -> Atlas | None:
        with self._lock:
            return next((atlas for atlas in self._loaded.values() if atlas.snapshot.id == snapshot_id), None)

    def _load(self, snapshot: Snapshot) -> Atlas:
        """Load a snapshot, computing what is missing: a publisher with newer rules leaves ours to us."""
        try:
            derive.ensure(self._store, snapshot)
            atlas = load(self._store, snapshot)
        except (OSError, StoreError):
            with self._lock:
                if not self._loaded:
                    raise
                _LOG.exception("snapshot %s cannot be loaded; the one before it is still served", snapshot.id)
                return next(reversed(self._loaded.values()))
        with self._lock:
            self._loaded[atlas.id] = atlas
            while len(self._loaded) > _KEPT:
                self._loaded.popitem(last=False)
        if self._staying:
            _settle([atlas])
        return atlas

    def by_id(self, atlas_id: str) -> Atlas | None:
        """The atlas an address names, if it is still kept."""
        current = self.current()
        if current.id == atlas_id:
            return current
        with self._lock:
            return self._loaded.get(atlas_id)

    def kept(self) -> list[Atlas]:
        """The current atlas first, then the earlier one that is still kept."""
        current = self.current()
        with self._lock:
            return [current, *(atlas for atlas in self._loaded.values() if atlas is not current)]

    def held(self, layer: str, version: str) -> LayerData | None:
        """A layer version that is in memory; what is current is not asked, and so no disk."""
        with self._lock:
            atlases = list(self._loaded.values())
        found = (atlas.layers.get(layer) for atlas in reversed(atlases))
        return next((data for data in found if data is not None and data.version.name == version), None)


def _settle(atlases: list[Atlas]) -> None:
    """Have the garbage collector look no more at what is loaded now, and read in the background what maps will want.

    What is dropped later is freed all the same when nothing refers to it; only rings of such objects stay until the
    next call (docs/decisions/0012-garbage.md).
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.collect()  # Python then takes what is left, next to nothing, for the measure of when to look again
    for atlas in atlases:
        threading.Thread(target=_read_ahead, args=(atlas,), name="read-ahead", daemon=True).start()


def _read_ahead(atlas: Atlas) -> None:
    """Read what the first reader who looks closely would wait for: the geometries that deep tiles are drawn from."""
    for data in atlas.layers.values():
        if derive.tiled(data.version):
            try:
                _ = data.geometry
            except (OSError, StoreError):
                _LOG.warning("geometries of %s cannot be read ahead", data.version.name)
