"""The main script's work: pages by right, and nobody sees one who may not look."""

from __future__ import annotations

import streamlit as st

from pingchang_geo.access import Actor, Right
from pingchang_geo.ui import permission
from pingchang_geo.ui.frame import guarded
from pingchang_geo.ui.registry import PageEntry, groups
from pingchang_geo.workflow import start


def navigate() -> None:
    """Build the navigation from the registry and run the chosen page.

    Pages of a right that the reader lacks are left out of the menu only; their addresses stay, and say what is needed.
    """
    with guarded():
        who = permission.actor()
        chosen = st.navigation(
            {group: [_page(entry, who) for entry in entries] for group, entries in groups().items()}, position="top"
        )
        if not start.access().may_view(who):
            permission.refused(Right.VIEW)
            return
        chosen.run()


def _page(entry: PageEntry, who: Actor) -> st.Page:
    shown = entry.right is Right.VIEW or who.may(entry.right)
    return st.Page(
        entry.script,
        title=entry.title,
        icon=entry.icon,
        url_path=entry.path,
        default=entry.default,
        help=entry.help,
        visibility="visible" if shown else "hidden",
    )
