"""The list of checks, forest and carbon first."""

from __future__ import annotations

from pingchang_geo.carbon import FactorSet
from pingchang_geo.consistency import economy, forest
from pingchang_geo.consistency.model import Check
from pingchang_geo.indicators import Ledger


def checks(ledger: Ledger, factors: FactorSet) -> tuple[Check, ...]:
    """Every check of the report against itself.

    Args:
        ledger: the report's figures, and the few external ones that stand beside them.
        factors: the parameter set whose benchmarks and coefficients the carbon lines are compared with.

    Raises:
        UnknownIndicatorError: the ledger lacks a figure.
    """
    return (
        *forest.rates(ledger, factors),
        *forest.growth_needed(ledger, factors),
        forest.coverage(ledger),
        forest.credits(ledger),
        forest.cover(ledger),
        forest.redline_share(ledger),
        forest.rivers(ledger),
        economy.sectors(ledger),
        economy.growth(ledger),
        economy.per_capita(ledger),
        economy.population(ledger),
        economy.park_support(ledger),
        economy.scenic_areas(ledger),
        economy.brands(ledger),
    )
