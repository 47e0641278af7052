"""Computed figures by name, each with its method, its sources and the mark it needs.

Names follow from the declarations, so that a new layer brings its own. For a published layer ``<layer>``:

- ``<layer>.count``, ``<layer>.count.<category>.<value>``: features
- ``<layer>.<field>``, ``<layer>.<field>.<category>.<value>``: sum of an extensive field; totals inside zones count
  every plot once
- ``<layer>.pct.<field>.<category>.<value>``: its share of the whole
- ``<layer>.mean.<field>``: mean weighted by area; ``<layer>.min.<field>``, ``<layer>.max.<field>``
- ``<layer>.top.<field>.<category>``, ``<layer>.top_pct.…``: the group with the largest sum, and its share
- ``<zones>.inside.<field>``, ``<zones>.inside_pct.<field>``: plots inside the zones, each counted once
- ``<plots>.stock_tco2``, ``<plots>.interval``: stock as carbon dioxide, and its 95 % interval in words
- ``<layer>.version``, ``<layer>.kind``, ``<layer>.caveat``: which version it is, 示意 or 官方, and whether its places
  may be relied on, in words

Besides, of the report against itself: ``check.<id>.<value>``, ``check.<id>.result``, ``check.<id>.finding``,
``check.<id>.references.<n>``, for charts all of them as ``check.<id>.references``; and ``reconcile.words``,
``report.title``, ``report.author``, ``carbon.set``, ``carbon.flags``, ``data.layers``, ``data.illustrative``.
``@km2`` behind a name (``@mu``, ``@wanmu``, ``@ha``, ``@t``, ``@wt``) chooses the unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final

from pingchang_geo import carbon, consistency, layers, units
from pingchang_geo.indicators import Ledger
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.accounts import account as carbon_account
from pingchang_geo.workflow.accounts import reconciliation
from pingchang_geo.workflow.accounts.account import CarbonAccount
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.figure import UNVERIFIED, Figure, MissingFigureError, short, version_words
from pingchang_geo.workflow.briefings.layer_figures import LayerFigure, units_of

#: Ending of a check's value → its unit.
_CHECK_UNITS: Final = {
    "tco2_mu_a": "tCO₂/亩/年",
    "tco2_ha_a": "tCO₂/公顷/年",
    "m3_ha_a": "m³/公顷/年",
    "yi_yuan": "亿元",
    "wan_yuan": "万元",
    "wanmu": "万亩",
    "pct": "%",
    "km2": "km²",
    "km": "km",
    "wan": "万人",
}


class Figures:
    """Figures of one atlas in the reader's units, each computed once."""

    def __init__(self, atlas: Atlas, ledger: Ledger, choice: UnitChoice) -> None:
        self.atlas = atlas
        self.ledger = ledger
        self.choice = choice
        #: Figures, and the reasons why there are none.
        self._known: dict[str, Figure | str] = {}
        self._accounts: dict[str, CarbonAccount] = {}

    def get(self, name: str) -> Figure:
        """The figure of a name.

        Raises:
            MissingFigureError: there is none; the message says why.
        """
        if name not in self._known:
            try:
                self._known[name] = self._named(name)
            except MissingFigureError as error:
                self._known[name] = str(error)
        found = self._known[name]
        if isinstance(found, str):
            raise MissingFigureError(found)
        return found

    def several(self, name: str) -> tuple[Figure, ...]:
        """The figure of a name; all benchmarks, lowest first, of ``check.<id>.references``.

        Raises:
            MissingFigureError: there is none; the message says why.
        """
        head, _, rest = name.partition(".")
        check = self.checks.get(rest.removesuffix(".references")) if head == "check" else None
        if check is None or not check.references or not rest.endswith(".references"):
            return (self.get(name),)
        return tuple(self.get(f"{name}.{place}") for place in range(len(check.references)))

    def offered(self) -> tuple[str, ...]:
        """Names that an editor may choose from: totals of every layer, of zones, of each check. Every one has a figure;
        groups (``….<category>.<value>``) are too many to list."""
        names = [name for data in self.atlas.layers.values() if not data.spec.base_map for name in _offered(data)]
        names += [f"check.{check.id}.{key}" for check in self.checks.values() for key in check.values]
        names += ["reconcile.words", "data.layers", "data.illustrative", "report.title", "report.author", "carbon.set"]
        return tuple(name for name in names if self._there(name))

    def _there(self, name: str) -> bool:
        try:
            self.get(name)
        except MissingFigureError:
            return False
        return True

    def account(self, layer_id: str) -> CarbonAccount:
        """The carbon account of a carbon-bearing layer by the current parameters."""
        if layer_id not in self._accounts:
            self._accounts[layer_id] = carbon_account.account(self.atlas[layer_id], carbon.load())
        return self._accounts[layer_id]

    @cached_property
    def checks(self) -> dict[str, consistency.Check]:
        """The report checked against itself, by id."""
        return {check.id: check for check in consistency.checks(self.ledger, carbon.load())}

    @cached_property
    def reconciled(self) -> reconciliation.Account:
        """The reconciliation of every control total."""
        return reconciliation.account(self.atlas)

    @cached_property
    def plots(self) -> LayerData | None:
        """The published layer that carries carbon; None without one."""
        return next((self.atlas[spec.id] for spec in layers.carbon_bearing() if spec.id in self.atlas), None)

    def _named(self, name: str) -> Figure:
        plain, _, unit = name.partition("@")
        head, *rest = plain.split(".")
        others: dict[str, Callable[[str, Sequence[str]], Figure]] = {
            "check": self._check,
            "reconcile": self._reconcile,
            "report": self._report,
            "carbon": self._carbon,
            "data": self._data,
        }
        if head in others and rest:
            return others[head](name, rest)
        if head not in layers.REGISTRY or not rest:
            raise MissingFigureError(f"没有名为「{name}」的计算值")
        if head not in self.atlas:
            raise MissingFigureError(f"图层「{layers.get(head).title}」尚未发布数据，算不出「{name}」")
        chosen = units_of(self.choice, unit, name)
        maker = LayerFigure(
            self.atlas, self.atlas[head], self.plots, lambda: self.account(head).simulated, name, chosen
        )
        return maker.figure(rest)

    def _check(self, name: str, rest: Sequence[str]) -> Figure:
        check = self.checks.get(rest[0])
        if check is None or len(rest) < 2:
            raise MissingFigureError(f"没有名为「{name}」的核对结果")
        flag = UNVERIFIED if check.unverified else ""
        source = f"由报告数字计算：{check.working}"
        if rest[1] == "result":
            return Figure(name, check.title, check.result, "", math.nan, source, flag=flag)
        if rest[1] == "finding":
            return Figure(name, check.title, check.finding.value, "", math.nan, source, flag=flag)
        places = {str(place): one for place, one in enumerate(check.references)}
        if rest[1] == "references" and len(rest) == 3 and rest[2] in places:
            one = places[rest[2]]
            shown = units.format_number(one.value, significant=3)
            label = f"{short(one.label)}（{one.flag}）"  # the flag must not be cut off where names are narrow
            return Figure(name, label, shown, one.unit, one.value, one.source, external=True)
        if rest[1] not in check.values:
            raise MissingFigureError(f"没有名为「{name}」的核对结果")
        value = check.values[rest[1]]
        unit = next((unit for ending, unit in _CHECK_UNITS.items() if rest[1].endswith(ending)), "")
        shown = units.format_number(value, significant=3)
        return Figure(name, check.title, shown, unit, value, source, flag=flag)

    def _reconcile(self, name: str, rest: Sequence[str]) -> Figure:
        if list(rest) != ["words"]:
            raise MissingFigureError(f"没有名为「{name}」的对账结果")
        found = self.reconciled
        behind = tuple(one.data.spec.id for one in found.compared if one.data is not None)
        words = found.summary.words().rstrip("。")
        return Figure(name, "对账", words, "", math.nan, "各图层总量与报告逐项比较", behind, found.mark)

    def _report(self, name: str, rest: Sequence[str]) -> Figure:
        report = self.ledger.report
        texts = {"title": f"《{report.title}》", "author": report.author_unit}
        if rest[0] not in texts:
            raise MissingFigureError(f"没有名为「{name}」的报告信息")
        return Figure(name, "报告", texts[rest[0]], "", math.nan, "指标台账")

    def _carbon(self, name: str, rest: Sequence[str]) -> Figure:
        factors = carbon.load()
        flags = "、".join(dict.fromkeys(flag for flag, _ in self._flagged()))
        texts = {"set": factors.label, "flags": flags or "无"}
        if rest[0] not in texts:
            raise MissingFigureError(f"没有名为「{name}」的参数信息")
        return Figure(name, "碳储量参数", texts[rest[0]], "", math.nan, "碳参数文件")

    def _flagged(self) -> tuple[tuple[str, str], ...]:
        return self.account(self.plots.spec.id).flagged if self.plots is not None else ()

    def _data(self, name: str, rest: Sequence[str]) -> Figure:
        shown = [data for data in self.atlas.layers.values() if not data.spec.base_map]
        behind = tuple(data.spec.id for data in shown)
        mark = self.atlas.mark(behind)
        words = "、".join(version_words(data) for data in shown)
        if rest[0] == "layers":
            return Figure(name, "图层版本", words, "", math.nan, "当前发布的版本", behind, mark)
        if rest[0] == "illustrative":
            count = sum(data.version.provenance.illustrative for data in shown)
            return Figure(name, "示意图层", f"{count}", "个", float(count), f"当前版本：{words}", behind, mark)
        raise MissingFigureError(f"没有名为「{name}」的数据信息")


def _offered(data: LayerData) -> Iterator[str]:
    """Names that may have a figure for a layer."""
    spec = data.spec
    yield f"{spec.id}.count"
    yield from (f"{spec.id}.{field.name}" for field in spec.fields if field.extensive and field.name in data.filled)
    if spec.carbon is not None:
        yield from (f"{spec.id}.{name}" for name in ("mean.stock_tc_ha", "stock_tco2", "interval"))
    if spec.zone is not None:
        yield from (
            f"{spec.id}.{share}.{name}" for share in ("inside", "inside_pct") for name in ("area_ha", "stock_tc")
        )
