"""``reconcile`` and ``methods``: exit codes, one JSON object, the summary line first."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from pingchang_geo.access import operator
from pingchang_geo.cli import accounts, main
from pingchang_geo.indicators import Ledger, load_ledger
from pingchang_geo.reconcile import Reconciliation, Summary, Verdict
from pingchang_geo.settings import PROJECT_ROOT, Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from pingchang_geo.workflow.accounts.reconciliation import account
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.publish import publish
from tests import layer_frames


@pytest.fixture
def here(store: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalStore:
    """The command line on the tiny county; the reference folder holds nothing more."""
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "sources.toml").write_text("", encoding="utf-8")
    chosen = Settings(data_dir=store.root, reference_dir=folder)
    monkeypatch.setattr("pingchang_geo.cli.accounts.settings", lambda: chosen)
    monkeypatch.setattr(start, "open_store", lambda: store)
    return store


def test_one_json_object_and_a_difference_is_exit_code_1(here: LocalStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["mark"] == "示意数据"
    assert found["summary"]["differs"] == sum(total["verdict"] == "不一致" for total in found["totals"]) > 0
    by_indicator = {total["indicator"]: total for total in found["totals"]}
    redline = by_indicator["redline_area_km2"]
    assert redline["reported"] == load_ledger().number("redline_area_km2")
    (managed,) = [one for one in found["totals"] if one["indicator"] == "managed_forest_removal_wt_a"]
    assert managed["approx"] and managed["reported_text"].startswith("约 6 ") and not redline["approx"]
    assert redline["difference"] == pytest.approx(redline["computed"] - redline["reported"])
    assert (redline["verdict"], redline["kind"], redline["tolerance_basis"]) == (
        "不一致",
        "reference",
        "报告数字末位的一半",
    )
    checks = {check["id"]: check for check in found["checks"]}
    assert checks["gdp_sectors"]["verdict"] == "相符"
    assert checks["rate_new_forest_removal_wt_a"]["inputs"][0]["source"].startswith("报告〔")


def test_the_summary_stands_first(here: LocalStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("共 7 项：一致 0 项，不一致 7 项")
    assert "示意数据" in lines[1]
    assert any(line.startswith("[不一致] 生态保护红线面积：报告 79.57 km²") for line in lines)
    assert any(line.startswith("[偏高] 新造林单位面积年清除量") for line in lines)


def test_agreement_of_official_data_is_no_construction(here: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """An official red line of the reported area agrees by itself, a reference one by construction."""
    area_km2 = float(load(here)["redline"].frame["area_ha"].sum()) / 100
    reported = dataclasses.replace(load_ledger()["redline_area_km2"], value=area_km2, value_text=f"{area_km2:.2f}")
    figures = tuple(reported if i.id == reported.id else i for i in load_ledger().values())
    ledger = Ledger(load_ledger().report, figures)
    monkeypatch.setattr("pingchang_geo.workflow.accounts.reconciliation.load_ledger", lambda: ledger)

    def redline() -> Reconciliation:
        return next(one.item for one in account(load(here)).compared if one.spec.id == "redline")

    assert (redline().verdict, redline().by_construction) == (Verdict.AGREES, True)
    publish(
        here,
        "redline",
        layer_frames.redline(),
        provenance=layer_frames.OFFICIAL,
        actor=operator("技术员"),
        note="",
        base=here.snapshot().versions["redline"].name,
    )
    assert (redline().verdict, redline().by_construction) == (Verdict.AGREES, False)


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ((7, 7, 0, 0), 0),
        ((7, 0, 0, 0), 0),
        ((6, 0, 1, 0), 1),
        ((5, 0, 1, 1), 1),
        ((6, 0, 0, 1), 3),
    ],
)
def test_exit_codes(counts: tuple[int, int, int, int], code: int) -> None:
    class Found:
        summary = Summary(*counts)

    assert accounts.exit_code(Found()) == code  # type: ignore[arg-type]


def test_an_unpublished_layer_is_listed(empty_store: LocalStore) -> None:
    publish(
        empty_store,
        "redline",
        layer_frames.redline(),
        provenance=layer_frames.OFFICIAL,
        actor=operator("技术员"),
        note="",
        base=None,
    )
    found = account(load(empty_store))
    assert found.mark == ""
    assert [data.spec.id for data in found.layers] == ["redline"]
    open_ones = [one for one in found.compared if one.data is None]
    assert {one.spec.id for one in open_ones} == {"forest", "scenic"}
    assert all(one.version.endswith("（未发布）") for one in open_ones)
    totals = found.as_dict()["totals"]
    assert [t["computed"] for t in totals if t["layer"] == "scenic"] == [None]
    assert found.summary.unknown == len(open_ones)
    text = accounts.reconciliation_text(found)
    assert "示意数据" not in text and "该图层尚未发布数据" in text


def test_methods_prints_the_committed_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    assert capsys.readouterr().out == (PROJECT_ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
