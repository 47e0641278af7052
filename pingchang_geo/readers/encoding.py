"""Which encoding attribute text is in, judged on all values. Pure.

Order: what .cpg claims if it decodes and nothing speaks against it, strict UTF-8, GB18030. A value that fills its
field may end in half a character: writers cut at the byte.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue

#: Single-byte code pages decode anything, so a claim of one of them proves nothing.
_SINGLE_BYTE: Final = re.compile(r"^(iso8859|latin|cp125|cp437|cp850|ascii|mac|koi8)")
#: Chinese text is mostly level-1 characters of GB 2312 (lead bytes B0–D7); mojibake is not.
_COMMON_SHARE: Final = 0.6
_CPG_PAGES: Final = {"936": "gbk", "54936": "gb18030", "65001": "utf-8", "950": "big5", "88591": "iso8859-1"}
_CANONICAL: Final = {"utf_8": "UTF-8", "gbk": "GBK", "gb2312": "GBK", "gb18030": "GB18030"}
_LONGEST_CHARACTER: Final = 4


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
            return codecs.lookup(name).name
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


def _common_share(values: Sequence[Stored]) -> float:
    """Share of GB 2312 level-1 characters among the double-byte characters, read as GB18030."""
    common = total = 0
    for stored in values[:5000]:
        text = stored.value.decode("gb18030", errors="replace")
        for character in text:
            if character < "\x80":
                continue
            total += 1
            code = character.encode("gb18030", errors="replace")
            # Full-width punctuation and forms (A1–A3) are as common in Chinese text as the characters.
            common += len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3) and code[1] >= 0xA1
    return common / total if total else 1.0


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
        return _forced(forced)
    claim = codec_of(cpg) if cpg else None
    if not foreign:
        codec = claim or "utf-8"
        return EncodingFinding(codec, display(codec), ".cpg 声明，全部为西文字符" if claim else "全部为西文字符")
    utf8 = _failures(foreign, "utf-8") == 0
    chinese = not utf8 and _failures(foreign, "gb18030") == 0
    common = _common_share(foreign) if chinese else 0.0
    if claim and _claim_holds(claim, foreign, utf8=utf8, common=common):
        return EncodingFinding(claim, display(claim), f".cpg 声明，{len(foreign)} 个中文取值全部可解码")
    return _judged(foreign, cpg if claim else None, utf8=utf8, chinese=chinese, common=common, language=language)


def _forced(name: str) -> EncodingFinding:
    codec = codec_of(name)
    if codec is None:
        wrong = issue("ANSWER_INVALID", question="编码", value=name[:30], example="GBK")
        return EncodingFinding("utf-8", "UTF-8", "指定的编码无法识别", (wrong,))
    return EncodingFinding(codec, display(codec), "由使用者指定")


def _claim_holds(claim: str, foreign: Sequence[Stored], *, utf8: bool, common: float) -> bool:
    """Whether .cpg may be believed: it decodes everything and nothing better explains the bytes."""
    if claim.replace("-", "_") == "utf_8":
        return utf8
    if utf8 and sum(len(stored.value) for stored in foreign) >= 6:
        return False  # two and more multi-byte characters do not form valid UTF-8 by chance
    if _SINGLE_BYTE.match(claim):
        return common < _COMMON_SHARE
    return _failures(foreign, claim) == 0


def _judged(
    foreign: Sequence[Stored], cpg: str | None, *, utf8: bool, chinese: bool, common: float, language: int
) -> EncodingFinding:
    """Without a usable .cpg: UTF-8, then GB18030, then ask."""
    driver = "，.dbf 语言标记为中文" if language in (0x4D, 0x7A) else ""
    if utf8 or (chinese and common >= _COMMON_SHARE):
        codec = "utf-8" if utf8 else "gb18030"
        evidence = f"{len(foreign)} 个非西文取值全部可按此解码" + ("" if utf8 else f"，常用字占 {common:.0%}{driver}")
        name = display(codec)
        said = (
            issue("ENCODING_CPG_WRONG", claimed=cpg.strip()[:20], encoding=name, evidence=evidence)
            if cpg
            else issue("ENCODING_GUESSED", encoding=name, evidence=evidence)
        )
        return EncodingFinding(codec, name, evidence, (said,))
    codec = min(("gb18030", "utf-8", "big5", "cp1252"), key=lambda name: _failures(foreign, name))
    sample = decode_lossy(foreign[0].value, codec)[:20]
    return EncodingFinding(
        codec,
        display(codec),
        "没有一种编码能可靠解释全部取值",
        (issue("ENCODING_UNSURE", encoding=display(codec), sample=sample),),
    )
