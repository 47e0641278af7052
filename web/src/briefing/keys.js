/* What a key, a clicker's button or a finger means to the player. Pure. */
(function (root) {
  "use strict";

  const SWIPE_PX = 60;
  const KEYS = {
    ArrowRight: "on", ArrowDown: "on", PageDown: "on", " ": "on", Enter: "on", ArrowLeft: "back", ArrowUp: "back", PageUp: "back", Backspace: "back",
    Home: "first", End: "last", Escape: "escape", F5: "show", f: "full", n: "present", t: "theme", a: "auto", p: "timer", b: "black", ".": "black",
    "?": "help", "？": "help", h: "help", m: "contents",
  };

  /**
   * Name of the action of a key event, or {digit: "3"}, or null: shortcuts of the browser stay its own. Clickers send page keys,
   * F5 or Shift+F5 for the start, Escape for the end and "." or "b" for a dark screen.
   */
  function actionOf({ key, shiftKey = false, ctrlKey = false, altKey = false, metaKey = false }) {
    if (ctrlKey || altKey || metaKey || typeof key !== "string") return null;
    if (/^[0-9]$/.test(key)) return { digit: key };
    if (key === " " && shiftKey) return "back";
    const name = key.length === 1 ? key.toLowerCase() : key;
    return Object.hasOwn(KEYS, name) ? KEYS[name] : null;
  }

  /** "on", "back" or null for a finger that went so far, in pixels: a clear stroke to the side. */
  function swipeOf(dx, dy) {
    if (Math.abs(dx) < SWIPE_PX || Math.abs(dx) < 2 * Math.abs(dy)) return null;
    return dx < 0 ? "on" : "back";
  }

  const api = { actionOf, swipeOf };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).briefingKeys = api;
})(typeof window !== "undefined" ? window : globalThis);
