/* The stage: one scene's texts, cards and charts beside the map. Texts go in through textContent only. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make } = P.dom;
  const { bound, groupedSources } = P.storyTexts;
  const LEAST_SCALE = 0.55;
  const DENSE_BELOW = 0.8; // then the text takes half of the width
  const STEP = 0.05;

  class Stage {
    /** Built once under `parent`; `map` is the map's element, which stays for good. */
    constructor(parent, story) {
      this.story = story;
      this.root = make("div", "bf-stage", parent);
      this.map = make("div", "bf-map", this.root);
      this.panel = make("main", "bf-panel", this.root, null, { "aria-live": "polite" });
      if (story.approval) make("div", "bf-approval", this.root, `审图号：${story.approval}`);
      this.charts = [];
      new ResizeObserver(() => this._resized()).observe(this.panel);
    }

    /** Lay out a scene's texts; from then on the map's element has the size that it keeps for this scene. */
    lay(scene, index, theme) {
      Object.assign(this, { scene, theme });
      for (const { box } of this.charts) window.Plotly?.purge(box);
      this.charts = [];
      this.panel.textContent = "";
      this.root.classList.toggle("bf-wide", !scene.map);
      const inner = (this.inner = make("div", "bf-inner", this.panel));
      if (index === 0) this._opening(inner);
      this._head(inner, scene);
      for (const text of scene.paragraphs) make("p", "bf-text", inner, bound(text));
      if (scene.quote) this._quote(inner, scene.quote);
      if (scene.cards.length) this._cards(inner, scene.cards);
      if (scene.charts.length) {
        const row = make("div", "bf-charts", inner);
        for (const chart of scene.charts) this._chart(row, chart);
      }
      if (index === this.story.scenes.length - 1 && this.story.sources.length) this._sources(inner);
      else this._foot(inner, scene);
      this._fit();
    }

    /** Draw the scene's charts; resolves when they stand. */
    draw() {
      return Promise.all(this.charts.map((one) => this._plot(one)));
    }

    /** The other colours. */
    wear(theme) {
      this.theme = theme;
      return this.draw();
    }

    /** Words in the place of a story that has no scene. */
    say(title, lines) {
      this.root.classList.add("bf-wide");
      this.panel.textContent = "";
      const inner = (this.inner = make("div", "bf-inner", this.panel));
      make("h1", "bf-title", inner, title);
      for (const line of lines) make("p", "bf-problem", inner, line, { role: "alert" });
    }

    _opening(parent) {
      const box = make("header", "bf-opening", parent);
      make("div", "bf-story", box, this.story.title);
      if (this.story.subtitle) make("div", "bf-subtitle", box, this.story.subtitle);
    }

    _head(parent, scene) {
      const line = make("div", "bf-section", parent);
      make("span", "", line, scene.section);
      if (scene.mark) make("span", "pc-badge pc-badge-reference", line, scene.mark);
      make("h1", "bf-title", parent, bound(scene.title));
      for (const problem of scene.problems) make("p", "bf-problem", parent, problem, { role: "alert" });
    }

    _quote(parent, quote) {
      const box = make("blockquote", "bf-quote", parent);
      make("p", "", box, `“${bound(quote.text)}”`);
      make("cite", "", box, `报告原文 ${quote.citation}`);
    }

    _cards(parent, cards) {
      const grid = make("dl", "bf-cards", parent, null, { "data-count": String(cards.length) });
      for (const card of cards) {
        const box = make("div", "bf-card", grid, null, { title: card.source });
        make("dt", "", box, bound(card.label));
        const row = make("dd", "", box);
        const value = make("span", "bf-value", row, card.value);
        make("small", "", value, `\u00A0${card.unit}`);
        const tags = make("span", "bf-tags", row);
        make("span", `bf-tag bf-${card.kind}`, tags, { reported: "报告", computed: "计算", external: "参考" }[card.kind]);
        if (card.mark) make("span", "bf-tag bf-mark", tags, card.mark.replace("数据", ""));
      }
    }

    _chart(parent, chart) {
      const figure = make("figure", "bf-chart", parent);
      // Beneath one another, charts share the height by their bars.
      figure.style.setProperty("--rows", String(3 + (chart.kind === "barh" ? chart.categories.length * Math.max(1, chart.series.length) : 4)));
      const title = make("figcaption", "", figure, bound(chart.title));
      if (chart.unit) make("small", "", title, `（${chart.unit}）`);
      if (chart.mark) make("span", "bf-tag bf-mark", title, chart.mark.replace("数据", ""));
      const box = make("div", "bf-plot", figure, null, { role: "img", "aria-label": chart.alt });
      this.charts.push({ box, chart });
    }

    _sources(parent) {
      const list = make("ul", "bf-sourcelist", parent, null, { "aria-label": "来源" });
      for (const { titles, text, mark } of groupedSources(this.story.sources)) {
        const item = make("li", "", list);
        make("b", "", item, bound(titles.join("、")));
        if (mark) make("span", "bf-tag bf-mark", item, mark.replace("数据", ""));
        make("span", "", item, bound(text));
      }
    }

    _foot(parent, scene) {
      const lines = [...new Set([...scene.sources, ...scene.charts.map((chart) => chart.source)])].filter(Boolean);
      // Two lines; the pointer shows the rest, and the last scene lists every source.
      if (lines.length) make("p", "bf-sources", parent, `来源：${lines.join("；")}`, { title: lines.join("\n") });
    }

    _resized() {
      if (!this.scene) return;
      this._fit();
      this.draw();
    }

    /** The largest letters with which everything fits, over half of the width where they would become small. */
    _fit() {
      const { scene, root } = this;
      const most = scene.charts.length ? 1 : scene.map ? 1.15 : 1.3;
      root.classList.remove("bf-dense");
      if (this._scaled(most) >= DENSE_BELOW || !scene.map) return;
      root.classList.add("bf-dense");
      this._scaled(most);
    }

    _scaled(most) {
      const { paddingTop, paddingBottom } = getComputedStyle(this.panel);
      const over = () => this.inner.scrollHeight > this.panel.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom) + 1;
      let scale = most;
      const set = () => this.panel.style.setProperty("--scale", String(scale));
      set();
      while (scale > LEAST_SCALE && over()) {
        scale = Math.round((scale - STEP) * 100) / 100;
        set();
      }
      this.panel.classList.toggle("bf-overfull", over());
      return scale;
    }

    _plot({ box, chart }) {
      if (!window.Plotly) return this._table(box, chart);
      const size = parseFloat(getComputedStyle(box).fontSize);
      const [width, height] = [Math.max(120, box.clientWidth), Math.max(40, box.clientHeight)];
      const { data, layout } = P.storyCharts.drawing(chart, { theme: this.theme, size, width, height, format: P.format.formatNumber });
      return window.Plotly.react(box, data, layout, { displayModeBar: false, responsive: false });
    }

    /** The numbers themselves, where the library of charts is not there. */
    _table(box, chart) {
      box.textContent = "";
      box.removeAttribute("role");
      const table = make("table", "bf-table", box);
      P.storyCharts.rowsOf(chart, P.format.formatNumber).forEach((cells, row) => {
        const line = make("tr", "", table);
        cells.forEach((text, column) => make(row && column ? "td" : "th", "", line, text));
      });
    }
  }

  P.stage = { Stage };
})();
