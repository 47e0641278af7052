"""Every control total of the published layers against the report, and the report against itself, as one account."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pingchang_geo import carbon, consistency, layers, reconcile
from pingchang_geo.consistency import Check
from pingchang_geo.indicators import Ledger, load_ledger
from pingchang_geo.reconcile import Reconciliation, Summary
from pingchang_geo.specs import LayerSpec
from pingchang_geo.units import format_number
from pingchang_geo.workflow.atlas import Atlas, LayerData


@dataclass(frozen=True)
class Compared:
    """One control total; ``data`` is None while the layer has no version."""

    spec: LayerSpec
    data: LayerData | None
    item: Reconciliation

    @property
    def version(self) -> str:
        """Layer, version and kind as one text."""
        if self.data is None:
            return f"{self.spec.title}（未发布）"
        version = self.data.version
        return f"{self.spec.title}{version.label}（{version.provenance.kind.label}）"


@dataclass(frozen=True)
class Account:
    """The whole reconciliation of one snapshot; ``mark`` is 示意数据 while a reference layer is compared."""

    compared: tuple[Compared, ...]
    checks: tuple[Check, ...]
    mark: str

    @property
    def summary(self) -> Summary:
        """Counts of verdicts over the control totals."""
        return Summary.of(one.item for one in self.compared)

    @property
    def layers(self) -> list[LayerData]:
        """Published layers with control totals, in display order."""
        return list({one.data.spec.id: one.data for one in self.compared if one.data is not None}.values())

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form: ``summary``, ``mark``, ``totals``, ``checks``; what is unknown is null."""
        counts = self.summary
        return {
            "summary": {
                "words": counts.words(),
                "agrees": counts.agrees,
                "by_construction": counts.by_construction,
                "differs": counts.differs,
                "unknown": counts.unknown,
            },
            "mark": self.mark,
            "totals": [_total(one) for one in self.compared],
            "checks": [_check(check) for check in self.checks],
        }


def account(atlas: Atlas) -> Account:
    """Reconcile every layer that declares control totals, published or not, and check the report against itself."""
    ledger = load_ledger()
    compared = tuple(one for spec in layers.all_specs() for one in _layer(atlas, spec, ledger))
    mark = atlas.mark({one.spec.id for one in compared if one.data is not None})
    return Account(compared, consistency.checks(ledger, carbon.load()), mark)


def _layer(atlas: Atlas, spec: LayerSpec, ledger: Ledger) -> list[Compared]:
    if spec.id not in atlas:
        return [Compared(spec, None, item) for item in reconcile.unpublished(spec, ledger)]
    data = atlas[spec.id]
    found = reconcile.reconcile(spec, data.frame, data.version.provenance, ledger)
    return [Compared(spec, data, item) for item in found]


def tolerance_words(item: Reconciliation) -> str:
    """``±0.0063 %（报告数字末位的一半）``."""
    if not item.tolerance:
        return item.tolerance_basis
    return f"±{format_number(item.tolerance * 100, significant=2)} %（{item.tolerance_basis}）"


def _total(one: Compared) -> dict[str, Any]:
    item = one.item
    version = one.data.version if one.data is not None else None
    return {
        "layer": item.layer,
        "version": version.name if version else None,
        "kind": version.provenance.kind.value if version else None,
        "indicator": item.indicator,
        "label": item.label,
        "unit": item.unit,
        "reported": item.reported,
        "reported_text": load_ledger()[item.indicator].display(),
        "approx": load_ledger()[item.indicator].approx,
        "computed": _finite(item.computed),
        "difference": _finite(item.difference),
        "relative": _finite(item.relative),
        "tolerance": item.tolerance,
        "tolerance_basis": item.tolerance_basis,
        "verdict": item.verdict.value,
        "by_construction": item.by_construction,
        "note": item.note,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title,
        "inputs": [{"id": i.id, "label": i.label, "value": i.display(), "source": i.citation()} for i in check.inputs],
        "working": check.working,
        "result": check.result,
        "verdict": check.finding.value,
        "explanation": check.explanation,
        "values": dict(check.values),
        "references": [
            {"label": r.label, "value": r.value, "unit": r.unit, "flag": r.flag, "source": r.source}
            for r in check.references
        ],
        "unverified": list(check.unverified),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
