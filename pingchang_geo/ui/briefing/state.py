"""Which briefing and which scene a reader looks at (the address says so), the work on it, and how it is changed.

Every change is made on what lies on the disk and is written at once; the session only remembers the way back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import streamlit as st

from pingchang_geo.access import Actor, Right
from pingchang_geo.briefing import Briefing, Scene, editing
from pingchang_geo.briefing.model import SHIPPED
from pingchang_geo.errors import PingchangError
from pingchang_geo.store.briefings import SavedBriefing
from pingchang_geo.ui import asked, permission
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.briefings import saving
from pingchang_geo.workflow.briefings.work import Work, works

PAGE: Final = "briefing"
#: Parameters of the address; ``view`` is the map's own.
NAME, SCENE = "briefing", "scene"
KNOWN: Final = (NAME, SCENE, "view")
_BENCH: Final = "briefing_bench"
#: Steps back that a session remembers for one briefing.
_MOST_STEPS: Final = 50

Change = Callable[[Briefing], Briefing]


@dataclass(frozen=True)
class Step:
    """A change, for the way back: the briefing before it and the version that was changed, and what it became."""

    briefing: Briefing
    base: int | None
    after: Briefing


@dataclass
class Bench:
    """What a session keeps besides the address and the disk.

    Attributes:
        before: by name of a briefing, the session's changes, oldest first.
        findings: what was wrong with the file brought in last, in words.
        jobs: exports that are being made or are ready, by kind.
    """

    before: dict[str, list[Step]] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    jobs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """What lies on the table: a briefing with the reader's own changes, and the version that is saved.

    ``saved`` is None for a briefing that was never saved, ``work`` without changes of the reader's own.
    """

    name: str
    briefing: Briefing
    saved: SavedBriefing | None
    work: Work | None

    @property
    def base(self) -> int | None:
        """The version that saving compares with."""
        if self.work is not None:
            return self.work.base
        return self.saved.number if self.saved is not None else None

    @property
    def outdated(self) -> bool:
        """Whether somebody has saved a version since the reader's changes began."""
        return self.work is not None and self.saved is not None and self.saved.number != self.work.base


def bench() -> Bench:
    """The bench of this session."""
    found: Bench = st.session_state.setdefault(_BENCH, Bench())
    return found


def doing(action: Callable[..., str], page: str = PAGE) -> Callable[..., None]:
    """A callback: the page's next run does ``action`` and tells what it returns, or why it could not be done."""
    desk = asked.desk(page)

    def done(*args: Any) -> None:
        desk.done, desk.wrong = "", ""
        try:
            desk.done = action(*args)
        except PingchangError as error:
            desk.wrong = f"**{plain(error.message)}** {plain(error.fix)}"

    return asked.later(done)


def names(who: Actor) -> tuple[str, ...]:
    """Briefings that somebody can open: the shelf's, and those of their own that were never saved."""
    own = works().names(who) if who.may(Right.UPDATE) else ()
    return tuple(dict.fromkeys((*saving.shelf().names(), *own)))


def table(who: Actor, name: str) -> Table:
    """A briefing as somebody has it before them.

    Raises:
        StoreError: there is none of that name.
    """
    work = works().get(who, name) if who.may(Right.UPDATE) else None
    if name in saving.shelf().names():
        opened = saving.opened(name)
        return Table(name, work.briefing if work else opened.briefing, opened.saved, work)
    if work is None:
        return Table(name, saving.opened(name).briefing, None, None)  # which says that there is none
    return Table(name, work.briefing, None, work)


def label(who: Actor, name: str, *, starred: bool = False) -> str:
    """``平昌县生态资产一张图（default）``; ``starred``: with a star where there are unsaved changes."""
    try:
        found = table(who, name)
    except PingchangError:
        return f"{name}（无法读取）"  # one broken file must not take the others away
    return f"{found.briefing.title}（{name}）" + (" *" if starred and found.work is not None else "")


def wanted(who: Actor) -> str:
    """Name of the briefing that the address asks for, the shipped one by default; another one with a warning."""
    name = st.query_params.get(NAME, SHIPPED)
    if name in names(who):
        return name
    st.warning(f"没有名为「{plain(name)}」的汇报，或尚未保存。已打开随系统提供的汇报。", icon=":material/search_off:")
    return SHIPPED


def chosen_scene(briefing: Briefing) -> Scene | None:
    """The scene that the address asks for, the first one by default; None in an empty briefing."""
    wanted_id = st.query_params.get(SCENE, "")
    first = briefing.scenes[0] if briefing.scenes else None
    return next((scene for scene in briefing.scenes if scene.id == wanted_id), first)


def turn_to(name: str, scene_id: str = "") -> None:
    """Write a briefing and a scene into the address; while a run settles what was asked for."""
    wanted_pairs = {NAME: name if name != SHIPPED else "", SCENE: scene_id}
    kept = {key: value for key, value in st.query_params.to_dict().items() if key not in wanted_pairs}
    st.query_params.from_dict({**{key: value for key, value in wanted_pairs.items() if value}, **kept})


def edit(name: str, change: Change, *, scene: str | None = None, typed: bool = False) -> None:
    """Change a briefing as it lies on the disk now, and remember the way back.

    Args:
        name: of the briefing.
        change: makes the new briefing.
        scene: to turn to afterwards; None: stay.
        typed: the change came from a field that shows it already; all others start the fields afresh.

    Raises:
        ForbiddenError, PingchangError: it cannot be done; nothing was changed.
    """
    who = permission.require(Right.UPDATE)
    # All of the session first: a run may be cut short wherever it looks there, and the request then comes again.
    before, desk = bench().before.setdefault(name, []), asked.desk(PAGE)
    now = table(who, name)
    changed = change(now.briefing)
    if changed != now.briefing:
        keep(who, now, changed, now.base)
        before.append(Step(now.briefing, now.base, changed))
        del before[:-_MOST_STEPS]
    if not typed:
        desk.turn += 1
    if scene is not None:
        turn_to(name, scene)


def edit_scene(name: str, scene_id: str, **changes: Any) -> str:
    """Change parts of one scene, and start its fields afresh; returns nothing to tell."""

    def change(briefing: Briefing) -> Briefing:
        return editing.with_scene(briefing, replace(editing.scene_of(briefing, scene_id), **changes))

    edit(name, change)
    return ""


def undo(name: str) -> str:
    """Take the last change of this session back."""
    who = permission.require(Right.UPDATE)
    before, desk = bench().before.get(name, []), asked.desk(PAGE)
    if not before:
        raise PingchangError("没有可以撤销的修改。")
    step, now = before[-1], table(who, name)
    if now.briefing != step.after:
        before.clear()
        raise PingchangError(
            "此后这份汇报又被改动（在另一个窗口，或由他人保存），没有撤销。", fix="请在现在的内容上修改。"
        )
    keep(who, now, step.briefing, step.base)
    before.pop()
    desk.turn += 1
    return "已撤销上一步修改。"


def rebase(name: str, old: int | None, new: int) -> None:
    """The reader has saved: the way back leads from their own version now."""
    steps = bench().before.get(name, [])
    steps[:] = [replace(step, base=new) if step.base == old else step for step in steps]


def keep(who: Actor, now: Table, changed: Briefing, base: int | None) -> None:
    """Write somebody's changes to version ``base``; where nothing differs from the saved version there is no work."""
    saved = now.saved
    if saved is not None and base == saved.number and changed == saving.opened(now.name).briefing:
        works().drop(who, now.name)
    else:
        works().keep(who, Work(changed, base))


def saved_scene(now: Table, scene: Scene | None) -> Scene | None:
    """A scene as it stands in the saved version, which is what plays; None where it is not in there."""
    if scene is None or now.saved is None:
        return None
    if now.work is None:
        return scene
    return next((one for one in saving.opened(now.name).briefing.scenes if one.id == scene.id), None)
