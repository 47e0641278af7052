/* The map: builds itself once from a configuration and then only takes states (docs/architecture.md). */
(function () {
  "use strict";

  const P = window.Pingchang;
  const { make } = P.dom;
  const { parseView } = P.geometry;
  const { isStale, advice } = P.answers;

  // Stacking from bottom to top; layers come between, in the configuration's order.
  const PANES = { "pc-neighbours": 300, "pc-mask": 310, "pc-rivers": 430, "pc-graticule": 435, "pc-outline": 560, "pc-sketch": 565, "pc-select": 570, "pc-draw": 575, "pc-labels": 580 };
  const TILES_FROM = 340;
  const RIGHT_FROM = 380;
  const SMALL_FROM = 440;

  const STILL_LEGEND_EM = 8;

  function fontSize(map) {
    return parseFloat(getComputedStyle(map.getContainer()).fontSize);
  }

  /** The window whose address bar the reader sees, if we may touch it. */
  function page() {
    try {
      return window.parent.location.href ? window.parent : window;
    } catch {
      return window;
    }
  }

  class Atlas {
    constructor(map, config) {
      this.map = map;
      this.config = config;
      this.state = { layers: {}, said: {}, units: {} };
      this.views = new Map();
      this.right = null; // {id, view} while comparing
      this.tool = null; // what takes the clicks: measuring or drawing
      this._base = false;
      this._drawn = false;
      this._baseLabels = [];
      this._createPanes();
      this._createViews();
      this._prepareMap();
      this.inspector = new P.inspect.Inspector(map, config, {
        views: () => this.fromTop(),
        units: () => this.state.units || {},
        onFail: (error) => this.fail(error),
        onSelect: () => this.labels.draw(),
      });
      this.sketch = new P.sketch.Sketch(map);
      const { still } = config;
      this.labels = new P.labels.Labels(map, () => this._labelItems(), () => this._symbolPlaces(), still ? P.labels.pageSized(map) : undefined);
      P.basemap
        .drawBase(map, config, this._baseLabels)
        .catch((error) => this.fail(error))
        .finally(() => {
          this._base = true;
          this.labels.draw();
          this.changed();
        });
      this.controls = P.controls.addControls(this);
    }

    _createPanes() {
      const add = (name, z) => {
        const pane = this.map.createPane(name);
        pane.style.zIndex = z;
        pane.style.pointerEvents = "none";
      };
      for (const name in PANES) add(name, PANES[name]);
      this.config.layers.forEach((layer, index) => {
        add(`pc-layer-${layer.id}`, (layer.mode === "idtiles" ? TILES_FROM : SMALL_FROM) + index);
        if (layer.mode === "idtiles") add(`pc-right-${layer.id}`, RIGHT_FROM + index);
      });
    }

    _createViews() {
      const hooks = { onChange: (what) => this.changed(what), onFail: (error) => this.fail(error) };
      const base = Object.values(this.config.base || {});
      for (const layer of this.config.layers) {
        if (base.includes(layer.id)) continue;
        const pane = `pc-layer-${layer.id}`;
        if (layer.mode === "idtiles") {
          const source = new P.tileview.TileSource(this.config, layer);
          const view = new P.tileview.TileView(this.map, source, pane, hooks);
          this.views.set(layer.id, { layer, source, view, ...delegate(view) });
        } else {
          const url = `${this.config.root}layers/${layer.id}/${this.config.snapshot}.geojson`;
          const view = new P.smalllayers.SmallLayer(this.map, layer, url, pane, hooks);
          this.views.set(layer.id, { layer, view, ...delegate(view) });
        }
      }
    }

    _prepareMap() {
      const { map, config } = this;
      map.getContainer().classList.add("pc-map");
      map.getContainer().setAttribute("role", "application");
      map.getContainer().setAttribute("aria-label", "平昌县生态资产地图，方向键平移，加减键缩放，回车查询中心处要素");
      map.attributionControl?.setPrefix(false);
      const bounds = L.latLngBounds(config.bounds);
      // Half levels let the county fill the frame; tiles of the next whole level are then shown smaller.
      // A player's fit is closer, as nobody there zooms for himself.
      map.options.zoomSnap = config.still ? 0.25 : 0.5;
      map.setMinZoom(8).setMaxZoom(18).setMaxBounds(bounds.pad(0.6));
      const view = parseView(config.view) || parseView(new URLSearchParams(page().location.search).get("view"));
      this._start = view && bounds.pad(0.6).contains(view.centre) ? view : null;
      this._toStart();
      this._watchSize();
      map.on("moveend", this._writeView, this);
    }

    _toStart() {
      const { map, _start: start } = this;
      if (start) map.setView(start.centre, start.zoom, { animate: false });
      else map.fitBounds(this.config.bounds, { animate: false });
    }

    /**
     * Follow the container's size. The component's frame gets its height after the map is there, and a hidden tab has none at
     * all: until the reader or Python has moved the map, a new size means fitting the county again.
     */
    _watchSize() {
      const { map } = this, container = map.getContainer();
      this._untouched = true;
      for (const gesture of ["pointerdown", "wheel", "keydown"]) {
        container.addEventListener(gesture, () => (this._untouched = false), { capture: true, passive: true });
      }
      new ResizeObserver(() => {
        map.invalidateSize({ animate: false, pan: !this._untouched });
        container.style.setProperty("--map-height", `${container.clientHeight}px`);
        if (this._untouched && container.clientWidth > 0) this._toStart();
      }).observe(container);
    }

    /** Where the reader moved the map and which layers are on, into the address: a copied link shows the same. */
    _writeView() {
      if (this.config.still || (this._untouched && !this._switched)) return; // the start needs no address
      try {
        const target = page(), url = new URL(target.location.href), { lat, lng } = this.map.getCenter(), { x, y } = this.map.getSize();
        if (!this._untouched) url.searchParams.set("view", `${lat.toFixed(5)},${lng.toFixed(5)},${this.map.getZoom()},${x},${y}`);
        if (this._switched) {
          const shown = [...this.views.keys()].filter((id) => this.state.layers[id]?.visible);
          url.searchParams.set("layers", shown.join(",") || "none");
        }
        target.history.replaceState(target.history.state, "", url.toString().replace(/%2C/g, ","));
      } catch {
        // A page that does not let us write its address simply has no view in its link.
      }
    }

    /** Show a state. Only what differs from the present picture is done. */
    apply(state) {
      const before = this.state;
      this._said = true;
      this.state = { ...state, layers: mergeUser(before, state), said: state.layers || {} };
      for (const [id, entry] of this.views) entry.view.update(this.state.layers[id] || null);
      this._compare(state.compare || null);
      this.sketch.update(state.sketch || null);
      if (differs(before.select, state.select)) this.inspector.select(state.select || null, true);
      if (differs(before.marked || [], state.marked || [])) this.inspector.mark(state.marked || []);
      // A player's scene comes back to its place, wherever the presenter has moved the map.
      if (state.fly && (this.config.still || differs(before.fly, state.fly))) this.fly(state.fly);
      if (differs(before.units, this.state.units)) this.inspector.unitsChanged();
      this.labels.draw();
      this.controls.update();
      this.changed();
      // The page writes its address from what it last knew of it, which lacks where the reader moved the map since.
      if (!this._untouched || this._switched) this._writeView();
    }

    /** The reader's own change of a layer in the layer switch; holds until Python says something else. */
    change(id, change) {
      const layers = { ...this.state.layers, [id]: { ...this.state.layers[id], ...change } };
      this.state = { ...this.state, layers };
      this.views.get(id).view.update(layers[id]);
      if ("visible" in change) {
        this._switched = true;
        this._writeView();
      }
      this._compare(this.state.compare || null);
      this.labels.draw();
      this.controls.update();
      this.changed();
    }

    fly(bounds) {
      this._untouched = false;
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      const options = this._fitting(this.state.layers);
      if (this.config.still && this._shows(bounds, options)) return;
      if (calm) this.map.fitBounds(bounds, { ...options, animate: false });
      else this.map.flyToBounds(bounds, options);
    }

    /** Centre and zoom at which a flight to the bounds ends with these layers shown. */
    landing(bounds, layers) {
      return this.map._getBoundsCenterZoom(bounds, this._fitting(layers));
    }

    /** What was foreseen and has not come yet no longer stands in the way: something else is shown. */
    forget() {
      for (const give of this._foreseen || []) give();
      this._foreseen = [];
    }

    /** Fetch what a state will need, so that showing it is instant. */
    foresee({ layers, fly }) {
      const { map } = this;
      const { center, zoom } = fly ? this.landing(fly, layers) : { center: map.getCenter(), zoom: map.getZoom() };
      const shown = [...this.views].filter(([id]) => layers[id]?.visible);
      this._foreseen = shown.flatMap(([id, { view }]) => view.foresee(layers[id], center, zoom) || []);
    }

    _fitting(layers) {
      return { paddingTopLeft: [30, 30], paddingBottomRight: [30 + this._legendWidth(layers), 30], maxZoom: 16, duration: this.config.flightS ?? 0.8 };
    }

    /** Whether fitting the bounds would not move the map. */
    _shows(bounds, options) {
      const { map } = this, { center, zoom } = map._getBoundsCenterZoom(bounds, options);
      return zoom === map.getZoom() && map.project(center).distanceTo(map.project(map.getCenter())) < 2;
    }

    /** What the open legend covers of a map that is wide enough to keep clear of it, in pixels. */
    _legendWidth(layers) {
      // A player's legend stands in a corner and has one width in all scenes, or equal extents would differ in scale.
      if (this.config.still) return Object.values(layers).some((layer) => layer.visible) ? STILL_LEGEND_EM * fontSize(this.map) : 0;
      const container = this.map.getContainer(), legend = container.querySelector(".pc-legends");
      const open = legend && legend.querySelector("details").open && container.clientWidth >= 640;
      return open ? legend.offsetWidth : 0;
    }

    /** The whole county. */
    home() {
      this.map.fitBounds(this.config.bounds);
    }

    _compare(compare) {
      const entry = compare && this.views.get(compare.layer);
      const shown = entry && entry.source && entry.isVisible();
      if (this.right && (!shown || this.right.id !== compare.layer)) {
        this.right.view.update(null);
        this.right = null;
      }
      if (shown) {
        if (!this.right) {
          const hooks = { onChange: (what) => this.changed(what), onFail: (error) => this.fail(error) };
          const view = new P.tileview.TileView(this.map, entry.source, `pc-right-${compare.layer}`, hooks);
          this.right = { id: compare.layer, view };
        }
        this.right.view.update({ ...this.state.layers[compare.layer], theme: compare.theme });
      }
      this.controls.compare(shown ? { id: compare.layer, left: this.state.layers[compare.layer].theme, right: compare.theme } : null);
    }

    /** Layer views from the topmost to the lowest. */
    fromTop() {
      const entries = [...this.views.values()];
      const small = entries.filter((entry) => !entry.source), tiles = entries.filter((entry) => entry.source);
      return [...small.reverse(), ...tiles.reverse()];
    }

    _labelItems() {
      const items = this.sketch.labels();
      const zoom = this.map.getZoom(), chosen = [this.inspector.selected, ...this.inspector.marked].filter(Boolean);
      for (const entry of this.fromTop()) {
        const { layer, view } = entry;
        if (entry.source || !layer.labelField || !entry.isVisible()) continue;
        for (const feature of view.shown()) {
          const text = feature.properties[layer.labelField];
          const [west, south, east, north] = feature.box;
          const point = /Point$/.test(feature.geometry.type);
          const wide = ((east - west) / 360) * 256 * 2 ** zoom;
          const selected = chosen.some(({ layer: id, row }) => id === layer.id && row === feature.row);
          if (!text || (!selected && (point ? zoom < (layer.labelZoom ?? 9) : wide < 36))) continue;
          const item = { latlng: L.latLng((south + north) / 2, (west + east) / 2), text: String(text), point: point || wide < 36, selected };
          if (selected) items.unshift(item); // its name comes first
          else items.push(item);
        }
      }
      return items.concat(zoom < 13 ? this._baseLabels : []);
    }

    /** Where a symbol stands, of whatever layer: no label may cover it. */
    _symbolPlaces() {
      const small = this.fromTop().filter((entry) => !entry.source && entry.isVisible());
      const points = small.flatMap(({ view }) => view.shown()).filter(({ geometry }) => /Point$/.test(geometry.type));
      return points.flatMap(({ geometry: { type, coordinates } }) =>
        (type === "Point" ? [coordinates] : coordinates).map(([lng, lat]) => L.latLng(lat, lng))
      );
    }

    /** Something was drawn, loaded or recoloured. */
    changed(what) {
      if (what === "tooltip") this.inspector.refresh();
      this.controls?.legend();
      const drawn = this.isDrawn();
      if (drawn && !this._drawn) {
        this._drawnAt = performance.now();
        this.labels?.draw();
        window.dispatchEvent(new CustomEvent("pingchang:drawn"));
        // Once: the page sends its charts and tables after the first map (pingchang_geo/ui/first_paint.py).
        if (!this._told) this.inspector.tellDrawn();
        this._told = true;
      }
      this._drawn = drawn;
    }

    isDrawn() {
      const views = [...this.views.values()].map((entry) => entry.view);
      if (this.right) views.push(this.right.view);
      return this._base && this._applied() && views.every((view) => view.isDrawn());
    }

    _applied() {
      return this._said === true; // a map without layers of its own is drawn once its base is
    }

    fail(error) {
      console.warn(error);
      this._notice ??= make("div", "pc-notice", this.map.getContainer(), null, { role: "status" });
      if (this._stale) return;
      this._stale = isStale(error);
      this._notice.textContent = advice(error);
      clearTimeout(this._noticeTimer);
      if (this._stale) return; // nothing but a fresh page helps, so the notice stays
      this._noticeTimer = setTimeout(() => {
        this._notice.remove();
        this._notice = null;
      }, 6000);
    }

    /** For tests and measurements. */
    stats() {
      const views = [...this.views.values()].filter((entry) => entry.source).map((entry) => entry.view);
      const times = views.map((view) => view.layer.lastRecolourMs).filter((time) => time !== null);
      const { hover, selected, marked } = this.inspector;
      return {
        ready: true,
        drawn: this.isDrawn(),
        drawnAt: this._drawnAt ?? null,
        tiles: views.reduce((sum, view) => sum + view.layer.tileCount(), 0),
        lastRecolourMs: times.length ? Math.max(...times) : null,
        legends: Object.fromEntries([...this.views].map(([id, entry]) => [id, entry.view.legend])),
        hover: hover && { layer: hover.layer, row: hover.row },
        selected,
        marked,
        sketch: this.sketch.hidden ? [] : this.sketch.features.map((feature) => feature.properties.role),
        corners: this.tool ? this.tool.points.length : null,
      };
    }
  }

  function delegate(view) {
    return { rowAt: (latlng) => view.rowAt(latlng), tooltip: (row) => view.tooltip(row), isVisible: () => view.isVisible() };
  }

  function differs(first, second) {
    return JSON.stringify(first ?? null) !== JSON.stringify(second ?? null);
  }

  /** Visibility and opacity that the reader changed on the map outlive states that do not touch them. */
  function mergeUser(before, state) {
    const merged = {};
    for (const id in state.layers) {
      const said = state.layers[id], mine = before.layers[id], saidBefore = before.said[id];
      merged[id] = { ...said };
      for (const key of ["visible", "opacity"]) {
        if (mine && saidBefore && saidBefore[key] === said[key]) merged[id][key] = mine[key];
      }
    }
    return merged;
  }

  const waiting = [];
  let atlas = null;

  window.pingchang = {
    apply: (state) => (atlas ? atlas.apply({ ...state }) : waiting.push(state)),
    stats: () => (atlas ? atlas.stats() : { ready: false, drawn: false, tiles: 0, lastRecolourMs: null, hover: null, selected: null }),
  };

  window.PingchangMap = {
    /** Build the map once; states that came earlier are applied in order. */
    create(map, config) {
      atlas = new Atlas(map, config);
      window.pingchang.atlas = atlas;
      waiting.splice(0).forEach((state) => atlas.apply({ ...state }));
      return atlas;
    },
  };
})();
