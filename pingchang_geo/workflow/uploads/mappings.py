"""Column mappings that analysts confirmed, remembered by the fingerprint of a file's columns.

The next file with the same columns is then read the same way without a question. One file a fingerprint and layer;
the last confirmation counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pingchang_geo.fieldmap import fingerprint
from pingchang_geo.workflow.uploads.drafts import read_json, write_json

_LAYER: Final = re.compile(r"[a-z_]+")


class Mappings:
    """Remembered mappings below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root / "mappings"

    def remember(self, layer: str, columns: Sequence[str], mapping: Mapping[str, str], actor: str) -> None:
        """Keep a confirmed mapping (canonical name → column) for files with these columns."""
        self._root.mkdir(parents=True, exist_ok=True)
        write_json(self._path(layer, columns), {"mapping": dict(mapping), "actor": actor, "columns": list(columns)})

    def recall(self, layer: str, columns: Sequence[str]) -> dict[str, str]:
        """The mapping remembered for files with these columns; empty without one, or where it no longer fits."""
        found = (read_json(self._path(layer, columns)) or {}).get("mapping")
        if not isinstance(found, dict):
            return {}
        known = set(columns)
        return {str(name): str(column) for name, column in found.items() if column in known}

    def _path(self, layer: str, columns: Sequence[str]) -> Path:
        if not _LAYER.fullmatch(layer):
            raise ValueError(layer)
        return self._root / f"{layer}-{fingerprint(columns)}.json"
