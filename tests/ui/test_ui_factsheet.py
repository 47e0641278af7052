"""The fact sheet is offered where there is one, and made only when it is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pingchang_geo.ui import factsheet
from pingchang_geo.workflow import factsheets

AT = datetime(2026, 11, 22)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of sheets that were made, instead of making them."""
    found: list[str] = []

    def make(atlas: Any, place: factsheets.Place, **options: Any) -> bytes:
        found.append(place.title)
        return b"%PDF"

    monkeypatch.setattr(factsheet, "_FORMS", (("PDF", "pdf", "application/pdf", make),))
    return found


def labels(app: AppTest) -> list[str]:
    return [block.proto.popover.label for block in app.get("popover")]


def sheets(app: AppTest) -> list[Any]:
    return [one for one in app.get("download_button") if one.proto.label.startswith("下载 P")]


@pytest.mark.parametrize(
    ("page", "selected", "key", "label"),
    [
        ("overview", "", "sheet-county", "全县一页纸"),
        ("overview", "scenic:1", "sheet-scenic-1", "一页纸"),
        ("redline", "redline:0", "sheet-redline-0", "一页纸"),
    ],
)
def test_offered_and_not_made_before_the_click(
    open_page: Any, made: list[str], page: str, selected: str, key: str, label: str
) -> None:
    app = open_page(page, **({"sel": selected} if selected else {}))
    assert label in labels(app)
    assert not sheets(app)  # closed: not even looked up
    app.session_state[key] = True
    app.run()
    assert not app.exception
    (offer,) = sheets(app)
    assert made == []
    assert offer.proto.deferred_file_id
    assert any("没有缺省值" in one.placeholder for one in app.number_input)


def test_not_offered_for_plots_nor_without_a_selection_elsewhere(open_page: Any) -> None:
    assert not [one for one in labels(open_page("forest", sel="forest:0")) if "一页纸" in one]
    assert not [one for one in labels(open_page("redline")) if "一页纸" in one]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("佛头山", "一页纸_佛头山_20261122.pdf"),
        ("../甲/乙:*?", "一页纸_甲_乙_20261122.pdf"),
        ("", "一页纸_未命名_20261122.pdf"),
        ("长" * 200, f"一页纸_{'长' * 60}_20261122.pdf"),
    ],
)
def test_file_names_hold_nothing_that_a_file_system_refuses(title: str, name: str) -> None:
    assert factsheet.file_name(title, "pdf", AT) == name
