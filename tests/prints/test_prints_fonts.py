"""The font of maps: installed or configured, and what it can draw."""

from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest

from pingchang_geo.prints import PictureError, chinese_font, fonts


def test_the_installed_font_is_the_default() -> None:
    assert chinese_font(None) == pylopdf_fonts_zh_cn.sans_path()
    assert chinese_font().is_file()


def test_a_configured_font_is_used() -> None:
    serif = pylopdf_fonts_zh_cn.serif_path()
    assert chinese_font(serif) == serif


def test_missing_font(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"找不到字体文件「宋体\.ttf」") as caught:
        chinese_font(tmp_path / "宋体.ttf")
    assert "留空" in caught.value.fix
    assert str(tmp_path) not in str(caught.value)


def test_no_font_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.ttf"
    path.write_bytes(b"not a font")
    with pytest.raises(PictureError, match="不是可用的字体文件"):
        chinese_font(path)


def test_a_font_without_chinese() -> None:
    with pytest.raises(PictureError, match="缺少常用汉字"):
        chinese_font(fonts.fallback_font())


def test_place_names_and_units_can_be_drawn() -> None:
    text = "澌岸 驷马 泥龙 岩口 tCO₂/年 m³/ha 31°34′05″N ㎡ 1.2×10⁴ ±5 %"
    assert fonts.drawable(text, chinese_font()) == text


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a\x00b\nc", "a b c"),
        ("亩\u200b·\ufeff", "亩·"),
        ("\u202e反\u202c", "反"),
        ("𠮷\ud800", "〓〓"),
        ("  空  ", "空"),
        ("$x^2$ \\frac {a}_b #", "$x^2$ \\frac {a}_b #"),
    ],
)
def test_what_cannot_be_drawn(text: str, drawn: str) -> None:
    assert fonts.drawable(text, chinese_font()) == drawn


def test_every_file_has_a_family_of_its_own() -> None:
    sans, serif = pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path()
    families = [fonts.properties(path, 8).get_family()[0] for path in (sans, serif, sans)]
    assert families[0] == families[2] != families[1]
