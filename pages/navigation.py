"""The main script: sets the window up, builds the navigation from the registry, runs the chosen page."""

import streamlit as st

from pingchang_geo.ui.frame import set_up
from pingchang_geo.ui.registry import groups

set_up()
st.navigation(
    {
        group: [
            st.Page(
                entry.script,
                title=entry.title,
                icon=entry.icon,
                url_path=entry.path,
                default=entry.default,
                help=entry.help,
            )
            for entry in entries
        ]
        for group, entries in groups().items()
    },
    position="top",
).run()
