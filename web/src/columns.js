/* The attributes of a layer, one typed array a field, fetched when first needed and kept. */
(function (root) {
  "use strict";

  const { checked } = typeof module !== "undefined" && module.exports ? require("./answers.js") : root.Pingchang.answers;

  /** "number" → Float32Array; "category" → Uint8Array up to 255 words, else Uint16Array (pingchang_geo/tiles/columns.py). */
  function columnArray(column, buffer) {
    if (column.kind === "number") return new Float32Array(buffer);
    return column.values.length <= 255 ? new Uint8Array(buffer) : new Uint16Array(buffer);
  }

  /** Code of a missing category in a column's array. */
  function missingCode(array) {
    return array.BYTES_PER_ELEMENT === 1 ? 0xff : 0xffff;
  }

  /** One value as the tooltip wants it: number, word, or null when missing. */
  function valueAt(column, array, row) {
    const value = array[row];
    if (column.kind === "number") return Number.isNaN(value) ? null : value;
    return value === missingCode(array) ? null : column.values[value] ?? null;
  }

  class ColumnStore {
    /** layer: its entry in the map's configuration; base: URL up to and including the snapshot, with a slash. */
    constructor(base, layer, fetcher) {
      this._base = base;
      this._layer = layer;
      this._fetch = fetcher || ((url) => root.fetch(url));
      this._loading = new Map();
      this.loaded = {};
    }

    /** Promise of {field: typed array} for all the fields; rejects when one cannot be had, and then asks again next time. */
    async need(fields) {
      await Promise.all(fields.map((field) => this._one(field)));
      return this.loaded;
    }

    has(fields) {
      return fields.every((field) => field in this.loaded);
    }

    _one(field) {
      if (!this._loading.has(field)) {
        const promise = this._load(field).catch((error) => {
          this._loading.delete(field);
          throw error;
        });
        this._loading.set(field, promise);
      }
      return this._loading.get(field);
    }

    async _load(field) {
      const column = this._layer.columns[field];
      if (!column) throw new Error(`layer ${this._layer.id} has no column ${field}`);
      const answer = checked(await this._fetch(this._base + encodeURIComponent(field)), `column ${field}`);
      const array = columnArray(column, await answer.arrayBuffer());
      if (array.length !== this._layer.rows) throw new Error(`column ${field}: ${array.length} rows`);
      this.loaded[field] = array;
    }
  }

  const api = { ColumnStore, columnArray, missingCode, valueAt };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).columns = api;
})(typeof window !== "undefined" ? window : globalThis);
