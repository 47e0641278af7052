"""The process's current atlas, shared by every session and route; loaded once a snapshot."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from pingchang_geo.store import Store
from pingchang_geo.workflow.atlas import Atlas, load

#: The current atlas and the one before it: pages that were open during a publish finish with the old one.
_KEPT: Final = 2


class Atlases:
    """Atlases by snapshot; thread-safe. Asking for the current one costs one small query."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, Atlas] = OrderedDict()

    def current(self) -> Atlas:
        """The atlas of the current snapshot, loaded on first use after a publish."""
        snapshot = self._store.snapshot()
        with self._lock:
            for atlas in self._loaded.values():
                if atlas.snapshot.id == snapshot.id:
                    return atlas
            atlas = load(self._store, snapshot)
            self._loaded[atlas.id] = atlas
            while len(self._loaded) > _KEPT:
                self._loaded.popitem(last=False)
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
