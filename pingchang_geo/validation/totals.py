"""Totals of a file against the totals that the report gives. Pure."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from pingchang_geo.indicators import Ledger
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.reconcile import computed_total, tolerance_of
from pingchang_geo.specs import ControlTotal, LayerSpec
from pingchang_geo.units import format_number

#: Newer data may well differ from an older report; beyond this share the analyst is told.
_SHARE: Final = 0.01


def totals(spec: LayerSpec, frame: pd.DataFrame, ledger: Ledger) -> list[Issue]:
    """Compare every control total that does not rest on the report's own rates.

    Args:
        spec: declares the control totals.
        frame: n rows of canonical columns and ``area_ha``.
        ledger: the reported figures.
    """
    found = [_compared(spec, control, frame, ledger) for control in spec.control_totals if not control.by_rate]
    return [one for one in found if one is not None]


def _compared(spec: LayerSpec, control: ControlTotal, frame: pd.DataFrame, ledger: Ledger) -> Issue | None:
    computed, reported = computed_total(control, frame), ledger.number(control.indicator)
    if math.isnan(computed) or not reported:
        return None
    share = (computed - reported) / reported
    allowed = max(_SHARE if control.field else 0.0, tolerance_of(control, ledger[control.indicator])[0])
    if abs(share) <= allowed:
        return None
    # No more than a remark: areas come from the geometry, so units cannot be mixed up, and part of a county is less.
    return issue(
        "TOTAL_DIFFERS",
        field=control.field or spec.name_field,
        label=control.label,
        computed=f"{format_number(computed)} {control.unit}",
        reported=f"{format_number(reported)} {control.unit}",
        percent=f"{share:+.1%}".replace("-", "−"),
    )
