/* The presenter's own window: notes, what comes next, clock and time gone. It only listens and asks; the other window plays. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make } = P.dom;
  const two = (number) => String(number).padStart(2, "0");

  /** Minutes and seconds, or hours before them: 7:05, 1:02:09. */
  function duration(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return (hours ? `${hours}:${two(minutes)}` : String(minutes)) + `:${two(seconds % 60)}`;
  }

  class Desk {
    constructor(parent, story, ask) {
      this.story = story;
      this.state = { index: 0, begun: null };
      const root = make("div", "bf-desk", parent);
      const top = make("header", "bf-desk-top", root);
      this.clock = make("span", "bf-desk-clock", top);
      this.gone = make("span", "bf-desk-gone", top);
      this.place = make("span", "bf-desk-place", top);
      const buttons = make("span", "bf-desk-buttons", top);
      for (const [label, action] of [["上一场景", "back"], ["下一场景", "on"], ["计时归零", "reset"]]) {
        make("button", "", buttons, label, { type: "button" }).addEventListener("click", () => ask(action));
      }
      const body = make("div", "bf-desk-body", root);
      const left = make("section", "", body);
      this.title = make("h1", "", left);
      this.notes = make("div", "bf-desk-notes", left);
      const right = make("aside", "", body);
      make("h2", "", right, "下一场景");
      this.next = make("div", "bf-desk-next", right);
      setInterval(() => this._tick(), 500);
      this.update(this.state);
    }

    update(state) {
      this.state = state;
      const scenes = this.story.scenes, scene = scenes[state.index], next = scenes[state.index + 1];
      this.place.textContent = `${state.index + 1} / ${scenes.length}`;
      this.title.textContent = scene ? scene.title : this.story.title;
      this.notes.textContent = (scene && scene.notes) || "（本场景没有讲稿）";
      this.next.textContent = "";
      make("h3", "", this.next, next ? next.title : "汇报到此结束");
      for (const text of next ? next.paragraphs : []) make("p", "", this.next, text);
      this._tick();
    }

    _tick() {
      const now = new Date();
      this.clock.textContent = `${two(now.getHours())}:${two(now.getMinutes())}`;
      this.gone.textContent = `已用 ${duration(this.state.begun === null ? 0 : Date.now() - this.state.begun)}`;
    }
  }

  P.desk = { Desk, duration };
})();
