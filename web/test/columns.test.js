"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { ColumnStore, columnArray, valueAt } = require("../src/columns.js");

const words = (count) => Array.from({ length: count }, (_, i) => `w${i}`);
const LAYER = {
  id: "forest", rows: 2,
  columns: { volume_m3_ha: { kind: "number" }, species: { kind: "category", values: ["马尾松", "柏木"] } },
};

test("the array's type follows kind and number of words, as pingchang_geo/tiles/columns.py writes them", () => {
  const buffer = new ArrayBuffer(8);
  assert.ok(columnArray({ kind: "number" }, buffer) instanceof Float32Array);
  assert.ok(columnArray({ kind: "category", values: words(255) }, buffer) instanceof Uint8Array);
  assert.ok(columnArray({ kind: "category", values: words(256) }, buffer) instanceof Uint16Array);
});

test("missing values are null", () => {
  assert.equal(valueAt({ kind: "number" }, new Float32Array([NaN]), 0), null);
  assert.equal(valueAt({ kind: "number" }, new Float32Array([2]), 0), 2);
  const few = { kind: "category", values: words(2) }, many = { kind: "category", values: words(300) };
  assert.deepEqual([valueAt(few, new Uint8Array([255]), 0), valueAt(few, new Uint8Array([1]), 0)], [null, "w1"]);
  assert.deepEqual([valueAt(many, new Uint16Array([65535]), 0), valueAt(many, new Uint16Array([255]), 0)], [null, "w255"]);
});

function answering(body, asked, ok = true) {
  return async (url) => {
    asked.push(url);
    return { ok, status: ok ? 200 : 500, arrayBuffer: async () => body.buffer };
  };
}

test("a column is fetched once, however often it is needed", async () => {
  const asked = [];
  const store = new ColumnStore("root/columns/forest/abc/", LAYER, answering(new Float32Array([1, 2]), asked));
  assert.equal(store.has(["volume_m3_ha"]), false);
  await Promise.all([store.need(["volume_m3_ha"]), store.need(["volume_m3_ha"])]);
  const columns = await store.need(["volume_m3_ha"]);
  assert.deepEqual(asked, ["root/columns/forest/abc/volume_m3_ha"]);
  assert.deepEqual([...columns.volume_m3_ha], [1, 2]);
  assert.equal(store.has(["volume_m3_ha"]), true);
});

test("a failure is told and tried again next time; a wrong length and an unknown field are failures", async () => {
  const asked = [];
  const failing = new ColumnStore("", LAYER, answering(new Uint8Array(2), asked, false));
  await assert.rejects(failing.need(["species"]), /500/);
  await assert.rejects(failing.need(["species"]), /500/);
  assert.equal(asked.length, 2);
  await assert.rejects(new ColumnStore("", LAYER, answering(new Uint8Array(3), [])).need(["species"]), /3 rows/);
  await assert.rejects(failing.need(["nonsense"]), /no column nonsense/);
});
