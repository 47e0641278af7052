"""The methods text: one source for page and file, every parameter in it, nothing unverified without its flag."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pingchang_geo import carbon, layers
from pingchang_geo.carbon import factors as factor_sets
from pingchang_geo.indicators import load_ledger
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.workflow.methods import carbon as methods_carbon
from pingchang_geo.workflow.methods import data as methods_data
from pingchang_geo.workflow.methods import text as methods_text
from pingchang_geo.workflow.methods.blocks import Formula, Points, Prose, Section, Table, as_markdown, safe

SETS = carbon.sets()
TEXT = methods_text.markdown(SETS)


def tables(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]


def section(name: str) -> Section:
    return next(one for one in methods_text.sections(SETS) if one.id == name)


def test_the_committed_file_is_the_generated_one() -> None:
    """Run ``python -m pingchang_geo methods > docs/methods.md`` after a change of parameters or declarations."""
    assert (PROJECT_ROOT / "docs" / "methods.md").read_text(encoding="utf-8") == TEXT


def test_what_is_unverified_stands_first() -> None:
    first = methods_text.sections(SETS)[0]
    assert first.id == "unverified"
    words = as_markdown(first.blocks[1])
    assert "县域面积" in words
    for one in SETS:
        assert all(safe(item) in words for item in one.unverified)


def test_every_coefficient_stands_in_the_tables_with_its_flag() -> None:
    rows = [row for table in tables(section("stock")) for row in table.rows]
    for one in SETS:
        for c in one.coefficients:
            first = f"{c.a_t_m3:g}" if isinstance(c, factor_sets.Coefficient) else f"{c.density_t_m3:.3f}"
            row = next(r for r in rows if r[0] == safe(c.stand_type) and r[2] == first)
            assert row[-1] == ("待核" if not c.verified else "转引" if "转引" in c.read_in else "已核")
            assert row[-3] == safe(c.source)


def test_rows_of_an_earlier_set_are_named_not_repeated() -> None:
    base = SETS[0]
    other = dataclasses.replace(base, id="other", label="另一套", coefficients=base.coefficients[:3])
    blocks = methods_carbon.stock([base, other]).blocks
    words = [b.text for b in blocks if isinstance(b, Prose)]
    named = "、".join(safe(c.stand_type) for c in base.coefficients[:3])
    assert any(text == f"与「{safe(base.label)}」相同、不重列：{named}。" for text in words)


def test_parts_that_differ_between_sets_say_whose_they_are() -> None:
    base = SETS[0]
    other = dataclasses.replace(base, id="other", label="另一套", per_ha=base.per_ha[:1])
    heads = [b.text for b in methods_carbon.stock([base, other]).blocks if isinstance(b, Prose)]
    assert any("单位面积生物量" in text and text.endswith("用于：另一套。") for text in heads)
    assert "各参数集共用" in TEXT


def test_the_worked_example_is_the_domain_figure() -> None:
    """马尾松 at 60 m³/ha: 0.5034 × 60 + 20.547 = 50.751 t/ha, × 0.47 = 23.9 tC/ha; 31.6511 × 0.47 = 14.9."""
    table = tables(section("stock"))[-1]
    row = next(row for row in table.rows if row[0] == "马尾松")
    assert row[1:3] == ("23.9", "14.9")


def test_the_official_rates_cite_the_report() -> None:
    table = tables(section("removal"))[0]
    assert [row[0] for row in table.rows] == [rate.stand_kind for rate in SETS[0].official_rates]
    assert table.rows[0][3:5] == ("8.997", "0.5998")
    assert safe(load_ledger()["new_forest_removal_wt_a"].quote) in table.rows[0][5]


def test_benchmarks_and_half_widths_carry_flags() -> None:
    flags = {row[5] for row in tables(section("removal"))[-1].rows}
    assert flags == {"已核", "推算", "待核"}
    widths = tables(section("uncertainty"))[0]
    assert [row[0] for row in widths.rows] == [safe(u.label) for u in SETS[0].uncertainties]


def test_zones_and_every_field_of_every_layer_are_told() -> None:
    zones = tables(section("areas"))[0]
    assert [row[0] for row in zones.rows] == [spec.title for spec in layers.zones()]
    cells = [row[1] for table in tables(section("dictionary")) for row in table.rows]
    assert cells == [f"`{field.name}`" for spec in layers.all_specs() for field in spec.fields]


def test_the_limits_say_what_the_results_are_not() -> None:
    words = "\n".join(as_markdown(block) for block in section("limits").blocks)
    for needed in ("CCER", "部分生态产品价值", "土壤有机碳", "不是用地审批", "测算"):
        assert needed in words


def test_the_example_of_an_own_set_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(methods_data._EXAMPLE, encoding="utf-8")
    sets = factor_sets.read(factor_sets._FILE, path)
    own = next(one for one in sets if one.own)
    assert own.by_species["马尾松"].verified
    assert len(own.coefficients) == len(sets[0].coefficients)
    text = methods_text.markdown(sets)
    assert "`county-1`，2026 年，自备" in text


def test_cells_hold_no_line_breaks_and_no_stray_bars() -> None:
    for one in methods_text.sections(SETS):
        for table in tables(one):
            assert all(len(row) == len(table.headers) for row in table.rows)
            for cell in (cell for row in table.rows for cell in row):
                assert "\n" not in cell
                assert "|" not in cell.replace("\\|", "")


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (Prose("一段"), "一段"),
        (Points(("甲", "乙")), "- 甲\n- 乙"),
        (Formula("a + b"), "$$\na + b\n$$"),
        (Table(("甲", "乙"), (("一", "2"),), numbers=(1,)), "| 甲 | 乙 |\n| :-- | --: |\n| 一 | 2 |"),
    ],
)
def test_blocks_as_markdown(block: object, text: str) -> None:
    assert as_markdown(block) == text  # type: ignore[arg-type]


def test_texts_of_files_are_made_inert() -> None:
    assert safe("a|b *c*\n[d](e) $f$") == "a\\|b \\*c\\* \\[d\\](e) \\$f\\$"
