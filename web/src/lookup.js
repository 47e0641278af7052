/* From attributes to colours: the look-up table of a view, and a tile painted through it. Pure, no DOM. */
(function (root) {
  "use strict";

  const TILE = 256;
  const DIM_ALPHA = 70; // of 255
  // Python names the colour with every theme (layers/palette.py, MISSING); this is the same one for a theme without.
  const MISSING_COLOR = "#C9CDCB";

  /** "#rrggbb" as the Uint32 of an opaque pixel in ImageData order on a little-endian machine. */
  function pixelOf(color) {
    const value = parseInt(/^#?([0-9a-f]{6})$/i.exec(color)?.[1] ?? MISSING_COLOR.slice(1), 16);
    const red = value >> 16, green = (value >> 8) & 255, blue = value & 255;
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }

  /** Class of a value among n + 1 ascending limits: [low, high), the last class closed; -1 outside or missing. */
  function classIndex(value, breaks) {
    const last = breaks.length - 1;
    if (!(value >= breaks[0] && value <= breaks[last])) return -1;
    let low = 0, high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (value >= breaks[middle]) low = middle;
      else high = middle;
    }
    return low;
  }

  const decoded = new WeakMap();

  /** Bits of a clause {rows: base64}: row r is bit r & 7 of byte r >> 3 (pingchang_geo/maps/state.py). Decoded once a clause. */
  function bitsOf(clause) {
    let bits = decoded.get(clause);
    if (!bits) {
      const text = atob(clause.rows);
      bits = new Uint8Array(text.length);
      for (let i = 0; i < text.length; i++) bits[i] = text.charCodeAt(i);
      decoded.set(clause, bits);
    }
    return bits;
  }

  function isListed(bits, row) {
    return ((bits[row >> 3] >> (row & 7)) & 1) === 1; // beyond the last byte: undefined >> n is 0
  }

  function passesInto(keep, clause, values) {
    if (clause.rows !== undefined) {
      const bits = bitsOf(clause);
      for (let row = 0; row < keep.length; row++) if (!isListed(bits, row)) keep[row] = 0;
      return;
    }
    if (!values) throw new Error(`column ${clause.field} is not loaded`);
    const rows = keep.length;
    if (clause.codes) {
      const wanted = new Uint8Array(65536);
      for (const code of clause.codes) wanted[code] = 1;
      for (let row = 0; row < rows; row++) keep[row] &= wanted[values[row]];
      return;
    }
    // Both limits as Float32, as the columns are and as Python compares. A missing value (NaN) fails both.
    const low = clause.min === undefined || clause.min === null ? -Infinity : Math.fround(clause.min);
    const high = clause.max === undefined || clause.max === null ? Infinity : Math.fround(clause.max);
    for (let row = 0; row < rows; row++) if (!(values[row] >= low && values[row] <= high)) keep[row] = 0;
  }

  /** Uint8Array(rows) of 1 = shown, or null when there is no filter. All clauses hold together. */
  function filterMask(rows, filter, columns) {
    if (!filter || filter.length === 0) return null;
    const keep = new Uint8Array(rows).fill(1);
    for (const clause of filter) passesInto(keep, clause, columns[clause.field]);
    return keep;
  }

  /** Function row → legend line (-1 = missing) of a theme; undefined theme: one line for all. */
  function classifier(theme, columns) {
    if (!theme) return () => 0;
    const values = columns[theme.field];
    if (!values) throw new Error(`column ${theme.field} is not loaded`);
    if (theme.mode === "categories") {
      const line = new Int16Array(65536).fill(-1);
      theme.codes.forEach((codes, index) => codes.forEach((code) => (line[code] = index)));
      return (row) => line[values[row]];
    }
    const breaks = theme.breaks.map(Math.fround);
    return (row) => classIndex(values[row], breaks);
  }

  /** Whether what a filter leaves out stays as a pale ground: so it is when one of its clauses asks for that. */
  function isDimmed(filter) {
    return (filter || []).some((clause) => clause.dim);
  }

  /** A pixel so pale that what is not meant still shows where it lies. */
  function pale(pixel) {
    return ((DIM_ALPHA << 24) | (pixel & 0xffffff)) >>> 0;
  }

  /**
   * The view of a layer: lut[row + 1] is the pixel of that row (0 = transparent: filtered away; pale where the filter dims),
   * counts[i] the rows that pass in legend line i, missing those without a value, shown all that pass.
   */
  function buildLookup({ rows, theme, filter, columns, color }) {
    const keep = filterMask(rows, filter, columns), dim = isDimmed(filter);
    const lineOf = classifier(theme, columns);
    const colors = theme ? theme.colors.map(pixelOf) : [pixelOf(color)];
    const missingPixel = pixelOf((theme && theme.missing) || MISSING_COLOR);
    const lut = new Uint32Array(rows + 1);
    const counts = new Array(colors.length).fill(0);
    let missing = 0;
    for (let row = 0; row < rows; row++) {
      if (keep !== null && keep[row] === 0) {
        if (!dim) continue;
        const line = lineOf(row);
        lut[row + 1] = pale(line < 0 ? missingPixel : colors[line]);
        continue;
      }
      const line = lineOf(row);
      if (line < 0) {
        missing++;
        lut[row + 1] = missingPixel;
      } else {
        counts[line]++;
        lut[row + 1] = colors[line];
      }
    }
    return { lut, counts, missing, shown: missing + counts.reduce((sum, count) => sum + count, 0) };
  }

  /** A GeoJSON property as a category code: itself if it is one, else its place among the column's words (-1: none). */
  function codeOf(value, column) {
    return typeof value === "number" ? value : ((column && column.values) || []).indexOf(value);
  }

  /** Whether a small layer's feature {row, properties} passes a whole filter; columns by field name. */
  function featureShown(feature, filter, columns) {
    return (filter || []).every((clause) =>
      clause.rows !== undefined
        ? isListed(bitsOf(clause), feature.row)
        : featurePasses(feature.properties[clause.field], clause, columns && columns[clause.field])
    );
  }

  /** Whether a small layer's feature with this property value passes a clause; the same rules as for columns. */
  function featurePasses(value, clause, column) {
    if (clause.codes) return clause.codes.includes(codeOf(value, column));
    if (value === null || value === undefined) return false;
    const number = Math.fround(value);
    return number >= Math.fround(clause.min ?? -Infinity) && number <= Math.fround(clause.max ?? Infinity);
  }

  /** Legend line of a small layer's feature under a theme, -1 without a value. */
  function featureLine(value, theme, column) {
    if (value === null || value === undefined) return -1;
    if (theme.mode === "categories") {
      const code = codeOf(value, column);
      return theme.codes.findIndex((codes) => codes.includes(code));
    }
    return classIndex(Math.fround(value), theme.breaks.map(Math.fround));
  }

  /** Names of the columns that a theme and a filter need. */
  function neededFields(theme, filter) {
    const fields = new Set((filter || []).filter((clause) => clause.rows === undefined).map((clause) => clause.field));
    if (theme) fields.add(theme.field);
    return [...fields];
  }

  /** Row numbers + 1 of a tile from its three byte planes. */
  function decodeTile(buffer) {
    if (buffer.byteLength !== 3 * TILE * TILE) throw new Error(`a tile of ${buffer.byteLength} bytes`);
    const planes = new Uint8Array(buffer);
    const ids = new Uint32Array(TILE * TILE);
    for (let i = 0, j = TILE * TILE, k = 2 * TILE * TILE; i < ids.length; i++, j++, k++) {
      ids[i] = planes[i] | (planes[j] << 8) | (planes[k] << 16);
    }
    return ids;
  }

  /** A pixel darkened for the outline, its alpha kept: strength 1 takes a quarter of its light, 2 nearly half. */
  function darker(pixel, strength) {
    let light = pixel & 0xffffff;
    for (let i = 0; i < strength; i++) light -= (light >>> 2) & 0x3f3f3f;
    return ((pixel & 0xff000000) | light) >>> 0;
  }

  /**
   * Paint a tile's ids through a look-up table into a Uint32 view of ImageData. `edge` 0 paints no outlines, 1 soft, 2 clear
   * ones: a pixel is outline where its right or lower neighbour is another plot, or its left or upper one none.
   */
  function paintTile(ids, lut, edge, out) {
    if (!edge) {
      for (let i = 0; i < ids.length; i++) out[i] = lut[ids[i]];
      return;
    }
    const last = TILE - 1;
    for (let y = 0, i = 0; y < TILE; y++) {
      for (let x = 0; x < TILE; x++, i++) {
        const id = ids[i];
        const pixel = lut[id];
        if (pixel === 0) {
          out[i] = 0;
          continue;
        }
        const bordering =
          (x < last && ids[i + 1] !== id) || (y < last && ids[i + TILE] !== id) ||
          (x > 0 && lut[ids[i - 1]] === 0) || (y > 0 && lut[ids[i - TILE]] === 0);
        out[i] = bordering ? darker(pixel, edge) : pixel;
      }
    }
  }

  const api = {
    TILE, MISSING_COLOR, pixelOf, classIndex, filterMask, isDimmed, pale, buildLookup, featureShown, featurePasses, featureLine, neededFields,
    decodeTile, darker, paintTile,
  };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).lookup = api;
})(typeof window !== "undefined" ? window : globalThis);
