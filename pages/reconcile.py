"""对账."""

from pingchang_geo.ui.reconcile_page import reconcile_page

reconcile_page()
