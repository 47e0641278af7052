"""Encodings: what the bytes say against what .cpg claims."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.issues import Level
from pingchang_geo.readers.encoding import Stored, codec_of, decode, detect

WORDS = ("驷马镇", "白衣镇", "马尾松", "退耕还林", "二类调查更新")


def stored(codec: str, words: tuple[str, ...] = WORDS) -> list[Stored]:
    return [Stored(word.encode(codec), full=False) for word in words]


def test_utf8_without_cpg() -> None:
    finding = detect(stored("utf-8"), cpg=None)
    assert finding.name == "UTF-8"
    assert [issue.code for issue in finding.issues] == ["ENCODING_GUESSED"]


def test_gbk_without_cpg_is_read_as_gb18030() -> None:
    finding = detect(stored("gbk"), cpg=None)
    assert (finding.codec, finding.name) == ("gb18030", "GB18030")


@pytest.mark.parametrize("cpg", ["GBK", "gbk\r\n", "936", "CP936", "ANSI 936", "OEM 936", "windows-936", "GB2312"])
def test_cpg_in_every_spelling_is_believed_when_it_holds(cpg: str) -> None:
    finding = detect(stored("gbk"), cpg=cpg)
    assert finding.name == "GBK"
    assert not finding.issues


@pytest.mark.parametrize(
    ("codec", "cpg", "name"),
    [
        ("gbk", "UTF-8", "GB18030"),
        ("utf-8", "GBK", "UTF-8"),
        ("gbk", "ISO-8859-1", "GB18030"),
        ("utf-8", "1252", "UTF-8"),
    ],
)
def test_a_lying_cpg_is_overruled_and_named(codec: str, cpg: str, name: str) -> None:
    finding = detect(stored(codec), cpg=cpg)
    assert finding.name == name
    assert [issue.code for issue in finding.issues] == ["ENCODING_CPG_WRONG"]


TAIWAN = ("內角里", "白河區", "臺南市", "玉豐里", "竹門里")
WESTERN = ("México", "Côte d'Ivoire", "Åland Islands", "São Tomé", "Curaçao")


@pytest.mark.parametrize(
    ("words", "codec", "cpg", "name", "code"),
    [
        (TAIWAN, "big5", None, "Big5", "ENCODING_GUESSED"),
        (TAIWAN, "big5", "GBK", "Big5", "ENCODING_CPG_WRONG"),
        (WORDS, "gbk", "BIG5", "GB18030", "ENCODING_CPG_WRONG"),
        (WORDS, "gbk", "Shift_JIS", "GB18030", "ENCODING_CPG_WRONG"),
        (WORDS, "gbk", "OEM", "GB18030", "ENCODING_GUESSED"),
        (WESTERN, "latin-1", None, "CP1252", "ENCODING_UNSURE"),
        (WESTERN, "latin-1", "GBK", "CP1252", "ENCODING_UNSURE"),
    ],
)
def test_other_code_pages(words: tuple[str, ...], codec: str, cpg: str | None, name: str, code: str) -> None:
    finding = detect(stored(codec, words), cpg=cpg)
    assert (finding.name, [issue.code for issue in finding.issues]) == (name, [code])


def test_big5_is_believed_when_it_holds() -> None:
    assert not detect(stored("big5", TAIWAN), cpg="950").issues


def test_latin_cpg_holds_for_latin_text() -> None:
    finding = detect([Stored("café".encode("latin-1"), False), Stored("Zürich".encode("latin-1"), False)], cpg="88591")
    assert finding.codec == "iso8859-1"


def test_what_no_encoding_explains_is_asked_about() -> None:
    finding = detect([Stored(b"\xff\xfe\xfd\x80", False), Stored(b"\x80\x81\xff", False)], cpg=None)
    assert [(issue.code, issue.level) for issue in finding.issues] == [("ENCODING_UNSURE", Level.CONFIRM)]


def test_a_value_cut_at_the_field_width_does_not_flip_the_file() -> None:
    cut = "平昌县国有林场".encode()[:19]  # six characters and one byte of the seventh
    finding = detect([*stored("utf-8"), Stored(cut, full=True)], cpg=None)
    assert finding.name == "UTF-8"
    assert decode(cut, "utf-8", full=True) == "平昌县国有林"


def test_the_same_bytes_inside_a_field_are_no_cut() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode("平昌县".encode()[:7], "utf-8", full=False)


def test_ascii_only_needs_no_question() -> None:
    assert not detect([Stored(b"ABC", False)], cpg=None).issues


def test_the_analyst_wins() -> None:
    assert detect(stored("gbk"), cpg="UTF-8", forced="gbk").codec == "gbk"
    assert [issue.code for issue in detect([], cpg=None, forced="klingon").issues] == ["ANSWER_INVALID"]


def test_unknown_code_pages_are_none() -> None:
    assert codec_of("no such page") is None
    assert codec_of("65001") == "utf-8"


@given(
    st.lists(st.sampled_from("平昌县驷马白衣江口林班小班马尾松柏木杉木栎类天然人工"), min_size=4, max_size=40),
    st.integers(6, 60),
)
def test_cut_utf8_is_found_at_any_width(characters: list[str], width: int) -> None:
    raw = "".join(characters).encode()
    value = Stored(raw[:width], full=len(raw) >= width)
    finding = detect([*stored("utf-8"), value], cpg=None)
    assert finding.name == "UTF-8"
    assert decode(value.value, finding.codec, full=value.full) == "".join(characters)[: width // 3]
