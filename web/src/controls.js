/* The controls around the map, in Chinese, all reachable by keyboard: layer switch, legend, buttons, position read-out. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make, symbol, control } = P.dom;
  const { formatShare, formatNumber } = P.format;
  const { MISSING_COLOR } = P.lookup;
  const { lookOf } = P.symbols;
  const { Panel, fitRows } = P.panels;
  const LEGEND_MARGINS_PX = 76; // title, gaps to the switch and to the edge
  const LEGEND_LEAST_PX = 96;

  /** Key of a layer; location: the standing that all its features share, if any. */
  function swatch(parent, layer, color, location) {
    const box = make("span", "pc-swatch", parent, null, { "aria-hidden": "true" });
    const style = layer.style || {};
    if (layer.geometry === "point" || style.symbol) box.appendChild(symbol(style.symbol, color, location));
    else if (layer.mode === "idtiles") box.style.background = color;
    else {
      const { line, fill } = lookOf(location);
      const border = location ? line : style.dashArray ? "dashed" : "solid";
      Object.assign(box.style, { border: `2px ${border} ${color}`, background: fill ? color + "22" : "#FFFFFF" });
    }
    return box;
  }

  class LayerSwitch {
    constructor(atlas, container) {
      this._atlas = atlas;
      this._rows = new Map();
      const { body } = new Panel(atlas.map, container, "图层", "layers", ({ x, y }) => x >= 640 && y >= 620);
      for (const entry of atlas.fromTop()) this._rows.set(entry.layer.id, this._row(body, entry.layer));
    }

    _row(body, layer) {
      const box = make("div", "pc-layer", body);
      const label = make("label", "", box);
      const check = make("input", "", label, null, { type: "checkbox" });
      const mark = swatch(label, layer, layer.color);
      make("span", "pc-layer-title", label, layer.title);
      if (layer.mark) {
        const kind = layer.mark.includes("示意") ? "reference" : "official";
        make("span", `pc-badge pc-badge-${kind}`, label, layer.mark.replace("数据", ""), { title: layer.mark });
      }
      const slider = make("input", "pc-opacity", box, null, {
        type: "range", min: "0", max: "100", step: "5", "aria-label": `${layer.title}不透明度`, title: "不透明度",
      });
      check.addEventListener("change", () => this._atlas.change(layer.id, { visible: check.checked }));
      slider.addEventListener("input", () => this._atlas.change(layer.id, { opacity: Number(slider.value) / 100 }));
      return { layer, box, check, slider, mark };
    }

    update() {
      for (const [id, { layer, box, check, slider, mark }] of this._rows) {
        const state = this._atlas.state.layers[id];
        box.hidden = !state;
        if (!state) continue;
        const { location = null } = this._atlas.views.get(id).view;
        if (location) mark.replaceWith((this._rows.get(id).mark = swatch(null, layer, layer.color, location)));
        check.checked = Boolean(state.visible);
        slider.value = Math.round((state.opacity ?? 1) * 100);
        slider.hidden = !state.visible;
      }
    }
  }

  class Legend {
    constructor(atlas, container) {
      this._atlas = atlas;
      this._container = container;
      const panel = new Panel(atlas.map, container, "图例", atlas.config.still ? "briefing.legend" : "legend", ({ x }) => x >= (atlas.config.still ? 420 : 560));
      this._body = panel.body;
      this._shown = null;
      panel.box.addEventListener("toggle", () => this.fit());
      atlas.map.on("resize", this.fit, this);
    }

    /** Take what height the layer switch above leaves, in whole rows. */
    fit() {
      const container = this._atlas.map.getContainer(), switcher = container.querySelector(".pc-layers");
      const room = container.clientHeight - (switcher ? switcher.offsetHeight : 0) - LEGEND_MARGINS_PX;
      const rows = this._body.querySelectorAll(".pc-legend-line, h4, .pc-legend-sub");
      fitRows(this._body, rows, Math.max(LEGEND_LEAST_PX, Math.min(room, (this._atlas.config.still ? 0.9 : 0.7) * container.clientHeight)));
    }

    /** Draw again if anything in it changed. */
    update() {
      const atlas = this._atlas;
      const items = atlas.fromTop().filter((entry) => entry.isVisible());
      const right = atlas.right && atlas.right.view.legend;
      const sketched = atlas.sketch.legend();
      const key = JSON.stringify([items.map((entry) => [entry.layer.id, entry.view.legend]), right, sketched]);
      if (key === this._shown) return;
      this._shown = key;
      this._body.textContent = "";
      this._container.hidden = items.length + sketched.length === 0;
      for (const { role, title } of sketched) this._sketched(role, title);
      for (const { layer, view } of items) {
        const theme = view.legend && view.legend.theme;
        if (!theme) this._plain(layer, view);
        else {
          const comparing = right && atlas.right.id === layer.id;
          this._theme(layer, view.legend, comparing ? "左：" : "");
          if (comparing) this._theme(layer, right, "右：");
        }
      }
      if (items.some(({ view }) => (view.features || []).some((feature) => feature.properties.location))) this._locations();
      this.fit();
    }

    _sketched(role, title) {
      const line = make("div", "pc-legend-line", this._body);
      make("span", `pc-swatch pc-swatch-${role}`, line, null, { "aria-hidden": "true" });
      make("span", "pc-legend-label", line, title);
    }

    _plain(layer, { legend, location }) {
      const line = make("div", "pc-legend-line", this._body);
      swatch(line, layer, layer.color, location);
      make("span", "pc-legend-label", line, layer.title);
      if (legend) make("span", "pc-legend-count", line, formatNumber(legend.shown, 0));
    }

    _theme(layer, legend, side) {
      const { theme, counts, missing, shown } = legend;
      const box = make("section", "pc-legend", this._body);
      const title = make("h4", "", box, `${side}${theme.title}`);
      if (theme.unit) make("small", "", title, `（${theme.unit}）`);
      make("div", "pc-legend-sub", box, `${layer.title} ${formatNumber(shown, 0)} 个`);
      const line = (color, label, count) => {
        const row = make("div", "pc-legend-line", box);
        make("span", "pc-swatch", row, null, { "aria-hidden": "true" }).style.background = color;
        make("span", "pc-legend-label", row, label);
        make("span", "pc-legend-count", row, formatNumber(count, 0));
        make("span", "pc-legend-share", row, formatShare(count, shown));
      };
      theme.labels.forEach((label, index) => {
        // In a briefing, categories of which the map shows none only take room.
        if (counts[index] > 0 || theme.mode !== "categories" || !this._atlas.config.still) line(theme.colors[index], label, counts[index]);
      });
      if (missing > 0) line(theme.missing || MISSING_COLOR, "无数据", missing);
    }

    _locations() {
      const line = make("div", "pc-legend-line pc-legend-location", this._body);
      make("span", "", line, "位置");
      for (const location of ["已核", "推定", "示意"]) {
        const pair = make("span", "pc-legend-pair", line);
        const mark = make("span", "pc-swatch", pair, null, { "aria-hidden": "true" });
        mark.appendChild(symbol("circle", "#4A4A4A", location));
        make("span", "", pair, location);
      }
    }
  }

  function button(parent, className, title, path, action) {
    const item = make("button", className, parent, null, { type: "button", title, "aria-label": title });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", path);
    svg.appendChild(line);
    item.appendChild(svg);
    item.addEventListener("click", action);
    return item;
  }

  const ICONS = {
    home: "M4 11l8-7 8 7M6 9.5V20h12V9.5",
    full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    length: "M3 17L17 3l4 4L7 21zM7 13l2 2M10 10l2 2M13 7l2 2",
    area: "M5 7l8-3 7 7-4 9H6z",
    draw: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
    correct: "M6 6h12v12H6zM4 4h4v4H4zM16 4h4v4h-4zM16 16h4v4h-4zM4 16h4v4H4z",
  };

  function addButtons(atlas, container, measure) {
    container.classList.add("leaflet-bar", "pc-buttons");
    button(container, "", "回到全县范围", ICONS.home, () => atlas.home());
    button(container, "", "全屏", ICONS.full, () => {
      const target = atlas.map.getContainer();
      if (document.fullscreenElement) document.exitFullscreen();
      else target.requestFullscreen?.().catch((error) => atlas.fail(error));
    });
    const tools = {
      length: button(container, "", "测距离", ICONS.length, () => measure.toggle("length")),
      area: button(container, "", "测面积", ICONS.area, () => measure.toggle("area")),
    };
    measure.onActive = (active) => {
      for (const name in tools) tools[name].setAttribute("aria-pressed", String(active && name === measure.mode));
    };
    measure.onActive(false);
  }

  /** Buttons with words, where the page takes drawings: this is what its reader has come for. */
  function addDrawing(container, draw) {
    const start = button(container, "pc-draw-start", "绘制范围", ICONS.draw, () => draw.toggle());
    const correct = button(container, "", "修改范围", ICONS.correct, () => draw.correct());
    for (const item of [start, correct]) make("span", "", item, item.title);
    const update = () => {
      container.hidden = !draw.offered;
      start.setAttribute("aria-pressed", String(draw.active));
      correct.hidden = draw.active || !draw.correctable;
    };
    draw.onActive = update;
    update();
    return update;
  }

  /** Coordinates under the pointer, geographic and Gauss-Krüger; the map's centre while there is no pointer. */
  function addPosition(atlas, container) {
    const geographic = make("span", "", container), projected = make("span", "", container);
    const show = (latlng) => {
      const { lat, lng } = latlng;
      const { easting, northing } = P.geometry.gaussKruger(lng, lat);
      geographic.textContent = `CGCS2000 ${lng.toFixed(4)}°E ${lat.toFixed(4)}°N`;
      projected.textContent = `高斯 3° 带（108°E） X ${northing.toFixed(0)} Y ${easting.toFixed(0)} m`;
    };
    let waiting = null;
    atlas.map.on("mousemove", (event) => {
      if (waiting === null) requestAnimationFrame(() => {
        show(waiting);
        waiting = null;
      });
      waiting = event.latlng;
    });
    atlas.map.on("mouseout moveend", () => show(atlas.map.getCenter()));
    show(atlas.map.getCenter());
  }

  function chineseZoom(map) {
    const box = map.getContainer().querySelector(".leaflet-control-zoom");
    if (!box) return;
    for (const [name, title] of [["in", "放大"], ["out", "缩小"]]) {
      const item = box.querySelector(`.leaflet-control-zoom-${name}`);
      item.title = title;
      item.setAttribute("aria-label", title);
    }
  }

  /**
   * 示意数据 on the face of the map. Python says it with the state, as it knows what went into every figure; a state that says
   * nothing is read from the layers that are shown.
   */
  function shownMark(atlas) {
    // Python's mark knows the columns and the filter; the layers switched on here since then carry their own.
    const shown = atlas.fromTop().filter((entry) => entry.isVisible());
    return [atlas.state.mark, ...shown.map(({ layer }) => layer.mark)].find(Boolean) || "";
  }

  /** Put all controls on the map; returns what the map calls when its state changes. */
  function addControls(atlas) {
    const { map } = atlas;
    chineseZoom(map);
    const measure = new P.measure.Measure(atlas);
    const draw = new P.draw.Draw(atlas);
    const compare = new P.compare.Compare(atlas);
    let layers, legend, drawing;
    control("topleft", "pc-search", (box) => new P.search.Search(atlas, box)).addTo(map);
    const corner = map.getContainer().querySelector(".leaflet-top.leaflet-left");
    control("topleft", "pc-drawing", (box) => (drawing = addDrawing(box, draw))).addTo(map);
    corner.prepend(corner.children[corner.children.length - 2], corner.lastChild);
    control("topleft", "", (box) => addButtons(atlas, box, measure)).addTo(map);
    control("topright", "pc-layers", (box) => (layers = new LayerSwitch(atlas, box))).addTo(map);
    control("bottomright", "pc-legends", (box) => (legend = new Legend(atlas, box))).addTo(map);
    control("bottomleft", "pc-position", (box) => addPosition(atlas, box)).addTo(map);
    // The legend takes the height that the layer switch leaves.
    map.getContainer().querySelector(".pc-layers details").addEventListener("toggle", () => legend.fit());
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 120 }).addTo(map);
    let mark;
    control("bottomleft", "pc-mark pc-badge-reference", (box) => (mark = box)).addTo(map);
    return {
      update: () => {
        mark.textContent = shownMark(atlas);
        mark.hidden = !mark.textContent;
        layers.update();
        legend.update();
        draw.offer(Boolean(atlas.state.draw));
        drawing();
        for (const tool of [measure, draw]) tool.refresh();
      },
      legend: () => legend.update(),
      compare: (sides) => compare.update(sides),
    };
  }

  P.controls = { addControls };
})();
