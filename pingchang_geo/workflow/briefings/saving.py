"""Briefings by name: opened, saved by whoever may, brought in from a file and taken away as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from pingchang_geo.access import Actor, Right
from pingchang_geo.briefing import Briefing, dump, parse
from pingchang_geo.store.briefings import BriefingShelf, SavedBriefing
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import Require


@dataclass(frozen=True, slots=True)
class Opened:
    """A briefing as somebody starts to edit or play it; ``saved`` says which version it is."""

    briefing: Briefing
    saved: SavedBriefing


@cache
def shelf() -> BriefingShelf:
    """The process's shelf, in the data folder of the settings; saves go to the store's audit log."""
    store = start.open_store()
    found = BriefingShelf(store.root, store.log)
    found.sweep()
    return found


def opened(name: str, number: int | None = None, *, on: BriefingShelf | None = None) -> Opened:
    """A briefing of the shelf, the current version by default.

    Raises:
        StoreError: there is none.
    """
    on = on or shelf()
    versions = on.versions(name)
    wanted = next((one for one in versions if one.number == number), versions[0] if number is None else None)
    text = on.read(name, wanted.number if wanted else number)
    return Opened(_named(parse(text, name), name), wanted or SavedBriefing(name, number or 0))


def save(
    briefing: Briefing,
    *,
    base: int | None,
    actor: Actor,
    note: str = "",
    on: BriefingShelf | None = None,
    require: Require = start.require,
) -> SavedBriefing:
    """Save a briefing under its own name.

    Args:
        briefing: what to save.
        base: number of the version that the editor started from; None for a new name.
        actor: who saves.
        note: what changed, in the editor's words.
        on: the shelf; the process's own by default.
        require: who is asked whether the actor may.

    Raises:
        ForbiddenError: the actor may not; nothing was changed.
        ConflictError: somebody else saved in between, or the name is taken; nothing was changed.
        StoreError: it cannot be written; nothing was changed.
    """
    actor = require(actor, Right.UPDATE)
    return (on or shelf()).save(briefing.name, dump(briefing), base=base, actor=actor.name, note=note)


def restore(
    name: str,
    number: int,
    *,
    base: int,
    actor: Actor,
    on: BriefingShelf | None = None,
    require: Require = start.require,
) -> SavedBriefing:
    """Make an earlier version (0: the shipped one) current again, as a new version with the very same text.

    Raises:
        ForbiddenError, ConflictError, StoreError: as :func:`save`.
    """
    actor = require(actor, Right.UPDATE)
    on = on or shelf()
    label = SavedBriefing(name, number).label
    return on.save(name, on.read(name, number), base=base, actor=actor.name, note=f"恢复到{label}")


def brought_in(content: bytes, name: str = "") -> Briefing:
    """A briefing from a file that somebody brings, to be looked at before it is saved.

    What is wrong with it stands in its ``problems``; it never raises. ``name`` replaces the file's own.
    """
    briefing = parse(content, name)
    return _named(briefing, name) if name else briefing


def taken_away(name: str, number: int | None = None, *, on: BriefingShelf | None = None) -> bytes:
    """The file of a briefing, as it was saved.

    Raises:
        StoreError: there is none.
    """
    return (on or shelf()).read(name, number).encode("utf-8")


def _named(briefing: Briefing, name: str) -> Briefing:
    """The briefing under the name of its folder, whatever its file says (it may have been saved under another)."""
    return briefing if briefing.name == name else replace(briefing, name=name)
