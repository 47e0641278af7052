"""生态保护红线."""

from pingchang_geo.ui.map_page import layer_page

layer_page("redline")
