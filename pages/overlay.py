"""叠加分析."""

from pingchang_geo.ui.overlay.page import overlay_page

overlay_page()
