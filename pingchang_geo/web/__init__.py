"""Our own HTTP routes beside Streamlit's: tiles, columns, features, search, browser code."""

from pingchang_geo.web.routes import routes

__all__ = ["routes"]
