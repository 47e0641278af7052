"""选址核查."""

from pingchang_geo.ui.site.page import site_page

site_page()
