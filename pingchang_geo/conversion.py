"""Values as files have them → canonical values: codes to names, text to numbers, numbers to ids. Pure.

Every distinct value is turned once, then spread over the rows.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec
from pingchang_geo.units import HA_M2, KM2_M2, MU_M2, MU_PER_HA

#: Where a code has no name.
UNRECOGNISED: Final = "未识别"

#: What people write for "nothing".
_NOTHING: Final = frozenset(
    ("", "-", "--", "—", "——", "/", "\\", "NULL", "<NULL>", "<空>", "NONE", "NAN", "N/A", "NA", "无", "空", "*")
)
#: What software writes for "nothing" into text.
_NULLS: Final = frozenset(("", "NULL", "<NULL>", "<空>"))
_NUMBER: Final = re.compile(r"^([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:E[+-]?\d+)?)\s*([^\d\s,.+-].*)?$")
_INTEGRAL: Final = re.compile(r"^(-?\d+)\.0*$")
#: Area units in m², by what stands behind the number.
_AREA_M2: Final = {
    "亩": MU_M2,
    "公顷": HA_M2,
    "HA": HA_M2,
    "HM2": HA_M2,
    "平方米": 1.0,
    "M2": 1.0,
    "平方公里": KM2_M2,
    "平方千米": KM2_M2,
    "KM2": KM2_M2,
    "万亩": MU_M2 * 1e4,
}
#: Units that may stand behind other numbers without changing them.
_PLAIN_UNITS: Final = frozenset(
    [
        "%",
        "M",
        "米",
        "CM",
        "厘米",
        "年",
        "株",
        "株/公顷",
        "株/HA",
        "吨",
        "T",
        "TC",
        "度",
        "M3",
        "立方米",
        "方",
        "M3/HA",
        "M3/HM2",
        "立方米/公顷",
        "M3/公顷",
        "方/公顷",
        "公方",
        "株/HM2",
        "吨/公顷",
        "T/HA",
        "T/HM2",
        "万",
        "万M3",
        "万立方米",
    ]
)
#: Units per 亩 behind a quantity per hectare: the old habit.
_PER_MU: Final = frozenset(("立方米/亩", "M3/亩", "方/亩", "公方/亩", "株/亩", "吨/亩", "T/亩"))
_FIELD_AREA_M2: Final = {"ha": HA_M2, "m²": 1.0, "km²": KM2_M2, "": HA_M2}
_SAMPLES: Final = 5
#: Share of values above 1 that shows a 0–1 field filled in as percent or tenths.
_SCALED_SHARE: Final = 0.5
#: From here on a value among fractions is taken for a percentage; nearer to 1 it may be a slip of the pen.
_PERCENT_FROM: Final = 10


#: Share of rows with values outside its table above which a required field is asked about.
_STRANGE_SHARE: Final = 0.2


@dataclass(frozen=True)
class Coded:
    """A column as distinct values and one code per row, −1 = missing."""

    values: Sequence[Any]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, column: pd.Series[Any]) -> Coded:
        """Distinct values of any column."""
        if isinstance(column.dtype, pd.CategoricalDtype):
            return cls(list(column.cat.categories), np.asarray(column.cat.codes, dtype=np.int64))
        codes, values = pd.factorize(column)
        return cls(list(values), np.asarray(codes, dtype=np.int64))

    def rows(self, which: Sequence[int], record: NDArray[np.int64]) -> NDArray[np.int64]:
        """Records whose distinct value is one of ``which``."""
        flags = np.zeros(len(self.values) + 1, dtype=bool)
        flags[list(which)] = True
        return record[flags[self.codes]]


def half_width(text: str) -> str:
    """Full-width digits and letters to half-width, blanks around removed."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def parse_number(text: str) -> tuple[float, str] | None:
    """Number and the unit behind it; NaN for an empty text, None for something else than a number.

    >>> parse_number("１２,345.6 亩")
    (12345.6, '亩')
    """
    try:
        value = float(text)
    except ValueError:
        pass
    else:
        return (value, "") if not math.isinf(value) else None
    plain = half_width(text).upper()
    if plain in _NOTHING or _is_asterisks(plain):
        return math.nan, ""
    found = _NUMBER.match(plain)
    if not found or not found[1] or not any(c.isdigit() for c in found[1]):
        return None
    unit = (found[2] or "").strip().replace("²", "2").replace("³", "3")
    if unit and unit not in _PLAIN_UNITS and unit not in _AREA_M2 and unit not in _PER_MU:
        return None
    try:
        return float(found[1].replace(",", "")), unit
    except ValueError:
        return None


def is_number(text: str) -> bool:
    """Whether a text reads as a number or as nothing."""
    return parse_number(text) is not None


def is_known(spec: FieldSpec, text: str) -> bool:
    """Whether a text is a code or a name of a field's table, or nothing."""
    return _is_nothing(text) or _name(as_text(text), _code_lookup(spec), free=False) is not None


def as_text(value: Any) -> str:
    """A value as people write it in an id: no decimals after a whole number."""
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = str(value).strip()
    whole = _INTEGRAL.match(text)
    return whole[1] if whole else text


def to_canonical(spec: LayerSpec, mapping: Mapping[str, str], table: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Frame with exactly the layer's source fields, and every issue found on the way.

    Args:
        spec: the layer.
        mapping: canonical name → column.
        table: columns as stored, indexed by 1-based record number.
    """
    record = table.index.to_numpy(dtype=np.int64)
    columns: dict[str, Any] = {}
    issues: list[Issue] = []
    for field_spec in spec.source_fields:
        source = mapping.get(field_spec.name)
        if source is None:
            columns[field_spec.name] = _absent(field_spec, len(table))
            continue
        turn = {FieldKind.NUMBER: _number, FieldKind.CATEGORY: _category, FieldKind.TEXT: _text}[field_spec.kind]
        columns[field_spec.name], found = turn(field_spec, table[source], record)
        issues += found
    return pd.DataFrame(columns, index=table.index), issues


def _absent(spec: FieldSpec, count: int) -> Any:
    if spec.kind is FieldKind.NUMBER:
        return np.full(count, np.nan)
    if spec.kind is FieldKind.CATEGORY:
        return pd.Categorical.from_codes(np.full(count, -1), categories=pd.Index(spec.values or (UNRECOGNISED,)))
    return pd.array([None] * count, dtype="str")


_Turned = tuple[Any, list[Issue]]


def _number(spec: FieldSpec, column: pd.Series[Any], record: NDArray[np.int64]) -> _Turned:
    issues: list[Issue] = []
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        values, issues = _parsed(spec, Coded.of(column), record)
    values = np.where(np.isinf(values), np.nan, values)
    scaled, note = _unit_scale(spec, values, record)
    return scaled, issues + note


def _parsed(spec: FieldSpec, coded: Coded, record: NDArray[np.int64]) -> tuple[NDArray[np.float64], list[Issue]]:
    numbers = np.full(len(coded.values) + 1, np.nan)  # the last one is what code −1 picks
    unreadable: list[int] = []
    with_unit: dict[int, str] = {}
    for position, raw in enumerate(coded.values):
        parsed = parse_number(str(raw))
        if parsed is None:
            unreadable.append(position)
            continue
        number, unit = parsed
        if unit:
            with_unit[position] = unit
            number *= _unit_factor(spec, unit)
        numbers[position] = number
    issues = []
    if unreadable:
        rows = coded.rows(unreadable, record)
        samples = _samples([coded.values[i] for i in unreadable])
        issues.append(issue("NUMBER_UNREADABLE", field=spec.name, rows=rows, label=spec.label, samples=samples))
    if with_unit:
        rows = coded.rows(list(with_unit), record)
        units = _samples(list(dict.fromkeys(with_unit.values())))
        issues.append(issue("UNIT_IN_VALUES", field=spec.name, rows=rows, label=spec.label, units=units))
    return numbers[coded.codes], issues


def _unit_factor(spec: FieldSpec, unit: str) -> float:
    """From a unit written behind a number to the field's unit; an undeclared area is taken as hectares."""
    area = _AREA_M2.get(unit)
    if area is not None and spec.unit in _FIELD_AREA_M2 and spec.limits != (0, 1):
        return area / _FIELD_AREA_M2[spec.unit]
    if unit == "%" and spec.limits == (0, 1):
        return 0.01
    if unit in _PER_MU and spec.unit.endswith("/ha"):
        return MU_PER_HA
    if unit in ("万", "万M3", "万立方米"):
        return 1e4
    return 1.0


def _unit_scale(spec: FieldSpec, values: NDArray[np.float64], record: NDArray[np.int64]) -> _Turned:
    """A 0–1 field filled in as percent (0–100) or tenths (0–10), throughout or here and there."""
    if spec.limits != (0, 1):
        return values, []
    with np.errstate(invalid="ignore"):
        above, fraction = values > 1, (values > 0) & (values < 1)
    if not above.any():
        return values, []
    percent = above & (values >= _PERCENT_FROM) & (values <= 100)
    if fraction.any() and percent.any():
        rows = record[percent]
        found = issue("SCALE_MIXED", field=spec.name, rows=rows, label=spec.label, plain=f"{int(fraction.sum()):,}")
        return np.where(percent, values / 100, values), [found]
    if fraction.any() or above.sum() < _SCALED_SHARE * np.isfinite(values).sum():
        return values, []
    top = 10 if values[above].max() <= 10 else 100
    return values / top, [issue("SCALE_CONVERTED", field=spec.name, label=spec.label, top=top)]


def _samples(values: Sequence[Any]) -> str:
    return "、".join(f"「{str(value)[:30]}」" for value in values[:_SAMPLES])


def _text(spec: FieldSpec, column: pd.Series[Any], record: NDArray[np.int64]) -> _Turned:
    del spec, record
    coded = Coded.of(column)
    texts = [as_text(value) for value in coded.values]
    names = [None if text.upper() in _NULLS or _is_asterisks(text) else text for text in texts]
    return pd.array([*names, None], dtype="str").take(np.where(coded.codes < 0, len(names), coded.codes)), []


def _category(spec: FieldSpec, column: pd.Series[Any], record: NDArray[np.int64]) -> _Turned:
    coded = Coded.of(column)
    lookup = _code_lookup(spec)
    names: list[str | None] = []
    unknown: list[int] = []
    new: list[int] = []
    for position, raw in enumerate(coded.values):
        name = _name(as_text(raw), lookup, free=not spec.values)
        if name is None and not _is_nothing(as_text(raw)):
            text = half_width(as_text(raw))
            is_code = bool(spec.codes) and text.isascii()
            (unknown if is_code else new).append(position)
            name = UNRECOGNISED if is_code else text
        names.append(name)
    extra = sorted({name for name in names if name is not None} - set(spec.values) - {UNRECOGNISED})
    categories = [*spec.values, *extra, *([UNRECOGNISED] if UNRECOGNISED in names else [])]
    index = {name: position for position, name in enumerate(categories)}
    positions = np.array([-1 if name is None else index[name] for name in names] + [-1], dtype=np.int64)
    issues = [
        _strange(code, spec, coded, which, record)
        for code, which in (("CODE_UNKNOWN", unknown), ("CATEGORY_NEW", new))
        if len(coded.rows(which, record))
    ]
    return pd.Categorical.from_codes(positions[coded.codes], categories=pd.Index(categories)), issues


def _strange(code: str, spec: FieldSpec, coded: Coded, which: Sequence[int], record: NDArray[np.int64]) -> Issue:
    """Values outside a field's table: a slip here and there, or, where they are many, another table or column."""
    rows = coded.rows(which, record)
    many = spec.required and len(rows) > _STRANGE_SHARE * len(record)
    samples = _samples([coded.values[i] for i in which])
    level = Level.CONFIRM if many else None
    return issue(code, level=level, field=spec.name, rows=rows, label=spec.label, samples=samples)


def _is_asterisks(text: str) -> bool:
    """What a DBF holds for a missing number, or for one too wide for its field."""
    return not text.strip("*")


def _is_nothing(text: str) -> bool:
    plain = half_width(text).upper()
    return plain in _NOTHING or not plain.strip("0") or _is_asterisks(plain)


def _code_lookup(spec: FieldSpec) -> dict[str, str]:
    """Everything that stands for a name: codes, codes that lost their leading zeros, the names themselves."""
    lookup: dict[str, str] = {}
    for code, name in spec.codes.items():
        lookup.setdefault(code.lstrip("0"), name)
        if len(code) == 6 and code.endswith("00"):  # the upper class of a six-digit code
            lookup.setdefault(code[:-2], name)
    lookup |= spec.codes
    for name in (*spec.codes.values(), *spec.values):
        lookup[name.upper()] = name
    return lookup


def _name(text: str, lookup: Mapping[str, str], *, free: bool) -> str | None:
    """Name for a code or a spelling of a name; None for nothing and for what is not known."""
    plain = half_width(text)
    if plain.upper() in _NOTHING or _is_asterisks(plain):
        return None
    if free and not lookup:
        return plain
    plain = as_text(plain).upper()
    if not plain.strip("0") and plain not in lookup:
        return None  # 0, 000: not applicable
    for spelling in (plain, plain.lstrip("0"), f"{plain}林", plain.removesuffix("林"), plain.removesuffix("地")):
        if spelling in lookup:
            return lookup[spelling]
    return None
