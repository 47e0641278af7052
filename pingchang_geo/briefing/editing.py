"""Changes of a briefing, each a new one: scenes put in, moved, doubled, taken out. Scenes are meant by their id."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pingchang_geo.briefing.model import MOST_SCENES, Briefing, Scene
from pingchang_geo.errors import PingchangError

_RELOAD: Final = "请刷新页面后再试。"


def scene_of(briefing: Briefing, scene_id: str) -> Scene:
    """A scene by its id.

    Raises:
        PingchangError: there is none (any more).
    """
    return briefing.scenes[place_of(briefing, scene_id)]


def place_of(briefing: Briefing, scene_id: str) -> int:
    """Position of a scene, 0-based.

    Raises:
        PingchangError: there is none (any more).
    """
    for place, scene in enumerate(briefing.scenes):
        if scene.id == scene_id:
            return place
    raise PingchangError("该场景已不在汇报中。", fix=_RELOAD)


def with_scene(briefing: Briefing, scene: Scene) -> Briefing:
    """The briefing with a scene in place of the one of the same id; what reading had found in that one is settled."""
    place = place_of(briefing, scene.id)
    scenes = (*briefing.scenes[:place], scene, *briefing.scenes[place + 1 :])
    problems = tuple(problem for problem in briefing.problems if problem.scene != scene.id)
    return replace(briefing, scenes=scenes, problems=problems)


def inserted(briefing: Briefing, scene: Scene, after: str = "") -> Briefing:
    """The briefing with one more scene behind the scene ``after``; at the end without one.

    A scene whose id is there already is not put in again: a request may come twice.

    Raises:
        PingchangError: ``after`` is not there, or there are as many scenes as a briefing may have.
    """
    if any(one.id == scene.id for one in briefing.scenes):
        return briefing
    if len(briefing.scenes) >= MOST_SCENES:
        raise PingchangError(f"一份汇报最多 {MOST_SCENES} 个场景，没有加入。", fix="请先删除一些场景，或另建一份汇报。")
    place = place_of(briefing, after) + 1 if after else len(briefing.scenes)
    return replace(briefing, scenes=(*briefing.scenes[:place], scene, *briefing.scenes[place:]))


def moved(briefing: Briefing, scene_id: str, to: int) -> Briefing:
    """The briefing with a scene at position ``to`` (0-based), or as near to it as there are places."""
    place = place_of(briefing, scene_id)
    rest = [scene for scene in briefing.scenes if scene.id != scene_id]
    rest.insert(min(max(to, 0), len(rest)), briefing.scenes[place])
    return replace(briefing, scenes=tuple(rest))


def doubled(briefing: Briefing, scene_id: str, copy_id: str) -> Briefing:
    """The briefing with a copy of a scene, under an id of its own, right behind it."""
    return inserted(briefing, replace(scene_of(briefing, scene_id), id=copy_id), scene_id)


def without(briefing: Briefing, scene_id: str) -> Briefing:
    """The briefing without a scene, whether it was there or not."""
    scenes = tuple(scene for scene in briefing.scenes if scene.id != scene_id)
    problems = tuple(problem for problem in briefing.problems if problem.scene != scene_id)
    return replace(briefing, scenes=scenes, problems=problems)


def new_id(briefing: Briefing) -> str:
    """An id that no scene has: ``scene-17``."""
    taken = {scene.id for scene in briefing.scenes}
    return next(name for n in range(1, len(taken) + 2) if (name := f"scene-{n}") not in taken)


def paragraphs(text: str) -> tuple[str, ...]:
    """Paragraphs that somebody typed, one a line."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
