"""AAAA 景区."""

from pingchang_geo.ui.map_page import layer_page

layer_page("scenic")
