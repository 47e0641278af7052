"""The status line: badges side by side as long as one line holds them, folded beyond."""

import pytest
from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st

from pingchang_geo.ui import data as shared
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.status_line import status_line

shown = list(shared.data_layers(shared.atlas()).values())
status_line(page_of("forest"), (shown * 2)[: st.session_state["count"]], None, None)
"""


def badges(count: int) -> tuple[list[str], list[str]]:
    """Badges on the line itself, and the labels of its pop-overs."""
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["count"] = count
    app.run()
    assert not app.exception
    folded = list(app.get("popover"))
    labels = [block.proto.popover.label for block in folded]
    return [item.value for item in app.markdown if "-badge[" in item.value], labels


@pytest.mark.usefixtures("open_page")
def test_four_layers_stand_side_by_side():
    shown, folded = badges(4)
    assert len(shown) == 4
    assert folded == ["分享"]


@pytest.mark.usefixtures("open_page")
def test_five_layers_fold_and_keep_the_mark():
    shown, folded = badges(5)
    assert len(shown) == 5
    assert folded == ["数据 5 层 · 示意", "分享"]
