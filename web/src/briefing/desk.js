/* The presenter's own window: notes, what comes next, clock and time gone. It only listens and asks; the other window plays. */
(function (root) {
  "use strict";

  const two = (number) => String(number).padStart(2, "0");
  const SILENT_MS = 3000;

  /** Minutes and seconds, or hours before them: 7:05, 1:02:09. */
  function duration(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return (hours ? `${hours}:${two(minutes)}` : String(minutes)) + `:${two(seconds % 60)}`;
  }

  class Desk {
    /** ask(what) tells the playing window what the presenter wants. */
    constructor(parent, story, ask) {
      const { make } = root.Pingchang.dom;
      this.make = make;
      this.story = story;
      this.state = { index: 0, begun: null };
      this.heardAt = null;
      const box = make("div", "bf-desk", parent);
      const top = make("header", "bf-desk-top", box);
      this.clock = make("span", "bf-desk-clock", top, null, { title: "现在时间" });
      this.gone = make("span", "bf-desk-gone", top);
      this.place = make("span", "bf-desk-place", top);
      const buttons = make("span", "bf-desk-buttons", top);
      for (const [label, action] of [["上一场景", "back"], ["下一场景", "on"], ["黑屏", "black"], ["计时归零", "reset"]]) {
        const item = make("button", "", buttons, label, { type: "button" });
        item.addEventListener("click", () => {
          item.blur();
          ask(action);
        });
      }
      this.lost = make("p", "bf-problem", box, "放映窗口已关闭，请从汇报页重新按 N 打开本窗口。", { role: "alert", hidden: "" });
      const body = make("div", "bf-desk-body", box);
      const left = make("section", "", body);
      this.section = make("div", "bf-section", left);
      this.title = make("h1", "", left);
      this.notes = make("div", "bf-desk-notes", left);
      const right = make("aside", "", body);
      make("h2", "", right, "下一场景");
      this.next = make("div", "bf-desk-next", right);
      setInterval(() => this._tick(), 500);
      this.update(this.state);
    }

    /** What the playing window tells: {index, begun}, begun in milliseconds since 1970 or null. */
    update(state) {
      this.state = state;
      const { make } = this, scenes = this.story.scenes, scene = scenes[state.index], next = scenes[state.index + 1];
      this.place.textContent = scenes.length ? `${state.index + 1} / ${scenes.length}` : "";
      this.section.textContent = scene ? scene.section : "";
      this.title.textContent = scene ? scene.title : this.story.title;
      this.notes.textContent = (scene && scene.notes) || "本场景没有讲稿。";
      this.next.textContent = "";
      make("h3", "", this.next, next ? next.title : "汇报到此结束");
      for (const text of next ? next.paragraphs : []) make("p", "", this.next, text);
      this._tick();
    }

    /** The playing window has spoken. */
    heard() {
      this.heardAt = performance.now();
    }

    _tick() {
      const now = new Date();
      this.clock.textContent = `${two(now.getHours())}:${two(now.getMinutes())}`;
      this.gone.textContent = `已用 ${duration(this.state.begun === null ? 0 : Date.now() - this.state.begun)}`;
      this.lost.hidden = performance.now() - (this.heardAt ?? 0) < SILENT_MS;
    }
  }

  const api = { Desk, duration };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).desk = api;
})(typeof window !== "undefined" ? window : globalThis);
