"""Two layers over one another, and the overlays that every publish gives: figures, tables, files."""

from pingchang_geo.workflow.overlays.combination import MOST_BUFFER_M, combine
from pingchang_geo.workflow.overlays.ready import Ready, ready_results
from pingchang_geo.workflow.overlays.result import POLYGON, Combined

__all__ = ["MOST_BUFFER_M", "POLYGON", "Combined", "Ready", "combine", "ready_results"]
