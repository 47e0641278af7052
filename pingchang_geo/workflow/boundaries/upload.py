"""Files of a site's boundary from a browser: kept only while they are read."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pingchang_geo.readers.model import Limits
from pingchang_geo.settings import Settings
from pingchang_geo.workflow.boundaries.reading import SiteBoundary, read_files
from pingchang_geo.workflow.uploads.drafts import safe_name

_SECONDS: Final = 60


def read_uploaded(
    files: Sequence[tuple[str, bytes]], chosen: Settings, *, county: Any | None, answers: Mapping[str, str]
) -> SiteBoundary:
    """Read a boundary from (name, content) pairs, as :func:`.reading.read_files` does from paths.

    The files lie in a folder of their own, under names without folders, and are gone afterwards. A boundary is small:
    what exceeds ``site_upload_mb`` belongs on the page that publishes layers.
    """
    seconds = min(_SECONDS, chosen.worker_seconds)
    limits = replace(Limits.of(chosen), max_upload_mb=chosen.site_upload_mb, worker_seconds=seconds)
    with tempfile.TemporaryDirectory(prefix="pingchang-site-") as folder:
        paths: dict[str, Path] = {}
        for name, content in files:
            path = Path(folder) / safe_name(name)
            path.write_bytes(content)
            paths[path.name] = path  # of two files with one name the later one counts
        return read_files(list(paths.values()), limits=limits, county=county, answers=answers)
