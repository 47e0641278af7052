"""A scene file of any size is read in bounded time and says what it left out."""

from __future__ import annotations

from pingchang_geo.briefing import parse
from pingchang_geo.briefing.filter_text import parse_filter

HEAD = 'format = 1\nname = "t"\ntitle = "甲"\n[[scene]]\nid = "a"\ntitle = "乙"\n'


def said(text: str) -> str:
    return "\n".join(problem.message for problem in parse(text).problems)


def test_long_lists_are_cut_and_that_is_said() -> None:
    charts = '[[scene.chart]]\nkind = "layer"\nlayer = "forest"\nchart = "species-stock"\n' * 30
    text = HEAD + "cards = [" + ", ".join(f'"c{n}"' for n in range(40)) + "]\n" + charts
    (scene,) = parse(text).scenes
    assert (len(scene.cards), len(scene.charts)) == (24, 24)
    assert "「cards」有 40 项，只取前 24 项" in said(text)
    assert "有 30 项，只取前 24 项" in said(text)


def test_long_texts_are_cut_and_that_is_said() -> None:
    text = HEAD + f'notes = "{"长" * 5000}"\ntext = ["{"段" * 5000}"]\n'
    (scene,) = parse(text).scenes
    assert (len(scene.notes), len(scene.text[0])) == (4000, 4000)
    assert said(text).count("只取前 4000 字") == 2


def test_many_unknown_keys_are_not_all_looked_up() -> None:
    text = HEAD + "".join(f"unknown_{n} = 1\n" for n in range(3000))
    assert said(text).count("不认识的键「unknown_") == 24
    assert "「不认识的键」有 3000 项" in said(text)


def test_a_filter_that_names_a_field_again_and_again() -> None:
    _, bad = parse_filter("&".join(["species=柏木"] * 3 + ["x=1"]), {"species": False})
    assert sorted(bad) == ["species", "x"]
