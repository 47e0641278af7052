/* One id-tile layer as the map sees it: state in, coloured tiles and legend figures out. */
(function () {
  "use strict";

  const { buildLookup, neededFields } = window.Pingchang.lookup;
  const { ColumnStore, valueAt } = window.Pingchang.columns;
  const { TileStore, IdTileLayer } = window.Pingchang.idtiles;

  const STILL_TILES = 128;

  /** What the data of a layer version needs once, however many views show it. */
  class TileSource {
    constructor(config, layer) {
      this.layer = layer;
      this.bounds = L.latLngBounds(config.bounds).pad(0.02);
      // A player fetches the next scene's tiles while the present ones are shown.
      const kept = config.still ? STILL_TILES : undefined;
      this.tiles = new TileStore(`${config.root}tiles/${layer.id}/${layer.version}/`, kept);
      this.columns = new ColumnStore(`${config.root}columns/${layer.id}/${config.snapshot}/`, layer);
    }
  }

  class TileView {
    /** onChange is called when tiles or the legend's figures changed; onFail with an error. */
    constructor(map, source, pane, { onChange, onFail }) {
      this.map = map;
      this.source = source;
      this.pane = pane;
      this.state = null;
      this.legend = null; // {theme, counts, missing, shown}
      this._wanted = null;
      this._shown = null;
      this._onChange = onChange;
      this._onFail = onFail;
      const { minNativeZoom = 8, maxNativeZoom = 17, rows } = source.layer;
      const options = { pane, bounds: source.bounds, rows, minNativeZoom, maxNativeZoom, maxZoom: 22 };
      this.layer = new IdTileLayer(source.tiles, options);
      this.layer.on("loading load", () => onChange());
      this.layer.on("tileerror", (event) => event.error.name !== "AbortError" && onFail(event.error));
    }

    /** Show a state {visible, opacity, outline, theme, filter}; null or not visible takes the layer off the map. */
    update(state) {
      this.state = state;
      const visible = Boolean(state && state.visible);
      if (visible !== this.map.hasLayer(this.layer)) {
        if (visible) this.map.addLayer(this.layer);
        else this.map.removeLayer(this.layer);
      }
      if (!visible) return;
      this.map.getPane(this.pane).style.opacity = state.opacity ?? 1;
      this.layer.setOutline(state.outline !== false);
      const wanted = JSON.stringify([state.theme || null, state.filter || []]);
      if (wanted !== this._wanted) {
        this._wanted = wanted;
        this._colour(wanted, state);
      }
    }

    /** Fetch what a state at a view will need: columns and tiles. Returns what gives up tiles that have not come yet. */
    foresee({ theme, filter }, center, zoom) {
      const { columns, tiles } = this.source;
      columns.need(neededFields(theme, filter)).catch(() => {}); // asked for again when it is shown
      return this.layer.keysOf(this.map, center, zoom).map((key) => tiles.foresee(key));
    }

    _colour(wanted, { theme, filter }) {
      const { columns } = this.source;
      const fields = neededFields(theme, filter);
      const paint = () => {
        if (this._wanted !== wanted) return; // a later state has overtaken this one
        const { rows, color } = this.source.layer;
        const view = buildLookup({ rows, theme, filter, columns: columns.loaded, color });
        this.legend = { theme, counts: view.counts, missing: view.missing, shown: view.shown };
        this._shown = wanted;
        this.layer.setLookup(view.lut);
        this._onChange();
      };
      if (columns.has(fields)) return paint();
      columns.need(fields).then(paint).catch((error) => {
        if (this._wanted === wanted) this._wanted = null; // the next state tries again
        this._onFail(error);
      });
    }

    isVisible() {
      return this.map.hasLayer(this.layer);
    }

    isDrawn() {
      return !this.isVisible() || (this._shown === this._wanted && this.layer.isDrawn());
    }

    rowAt(latlng) {
      return this.isVisible() ? this.layer.rowAt(latlng) : -1;
    }

    /** Values of the tooltip's fields for a row, as [label, value] with undefined while a column is on its way. */
    tooltip(row) {
      const { layer, columns } = this.source;
      const fields = (layer.tooltip || []).filter((field) => layer.columns[field]);
      if (!columns.has(fields)) columns.need(fields).then(() => this._onChange("tooltip"), this._onFail);
      return fields.map((field) => {
        const array = columns.loaded[field];
        return [layer.columns[field], array ? valueAt(layer.columns[field], array, row) : undefined];
      });
    }
  }

  window.Pingchang.tileview = { TileSource, TileView };
})();
