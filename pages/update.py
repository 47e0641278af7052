"""数据更新."""

from pingchang_geo.ui.update_page import update_page

update_page()
