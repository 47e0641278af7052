"""How the server is: health, metrics, and a line in the log for what matters."""

from pingchang_geo.web.operations.routing import Operations, operations

__all__ = ["Operations", "operations"]
