"""产业园区."""

from pingchang_geo.ui.map_page import layer_page

layer_page("parks")
