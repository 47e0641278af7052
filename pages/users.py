"""用户管理."""

from pingchang_geo.ui.users_page import users_page

users_page()
