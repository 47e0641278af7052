"""What every piece of a map page needs, gathered once a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pingchang_geo.exports.sheet import Source
from pingchang_geo.filters import Filter
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.registry import PageEntry
from pingchang_geo.ui.state import PageState, Scope, View
from pingchang_geo.workflow.atlas import Atlas, LayerData


@dataclass(frozen=True)
class Context:
    """The page, the data it shows, what the reader chose, and the rows that leaves of the layer in focus."""

    page: PageEntry
    atlas: Atlas
    scope: Scope
    state: PageState
    view: View

    @property
    def data(self) -> LayerData:
        """The layer in focus."""
        return self.view.data

    def mark(self, *fields: str) -> str:
        """示意数据 when a reference layer stands behind these columns of the layer in focus, or behind its filter."""
        return shared.mark(self.atlas, self.data.spec, marked_fields(fields, self.state.chosen))

    def sources(self, *fields: str) -> list[Source]:
        """Layer versions behind these columns of the layer in focus and behind its filter."""
        return shared.sources(self.atlas, self.data.spec, marked_fields(fields, self.state.chosen))


def marked_fields(fields: Iterable[str], chosen: Filter) -> tuple[str, ...]:
    """Columns that an output rests on: those it shows, and those by which its rows were chosen."""
    return (*fields, *(clause.field for clause in chosen.clauses))
