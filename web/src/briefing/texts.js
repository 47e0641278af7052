/* Texts of a story as the screen breaks and lists them. Pure: texts in, texts out, nothing is read as HTML. */
(function (root) {
  "use strict";

  const NO_BREAK = "\u00A0";
  // Never at the beginning of a line.
  const CLOSING = /^[，。；：、！？）〕】」』》”’%)\]]/u;
  const TOKENS = /[A-Za-z0-9.,%+–−-]+|\s+|./gu;

  /** A number and its unit stay on one line. */
  function bound(text) {
    return String(text).replace(/([\d％%]) (?=\S)/g, `$1${NO_BREAK}`);
  }

  /** Width of a text in letters of the script: a Latin one takes about half. */
  function breadth(text) {
    let sum = 0;
    for (const letter of String(text)) sum += letter.codePointAt(0) < 0x2000 ? 0.56 : 1;
    return sum;
  }

  function cut(text, longest) {
    let kept = "";
    for (const letter of text) {
      if (breadth(kept + letter) > longest - 1) break;
      kept += letter;
    }
    return kept + "…";
  }

  /** A label in at most so many lines of about `longest` letters, of like lengths; what is left over is cut with "…". */
  function linesOf(text, longest, most) {
    const whole = String(text), total = breadth(whole);
    if (total <= longest) return [whole];
    const count = Math.min(most, Math.ceil(total / longest));
    const limit = Math.min(longest, total / count + 1);
    const lines = [""];
    for (const token of whole.match(TOKENS) || []) {
      const here = lines[lines.length - 1];
      const full = here && breadth(here + token) > limit && !CLOSING.test(token);
      if (full) lines.push(token.trimStart());
      else lines[lines.length - 1] = here + token;
    }
    const kept = lines.slice(0, most);
    if (lines.length > most) kept[most - 1] = cut(lines.slice(most - 1).join(""), longest);
    return kept.map((line) => (breadth(line) > longest + 1 ? cut(line, longest) : line));
  }

  /** Sources of a story [{title, text, mark}] with the same words once: [{titles, text, mark}]. */
  function groupedSources(sources) {
    const groups = new Map();
    for (const { title, text, mark } of sources) {
      const key = JSON.stringify([text, mark]);
      const group = groups.get(key) || { titles: [], text: mark ? text.replace(`${mark}：`, "") : text, mark };
      group.titles.push(title);
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  const api = { bound, breadth, linesOf, groupedSources };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).storyTexts = api;
})(typeof window !== "undefined" ? window : globalThis);
