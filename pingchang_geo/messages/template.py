"""The form of one message."""

from __future__ import annotations

from dataclasses import dataclass

from pingchang_geo.issues import Level


@dataclass(frozen=True)
class Template:
    """Usual weight, what was found, how to mend it; both texts are filled by ``str.format``."""

    level: Level
    found: str
    fix: str
