"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const {
  TILE, MISSING_COLOR, pixelOf, classIndex, filterMask, pale, buildLookup, featureShown, featurePasses, featureLine, neededFields, decodeTile, darker,
  paintTile,
} = require("../src/lookup.js");

test("a colour becomes an opaque little-endian pixel", () => {
  assert.equal(pixelOf("#010203"), 0xff030201);
  assert.deepEqual([...new Uint8Array(new Uint32Array([pixelOf("#1E6B47")]).buffer)], [0x1e, 0x6b, 0x47, 0xff]);
  assert.equal(pixelOf("not a colour"), pixelOf(MISSING_COLOR));
});

test("the colour of a missing value is the palette's", () => {
  const palette = fs.readFileSync(path.join(__dirname, "..", "..", "pingchang_geo", "layers", "palette.py"), "utf8");
  assert.equal(/^MISSING\b.*"(#\w{6})"/m.exec(palette)[1], MISSING_COLOR);
});

test("classes hold their lower limit, the last one its upper limit too", () => {
  const breaks = [0, 10, 20, 30];
  const cases = [[-0.1, -1], [0, 0], [9.99, 0], [10, 1], [20, 2], [30, 2], [30.01, -1], [NaN, -1]];
  for (const [value, index] of cases) assert.equal(classIndex(value, breaks), index, String(value));
});

test("class search agrees with a plain scan for any limits", () => {
  for (let classes = 1; classes <= 8; classes++) {
    const breaks = Array.from({ length: classes + 1 }, (_, i) => i * i - 3);
    for (let value = -5; value < 70; value += 0.5) {
      let plain = breaks.findIndex((low, i) => i < classes && value >= low && value < breaks[i + 1]);
      if (value === breaks[classes]) plain = classes - 1;
      assert.equal(classIndex(value, breaks), plain, `${value} in ${breaks}`);
    }
  }
});

test("number limits are inclusive and compared as Float32", () => {
  const columns = { v: new Float32Array([0.1, 0.2, 0.3, NaN, 5]) };
  assert.deepEqual([...filterMask(5, [{ field: "v", min: 0.1, max: 0.3 }], columns)], [1, 1, 1, 0, 0]);
  assert.deepEqual([...filterMask(5, [{ field: "v", min: 0.2 }], columns)], [0, 1, 1, 0, 1]);
  assert.deepEqual([...filterMask(5, [{ field: "v", min: null, max: 0.2 }], columns)], [1, 1, 0, 0, 0]);
});

test("a category filter keeps its codes only, and clauses hold together", () => {
  const columns = { s: new Uint8Array([0, 1, 2, 255, 1]), v: new Float32Array([1, 2, 3, 4, 9]) };
  assert.deepEqual([...filterMask(5, [{ field: "s", codes: [1, 2] }], columns)], [0, 1, 1, 0, 1]);
  assert.deepEqual([...filterMask(5, [{ field: "s", codes: [1, 2] }, { field: "v", max: 3 }], columns)], [0, 1, 1, 0, 0]);
  assert.deepEqual([...filterMask(5, [{ field: "s", codes: [] }], columns)], [0, 0, 0, 0, 0]);
  assert.equal(filterMask(5, [], columns), null);
  assert.throws(() => filterMask(5, [{ field: "absent", min: 1 }], columns), /absent is not loaded/);
});

test("the look-up table colours rows by class, leaves filtered rows transparent and counts what is shown", () => {
  const theme = { field: "v", mode: "classes", breaks: [0, 10, 20], colors: ["#000001", "#000002"], missing: "#000003" };
  const columns = { v: new Float32Array([5, 10, 20, NaN, 99, 7]), s: new Uint8Array([0, 0, 0, 0, 0, 1]) };
  const view = buildLookup({ rows: 6, theme, filter: [{ field: "s", codes: [0] }], columns });
  const [one, two, none] = ["#000001", "#000002", "#000003"].map(pixelOf);
  assert.deepEqual([...view.lut], [0, one, two, two, none, none, 0]);
  assert.deepEqual(view.counts, [1, 2]);
  assert.equal(view.missing, 2);
  assert.equal(view.shown, 5);
});

test("several codes share a legend line; a code in no line and a missing one are missing", () => {
  const theme = { field: "s", mode: "categories", codes: [[0, 2], [1]], colors: ["#000001", "#000002"], missing: "#000003" };
  const view = buildLookup({ rows: 5, theme, columns: { s: new Uint8Array([2, 1, 0, 3, 255]) } });
  assert.deepEqual(view.counts, [2, 1]);
  assert.equal(view.missing, 2);
  assert.equal(view.lut[4], pixelOf("#000003"));
});

test("without a theme all rows have the layer's colour", () => {
  const view = buildLookup({ rows: 2, theme: null, filter: [], columns: {}, color: "#102030" });
  assert.deepEqual([...view.lut], [0, pixelOf("#102030"), pixelOf("#102030")]);
  assert.deepEqual(neededFields(null, []), []);
  assert.deepEqual(neededFields({ field: "a" }, [{ field: "b" }, { field: "a" }]), ["b", "a"]);
});

test("three byte planes make row numbers", () => {
  const planes = new Uint8Array(3 * TILE * TILE);
  planes[1] = 3;
  planes[TILE * TILE + 1] = 2;
  planes[2 * TILE * TILE + 1] = 1;
  const ids = decodeTile(planes.buffer);
  assert.deepEqual([ids[0], ids[1], ids.length], [0, 0x010203, 65536]);
  assert.throws(() => decodeTile(new ArrayBuffer(10)), /10 bytes/);
});

test("outlines lie where a neighbour is another plot or none, and only there", () => {
  // plot 1 in columns 0–1, plot 2 in columns 2–3, nothing beyond; rows 0–2
  const ids = new Uint32Array(TILE * TILE);
  for (let y = 0; y < 3; y++) ids.set([1, 1, 2, 2], y * TILE);
  const a = pixelOf("#808080"), b = pixelOf("#404040");
  const lut = new Uint32Array([0, a, b]);
  const out = new Uint32Array(TILE * TILE);
  paintTile(ids, lut, 0, out);
  assert.deepEqual([...out.slice(0, 5)], [a, a, b, b, 0]);
  paintTile(ids, lut, 1, out);
  assert.deepEqual([...out.slice(0, 5)], [a, darker(a, 1), b, darker(b, 1), 0]);
  assert.deepEqual([...out.slice(2 * TILE, 2 * TILE + 5)], [darker(a, 1), darker(a, 1), darker(b, 1), darker(b, 1), 0]);
  paintTile(ids, new Uint32Array([0, a, 0]), 2, out);
  assert.deepEqual([...out.slice(0, 4)], [a, darker(a, 2), 0, 0]);
});

test("darkening keeps a pixel opaque and takes a quarter of each channel", () => {
  assert.equal(darker(pixelOf("#FF8000"), 1), pixelOf("#C06000"));
  assert.equal(darker(pixelOf("#000000"), 2), pixelOf("#000000"));
});

test("features of small layers follow the same rules as columns", () => {
  const column = { values: ["省级", "市级"] };
  assert.equal(featurePasses("市级", { codes: [1] }, column), true);
  assert.equal(featurePasses("市级", { codes: [0] }, column), false);
  assert.equal(featurePasses("县级", { codes: [0, 1] }, column), false);
  assert.equal(featurePasses(1, { codes: [1] }), true);
  assert.equal(featurePasses(0.1, { min: 0.1, max: 0.1 }), true);
  assert.equal(featurePasses(null, { min: -1 }), false);
  const byWord = { mode: "categories", codes: [[1], [0]] };
  assert.deepEqual([featureLine("省级", byWord, column), featureLine("县级", byWord, column), featureLine(null, byWord, column)], [1, -1, -1]);
  const byClass = { mode: "classes", breaks: [0, 10, 20] };
  assert.deepEqual([0, 10, 20, 21].map((value) => featureLine(value, byClass)), [0, 1, 1, -1]);
});

/** Base64 of a bitset with these rows in it, as pingchang_geo/maps/state.py writes it. */
function bitset(rows, listed) {
  const bytes = Buffer.alloc(Math.ceil(rows / 8));
  for (const row of listed) bytes[row >> 3] |= 1 << (row & 7);
  return bytes.toString("base64");
}

test("a list of rows keeps just those, together with other clauses", () => {
  assert.equal(bitset(4, [0, 3]), "CQ=="); // the same bytes as in tests/maps/test_maps_state.py
  const columns = { v: new Float32Array(20).map((_, row) => row) };
  const rows = { rows: bitset(20, [0, 7, 8, 19]) };
  const kept = (filter) => [...filterMask(20, filter, columns)].flatMap((keep, row) => (keep ? [row] : []));
  assert.deepEqual(kept([rows]), [0, 7, 8, 19]);
  assert.deepEqual(kept([rows, { field: "v", min: 5, max: 18 }]), [7, 8]);
  assert.deepEqual(kept([{ rows: "" }]), []);
  assert.deepEqual(kept([{ rows: bitset(8, [1]) }]), [1]); // bits that are not there are not set
  assert.deepEqual(neededFields({ field: "a" }, [rows, { field: "b" }]), ["b", "a"]);
});

test("what a dimming filter leaves out stays pale and is not counted", () => {
  const theme = { field: "v", mode: "classes", breaks: [0, 10, 20], colors: ["#000001", "#000002"], missing: "#000003" };
  const columns = { v: new Float32Array([5, 15, NaN, 5]) };
  const filter = [{ rows: bitset(4, [0, 1]), dim: true }];
  const view = buildLookup({ rows: 4, theme, filter, columns });
  assert.deepEqual([...view.lut.slice(1)], [pixelOf("#000001"), pixelOf("#000002"), pale(pixelOf("#000003")), pale(pixelOf("#000001"))]);
  assert.deepEqual([view.counts, view.missing, view.shown], [[1, 1], 0, 2]);
  const alpha = pale(pixelOf("#FFFFFF")) >>> 24;
  assert.ok(alpha > 0 && alpha < 128);
  assert.equal(darker(pale(pixelOf("#FF8000")), 1), pale(pixelOf("#C06000")));
});

test("features of small layers follow a list of rows as well", () => {
  const filter = [{ rows: bitset(10, [9]) }, { field: "kind", codes: [0] }], columns = { kind: { values: ["甲", "乙"] } };
  assert.equal(featureShown({ row: 9, properties: { kind: "甲" } }, filter, columns), true);
  assert.equal(featureShown({ row: 9, properties: { kind: "乙" } }, filter, columns), false);
  assert.equal(featureShown({ row: 8, properties: { kind: "甲" } }, filter, columns), false);
  assert.equal(featureShown({ row: 8, properties: {} }, undefined, undefined), true);
});
