"""The main script: sets the window up, builds the navigation from the registry, runs the chosen page."""

from pingchang_geo.ui.frame import set_up
from pingchang_geo.ui.navigation import navigate

set_up()
navigate()
