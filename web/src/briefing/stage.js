/* The stage: one scene's texts, cards and charts beside the map. Texts go in through textContent only. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make } = P.dom;
  const LEAST_SCALE = 0.55;

  class Stage {
    /** Built once under `parent`; `map` is the map's element, which stays for good. */
    constructor(parent, story) {
      this.story = story;
      this.root = make("div", "bf-stage", parent);
      this.map = make("div", "bf-map", this.root);
      this.panel = make("main", "bf-panel", this.root, null, { "aria-live": "polite" });
      this.charts = [];
      new ResizeObserver(() => this.fit()).observe(this.panel);
    }

    /** Show a scene; resolves when its charts are drawn. */
    show(scene, theme) {
      this.scene = scene;
      this.theme = theme;
      for (const { box } of this.charts) window.Plotly.purge(box);
      this.charts = [];
      this.panel.textContent = "";
      this.root.classList.toggle("bf-wide", !scene.map);
      const inner = (this.inner = make("div", "bf-inner", this.panel));
      this._head(inner, scene);
      for (const text of scene.paragraphs) make("p", "bf-text", inner, text);
      if (scene.quote) this._quote(inner, scene.quote);
      if (scene.cards.length) this._cards(inner, scene.cards);
      if (scene.charts.length) {
        const row = make("div", "bf-charts", inner);
        for (const chart of scene.charts) this._chart(row, chart);
      }
      this._foot(inner, scene);
      this.fit();
      return Promise.all(this.charts.map((one) => one.drawn));
    }

    _head(parent, scene) {
      const line = make("div", "bf-section", parent);
      make("span", "", line, scene.section);
      if (scene.mark) make("span", "pc-badge pc-badge-reference", line, scene.mark);
      make("h1", "bf-title", parent, scene.title);
      for (const problem of scene.problems) make("p", "bf-problem", parent, problem, { role: "alert" });
    }

    _quote(parent, quote) {
      const box = make("blockquote", "bf-quote", parent);
      make("p", "", box, `“${quote.text}”`);
      make("cite", "", box, quote.citation);
    }

    _cards(parent, cards) {
      const grid = make("dl", "bf-cards", parent);
      for (const card of cards) {
        const box = make("div", "bf-card", grid, null, { title: card.source });
        make("dt", "", box, card.label);
        const value = make("dd", "", box, card.value);
        make("small", "", value, ` ${card.unit}`);
        const tags = make("span", "bf-tags", box);
        make("span", `bf-tag bf-${card.kind}`, tags, card.kind === "reported" ? "报告" : "计算");
        if (card.mark) make("span", "bf-tag bf-mark", tags, card.mark.replace("数据", ""));
      }
    }

    _chart(parent, chart) {
      const figure = make("figure", "bf-chart", parent);
      const title = make("figcaption", "", figure, chart.title);
      if (chart.unit) make("small", "", title, `（${chart.unit}）`);
      if (chart.mark) make("span", "bf-tag bf-mark", title, chart.mark.replace("数据", ""));
      const box = make("div", "bf-plot", figure, null, { role: "img", "aria-label": chart.alt });
      this.charts.push({ box, chart, drawn: Promise.resolve() });
    }

    _foot(parent, scene) {
      const lines = [...new Set([...scene.sources, ...scene.charts.map((chart) => chart.source)])].filter(Boolean);
      // Two lines; the pointer shows the rest, and the last scene lists every source.
      if (lines.length) make("p", "bf-sources", parent, `来源：${lines.join("；")}`, { title: lines.join("\n") });
    }

    /** The largest letters with which everything fits; then the charts take what room is left. */
    fit() {
      if (!this.inner) return;
      let scale = 1;
      const set = () => this.panel.style.setProperty("--scale", String(scale));
      set();
      while (scale > LEAST_SCALE && this.inner.scrollHeight > this.panel.clientHeight + 1) {
        scale = Math.round((scale - 0.05) * 100) / 100;
        set();
      }
      this.panel.classList.toggle("bf-overfull", this.inner.scrollHeight > this.panel.clientHeight + 1);
      for (const one of this.charts) one.drawn = this._plot(one);
    }

    _plot({ box, chart }) {
      const size = parseFloat(getComputedStyle(box).fontSize);
      const { data, layout } = P.storyCharts.drawing(chart, { theme: this.theme, size, format: P.format.formatNumber });
      const sized = { ...layout, width: Math.max(120, box.clientWidth), height: Math.max(90, box.clientHeight) };
      return window.Plotly.react(box, data, sized, { displayModeBar: false, responsive: false });
    }
  }

  P.stage = { Stage };
})();
