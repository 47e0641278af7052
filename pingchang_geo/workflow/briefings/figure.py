"""One computed figure, and the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pingchang_geo import carbon
from pingchang_geo.layers import palette
from pingchang_geo.specs import FieldSpec
from pingchang_geo.workflow.atlas import LayerData

UNVERIFIED: Final = "〔未核〕"
#: How the help of a column says so.
_UNVERIFIED_HELP: Final = "未核参数"


@dataclass(frozen=True, slots=True)
class Figure:
    """One computed figure.

    ``number`` is in the shown unit, NaN for words; ``source`` is the method in short; ``behind`` are the layers it
    rests on and ``mark`` what follows from them.
    """

    name: str
    label: str
    value: str
    unit: str
    number: float
    source: str
    behind: tuple[str, ...] = ()
    mark: str = ""
    #: 〔未核〕 where a number behind it was not read first-hand.
    flag: str = ""
    #: Read elsewhere, neither the report's nor computed.
    external: bool = False

    def display(self) -> str:
        """Value with its unit: ``120.3 km²``."""
        return f"{self.value} {self.unit}".strip() + self.flag


class MissingFigureError(Exception):
    """There is no such figure; the text says why, in Chinese."""


def short(label: str) -> str:
    """Label without the method in brackets."""
    return label.partition("（")[0]


def version_words(data: LayerData) -> str:
    """``森林小班第 1 版（示意）``."""
    return f"{data.spec.title}{data.version.label}（{data.version.provenance.kind.label}）"


def caveat(data: LayerData) -> str:
    """What has to be said of a layer: that nothing may rest on its places and shapes, or else whose data they are."""
    source = data.version.provenance
    if source.illustrative:
        return f"图上「{data.spec.title}」为示意数据，位置、形状和属性不作依据"
    return f"图上「{data.spec.title}」为{source.kind.label}数据，来源：{source.source}"


def method_of(spec: FieldSpec) -> str:
    """The method of a derived column: the first sentence of its help, and whether parameters are unverified."""
    if spec.name == palette.AREA.name:
        return "由图形在等积投影中量算"
    if not spec.derived:
        return ""
    first = spec.help.partition("。")[0]
    return first + unverified_note(spec) + _sum_note(spec)


def unverified_note(spec: FieldSpec) -> str:
    """That parameters behind a derived column were not read first-hand; nothing where all were."""
    return "；含未核参数" if _UNVERIFIED_HELP in spec.help else ""


def _sum_note(spec: FieldSpec) -> str:
    caveat = carbon.SUM_CAVEAT.rstrip("。")
    return f"；{caveat}" if carbon.SUM_CAVEAT in spec.help else ""
