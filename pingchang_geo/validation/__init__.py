"""Every check on a canonical frame: all findings, not the first one."""

from pingchang_geo.validation.checks import Validated, validate
from pingchang_geo.validation.continuity import Side, continuity
from pingchang_geo.validation.totals import totals

__all__ = ["Side", "Validated", "continuity", "totals", "validate"]
