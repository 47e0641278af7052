"""方法与参数."""

from pingchang_geo.ui.methods_page import methods_page

methods_page()
