"""The ledger: every figure of the county report, with its unit, date, section and quotation.

The figures live in ``data/indicators.toml`` and nowhere else; code asks for them by id. A few reference
numbers that the reconciliation needs and the report lacks stand in the same file as ``[[external]]`` and
carry ``external=True`` with their source and whether that source was read first-hand.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pingchang_geo.errors import LedgerError

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "data" / "indicators.toml"
EXTERNAL_THEME = "外部参考"
THEMES = (
    *("生态本底", "森林碳汇", "产业", "经济", "人口城镇化"),
    *("政策资金", "目标", "品牌与产品", "荣誉与体制"),
)
_BOUND_WORDS = {"": "", "lower": "超过", "upper": "不超过"}
_SHARED_KEYS = ("id", "label", "as_of")
_REPORT_KEYS = (*_SHARED_KEYS, "section", "theme", "quote")
_EXTERNAL_KEYS = (*_SHARED_KEYS, "unit", "source", "verified")
_TEXT_KEYS = (
    *("id", "label", "unit", "as_of", "as_of_note", "section"),
    *("theme", "quote", "note", "bound", "source"),
)
_ALL_KEYS = frozenset({*_TEXT_KEYS, "value", "items", "approx", "verified"})
_FIX = "请改正 data/indicators.toml 后重试。"


class UnknownIndicatorError(LedgerError, KeyError):
    """No entry of the ledger has the id asked for. Also a ``KeyError``, so that mappings behave."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure (``value`` with ``unit``) or one list (``items``) of the ledger.

    ``value_text`` keeps the digits as the source writes them. ``as_of`` is an ISO date, ``2022-Q1`` or a
    year; where the source gives none it is empty and ``as_of_note`` says so. ``bound`` is ``"lower"``
    (超, 余), ``"upper"`` (最高) or empty. ``verified`` means: read first-hand in the report or the source.
    """

    id: str
    label: str
    value: float | None
    items: tuple[str, ...]
    unit: str
    as_of: str
    as_of_note: str
    section: str
    theme: str
    quote: str
    note: str
    approx: bool
    bound: str
    external: bool
    source: str
    verified: bool
    value_text: str = ""

    def display(self) -> str:
        """Text for the screen: ``79.57 km²``, ``约 15 万亩``, ``超过 10 亿元``, ``−1.8 %``, or the list."""
        if self.value is None:
            return "、".join(self.items)
        digits = f"{Decimal(self.value_text):,f}".replace("-", "−")
        # A one-sided limit says more than 约, so it wins where the report has both (90余万).
        word = _BOUND_WORDS[self.bound] or ("约" if self.approx else "")
        return " ".join(part for part in (word, digits, self.unit) if part)

    def citation(self) -> str:
        """Where it comes from, for 「出处」: section and quotation, or the external source."""
        if self.external:
            return f"{self.source}{'' if self.verified else '〔未核〕'}"
        return f"报告〔{self.section.rstrip('、')}〕“{self.quote}”"


@dataclass(frozen=True, slots=True)
class Report:
    """The document the ledger is taken from."""

    title: str
    author_unit: str
    lead: str
    members: tuple[str, ...]
    date_note: str


class Ledger(Mapping[str, Indicator]):
    """All indicators by id, in the order of the file."""

    def __init__(self, report: Report, indicators: tuple[Indicator, ...]) -> None:
        self.report = report
        self._by_id = {indicator.id: indicator for indicator in indicators}

    def __getitem__(self, key: str) -> Indicator:
        try:
            return self._by_id[key]
        except KeyError:
            raise UnknownIndicatorError(f"指标台账中没有“{key}”。", fix="请核对指标编号。") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def number(self, key: str) -> float:
        """Value of a quantity in its declared unit; raises LedgerError for an unknown id or a list."""
        value = self[key].value
        if value is None:
            raise LedgerError(f"指标“{self[key].label}”（{key}）是名录，没有数值。")
        return value

    def themes(self) -> tuple[str, ...]:
        """Themes that occur, in the order of the file; external numbers come under 外部参考."""
        return tuple(dict.fromkeys(indicator.theme for indicator in self.values()))

    def search(self, text: str) -> tuple[Indicator, ...]:
        """Indicators in which every word of ``text`` occurs (any field, letter case ignored)."""
        words = text.casefold().split()
        return tuple(i for i in self.values() if all(word in _haystack(i) for word in words))


def _haystack(indicator: Indicator) -> str:
    i = indicator
    fields = (i.id, i.label, i.display(), i.value_text, i.as_of, i.as_of_note)
    return "\n".join((*fields, i.section, i.theme, i.quote, i.note, i.source)).casefold()


@cache
def load_ledger(path: Path | None = None) -> Ledger:
    """Read and check the ledger, once per path.

    Raises LedgerError, naming entry and key, when the file is missing or malformed.
    """
    file = path or DEFAULT_PATH
    try:
        # Decimal keeps the digits as written, so that 4 stays "4" and a trailing zero survives.
        raw = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        message = f"读不到指标台账 {file.name}。"
        raise LedgerError(message, fix="请用 git checkout -- data/indicators.toml 恢复。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"指标台账 {file.name} 不是有效的 TOML 文件：{error}。", fix=_FIX) from error
    unknown = sorted(raw.keys() - {"report", "indicator", "external"})
    if unknown:
        raise LedgerError(f"指标台账有不认识的顶层表“{unknown[0]}”。", fix=_FIX)
    entries = [
        _indicator(table, position, external)
        for key, external in (("indicator", False), ("external", True))
        for position, table in enumerate(_tables(raw, key), start=1)
    ]
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise LedgerError(f"指标台账中编号“{entry.id}”重复。", fix=_FIX)
        seen.add(entry.id)
    return Ledger(_report(raw.get("report")), tuple(entries))


def _tables(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    tables = raw.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise LedgerError(f"指标台账中“{key}”应写作 [[{key}]] 数组表。", fix=_FIX)
    return tables


def _report(table: object) -> Report:
    if not isinstance(table, dict):
        raise LedgerError("指标台账缺少 [report] 表。", fix=_FIX)
    text = {}
    for key in ("title", "author_unit", "lead", "date_note"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise LedgerError(f"指标台账 [report] 的“{key}”应为非空文字。", fix=_FIX)
        text[key] = table[key]
    return Report(members=_strings(table.get("members"), "[report]", "members"), **text)


def _strings(value: object, name: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
        raise LedgerError(f"指标台账 {name} 的“{key}”应为非空的文字列表。", fix=_FIX)
    return tuple(value)


def _indicator(table: dict[str, Any], position: int, external: bool) -> Indicator:
    kind = "external" if external else "indicator"
    name = f"[[{kind}]] 第 {position} 项（{table.get('id', '无编号')}）"
    text, approx, verified = _checked_keys(table, name, external)
    if ("value" in table) == ("items" in table):
        raise LedgerError(f"指标台账 {name} 的“value”与“items”必须且只能有一个。", fix=_FIX)
    value_text = ""
    items: tuple[str, ...] = ()
    if "items" in table:
        items = _strings(table["items"], name, "items")
    else:
        value_text = _number_text(table["value"], name)
        if not text["unit"]:
            raise LedgerError(f"指标台账 {name} 是数值，缺少“unit”。", fix=_FIX)
    return Indicator(
        **text,
        value=float(value_text) if value_text else None,
        items=items,
        approx=approx,
        external=external,
        verified=verified,
        value_text=value_text,
    )


def _checked_keys(table: dict[str, Any], name: str, external: bool) -> tuple[dict[str, str], bool, bool]:
    unknown = sorted(table.keys() - _ALL_KEYS)
    if unknown:
        raise LedgerError(f"指标台账 {name} 有不认识的键“{unknown[0]}”。", fix=_FIX)
    for key in _EXTERNAL_KEYS if external else _REPORT_KEYS:
        if key not in table or (table[key] == "" and key != "as_of"):
            raise LedgerError(f"指标台账 {name} 缺少“{key}”。", fix=_FIX)
    for key in _TEXT_KEYS:
        if not isinstance(table.get(key, ""), str):
            raise LedgerError(f"指标台账 {name} 的“{key}”应为文字。", fix=_FIX)
    for key in ("approx", "verified"):
        if not isinstance(table.get(key, False), bool):
            raise LedgerError(f"指标台账 {name} 的“{key}”应为 true 或 false。", fix=_FIX)
    text: dict[str, str] = {key: table.get(key, "") for key in _TEXT_KEYS}
    if external:
        text["theme"] = EXTERNAL_THEME
    elif text["theme"] not in THEMES:
        raise LedgerError(f"指标台账 {name} 的“theme”应为：{'、'.join(THEMES)}。", fix=_FIX)
    if text["bound"] not in _BOUND_WORDS:
        raise LedgerError(f"指标台账 {name} 的“bound”应为 lower 或 upper。", fix=_FIX)
    if not text["as_of"] and not text["as_of_note"]:
        raise LedgerError(f"指标台账 {name} 没有“as_of”，须在“as_of_note”中说明。", fix=_FIX)
    return text, table.get("approx", False), table.get("verified", not external)


def _number_text(value: object, name: str) -> str:
    # bool is an int to Python, and TOML allows inf and nan: neither is a figure.
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise LedgerError(f"指标台账 {name} 的“value”应为有限的数。", fix=_FIX)
    return f"{Decimal(value):f}"
