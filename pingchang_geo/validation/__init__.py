"""Every check on a canonical frame: all findings, not the first one."""

from pingchang_geo.validation.checks import Validated, validate

__all__ = ["Validated", "validate"]
