/* The id-tile layer: tiles of row numbers, coloured in the browser through a look-up table. */
(function () {
  "use strict";

  const { TILE, decodeTile, paintTile } = window.Pingchang.lookup;
  const { checked } = window.Pingchang.answers;
  const KEPT_TILES = 24;
  const image = new ImageData(TILE, TILE);
  const pixels = new Uint32Array(image.data.buffer);

  /** Decoded tiles of one layer version, shared by both sides of a comparison; what nobody shows is kept for a while. */
  class TileStore {
    constructor(base, kept = KEPT_TILES) {
      this._base = base;
      this._kept = kept;
      this._entries = new Map();
      this.failures = 0;
    }

    /** Promise of the tile's ids, null where nothing is. Pair every call with `release`. */
    acquire(key) {
      let entry = this._entries.get(key);
      if (!entry) {
        entry = { users: 0, ids: undefined, abort: new AbortController() };
        entry.promise = this._load(key, entry);
        this._entries.set(key, entry);
      }
      entry.users++;
      return entry.promise;
    }

    release(key) {
      const entry = this._entries.get(key);
      if (!entry || --entry.users > 0) return;
      this._entries.delete(key);
      if (entry.ids === undefined) {
        entry.abort.abort();
        return;
      }
      this._entries.set(key, entry); // to the young end
      this._trim();
    }

    _trim() {
      let idle = 0;
      for (const entry of this._entries.values()) if (entry.users === 0 && entry.ids) idle++;
      for (const [key, entry] of this._entries) {
        if (idle <= this._kept) return;
        if (entry.users > 0 || !entry.ids) continue;
        this._entries.delete(key);
        idle--;
      }
    }

    /**
     * Fetch a tile that will be wanted soon; one that cannot be had is asked for again, and then complained about. Returns what
     * gives it up while it is still on its way.
     */
    foresee(key) {
      let held = true;
      const done = () => {
        if (held) this.release(key);
        held = false;
      };
      this.acquire(key).then(done, done);
      return done;
    }

    /** Ids of a tile if they are at hand. */
    peek(key) {
      return this._entries.get(key)?.ids;
    }

    async _load(key, entry) {
      try {
        const answer = await fetch(this._base + key, { signal: entry.abort.signal });
        if (answer.status === 204) entry.ids = null;
        else entry.ids = decodeTile(await checked(answer, `tile ${key}`).arrayBuffer());
        return entry.ids;
      } catch (error) {
        if (this._entries.get(key) === entry) this._entries.delete(key);
        if (error.name !== "AbortError") this.failures++;
        throw error;
      }
    }
  }

  const IdTileLayer = L.GridLayer.extend({
    options: { tileSize: TILE, updateWhenZooming: false, updateWhenIdle: false, keepBuffer: 1, noWrap: true, outline: true },

    /** store: TileStore; options.rows: number of plots, from which the outline knows how large a plot is on screen. */
    initialize: function (store, options) {
      L.setOptions(this, options);
      this._store = store;
      this._lut = null;
      this.lastRecolourMs = null;
    },

    getEvents: function () {
      const events = L.GridLayer.prototype.getEvents.call(this);
      const { move } = events;
      // A flight would fetch, and throw away again, the tiles of every level it passes.
      if (move) events.move = (event) => event.flyTo || move.call(this, event);
      return events;
    },

    createTile: function (coords, done) {
      const canvas = L.DomUtil.create("canvas");
      canvas.width = canvas.height = TILE;
      canvas._key = `${coords.z}/${coords.x}/${coords.y}`;
      canvas._zoom = coords.z;
      this._store.acquire(canvas._key).then(
        (ids) => {
          canvas._ids = ids;
          if (this._lut) this._paint(canvas);
          done(null, canvas);
        },
        (error) => done(error, canvas)
      );
      return canvas;
    },

    _removeTile: function (key) {
      const tile = this._tiles[key];
      if (tile && tile.el._key) {
        this._store.release(tile.el._key);
        tile.el._key = null;
        tile.el._ids = null;
      }
      L.GridLayer.prototype._removeTile.call(this, key);
    },

    _abortLoading: function () {
      // Tiles of another zoom that are still on their way will never be shown.
      for (const key in this._tiles) {
        const tile = this._tiles[key];
        if (tile.coords.z !== this._tileZoom && !tile.loaded) this._removeTile(key);
      }
    },

    /** Set the look-up table (null: nothing to show yet) and repaint every live tile; no request is made. */
    setLookup: function (lut) {
      this._lut = lut;
      this._repaint();
    },

    setOutline: function (outline) {
      if (this.options.outline === outline) return;
      this.options.outline = outline;
      if (this._lut) this._repaint();
    },

    _repaint: function () {
      const start = performance.now();
      for (const key in this._tiles) this._paint(this._tiles[key].el);
      this.lastRecolourMs = performance.now() - start;
    },

    _paint: function (canvas) {
      if (!canvas._ids) return;
      const context = canvas.getContext("2d");
      if (this._lut) paintTile(canvas._ids, this._lut, this._edge(canvas._zoom), pixels);
      else pixels.fill(0);
      context.putImageData(image, 0, 0);
    },

    /** Outline strength: none while a typical plot is a few pixels wide, else the picture is a black mess. */
    _edge: function (zoom) {
      if (!this.options.outline) return 0;
      const bounds = this.options.bounds;
      const centre = bounds.getCenter();
      const metres = (40075016.7 * Math.cos((centre.lat * Math.PI) / 180)) / (TILE * 2 ** zoom);
      const area =
        (bounds.getNorth() - bounds.getSouth()) * 111e3 *
        (bounds.getEast() - bounds.getWest()) * 111e3 * Math.cos((centre.lat * Math.PI) / 180);
      // Plots cover about a quarter of the box around the county.
      const side = Math.sqrt((0.25 * area) / Math.max(1, this.options.rows)) / metres;
      if (side < 5) return 0;
      return side < 12 ? 1 : 2;
    },

    /** Row of the plot drawn at a place, or -1. A plot that the filter hides is not there. */
    rowAt: function (latlng) {
      if (!this._map || !this._lut || this._tileZoom === undefined) return -1;
      const point = this._map.project(latlng, this._tileZoom);
      const x = Math.floor(point.x / TILE), y = Math.floor(point.y / TILE);
      const ids = this._store.peek(`${this._tileZoom}/${x}/${y}`);
      if (!ids) return -1;
      const id = ids[Math.floor(point.y - y * TILE) * TILE + Math.floor(point.x - x * TILE)];
      return id > 0 && this._lut[id] !== 0 ? id - 1 : -1;
    },

    /** True when every tile in view has been painted with the current look-up table. */
    isDrawn: function () {
      // Leaflet's own flag stays up where a zoom leads out of the data: tiles on their way are dropped and none are asked for.
      if (!this._lut || !this._map || (this._loading && !this._noTilesToLoad())) return false;
      const tiles = Object.values(this._tiles);
      return tiles.every((tile) => !tile.current || tile.loaded);
    },

    /** Keys of the tiles that a view of the map's present size shows. */
    keysOf: function (map, center, zoom) {
      const { minNativeZoom, maxNativeZoom, bounds } = this.options;
      const z = Math.min(maxNativeZoom, Math.max(minNativeZoom, Math.round(zoom)));
      const middle = map.project(center, z);
      const half = map.getSize().divideBy(2 * map.getZoomScale(zoom, z));
      const data = L.bounds(map.project(bounds.getNorthWest(), z), map.project(bounds.getSouthEast(), z));
      const seen = L.bounds(middle.subtract(half), middle.add(half)), keys = [];
      const span = (axis) => [Math.max(seen.min[axis], data.min[axis]), Math.min(seen.max[axis], data.max[axis])].map((at) => Math.floor(at / TILE));
      const [[west, east], [north, south]] = [span("x"), span("y")];
      for (let x = west; x <= east; x++) for (let y = north; y <= south; y++) keys.push(`${z}/${x}/${y}`);
      return keys;
    },

    tileCount: function () {
      return this._tiles ? Object.keys(this._tiles).length : 0;
    },
  });

  window.Pingchang.idtiles = { TileStore, IdTileLayer };
})();
