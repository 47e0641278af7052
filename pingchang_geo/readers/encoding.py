"""Which encoding attribute text is in, judged on all values. Pure.

Order: what .cpg claims if it decodes and nothing speaks against it, strict UTF-8, then GB18030, Big5 or a western
code page by how much like everyday text the values look in each. A value that fills its field may end in half a
character: writers cut at the byte.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue

#: Single-byte code pages decode anything, so a claim of one of them proves nothing.
_SINGLE_BYTE: Final = re.compile(r"^(iso8859|latin|cp125|cp437|cp850|ascii|mac|koi8)")
#: Everyday Chinese is mostly level-1 characters of its character set, mojibake is not.
_COMMON_SHARE: Final = 0.6
_BEYOND_DOUBT: Final = 0.9
#: Lead bytes of level-1 characters and of punctuation and full-width forms; the smallest trail byte they have.
_LEVEL_1: Final = {"gb18030": (0xB0, 0xD7, 0xA1), "big5hkscs": (0xA4, 0xC6, 0x40)}
_SYMBOLS: Final = (0xA1, 0xA3)
#: Values judged: enough for a share, whatever the size of the file.
_JUDGED: Final = 5000
#: Western words have lone accented letters between plain ones; Chinese has its bytes in pairs, and most in a row.
_ACCENTED: Final = re.compile(rb"[\x80-\xff]+")
_WESTERN: Final = "cp1252"
#: Big5 with the characters of place names that the bare standard lacks.
_BIG5: Final = "big5hkscs"
_CPG_PAGES: Final = {"936": "gbk", "54936": "gb18030", "65001": "utf-8", "950": "big5", "88591": "iso8859-1"}
_CANONICAL: Final = {"utf_8": "UTF-8", "gbk": "GBK", "gb2312": "GBK", "gb18030": "GB18030", "big5hkscs": "Big5"}
_LONGEST_CHARACTER: Final = 4
#: Language driver bytes of code pages 936 and 950.
_CHINESE_DRIVERS: Final = (0x4D, 0x7A, 0x4F, 0x78)


@dataclass(frozen=True)
class EncodingFinding:
    """An encoding with its reason and what has to be said about it."""

    codec: str
    name: str
    evidence: str
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Stored:
    """One stored text value; ``full`` when it reaches the end of its field, so that it may be cut."""

    value: bytes
    full: bool


def codec_of(claim: str) -> str | None:
    """Python codec for a code page name as .cpg files and people write it; None for an unknown one."""
    text = claim.strip().strip("\ufeff").upper()
    text = re.sub(r"^(ANSI|OEM|CP|WINDOWS|LDID/?)[\s_-]*(?=\d)", "", text)
    text = _CPG_PAGES.get(re.sub(r"[^0-9]", "", text) if re.fullmatch(r"[\d\s-]+", text) else text, text)
    for name in (text, f"cp{text}"):
        try:
            found = codecs.lookup(name).name
            return _BIG5 if found in ("big5", "cp950") else found
        except (LookupError, ValueError):
            continue
    return None


def display(codec: str) -> str:
    """Name of a codec as people know it."""
    return _CANONICAL.get(codec.replace("-", "_").lower(), codec.upper())


def decode(value: bytes, codec: str, *, full: bool) -> str:
    """Decode one value; half a character at the end of a full field is dropped.

    Raises:
        UnicodeDecodeError: the value is not in this encoding.
    """
    try:
        return value.decode(codec)
    except UnicodeDecodeError as error:
        if full and error.end == len(value) and len(value) - error.start < _LONGEST_CHARACTER:
            return value[: error.start].decode(codec)
        raise


def decode_lossy(value: bytes, codec: str) -> str:
    """Decode with replacement characters."""
    return value.decode(codec, errors="replace")


def _failures(values: Sequence[Stored], codec: str) -> int:
    failed = 0
    for stored in values:
        try:
            decode(stored.value, codec, full=stored.full)
        except UnicodeDecodeError:
            failed += 1
    return failed


def _common_share(values: Sequence[Stored], codec: str) -> float:
    """Share of everyday characters among the double-byte characters, read in a Chinese code page."""
    low, high, trail = _LEVEL_1[codec]
    common = total = 0
    for stored in values[:_JUDGED]:
        for character in stored.value.decode(codec, errors="replace"):
            if character < "\x80":
                continue
            total += 1
            code = character.encode(codec, errors="replace")
            lead = code[0]
            common += len(code) == 2 and (
                (low <= lead <= high and code[1] >= trail) or _SYMBOLS[0] <= lead <= _SYMBOLS[1]
            )
    return common / total if total else 1.0


def _western(values: Sequence[Stored]) -> bool:
    """Whether the values look like words of a western language in its Windows code page."""
    alike = 0
    for stored in values[:_JUDGED]:
        runs = _ACCENTED.findall(stored.value)
        text = stored.value.decode(_WESTERN, errors="replace")
        letters = all(c.isalpha() or c in "°ºª’‘“”–—" for c in text if c >= "\x80")
        plain = any("a" <= c.lower() <= "z" for c in text)
        alike += letters and plain and all(len(run) <= 2 for run in runs) and any(len(run) == 1 for run in runs)
    return alike > 0.8 * len(values[:_JUDGED])


@dataclass(frozen=True)
class _Likeness:
    """How well the values fit each family: decodable at all, and like everyday text (0 where it does not decode)."""

    utf8: bool
    gb: float
    big5: float

    @classmethod
    def of(cls, foreign: Sequence[Stored]) -> _Likeness:
        if _failures(foreign, "utf-8") == 0:
            return cls(True, 0.0, 0.0)
        if _western(foreign):
            return cls(False, 0.0, 0.0)
        mainland = _likeness(foreign, "gb18030")
        return cls(False, mainland, 0.0 if mainland > _BEYOND_DOUBT else _likeness(foreign, _BIG5))

    @property
    def chinese(self) -> str | None:
        """The Chinese code page that explains the values, if one does."""
        if max(self.gb, self.big5) < _COMMON_SHARE:
            return None
        return "gb18030" if self.gb >= self.big5 else _BIG5


def _likeness(foreign: Sequence[Stored], codec: str) -> float:
    return 0.0 if _failures(foreign, codec) else _common_share(foreign, codec)


def detect(
    values: Iterable[Stored], *, cpg: str | None, language: int = 0, forced: str | None = None
) -> EncodingFinding:
    """Encoding of these values.

    Args:
        values: distinct stored values of all text columns and the column names.
        cpg: content of the .cpg file, if there is one.
        language: the language driver byte of the .dbf, as supporting evidence only.
        forced: what the analyst said; taken as it is.
    """
    foreign = [stored for stored in values if not stored.value.isascii()]
    if forced:
        said = codec_of(forced)
        if said is not None:
            return EncodingFinding(said, display(said), "由使用者指定")
        found = detect(foreign, cpg=cpg, language=language)
        wrong = issue("ANSWER_INVALID", level=Level.CONFIRM, question="编码", value=forced[:30], example="GBK")
        return replace(found, issues=(wrong, *found.issues))
    claim = codec_of(cpg) if cpg else None
    if not foreign:
        codec = claim or "utf-8"
        return EncodingFinding(codec, display(codec), ".cpg 声明，全部为西文字符" if claim else "全部为西文字符")
    like = _Likeness.of(foreign)
    if claim and _claim_holds(claim, foreign, like):
        return EncodingFinding(claim, display(claim), f".cpg 声明，{len(foreign)} 个中文取值全部可解码")
    return _judged(foreign, cpg if claim else None, like, language)


def _claim_holds(claim: str, foreign: Sequence[Stored], like: _Likeness) -> bool:
    """Whether .cpg may be believed: it decodes everything and nothing better explains the bytes."""
    plain = claim.replace("-", "_")
    if plain == "utf_8":
        return like.utf8
    if like.utf8 and sum(len(stored.value) for stored in foreign) >= 6:
        return False  # two and more multi-byte characters do not form valid UTF-8 by chance
    if _SINGLE_BYTE.match(claim):
        return like.chinese is None
    family = _BIG5 if plain == _BIG5 else "gb18030"
    known = plain in ("gbk", "gb2312", "gb18030", _BIG5)
    return (like.chinese in (None, family) if known else like.chinese is None) and _failures(foreign, claim) == 0


def _judged(foreign: Sequence[Stored], cpg: str | None, like: _Likeness, language: int) -> EncodingFinding:
    """Without a usable .cpg: UTF-8, then the Chinese code page that reads like Chinese, then ask."""
    codec = "utf-8" if like.utf8 else like.chinese
    if codec is not None:
        name = display(codec)
        evidence = f"{len(foreign)} 个非西文取值全部可按此解码"
        if codec != "utf-8":
            evidence += f"，常用字占 {max(like.gb, like.big5):.0%}"
            evidence += "，.dbf 语言标记为中文" if language in _CHINESE_DRIVERS else ""
        said = (
            issue("ENCODING_CPG_WRONG", claimed=cpg.strip()[:20], encoding=name, evidence=evidence)
            if cpg
            else issue("ENCODING_GUESSED", encoding=name, evidence=evidence)
        )
        return EncodingFinding(codec, name, evidence, (said,))
    candidates = ("gb18030", "utf-8", _BIG5, _WESTERN)
    codec = _WESTERN if _western(foreign) else min(candidates, key=lambda name: _failures(foreign, name))
    sample = decode_lossy(foreign[0].value, codec)[:20]
    return EncodingFinding(
        codec,
        display(codec),
        "没有一种编码能可靠解释全部取值",
        (issue("ENCODING_UNSURE", encoding=display(codec), sample=sample),),
    )
