"""Briefing + atlas + ledger → story. Deterministic; what is missing is said in its place and never stops the rest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from pingchang_geo import carbon, provenance
from pingchang_geo.briefing import checks
from pingchang_geo.briefing.model import Briefing, Problem, Scene
from pingchang_geo.briefing.story import SourceLine, Story, StoryScene
from pingchang_geo.indicators import Ledger, load_ledger
from pingchang_geo.settings import settings
from pingchang_geo.store import Version
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.charting import Charter
from pingchang_geo.workflow.briefings.figures import Figures
from pingchang_geo.workflow.briefings.mapping import Mapper
from pingchang_geo.workflow.briefings.scene_telling import SceneTeller, layer_line

#: Stories and atlases kept: an editor's page tells the same briefing many times over.
_STORIES_KEPT: Final = 32
_ATLASES_KEPT: Final = 2


def tell(
    briefing: Briefing,
    atlas: Atlas,
    ledger: Ledger | None = None,
    choice: UnitChoice | None = None,
    approval: str | None = None,
    *,
    keep: bool = True,
) -> Story:
    """The story of a briefing over an atlas.

    Args:
        briefing: what to tell; hidden scenes are left out.
        atlas: published layers.
        ledger: the report's figures; the project's own by default.
        choice: the reader's units.
        approval: 审图号; what the operator has set by default.
        keep: whether it will be wanted again: not what one reader sees at one moment.

    Returns:
        The story, the same object for the same arguments while it is kept. Never raises for what a briefing says.
    """
    ledger = ledger if ledger is not None else load_ledger()
    choice = choice or UnitChoice()
    approval = settings().map_approval_number if approval is None else approval
    return _KEPT.story(briefing, atlas, ledger, choice, approval, keep=keep)


class _Teller:
    """Everything looked up in one atlas in one choice of units; shared by all briefings told over it."""

    def __init__(self, atlas: Atlas, ledger: Ledger, choice: UnitChoice) -> None:
        self.atlas = atlas
        self.ledger = ledger
        self.figures = Figures(atlas, ledger, choice)
        self.mapper = Mapper(atlas, choice)
        self.charter = Charter(self.figures)

    def story(self, briefing: Briefing, approval: str) -> Story:
        union = self.mapper.union(briefing)
        problems = list(briefing.problems)
        scenes: list[StoryScene] = []
        behind: dict[str, None] = {}
        for scene in (one for one in briefing.scenes if not one.hidden):
            of_file = [one for one in briefing.problems if one.scene == scene.id]
            told = self._of(scene, [*of_file, *checks.check_scene(scene)])
            scenes.append(told.scene(len(scenes) + 1, union))
            problems += told.problems[len(of_file) :]
            behind |= dict.fromkeys(told.behind)
        titles = self._of(Scene("", briefing.title), [*checks.check_titles(briefing)])
        title, subtitle = titles.text(briefing.title), titles.text(briefing.subtitle)
        versions = [data.version.published_at for data in self.atlas.layers.values()]
        return Story(
            name=briefing.name,
            title=title,
            subtitle=subtitle,
            made_at=max(versions, default=""),
            atlas_id=self.atlas.id,
            mark=provenance.ILLUSTRATIVE_MARK if titles.marked or any(scene.mark for scene in scenes) else "",
            scenes=tuple(scenes),
            sources=tuple(self._sources(behind)),
            approval=approval,
            problems=(*problems, *titles.problems),
        )

    def _of(self, scene: Scene, problems: list[Problem]) -> SceneTeller:
        return SceneTeller(scene, self.figures, self.mapper, self.charter, problems)

    def _sources(self, behind: Iterable[str]) -> Iterable[SourceLine]:
        report = self.ledger.report
        yield SourceLine("report", f"《{report.title}》", f"{report.author_unit}。{report.date_note}")
        known = [one for one, data in self.atlas.layers.items() if one in set(behind) or data.spec.base_map]
        for layer_id in known:
            yield layer_line(self.atlas, layer_id)
        if any(self.atlas[layer_id].spec.carbon is not None for layer_id in known):
            yield self._parameters()

    def _parameters(self) -> SourceLine:
        plots = self.figures.plots
        flagged = self.figures.account(plots.spec.id).flagged if plots is not None else ()
        words = [carbon.load().label, *(f"{flag}——{what}" for flag, what in flagged)]
        return SourceLine("parameters", "碳储量参数", "；".join(words))


#: A story's key: briefing and what reading it found, atlas with the sources of its versions, ledger, units, 审图号.
_AtlasKey = tuple[str, frozenset[Version], int, UnitChoice]
_StoryKey = tuple[Briefing, tuple[Problem, ...], _AtlasKey, str]


class _Kept:
    """Tellers by atlas and stories by briefing, a few of each; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tellers: OrderedDict[_AtlasKey, _Teller] = OrderedDict()
        # The ledger comes along, so that its identity in the key stays its own.
        self._stories: OrderedDict[_StoryKey, tuple[Story, Ledger]] = OrderedDict()

    def story(
        self, briefing: Briefing, atlas: Atlas, ledger: Ledger, choice: UnitChoice, approval: str, *, keep: bool
    ) -> Story:
        """The story, told unless it is kept."""
        of_atlas = (atlas.id, frozenset(atlas.snapshot.versions.values()), id(ledger), choice)
        key = (briefing, briefing.problems, of_atlas, approval)
        with self._lock:
            if key in self._stories:
                self._stories.move_to_end(key)
                return self._stories[key][0]
            teller = self._teller(of_atlas, atlas, ledger, choice)
            # Under the lock: two sessions that ask at once would compute everything twice.
            told = teller.story(briefing, approval)
            if keep:
                self._stories[key] = (told, ledger)
            while len(self._stories) > _STORIES_KEPT:
                self._stories.popitem(last=False)
        return told

    def _teller(self, key: _AtlasKey, atlas: Atlas, ledger: Ledger, choice: UnitChoice) -> _Teller:
        if key not in self._tellers:
            self._tellers[key] = _Teller(atlas, ledger, choice)
            while len(self._tellers) > _ATLASES_KEPT:
                self._tellers.popitem(last=False)
        self._tellers.move_to_end(key)
        return self._tellers[key]


_KEPT: Final = _Kept()
