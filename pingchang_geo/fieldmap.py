"""Which column of a file is which canonical field. Pure.

Names are compared in four steps, strongest first: as they are, without separators, cut to the ten characters that a
DBF keeps, and by the beginning of the Chinese label. Turning the values themselves is :mod:`pingchang_geo.conversion`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import pandas as pd

from pingchang_geo.conversion import is_number, to_canonical
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec

__all__ = ["FieldMapping", "Match", "fingerprint", "map_columns", "mapping_issues", "samples", "to_canonical"]

#: Below this a pair is shown with sample values and confirmed by the analyst.
SURE: Final = 0.8
_DBF_NAME: Final = 10
_BRACKETS: Final = re.compile(r"[（(\[【].*?[)）\]】]")
_SEPARATORS: Final = re.compile(r"[\s_\-.·・]+")
_JOIN_SUFFIX: Final = re.compile(r"_\d{1,2}$")
_SHORTEST_LABEL: Final = 2


@dataclass(frozen=True)
class Match:
    """A column taken for a field, how sure that is (0–1) and why."""

    column: str
    confidence: float
    evidence: str


@dataclass(frozen=True)
class FieldMapping:
    """The columns of a file against the fields of a layer.

    ``pairs``: canonical name → match; ``unmapped``: columns nothing claims; ``missing``: required fields without a
    column; ``rivals``: further columns that would also do for a field.
    """

    pairs: Mapping[str, Match]
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]
    rivals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """Canonical name → column."""
        return {name: match.column for name, match in self.pairs.items()}

    @property
    def unsure(self) -> tuple[str, ...]:
        """Fields whose column has to be confirmed."""
        return tuple(name for name, match in self.pairs.items() if match.confidence < SURE)


def fingerprint(columns: Sequence[str]) -> str:
    """What a remembered mapping is filed under: the set of column names, whatever their order and case."""
    text = "\n".join(sorted(_plain(column) for column in columns))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _plain(name: str) -> str:
    """Half-width, upper case, no blanks around."""
    return unicodedata.normalize("NFKC", name).strip().upper()


def _squeezed(name: str) -> str:
    """Without separators and bracketed remarks such as units."""
    return _SEPARATORS.sub("", _BRACKETS.sub("", _plain(name)))


def _score(column: str, name: str) -> tuple[float, str]:
    """How well a column's name fits one known name of a field."""
    plain, known = _plain(column), _plain(name)
    squeezed, known_squeezed = _squeezed(column), _squeezed(name)
    if plain == known:
        return 1.0, f"名称与「{name}」一致"
    if squeezed and squeezed == known_squeezed:
        return 0.95, f"名称与「{name}」仅分隔符或括注不同"
    if len(plain) == _DBF_NAME and known.startswith(plain):
        return 0.9, f"是「{name}」截为 10 个字符"
    if _squeezed(_JOIN_SUFFIX.sub("", plain)) == known_squeezed:
        return 0.7, f"名称与「{name}」相比多了序号"
    chinese = not known.isascii() and min(len(squeezed), len(known_squeezed)) >= _SHORTEST_LABEL
    return _label_score(squeezed, known_squeezed, name) if chinese else (0.0, "")


def _label_score(column: str, label: str, name: str) -> tuple[float, str]:
    if column.removesuffix("号") == label.removesuffix("号"):
        return 0.9, f"与「{name}」同义"
    if column.startswith(label) or label.startswith(column):
        return 0.6, f"名称与「{name}」开头相同"
    return 0.0, ""


def _best(column: str, spec: FieldSpec) -> tuple[float, str]:
    return max((_score(column, name) for name in (spec.name, spec.label, *spec.aliases)), key=lambda found: found[0])


def map_columns(
    spec: LayerSpec,
    columns: Sequence[str],
    samples: Mapping[str, Sequence[str]] = MappingProxyType({}),
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> FieldMapping:
    """Find a column for each field that comes from a file.

    Args:
        spec: the layer.
        columns: names as in the file.
        samples: some values of each column, to doubt a column of words for a number.
        chosen: canonical name → column as the analyst said (or as remembered); an empty column means none.
    """
    found: list[tuple[float, int, int, str, str, str]] = []
    for order, field_spec in enumerate(spec.source_fields):
        if field_spec.name in chosen:
            continue
        for position, column in enumerate(columns):
            score, evidence = _best(column, field_spec)
            if score:
                score, evidence = _doubted(score, evidence, field_spec, samples.get(column, ()))
                found.append((-score, order, position, field_spec.name, column, evidence))
    pairs = {name: Match(column, 1.0, "由使用者确认") for name, column in chosen.items() if column in columns}
    taken = {match.column for match in pairs.values()}
    rivals: dict[str, tuple[str, ...]] = {}
    for score, _, _, name, column, evidence in sorted(found):
        if column in taken:
            continue
        if name in pairs:
            if -score >= SURE:
                rivals[name] = (*rivals.get(name, ()), column)
            continue
        pairs[name] = Match(column, -score, evidence)
        taken.add(column)
    ordered = {one.name: pairs[one.name] for one in spec.source_fields if one.name in pairs}
    return FieldMapping(
        MappingProxyType(ordered),
        tuple(column for column in columns if column not in taken),
        tuple(one.name for one in spec.source_fields if one.required and one.name not in pairs),
        MappingProxyType(rivals),
    )


def _doubted(score: float, evidence: str, spec: FieldSpec, samples: Sequence[str]) -> tuple[float, str]:
    """A number field whose samples are mostly words is doubtful whatever its name."""
    filled = [sample for sample in samples if sample.strip()]
    if spec.kind is not FieldKind.NUMBER or not filled:
        return score, evidence
    if sum(is_number(sample) for sample in filled) * 2 >= len(filled):
        return score, evidence
    return score * 0.5, f"{evidence}，但取值多不是数字"


def samples(table: pd.DataFrame, count: int = 20) -> dict[str, list[str]]:
    """Some distinct values of each column, as text."""
    found = {}
    for name in table.columns:
        column = table[name]
        values = column.cat.categories[:count] if hasattr(column, "cat") else column.dropna().head(count).unique()
        found[str(name)] = [str(value) for value in values]
    return found


def mapping_issues(spec: LayerSpec, mapping: FieldMapping, samples: Mapping[str, Sequence[str]]) -> list[Issue]:
    """What has to be said about a mapping: missing required fields, unsure pairs, rivals."""
    found = [_missing(spec.field(name)) for name in mapping.missing]
    for name in mapping.unsure:
        match = mapping.pairs[name]
        shown = "、".join(list(samples.get(match.column, ()))[:3]) or "空"
        found.append(
            issue(
                "FIELD_UNSURE",
                field=name,
                column=match.column,
                label=spec.field(name).label,
                evidence=match.evidence,
                samples=shown,
                name=name,
            )
        )
    for name, others in mapping.rivals.items():
        column = mapping.pairs[name].column
        listed = "、".join((column, *others))
        found.append(issue("FIELD_AMBIGUOUS", field=name, label=spec.field(name).label, columns=listed, column=column))
    return found


def _missing(spec: FieldSpec) -> Issue:
    aliases = "、".join(dict.fromkeys((*spec.aliases[:4], spec.label)))
    return issue("FIELD_REQUIRED", field=spec.name, label=spec.label, aliases=aliases)
