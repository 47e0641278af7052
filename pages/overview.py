"""总览."""

from pingchang_geo.ui.overview_page import overview_page

overview_page()
