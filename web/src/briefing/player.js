/* Plays a story: keys and clicker, timer, automatic advance, full screen, dark screen. One map for all scenes. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make } = P.dom;
  const { actionOf, swipeOf } = P.briefingKeys;
  const AUTO_S = 20;
  const FLIGHT_S = 0.45;
  const TYPED_MS = 2500;
  const REFIT_MS = 150;
  const FORESEE_MS = 300;

  class Player {
    constructor(parent, { story, config }) {
      Object.assign(this, { story, config, index: 0, begun: null, timer: null, typed: "", maps: 0 });
      this.wanted = new URLSearchParams(location.search);
      this.seconds = Math.min(600, Math.max(3, Number(this.wanted.get("auto")) || AUTO_S));
      this.theme = this.wanted.get("theme") === "dark" ? "dark" : "light";
      document.documentElement.dataset.theme = this.theme;
      document.title = story.title;
      this.stage = new P.stage.Stage(parent, story);
      this.black = make("div", "bf-black", parent, null, { hidden: "", "aria-label": "黑屏" });
      const go = (index) => this.go(index);
      const pace = (seconds) => this._pace(seconds);
      this.bar = new P.briefingBar.Bar(parent, story, { act: (name) => this.act(name), go, pace, seconds: this.seconds });
      this.contents = new P.briefingBar.Contents(parent, story, go);
      this.help = new P.briefingBar.Help(parent);
      this.lectern = new P.briefingLink.Lectern(() => ({ index: this.index, begun: this.begun }), (what) => this.act(what));
      this._listen();
      if (!story.scenes.length) {
        this.stage.say(story.title || "汇报", ["这份汇报没有可以放映的场景。", ...story.problems.map(({ message, fix }) => `${message}${fix || ""}`)]);
        return;
      }
      this._map();
      this.begun = this._remembered() ?? Date.now();
      this.go(this._addressed());
      if (this.wanted.has("auto")) this._auto();
    }

    _map() {
      const { config } = this;
      if (!this.story.scenes.some((scene) => scene.map)) return;
      try {
        const map = L.map(this.stage.map, { attributionControl: false, keyboard: false, zoomControl: false });
        this.atlas = window.PingchangMap.create(map, { ...config, still: true, flightS: FLIGHT_S });
        this.maps += 1;
        map.on("movestart zoomstart", () => (this.moving = true));
        map.on("moveend zoomend", () => (this.moving = false));
      } catch (error) {
        // Texts and charts are worth playing without it.
        console.warn(error);
        this.atlas = null;
        make("p", "bf-problem", this.stage.map, "地图无法显示，文字和图表照常放映。", { role: "alert" });
      }
    }

    _listen() {
      window.addEventListener("keydown", (event) => this._key(event), true);
      window.addEventListener("hashchange", () => this.go(this._addressed()));
      // Full screen, another projector: the scene's extent fits the new size.
      window.addEventListener("resize", () => {
        clearTimeout(this.resizing);
        this.resizing = setTimeout(() => this._refit(), REFIT_MS);
      });
      this.black.addEventListener("click", () => this.act("black"));
      const panel = this.stage.panel;
      let from = null;
      panel.addEventListener("touchstart", ({ touches: [first], touches }) => (from = touches.length === 1 ? first : null), { passive: true });
      panel.addEventListener("touchend", ({ changedTouches: [last] }) => {
        const what = from && swipeOf(last.clientX - from.clientX, last.clientY - from.clientY);
        from = null;
        if (what) this.act(what);
      }, { passive: true });
      setInterval(() => this._tick(), 500);
    }

    /** Show a scene by its position; beyond the ends nothing happens. */
    go(index) {
      for (const over of [this.contents, this.help]) over.close();
      this._type("");
      if (!(index >= 0 && index < this.story.scenes.length)) return;
      const scene = this.story.scenes[index];
      Object.assign(this, { index, asked: performance.now(), settledAt: null });
      const turn = (this.turn = (this.turn || 0) + 1);
      // First what gives the map its size, then the map, which loads while the charts are drawn.
      this.stage.lay(scene, index, this.theme);
      if (index !== this.foreseen) this.atlas?.forget();
      if (scene.map && this.atlas) this._mapTo(scene.map);
      this.stage.draw().catch((error) => console.warn(error)).then(() => this._settle(turn));
      this.bar.update(this._standing());
      this.contents.update(index);
      this._address(scene);
      this.lectern.tell();
      if (this.timer) this._schedule();
    }

    _mapTo(shown) {
      const { map, inspector } = this.atlas;
      map.getContainer().setAttribute("aria-label", `地图：${shown.title}`);
      map.closePopup();
      map.invalidateSize({ animate: false, pan: false });
      window.pingchang.apply(shown.state);
      inspector.select(shown.state.select || null); // a click may have marked something else since
    }

    _refit() {
      const { map: shown } = this.story.scenes[this.index] || {};
      if (!shown || !this.atlas) return;
      this.atlas.map.invalidateSize({ animate: false, pan: false });
      this.atlas.fly(shown.state.fly);
    }

    /** Note when map, texts and charts stand still; for measurements. */
    _settle(turn) {
      if (turn !== this.turn) return;
      const waits = this.story.scenes[this.index].map && this.atlas && (this.moving || !window.pingchang.stats().drawn);
      if (waits) requestAnimationFrame(() => this._settle(turn));
      else this._settled(turn);
    }

    /** While this scene is talked about, what the next one will show is fetched. */
    _settled(turn) {
      this.settledAt = performance.now();
      setTimeout(() => {
        if (turn !== this.turn) return;
        this.foreseen = this.index + 1;
        const next = this.story.scenes[this.foreseen];
        if (next?.map) this.atlas?.foresee(next.map.state);
      }, FORESEE_MS);
    }

    _address(scene) {
      try {
        history.replaceState(null, "", `#${encodeURIComponent(scene.id)}`);
      } catch {
        // Some browsers do not let a file write its address; a reload then begins at the first scene.
      }
    }

    /** Position of the scene that the address names, else of the first. */
    _addressed() {
      let id = this.wanted.get("scene");
      try {
        id = decodeURIComponent(location.hash.slice(1)) || id;
      } catch {
        // half an escape sequence names nothing
      }
      return Math.max(0, this.story.scenes.findIndex((scene) => scene.id === id));
    }

    _key(event) {
      const { target } = event;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName || "")) return;
      const what = actionOf(event);
      if (!what) return;
      const pressed = event.key === "Enter" || event.key === " ";
      if (event.key === "Enter" && this.typed) this.go(Number(this.typed) - 1);
      else if (pressed && target.closest?.("button, summary, a")) return; // it has the focus and takes the key
      else if (what.digit) this._type(this.typed + what.digit);
      else if (this.contents.open && /^Arrow(Up|Down)$/.test(event.key)) this.contents.move(event.key === "ArrowUp" ? -1 : 1);
      else this.act(this.black.hidden ? what : "black");
      event.preventDefault();
      event.stopPropagation();
    }

    /** Do what a key, a button or the presenter's window asks for. */
    act(what) {
      const actions = {
        on: () => this.go(this.index + 1), back: () => this.go(this.index - 1), first: () => this.go(0), last: () => this.go(this.story.scenes.length - 1),
        escape: () => this._escape(), full: () => this._full(!document.fullscreenElement), show: () => this._full(true), present: () => this._present(),
        theme: () => this._theme(), auto: () => this._auto(), timer: () => this._timer(), black: () => (this.black.hidden = !this.black.hidden),
        help: () => this._toggle(this.help), contents: () => this._toggle(this.contents), reset: () => this._begin(Date.now()),
      };
      if (Object.hasOwn(actions, what)) actions[what]();
    }

    _type(digits) {
      clearTimeout(this.typing);
      this.typed = digits.slice(-3);
      if (digits) this.typing = setTimeout(() => this._type(""), TYPED_MS);
      this.bar.update(this._standing());
    }

    _escape() {
      const open = [this.help, this.contents].find((over) => over.open);
      if (this.typed) this._type("");
      else if (open) open.close();
      else if (this.stage.map.querySelector(".leaflet-popup")) this.atlas.map.closePopup();
      else if (document.fullscreenElement) document.exitFullscreen();
      else this._toggle(this.contents);
    }

    _toggle(over) {
      const show = !over.open;
      for (const one of [this.contents, this.help]) one.close();
      if (show) over.show();
    }

    _full(wanted) {
      if (!wanted) document.exitFullscreen?.().catch(() => {});
      else if (!document.fullscreenElement) document.documentElement.requestFullscreen?.().catch(() => {});
    }

    _theme() {
      this.theme = this.theme === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = this.theme;
      this.stage.wear(this.theme);
    }

    _auto() {
      clearTimeout(this.timer);
      if (this.timer) this.timer = null;
      else this._schedule();
      this.bar.update(this._standing());
    }

    _pace(seconds) {
      this.seconds = seconds;
      if (this.timer) this._schedule();
    }

    _schedule() {
      clearTimeout(this.timer);
      const last = this.index === this.story.scenes.length - 1;
      this.timer = setTimeout(() => (last ? this._auto() : this.go(this.index + 1)), this.seconds * 1000);
    }

    _timer() {
      document.documentElement.classList.toggle("bf-timed");
      this._tick();
    }

    _tick() {
      this.bar.time.textContent = P.desk.duration(this.begun === null ? 0 : Date.now() - this.begun);
    }

    _begin(at) {
      this.begun = at;
      try {
        sessionStorage.setItem(`pingchang.begun.${this.story.name}`, String(at));
      } catch {
        // a reload then starts the time again
      }
      this._tick();
    }

    /** When the talk began, if this is only a reload of its page. */
    _remembered() {
      const [navigation] = performance.getEntriesByType("navigation");
      let kept = null;
      try {
        kept = Number(sessionStorage.getItem(`pingchang.begun.${this.story.name}`)) || null;
      } catch {
        // storage is denied
      }
      const begun = navigation && navigation.type === "reload" ? kept : null;
      this._begin(begun ?? Date.now());
      return begun;
    }

    _present() {
      if (this.lectern.open()) return;
      this.blocked ??= make("p", "bf-problem bf-blocked", this.stage.root, "浏览器拦截了演讲者窗口，请允许本页弹出窗口后再按 N。", { role: "alert" });
    }

    _standing() {
      return { index: this.index, auto: this.timer, typed: this.typed };
    }

    stats() {
      const { index, theme, asked, settledAt, foreseen, maps, seconds } = this;
      return { index, count: this.story.scenes.length, theme, asked, settledAt, foreseen, maps, auto: Boolean(this.timer), seconds, black: !this.black.hidden };
    }
  }

  function start() {
    const parent = document.getElementById("briefing");
    const data = JSON.parse(document.getElementById("briefing-data").textContent);
    if (new URLSearchParams(location.search).has("desk")) return P.briefingLink.sit(parent, data.story);
    const player = new Player(parent, data);
    window.PingchangBriefing = { stats: () => player.stats(), go: (index) => player.go(index) };
  }

  start();
})();
