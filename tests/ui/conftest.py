"""Pages run by AppTest over the tiny county of ``layer_frames``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.ui.registry import page_of
from pingchang_geo.workflow import start
from pingchang_geo.workflow.current import Atlases

Open = Callable[..., AppTest]


@pytest.fixture
def open_page(store: Any, monkeypatch: pytest.MonkeyPatch) -> Open:
    """``open_page(path, **parameters)``: the page after its first run."""
    atlases = Atlases(store)
    monkeypatch.setattr(start, "atlases", lambda: atlases)

    def opened(path: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT_ROOT / "pages" / "navigation.py"), default_timeout=60)
        app.session_state["first_map_drawn"] = True  # no browser draws a map here
        app.run()
        app.switch_page(page_of(path).file)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return opened
