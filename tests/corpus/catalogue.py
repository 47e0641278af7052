"""All cases: importing the modules declares them."""

from __future__ import annotations

from tests.corpus import (
    dirty_places,
    dirty_values,
    good_formats,
    good_geometry,
    good_tables,
    hostile_archives,
    hostile_files,
)
from tests.corpus.case import CASES, Case

_MODULES = (good_tables, good_geometry, good_formats, dirty_values, dirty_places, hostile_files, hostile_archives)


def cases() -> list[Case]:
    """Every case, good ones first."""
    assert all(module.__doc__ for module in _MODULES)
    return list(CASES.values())
