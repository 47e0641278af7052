"""指标与出处."""

from pingchang_geo.ui.indicators_page import indicators_page

indicators_page()
