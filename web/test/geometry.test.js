"use strict";
// Reference numbers: pyproj 3.7 (PROJ), EPSG:4490 → EPSG:4545, and pyproj.Geod(ellps="GRS80").
const test = require("node:test");
const assert = require("node:assert/strict");
const {
  gaussKruger, distance, length, area, contains, boundsOf, innerPoint, crossingEdges, graticuleStep, parseView, textWidth, placeLabels,
} = require("../src/geometry.js");

const near = (value, expected, tolerance) => assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} ± ${tolerance}`);

test("Gauss-Krüger coordinates agree with PROJ within a millimetre", () => {
  const cases = [
    [107.1234, 31.5678, 416779.6398, 3494262.0753],
    [106.83, 31.24, 388537.2362, 3458173.764],
    [107.58, 31.88, 460261.1201, 3528623.068],
    [108, 31.5, 500000, 3486411.2106],
  ];
  for (const [lng, lat, easting, northing] of cases) {
    const point = gaussKruger(lng, lat);
    near(point.easting, easting, 0.001);
    near(point.northing, northing, 0.001);
  }
});

test("distances are geodesic", () => {
  near(distance([106.83, 31.24], [107.58, 31.88]), 100528.0501, 0.001);
  near(distance([107.1, 31.5], [107.1, 31.5001]), 11.0878, 0.0001);
  assert.equal(distance([107, 31], [107, 31]), 0);
  near(length([[106.83, 31.24], [107.58, 31.88], [106.83, 31.24]]), 2 * 100528.0501, 0.002);
});

test("areas agree with the geodesic area to a few parts in a hundred thousand", () => {
  const county = [[106.9, 31.3], [107.5, 31.3], [107.5, 31.8], [106.9, 31.8]];
  near(area(county) / 3158440049.0656, 1, 2e-5);
  near(area([...county].reverse()) / 3158440049.0656, 1, 2e-5);
  near(area([[107.1, 31.5], [107.11, 31.5], [107.11, 31.51]]) / 526684.2486, 1, 1e-6);
  assert.equal(area([[107, 31], [108, 31]]), 0);
});

test("a point in a hole is outside, a point in any part is inside", () => {
  const square = (x, y, size) => [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]];
  const ring = { type: "Polygon", coordinates: [square(0, 0, 10), square(4, 4, 2)] };
  const cases = [[[1, 1], true], [[5, 5], false], [[11, 1], false]];
  for (const [point, inside] of cases) assert.equal(contains(ring, point), inside);
  const two = { type: "MultiPolygon", coordinates: [[square(0, 0, 1)], [square(5, 5, 1)]] };
  assert.equal(contains(two, [5.5, 5.5]), true);
  assert.equal(contains(two, [3, 3]), false);
});

test("bounds cover every part", () => {
  assert.deepEqual(boundsOf({ type: "MultiLineString", coordinates: [[[1, 2], [3, 4]], [[-1, 9], [0, 0]]] }), [-1, 0, 3, 9]);
  assert.deepEqual(boundsOf({ type: "Point", coordinates: [1, 2] }), [1, 2, 1, 2]);
  assert.equal(boundsOf({ type: "Polygon", coordinates: [] }), null);
});

test("graticule steps are round", () => {
  assert.deepEqual([0.013, 0.05, 0.3, 9].map(graticuleStep), [0.02, 0.05, 0.5, 5]);
});

test("a view is three plausible numbers, or five with the size of the map", () => {
  assert.deepEqual(parseView("31.5,107.2,9.5"), { centre: [31.5, 107.2], zoom: 9.5 });
  assert.deepEqual(parseView([31.5, 107.2, 9]), { centre: [31.5, 107.2], zoom: 9 });
  assert.deepEqual(parseView("31.5,107.2,9,820,470"), { centre: [31.5, 107.2], zoom: 9 });
  for (const bad of [null, "", "31.5,107.2", "31.5,107.2,9,820", "a,b,c", "91,107,9", "31,181,9", "31,107,NaN", "<script>"]) assert.equal(parseView(bad), null);
});

test("labels keep clear of those placed before", () => {
  const boxes = [[0, 0, 10, 10], [5, 5, 15, 15], [11, 0, 20, 10], [12, 11, 18, 20]].map((box) => [box]);
  assert.deepEqual(placeLabels(boxes), [[0, 0], [2, 0], [3, 0]]);
  assert.ok(textWidth("白衣古镇") > textWidth("abcd"));
});

test("labels keep off symbols, and move to their next place for it", () => {
  const symbols = [[0, 12, 4, 16]];
  const below = [0, 11, 10, 20], above = [0, 0, 10, 9];
  assert.deepEqual(placeLabels([[below]], symbols), []);
  assert.deepEqual(placeLabels([[below, above]], symbols), [[0, 1]]);
  // the place that the first one took is gone for the second
  assert.deepEqual(placeLabels([[below, above], [above]], symbols), [[0, 1]]);
});

test("edges that cross, touch or fold back are found, sound outlines are left alone", () => {
  const square = [[0, 0], [4, 0], [4, 4], [0, 4]];
  assert.deepEqual(crossingEdges(square, true), []);
  assert.deepEqual(crossingEdges([...square].reverse(), true), []);
  assert.deepEqual(crossingEdges([[0, 0], [4, 4], [4, 0], [0, 4]], true), [0, 2]); // a bow tie
  assert.deepEqual(crossingEdges([[0, 0], [4, 4], [4, 0], [0, 4]], false), [0, 2]);
  assert.deepEqual(crossingEdges([[0, 0], [4, 0], [4, 4], [2, -1]], true), [0, 2]);
  assert.deepEqual(crossingEdges([[0, 0], [4, 0], [4, 4], [2, -1]], false), [0, 2]);
  assert.deepEqual(crossingEdges([[0, 0], [4, 0], [2, 0]], false), [0, 1]); // back along the same line
  assert.deepEqual(crossingEdges([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4]], true), [0, 2, 3]); // a corner on an edge
  assert.deepEqual(crossingEdges([[0, 0], [2, 0], [4, 0], [4, 4]], true), []); // straight on is no fold
  for (const few of [[], [[0, 0]], [[0, 0], [1, 1]]]) assert.deepEqual(crossingEdges(few, false), []);
});

test("the place of a label lies within the area, whatever its shape", () => {
  const horseshoe = { type: "Polygon", coordinates: [[[0, 0], [10, 0], [10, 10], [8, 10], [8, 2], [2, 2], [2, 10], [0, 10], [0, 0]]] };
  const ring = { type: "Polygon", coordinates: [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[3, 3], [6, 3], [6, 6], [3, 6], [3, 3]]] };
  const two = { type: "MultiPolygon", coordinates: [[[[0, 0], [1, 0], [1, 1], [0, 0]]], [[[5, 5], [9, 5], [9, 9], [5, 9], [5, 5]]]] };
  for (const shape of [horseshoe, ring, two]) assert.equal(contains(shape, innerPoint(shape)), true);
  const sliver = { type: "Polygon", coordinates: [[[0, 0], [1, 0], [1, 0], [0, 0]]] };
  assert.deepEqual(innerPoint(sliver), [0.5, 0]);
});
