"""What every piece of the page 叠加分析 needs, gathered once a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import streamlit as st

from pingchang_geo import carbon
from pingchang_geo.exports import sheet as sheets
from pingchang_geo.exports.sheet import Source
from pingchang_geo.filters import Filter
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.overlay.state import Choice, Offer
from pingchang_geo.ui.registry import PageEntry
from pingchang_geo.ui.selection import select
from pingchang_geo.ui.state import PageState, Scope, View
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow import overlays
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.overlays import Combined, Ready, ready
from pingchang_geo.workflow.overlays.result import parameter_words

#: Overlays kept between reruns: the present one and those the reader may go back to.
_KEPT = 8


@dataclass(frozen=True)
class OverlayContext:
    """The page's data and choices; ``zones`` is the layer whose rows charts and tables can select, if any."""

    page: PageEntry
    atlas: Atlas
    scope: Scope
    state: PageState
    offer: Offer
    choice: Choice
    zones: LayerData | None

    @property
    def units(self) -> UnitChoice:
        """The reader's units."""
        return self.state.units

    def mark(self, layer_ids: Iterable[str]) -> str:
        """示意数据 when any of the layers is a reference layer."""
        return self.atlas.mark(layer_ids)

    def sources(self, layer_ids: Iterable[str]) -> list[Source]:
        """Layer versions as exports name them."""
        return [shared.source_of(self.atlas[layer]) for layer in layer_ids]

    def versions(self, layer_ids: Iterable[str]) -> str:
        """Date, versions and what kind of source they have, for the foot of charts."""
        sources = self.sources(layer_ids)
        kinds = list(dict.fromkeys(one.provenance.kind.label for one in sources))
        apart = len(kinds) > 1
        named = "、".join(f"{one.title}{one.version}" + f"（{one.provenance.kind.label}）" * apart for one in sources)
        return f"{date.today():%Y-%m-%d} · {named}{'' if apart else f'（{kinds[0]}）'}"

    def notes(self, layer_ids: Iterable[str], more: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Lines of an export: how it was made, then versions, date and mark."""
        ids = list(layer_ids)
        lines = list(more)
        if not any(name == "碳储量参数" for name, _ in lines):
            lines += [("碳储量参数", words) for layer in ids if (words := parameters(self.atlas[layer]))]
        return (*lines, *sheets.notes(self.sources(ids), datetime.now(), mark=self.mark(ids)))

    @property
    def selectable(self) -> bool:
        """Whether the zones can be selected on the map; those of the base map cannot."""
        return self.zones is not None and self.zones.spec.id in self.scope.layers

    def map_context(self) -> Context | None:
        """The selection's view of the page; None where no row can be selected."""
        if self.zones is None or not self.selectable:
            return None
        return Context(self.page, self.atlas, self.scope, self.state, View.of(self.zones, Filter()))

    def select(self, row: int | None) -> None:
        """Select a zone and let the map fly to it. For callbacks."""
        ctx = self.map_context()
        if ctx is not None:
            select(ctx, row)


def parameters(data: LayerData) -> str:
    """The parameter set behind a whole layer's stock, with what of it was not read; empty without carbon."""
    return _parameters((data.spec.id, data.version.name, carbon.load().id), data)


@st.cache_resource(max_entries=16, show_spinner=False)
def _parameters(key: tuple[str, str, str], _data: LayerData) -> str:
    return parameter_words(_data)


@st.cache_resource(max_entries=_KEPT, show_spinner="正在叠加两个图层……")
def combined(key: tuple[str, str, str, float], _atlas: Atlas) -> Combined:
    """The overlay of ``key``: atlas id, counted layer, zone layer, buffer in metres. Read only."""
    _, left, right, buffer_m = key
    return overlays.combine(_atlas, left, right, buffer_m)


@st.cache_resource(max_entries=2, show_spinner=False)
def ready_results(atlas_id: str, _atlas: Atlas) -> tuple[Ready, ...]:
    """Every ready result of an atlas. Read only."""
    return ready.ready_results(_atlas)
