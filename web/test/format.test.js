"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { shownUnit, formatNumber, formatQuantity, formatColumn, formatShare } = require("../src/format.js");

test("numbers have thousands separators and about four significant digits", () => {
  const cases = [[1804200, undefined, "1,804,200"], [79.57, undefined, "79.57"], [79.5, 2, "79.50"], [0, undefined, "0"],
    [0.01234567, undefined, "0.0123"], [1234.5678, 1, "1,234.6"], [-1234567.8, 0, "-1,234,568"], [1200, undefined, "1,200"]];
  for (const [value, digits, text] of cases) assert.equal(formatNumber(value, digits), text);
  for (const nothing of [null, undefined, NaN, Infinity]) assert.equal(formatNumber(nothing), "—");
});

test("areas and masses follow the reader's units, per-hectare quantities do not", () => {
  assert.equal(formatQuantity(2, "ha", { area: "mu" }, 1), "30 亩");
  assert.equal(formatQuantity(2, "ha", { area: "ha" }, 1), "2.0 公顷");
  assert.equal(formatQuantity(7957, "ha", { area: "km2" }), "79.57 km²");
  assert.equal(formatQuantity(158400, "tCO₂/年", { mass: "wt" }), "15.84 万吨 CO₂/年");
  assert.equal(formatQuantity(158400, "tCO₂", { mass: "t" }), "158,400 吨 CO₂");
  assert.equal(formatQuantity(20000, "tC", { mass: "wt" }), "2 万吨碳");
  assert.equal(formatQuantity(25.26, "tC/ha", { area: "mu", mass: "wt" }, 1), "25.3 tC/ha");
  assert.equal(formatQuantity(12.34, "%", {}, 1), "12.3%");
  assert.equal(formatQuantity(NaN, "ha", {}), "—");
  assert.deepEqual(shownUnit("m³/ha", { area: "mu" }), { label: "m³/ha", factor: 1 });
});

test("quantities read as pingchang_geo/units.py writes them", () => {
  const cases = [[79.57, "km²", {}, undefined, "79.57 km²"], [120280, "ha", { area: "km2" }, undefined, "1,203 km²"],
    [5.126, "ha", { area: "ha" }, 2, "5.13 公顷"], [4321000, "tC", { mass: "wt" }, 0, "432.1 万吨碳"], [54.14, "%", {}, undefined, "54.14%"],
    [0.8, "", {}, 2, "0.80"]];
  for (const [value, unit, units, digits, text] of cases) assert.equal(formatQuantity(value, unit, units, digits), text);
});

test("a column's value becomes text by its kind", () => {
  assert.equal(formatColumn({ kind: "number", unit: "tC", digits: 1 }, 123.44, { mass: "wt" }), "123.4 吨碳");
  assert.equal(formatColumn({ kind: "number", unit: "tC", digits: 1 }, 25000, { mass: "wt" }), "2.5 万吨碳");
  assert.equal(formatColumn({ kind: "category", values: ["马尾松"] }, 0), "马尾松");
  assert.equal(formatColumn({ kind: "category", values: ["马尾松"] }, "马尾松"), "马尾松");
  assert.equal(formatColumn({ kind: "number", unit: "ha" }, 1, { area: "mu" }), "15 亩");
  assert.equal(formatColumn({ kind: "text" }, "<b>"), "<b>");
  assert.equal(formatColumn(undefined, null), "—");
});

test("a small share is not shown as none", () => {
  assert.deepEqual([formatShare(1, 8), formatShare(0, 8), formatShare(1, 1e6), formatShare(1, 0)], ["12.5%", "0.0%", "<0.1%", ""]);
});
