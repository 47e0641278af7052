"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { checked, isStale, advice } = require("../src/answers.js");

const failure = (status) => {
  try {
    checked({ ok: false, status }, "column species");
  } catch (error) {
    return error;
  }
};

test("a good answer passes, a bad one becomes an error with its status", () => {
  const answer = { ok: true, status: 200 };
  assert.equal(checked(answer, "search"), answer);
  assert.match(failure(500).message, /column species: 500/);
  assert.equal(failure(500).status, 500);
});

test("only an address that the server no longer knows asks for a fresh page", () => {
  assert.equal(advice(failure(404), "请稍后再试"), "数据已更新，请刷新页面。");
  assert.equal(advice(failure(503), "请稍后再试"), "请稍后再试");
  assert.equal(advice(new TypeError("network"), "请稍后再试"), "请稍后再试");
  assert.deepEqual([failure(404), failure(503), null].map(isStale), [true, false, false]);
});
