"""森林碳汇."""

from pingchang_geo.ui.map_page import layer_page

layer_page("forest")
