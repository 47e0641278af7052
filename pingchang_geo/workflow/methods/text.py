"""方法与参数: one text from the parameter files, the ledger and the declarations, for the page and docs/methods.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pingchang_geo import carbon
from pingchang_geo.carbon.factors import FactorSet
from pingchang_geo.indicators import load_ledger
from pingchang_geo.workflow.methods import carbon as methods_carbon
from pingchang_geo.workflow.methods import data as methods_data
from pingchang_geo.workflow.methods.blocks import Section, as_markdown

TITLE: Final = "方法与参数"
INTRO: Final = (
    "本页由参数文件（`pingchang_geo/carbon/factors.toml`，以及县里自备的参数集）、指标台账（`data/indicators.toml`）"
    "和图层声明生成；改动参数后随之改变，不另写数字。"
)
_REGENERATE: Final = "<!-- 由 python -m pingchang_geo methods 生成，请勿手工修改。 -->"


def sections(sets: Sequence[FactorSet] | None = None) -> tuple[Section, ...]:
    """Every chapter, what is unverified first.

    Args:
        sets: parameter sets to describe, the default first; all known ones by default.

    Raises:
        FactorError: a parameter file is wrong.
    """
    chosen = tuple(sets or carbon.sets())
    ledger = load_ledger()
    return (
        methods_carbon.unverified(chosen, ledger),
        methods_carbon.stock(chosen),
        methods_carbon.removal(chosen, ledger),
        methods_carbon.uncertainty(chosen),
        methods_data.areas(),
        methods_data.comparison(),
        methods_data.limits(),
        methods_data.own_set(),
        methods_data.dictionary(),
    )


def markdown(sets: Sequence[FactorSet] | None = None) -> str:
    """The whole text as one Markdown file, ending with a line break."""
    parts = [f"# {TITLE}", _REGENERATE, INTRO]
    for section in sections(sets):
        parts.append(f"## {section.title}")
        parts += [as_markdown(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"
