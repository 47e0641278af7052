/* What an answer of the server means for the reader. Pure. */
(function (root) {
  "use strict";

  const STALE = "数据已更新，请刷新页面。";
  const UNREAD = "部分地图数据读取失败，移动地图或刷新页面可重试。";

  /** The answer itself when it is a good one; else an error that carries its status. what: named in the browser's console. */
  function checked(answer, what) {
    if (answer.ok) return answer;
    throw Object.assign(new Error(`${what}: ${answer.status}`), { status: answer.status });
  }

  /** Every address names a version or a snapshot: a 404 says that the server has moved on since this page was opened. */
  function isStale(error) {
    return Boolean(error) && error.status === 404;
  }

  /** What to tell the reader: that the page is out of date, or `otherwise`. */
  function advice(error, otherwise = UNREAD) {
    return isStale(error) ? STALE : otherwise;
  }

  const api = { checked, isStale, advice };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).answers = api;
})(typeof window !== "undefined" ? window : globalThis);
