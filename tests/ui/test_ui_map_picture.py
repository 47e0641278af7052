"""「图片」: the present map of a page as a PNG, for every reader."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pingchang_geo.access import Role
from pingchang_geo.workflow.briefings import pictures
from tests.ui.conftest import Open, SignIn, button, words


def drawn(app: AppTest, title: str = "") -> AppTest:
    app.session_state["picture"] = True
    app.run()
    if title:
        next(one for one in app.text_input if str(one.key).startswith("picture_title_")).set_value(title)
    app.session_state["picture"] = True
    app.button(key="picture_go").click()
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("page", ["overview", "forest", "redline", "scenic", "parks", "site", "overlay"])
def test_every_map_can_be_taken_away(page: str, open_page: Open, sign_in: SignIn) -> None:
    sign_in(Role.VIEWER, "王五")
    made = drawn(open_page(page)).session_state["map_picture"]
    assert Image.open(io.BytesIO(made.png)).size == (1920, 1080)


def test_it_is_the_map_as_it_is(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    draw = pictures.draw
    monkeypatch.setattr(
        pictures, "draw", lambda one, *rest, **more: seen.append((one, more)) or draw(one, *rest, **more)
    )
    app = drawn(open_page("forest", species="马尾松", theme="canopy", view="31.56,107.12,12"), "马尾松林 / 一")
    ((story_map, more),) = seen
    (layer,) = story_map.layers
    assert layer.theme["field"] == "canopy"
    assert len(layer.filter) == 1
    west, south, east, north = story_map.extent
    assert west < 107.12 < east and south < 31.56 < north
    assert more["title"] == "马尾松林 / 一"
    made = app.session_state["map_picture"]
    assert made.name.startswith("马尾松林_一_20")
    assert button_named(app, "下载 PNG")


def test_a_view_elsewhere_is_the_county_and_that_is_said(open_page: Open) -> None:
    app = drawn(open_page("forest", view="40,116,10"))
    made = app.session_state["map_picture"]
    assert made.problems and "范围" in made.problems[0]
    assert made.problems[0] in words(app)


def test_its_units_are_the_readers(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    draw = pictures.draw
    monkeypatch.setattr(pictures, "draw", lambda one, *rest, **more: seen.append(one) or draw(one, *rest, **more))
    drawn(open_page("forest"))
    drawn(open_page("forest", area="ha"))
    plain, other = (one.state["units"] for one in seen)
    assert plain != other


def test_another_title_wants_another_picture(open_page: Open) -> None:
    app = drawn(open_page("forest"), "甲")
    assert button_named(app, "下载 PNG")
    app.text_input(key="picture_title_forest").set_value("乙")
    app.session_state["picture"] = True
    assert not button_named(app.run(), "下载 PNG")


def test_what_it_leaves_out_is_said(open_page: Open) -> None:
    app = open_page("forest", theme="canopy", method="quantile")
    app.session_state["picture"] = True
    assert "按整数分级" in words(app.run())


def test_another_size_for_paper(open_page: Open) -> None:
    app = open_page("redline")
    app.session_state["picture"] = True
    app.run()
    box = app.selectbox(key="picture_size")
    box.select_index(1)
    app.session_state["picture"] = True
    button(app, "生成图片").click()
    app.run()
    assert Image.open(io.BytesIO(app.session_state["map_picture"].png)).size == (3508, 2480)


def button_named(app: AppTest, label: str) -> bool:
    return any(label in str(one.proto) for one in app.get("download_button"))
