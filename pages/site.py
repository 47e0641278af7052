"""选址核查."""

from pingchang_geo.ui.site_page import site_page

site_page()
