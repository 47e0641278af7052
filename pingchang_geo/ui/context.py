"""What every piece of a map page needs, gathered once a run."""

from __future__ import annotations

from dataclasses import dataclass

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
