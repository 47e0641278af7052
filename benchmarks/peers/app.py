"""Serves the comparison pages with the same browser assets as the real app, and nothing else of it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pingchang_geo.settings import settings
from pingchang_geo.web.assets import asset_mounts

app = st.App(Path(__file__).parent / "page.py", routes=asset_mounts(settings().web_dir, ""))
