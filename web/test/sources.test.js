"use strict";
// Rules that all our scripts keep.
const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");

const folder = path.join(__dirname, "..", "src");
const manifest = JSON.parse(fs.readFileSync(path.join(folder, "manifest.json"), "utf8"));
const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");

test("the manifest names every script and style sheet once", () => {
  const named = [...manifest.scripts, ...manifest.styles].sort();
  const there = fs.readdirSync(folder).filter((name) => /\.(js|css)$/.test(name)).sort();
  assert.deepEqual(named, there);
});

test("text from data never becomes HTML, and no address leads off the host", () => {
  for (const name of [...manifest.scripts, ...manifest.styles]) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/, name);
    const addresses = (read(name).match(/https?:\/\/[^"'\s)]+/g) || []).filter((url) => url !== "http://www.w3.org/2000/svg");
    assert.deepEqual(addresses, [], name);
  }
});

test("scripts stay short, and joined together they still parse", () => {
  for (const name of manifest.scripts) assert.ok(read(name).split("\n").length <= 400, name);
  assert.doesNotThrow(() => new Function(manifest.scripts.map(read).join("\n")));
});
