/* Plays a story: keys and clicker, progress, timer, automatic advance, full screen, presenter's window. One map for all scenes. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make } = P.dom;
  const AUTO_S = 20;
  const CHANNEL = "pingchang-briefing";
  const FLIGHT_S = 0.45;

  const HELP = [
    ["→ PageDown 空格", "下一场景"], ["← PageUp", "上一场景"], ["Home / End", "首个 / 末个场景"], ["F", "全屏"], ["Esc", "退出全屏，或打开场景目录"],
    ["N", "演讲者窗口"], ["T", "浅色 / 大屏深色"], ["A", `自动播放（每 ${AUTO_S} 秒）`], ["P", "显示计时"], ["?", "显示或隐藏本说明"],
  ];

  class Player {
    constructor(parent, { story, config }) {
      this.story = story;
      this.index = 0;
      this.begun = null;
      this.auto = null;
      this.wanted = new URLSearchParams(location.search);
      this.theme = this.wanted.get("theme") === "dark" ? "dark" : "light";
      document.documentElement.dataset.theme = this.theme;
      document.title = story.title;
      this.stage = new P.stage.Stage(parent, story);
      this._bar(parent);
      this._lists(parent);
      this._map(config);
      window.addEventListener("keydown", (event) => this._key(event), true);
      window.addEventListener("message", (event) => this._said(event));
      window.addEventListener("hashchange", () => this.go(this._addressed()));
      setInterval(() => this._tick(), 500);
      this.go(this._addressed());
    }

    _map(config) {
      if (!config.layers.length && !Object.values(config.base).some(Boolean)) return;
      const map = L.map(this.stage.map, { attributionControl: false, keyboard: false, zoomControl: false });
      this.atlas = window.PingchangMap.create(map, { ...config, still: true, flightS: FLIGHT_S });
      map.on("movestart zoomstart", () => (this.moving = true));
      map.on("moveend zoomend", () => (this.moving = false));
    }

    _bar(parent) {
      const bar = make("footer", "bf-bar", parent);
      const button = (label, title, action) => {
        const item = make("button", "", bar, label, { type: "button", title, "aria-label": title });
        item.addEventListener("click", action);
        return item;
      };
      button("‹", "上一场景（←）", () => this.go(this.index - 1));
      this.progress = make("ol", "bf-progress", bar);
      this.story.scenes.forEach((scene, index) => {
        const item = make("li", "", this.progress);
        make("button", "", item, null, { type: "button", title: `${index + 1}. ${scene.title}`, "aria-label": scene.title })
          .addEventListener("click", () => this.go(index));
      });
      button("›", "下一场景（→）", () => this.go(this.index + 1));
      this.place = make("span", "bf-place", bar);
      this.time = make("span", "bf-time", bar);
      this.playing = button("自动", "自动播放（A）", () => this._auto());
      button("目录", "场景目录（Esc）", () => this._toggle(this.contents));
      button("讲稿", "演讲者窗口（N）", () => this._present());
      button("深浅", "浅色或大屏深色（T）", () => this._theme());
      button("全屏", "全屏（F）", () => this._full());
      button("?", "键盘操作（?）", () => this._toggle(this.help));
    }

    _lists(parent) {
      this.help = make("dl", "bf-over bf-help", parent, null, { role: "dialog", "aria-label": "键盘操作", hidden: "" });
      for (const [keys, what] of HELP) {
        make("dt", "", this.help, keys);
        make("dd", "", this.help, what);
      }
      this.contents = make("nav", "bf-over bf-contents", parent, null, { "aria-label": "场景目录", hidden: "" });
      make("h2", "", this.contents, this.story.title);
      const list = make("ol", "", this.contents);
      this.story.scenes.forEach((scene, index) => {
        const button = make("button", "", make("li", "", list), `${scene.section} · ${scene.title}`, { type: "button" });
        button.addEventListener("click", () => {
          this.contents.hidden = true;
          this.go(index);
        });
      });
      if (this.story.problems.length) {
        make("h3", "", this.contents, "需要处理");
        const problems = make("ul", "bf-problems", this.contents);
        for (const problem of this.story.problems) make("li", "", problems, problem.message || String(problem));
      }
    }

    /** Show a scene by its position; beyond the ends nothing happens. */
    go(index) {
      if (!(index >= 0 && index < this.story.scenes.length)) return;
      const scene = this.story.scenes[index];
      this.index = index;
      this.asked = performance.now();
      this.settledAt = null;
      this.begun ??= Date.now();
      // The map first: it loads while texts and charts are laid out.
      if (scene.map && this.atlas) {
        this.atlas.map.invalidateSize({ animate: false, pan: false });
        window.pingchang.apply(scene.map.state);
      }
      const drawn = this.stage.show(scene, this.theme);
      if (scene.map && this.atlas) requestAnimationFrame(() => this.atlas.map.invalidateSize({ animate: false, pan: false }));
      const turn = (this.turn = (this.turn || 0) + 1);
      drawn.then(() => this._settle(turn));
      [...this.progress.children].forEach((item, at) => item.classList.toggle("bf-here", at === index));
      this.place.textContent = `${index + 1} / ${this.story.scenes.length}`;
      history.replaceState(null, "", `#${encodeURIComponent(scene.id)}`);
      this._tell();
      if (this.auto) this._schedule();
    }

    /** Note when map, texts and charts stand still; for measurements. */
    _settle(turn) {
      if (turn !== this.turn) return;
      const scene = this.story.scenes[this.index];
      if (scene.map && this.atlas && (this.moving || !window.pingchang.stats().drawn)) {
        requestAnimationFrame(() => this._settle(turn));
        return;
      }
      this.settledAt = performance.now();
    }

    _addressed() {
      const id = decodeURIComponent(location.hash.slice(1)) || this.wanted.get("scene");
      const found = this.story.scenes.findIndex((scene) => scene.id === id);
      return Math.max(0, found);
    }

    _key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      const last = this.story.scenes.length - 1;
      const actions = {
        ArrowRight: () => this.go(this.index + 1), PageDown: () => this.go(this.index + 1), ArrowDown: () => this.go(this.index + 1),
        " ": () => this.go(this.index + (event.shiftKey ? -1 : 1)), ArrowLeft: () => this.go(this.index - 1), PageUp: () => this.go(this.index - 1),
        ArrowUp: () => this.go(this.index - 1), Home: () => this.go(0), End: () => this.go(last), Escape: () => this._escape(),
        f: () => this._full(), n: () => this._present(), t: () => this._theme(), a: () => this._auto(), p: () => this._timer(),
        "?": () => this._toggle(this.help), F5: () => this._full(),
      };
      if (event.key === " " && event.target.tagName === "BUTTON") return; // the button takes it
      const action = actions[event.key] || actions[event.key.toLowerCase()];
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    }

    _escape() {
      if (!this.help.hidden) this.help.hidden = true;
      else if (document.fullscreenElement) document.exitFullscreen();
      else this._toggle(this.contents);
    }

    _toggle(box) {
      box.hidden = !box.hidden;
      if (!box.hidden) box.querySelector("button")?.focus();
    }

    _full() {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen?.().catch(() => {});
    }

    _theme() {
      this.theme = this.theme === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = this.theme;
      this.stage.theme = this.theme;
      this.stage.fit();
    }

    _auto() {
      this.auto = this.auto ? (clearTimeout(this.auto), null) : -1;
      this.playing.setAttribute("aria-pressed", String(Boolean(this.auto)));
      if (this.auto) this._schedule();
    }

    _schedule() {
      clearTimeout(this.auto);
      const last = this.index === this.story.scenes.length - 1;
      this.auto = setTimeout(() => (last ? this._auto() : this.go(this.index + 1)), AUTO_S * 1000);
    }

    _timer() {
      document.documentElement.classList.toggle("bf-timed");
      this._tick();
    }

    _tick() {
      this.time.textContent = P.desk.duration(Date.now() - (this.begun ?? Date.now()));
    }

    /** The presenter's window: the same file, told to be the desk. */
    _present() {
      const address = new URL(location.href);
      address.searchParams.set("desk", "1");
      this.desk = window.open(address.href, "pingchang-desk", "width=1100,height=720");
      if (!this.desk) make("p", "bf-problem", this.stage.inner, "浏览器拦截了演讲者窗口，请允许本页弹出窗口后再按 N。", { role: "alert" });
    }

    _tell() {
      this.desk?.postMessage({ channel: CHANNEL, index: this.index, begun: this.begun }, "*");
    }

    _said({ data, source }) {
      if (!data || data.channel !== CHANNEL || source !== this.desk) return;
      if (data.ask === "on") this.go(this.index + 1);
      if (data.ask === "back") this.go(this.index - 1);
      if (data.ask === "reset") this.begun = Date.now();
      this._tell();
    }

    stats() {
      return { index: this.index, count: this.story.scenes.length, theme: this.theme, asked: this.asked, settledAt: this.settledAt };
    }
  }

  /** The window with the notes: what it is told comes from the window that opened it, which alone plays. */
  function desk(parent, { story }) {
    const ask = (what) => window.opener?.postMessage({ channel: CHANNEL, ask: what }, "*");
    const shown = new P.desk.Desk(parent, story, ask);
    window.addEventListener("message", ({ data, source }) => {
      if (source === window.opener && data && data.channel === CHANNEL && "index" in data) shown.update(data);
    });
    window.addEventListener("keydown", (event) => {
      const what = { ArrowRight: "on", PageDown: "on", " ": "on", ArrowLeft: "back", PageUp: "back" }[event.key];
      if (!what) return;
      event.preventDefault();
      ask(what);
    });
    document.title = `讲稿 · ${story.title}`;
    ask("hello");
  }

  function start() {
    const data = JSON.parse(document.getElementById("briefing-data").textContent);
    const parent = document.getElementById("briefing");
    if (new URLSearchParams(location.search).has("desk")) return desk(parent, data);
    const player = new Player(parent, data);
    window.PingchangBriefing = { stats: () => player.stats(), go: (index) => player.go(index) };
  }

  start();
})();
