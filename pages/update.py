"""数据更新."""

from pingchang_geo.ui.update.page import update_page

update_page()
