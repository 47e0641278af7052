"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { lookOf, areaStyle, symbolStyle, commonLocation } = require("../src/symbols.js");

const drawn = (dashArray) => {
  if (dashArray === null || dashArray === "none") return "solid";
  return Number(dashArray.split(" ")[0]) < 1 ? "dotted" : "dashed";
};

test("已核 is solid and filled, 推定 dashed, 示意 dotted and hollow: the same for a symbol and for an area", () => {
  for (const [location, line] of [["已核", "solid"], ["推定", "dashed"], ["示意", "dotted"]]) {
    assert.equal(lookOf(location).line, line);
    assert.equal(drawn(areaStyle(location).dashArray), line, `area ${location}`);
    assert.equal(drawn(symbolStyle(location, "#204060")["stroke-dasharray"]), line, `symbol ${location}`);
  }
  const fills = ["已核", "推定", "示意"].map((location) => areaStyle(location, { fillOpacity: 0.2 }).fillOpacity);
  assert.ok(fills[0] === 0.2 && fills[1] > 0 && fills[1] < 0.2 && fills[2] === 0, String(fills));
  assert.equal(symbolStyle("已核", "#204060").fill, "#204060");
  assert.equal(symbolStyle("推定", "#000000").fill, "#a6a6a6");
  assert.equal(symbolStyle("示意", "#204060").fill, "#FFFFFF");
});

test("a theme fills an area whatever its standing, and its outline keeps saying it", () => {
  const style = areaStyle("示意", { fillOpacity: 0.1 }, true);
  assert.equal(style.fillOpacity, 0.65);
  assert.equal(drawn(style.dashArray), "dotted");
});

test("a layer without locations keeps its own dashes", () => {
  assert.equal(areaStyle(undefined, { dashArray: "4 3" }).dashArray, "4 3");
  assert.equal(areaStyle("已核", { dashArray: "4 3" }).dashArray, null);
  assert.equal(areaStyle(null).dashArray, null);
});

test("a layer has a location of its own only when all its features share it", () => {
  const features = (...locations) => locations.map((location) => ({ properties: { location } }));
  assert.equal(commonLocation(features("示意", "示意")), "示意");
  assert.equal(commonLocation(features("示意", "推定")), null);
  assert.equal(commonLocation(features(undefined, "推定")), null);
  assert.equal(commonLocation([]), null);
});
