"""How the server is: health, metrics, and a line in the log for what matters."""

from pingchang_geo.web.operations.routing import Operations, operations
from pingchang_geo.web.operations.stopping import limit_stop

__all__ = ["Operations", "limit_stop", "operations"]
