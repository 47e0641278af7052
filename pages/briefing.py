"""汇报."""

from pingchang_geo.ui.briefing.page import briefing_page

briefing_page()
