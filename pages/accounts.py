"""碳汇核算."""

from pingchang_geo.ui.accounts.page import accounts_page

accounts_page()
