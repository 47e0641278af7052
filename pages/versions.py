"""版本与日志."""

from pingchang_geo.ui.versions_page import versions_page

versions_page()
