"use strict";
// The pure parts of the player: keys, texts, charts, time.
const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { actionOf, swipeOf } = require("../src/briefing/keys.js");
const { bound, breadth, linesOf, groupedSources } = require("../src/briefing/texts.js");
const { drawing, wrapped, plain, rowsOf } = require("../src/briefing/charts.js");
const { duration } = require("../src/briefing/desk.js");

const folder = path.join(__dirname, "..", "src");
const { briefing } = JSON.parse(fs.readFileSync(path.join(folder, "manifest.json"), "utf8"));
const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");

function chartOf(change = {}) {
  const series = [{ name: "面积", values: [3, 1.5, null], color: "#1E6B47" }];
  return { title: "各类面积", kind: "barh", categories: ["甲", "乙", "丙"], series, unit: "亩", colors: [], mark: "", source: "", alt: "", ...change };
}

test("the manifest names every file of the player once, and they keep the rules of our scripts", () => {
  const named = [...briefing.scripts, ...briefing.styles].sort();
  assert.deepEqual(named, fs.readdirSync(path.join(folder, "briefing")).map((name) => `briefing/${name}`).sort());
  for (const name of named) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/, name);
    assert.doesNotMatch(read(name), /https?:\/\//, name);
    assert.ok(read(name).split("\n").length <= 400, name);
  }
});

test("keys of a keyboard and of clickers", () => {
  const named = { ArrowRight: "on", PageDown: "on", " ": "on", ArrowLeft: "back", PageUp: "back", Home: "first", End: "last", Escape: "escape" };
  for (const [key, action] of Object.entries(named)) assert.equal(actionOf({ key }), action);
  for (const [key, action] of [["f", "full"], ["F", "full"], ["b", "black"], [".", "black"], ["F5", "show"], ["N", "present"], ["？", "help"]]) assert.equal(actionOf({ key }), action);
  assert.equal(actionOf({ key: "F5", shiftKey: true }), "show");
  assert.equal(actionOf({ key: " ", shiftKey: true }), "back");
  assert.deepEqual(actionOf({ key: "7" }), { digit: "7" });
});

test("shortcuts of the browser and unknown keys are left alone", () => {
  assert.equal(actionOf({ key: "f", ctrlKey: true }), null);
  assert.equal(actionOf({ key: "ArrowLeft", altKey: true }), null);
  assert.equal(actionOf({ key: "n", metaKey: true }), null);
  for (const key of ["x", "F11", "Tab", "constructor", undefined]) assert.equal(actionOf({ key }) ?? null, null);
});

test("a stroke to the side, not a scroll and not a tap", () => {
  assert.equal(swipeOf(-120, 10), "on");
  assert.equal(swipeOf(120, -10), "back");
  assert.equal(swipeOf(-120, 100), null);
  assert.equal(swipeOf(-20, 0), null);
});

test("a number and its unit stay together; nothing else changes", () => {
  assert.equal(bound("约 3.57 %。共 36 个"), "约 3.57\u00A0%。共 36\u00A0个");
  assert.equal(bound("AAAA 级 <b>"), "AAAA 级 <b>");
});

test("labels break into lines of like lengths, never before closing punctuation, never within a number", () => {
  assert.deepEqual(linesOf("柏木", 9, 3), ["柏木"]);
  assert.deepEqual(linesOf("一二三四五六七八九十甲乙", 8, 3), ["一二三四五六七", "八九十甲乙"]);
  for (const line of linesOf("第八处景区（待核）的名称（示意）", 6, 3)) assert.doesNotMatch(line, /^[）]/);
  assert.ok(linesOf("吉林省森林 2009–2014 年", 7, 3).some((line) => line.includes("2009–2014")));
});

test("what does not fit says so", () => {
  const lines = linesOf("华油中蓝 LNG（二期）项目及配套物流设施", 10, 1);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /…$/);
  assert.ok(breadth(lines[0]) <= 10);
  assert.match(linesOf("甲".repeat(60), 8, 2)[1], /…$/);
  assert.equal(linesOf("甲".repeat(60), 8, 2).length, 2);
});

test("sources with the same words stand once", () => {
  const grouped = groupedSources([
    { title: "甲第 1 版", text: "示意数据：生成器", mark: "示意数据" }, { title: "乙第 1 版", text: "示意数据：生成器", mark: "示意数据" }, { title: "报告", text: "党校", mark: "" },
  ]);
  assert.deepEqual(grouped, [{ titles: ["甲第 1 版", "乙第 1 版"], text: "生成器", mark: "示意数据" }, { titles: ["报告"], text: "党校", mark: "" }]);
});

test("a chart's numbers, order and colours are the story's", () => {
  const { data: [bars], layout } = drawing(chartOf({ colors: ["#111111", "#222222", "#333333"] }));
  assert.deepEqual(bars.x, [3, 1.5, null]);
  assert.equal(bars.orientation, "h");
  assert.deepEqual(bars.marker.color, ["#111111", "#222222", "#333333"]);
  assert.deepEqual(bars.text, ["3", "1.5", "无数据"]);
  assert.equal(layout.yaxis.autorange, "reversed");
  assert.deepEqual(layout.yaxis.ticktext, ["甲", "乙", "丙"]);
});

test("bars begin at zero, negative ones too, with room for their numbers", () => {
  const up = drawing(chartOf()).layout.xaxis.range;
  assert.equal(up[0], 0);
  assert.ok(up[1] > 3);
  const series = [{ name: "增速", values: [4, -1.8, 5.9], color: "#1E6B47" }];
  const { layout } = drawing(chartOf({ kind: "column", series }));
  assert.ok(layout.yaxis.range[0] < -1.8 && layout.yaxis.range[1] > 5.9);
  assert.deepEqual(drawing(chartOf({ series: [{ name: "无", values: [null, null, null], color: "#000000" }] })).layout.xaxis.range, [0, 0.22]);
});

test("every shape is drawn, and both themes have a legible ink", () => {
  for (const [kind, type] of [["barh", "bar"], ["column", "bar"], ["line", "scatter"], ["doughnut", "pie"], ["unheard of", "bar"]]) {
    assert.equal(drawing(chartOf({ kind })).data[0].type, type);
  }
  assert.equal(drawing(chartOf(), { theme: "dark" }).layout.font.color, "#F1F6F3");
  assert.equal(drawing(chartOf(), { theme: "light" }).layout.font.color, "#1B2A22");
  assert.equal(drawing(chartOf(), { theme: "dark" }).data[0].marker.line.width, 1);
});

test("many bars in a low box have names of one line that do not touch", () => {
  const categories = Array.from({ length: 12 }, (_, index) => `名称很长很长很长很长的园区 ${index}`);
  const { layout } = drawing(chartOf({ categories, series: [{ name: "距离", values: categories.map(() => 1), color: "#000000" }] }), { size: 16, width: 400, height: 150 });
  assert.ok(layout.yaxis.ticktext.every((text) => !text.includes("<br>")));
  assert.ok(12 * layout.yaxis.tickfont.size <= 150);
});

test("two series have a legend, one has none", () => {
  const two = [{ name: "报告值", values: [1, 2, 3], color: "#aaaaaa" }, { name: "计算值", values: [1, 2, 3], color: "#1E6B47" }];
  assert.equal(drawing(chartOf({ series: two })).layout.showlegend, true);
  assert.equal(drawing(chartOf()).layout.showlegend, false);
});

test("names are text, not Plotly's HTML", () => {
  assert.equal(plain('<a href="x">&'), '&lt;a href="x"&gt;&amp;');
  const { data: [bars], layout } = drawing(chartOf({ categories: ["<b>甲</b>", "乙", "丙"], unit: "<i>亩</i>" }));
  assert.doesNotMatch(JSON.stringify([bars, layout]), /<b>|<i>/);
  assert.equal(wrapped("<b>一二三四</b>", 3).includes("<b>"), false);
});

test("the numbers of a chart as a table", () => {
  assert.deepEqual(rowsOf(chartOf()), [["", "面积"], ["甲", "3"], ["乙", "1.5"], ["丙", "无数据"]]);
});

test("time gone", () => {
  assert.equal(duration(0), "0:00");
  assert.equal(duration(425_000), "7:05");
  assert.equal(duration(3_729_000), "1:02:09");
  assert.equal(duration(-5), "0:00");
});
