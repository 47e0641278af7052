"""The report checked against itself: what its figures imply together, beside what can be said about that.

Every number comes from the ledger or the parameter file; a check computes, compares by a stated rule and explains.
"""

from pingchang_geo.consistency.checks import checks
from pingchang_geo.consistency.forest import CREDITS, NOT_ADDED, benchmark_flag
from pingchang_geo.consistency.model import Check, Finding, Reference

__all__ = ["CREDITS", "NOT_ADDED", "Check", "Finding", "Reference", "benchmark_flag", "checks"]
