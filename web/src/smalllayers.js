/* Layers of some hundred features: drawn by Leaflet from GeoJSON, hit-tested by us so that stacking is the same everywhere. */
(function () {
  "use strict";

  const { contains, boundsOf } = window.Pingchang.geometry;
  const { MISSING_COLOR, isDimmed, featureShown, featureLine } = window.Pingchang.lookup;
  const { checked } = window.Pingchang.answers;
  const { areaStyle, commonLocation } = window.Pingchang.symbols;
  const dom = window.Pingchang.dom;

  const POINT_REACH_PX = 12;
  const LINE_REACH_PX = 6;
  const DIM_OPACITY = 0.3; // of what the filter leaves out but does not hide

  class SmallLayer {
    constructor(map, layer, url, pane, { onChange, onFail }) {
      Object.assign(this, { map, layer, url, pane, state: null, features: null, legend: null, location: null });
      this._group = L.layerGroup();
      this._onChange = onChange;
      this._onFail = onFail;
      this._loading = null;
      this._shown = null;
    }

    update(state) {
      this.state = state;
      const visible = Boolean(state && state.visible);
      if (!visible) {
        this.map.removeLayer(this._group);
        return;
      }
      this.map.addLayer(this._group);
      this.map.getPane(this.pane).style.opacity = state.opacity ?? 1;
      if (this.features) this._draw();
      else this._load().catch((error) => this._onFail(error));
    }

    /** Fetch what any state will need. */
    foresee() {
      if (!this.features) this._load().catch(() => {}); // asked for again when it is shown
    }

    _load() {
      return (this._loading ??= fetch(this.url)
        .then((answer) => checked(answer, this.layer.id).json())
        .then((collection) => {
          this.features = collection.features.filter((feature) => feature.geometry && boundsOf(feature.geometry));
          for (const feature of this.features) {
            feature.row = Number(feature.id);
            feature.box = boundsOf(feature.geometry);
          }
          this.location = commonLocation(this.features);
          if (this.state && this.state.visible) this._draw();
          this._onChange();
        })
        .catch((error) => {
          this._loading = null;
          throw error;
        }));
    }

    /** Features that the filter lets through. */
    shown() {
      const filter = this.state && this.state.filter;
      return (this.features || []).filter((feature) => featureShown(feature, filter, this.layer.columns));
    }

    _draw() {
      const key = JSON.stringify([this.state.filter || [], this.state.theme || null]);
      if (key === this._shown) return;
      this._shown = key;
      this._group.clearLayers();
      const { theme, filter } = this.state;
      const counts = theme ? new Array(theme.colors.length).fill(0) : null;
      let missing = 0;
      const features = this.shown(), passing = new Set(features);
      for (const feature of isDimmed(filter) ? this.features : features) {
        const dimmed = !passing.has(feature);
        let color = this.layer.color;
        if (theme) {
          const column = this.layer.columns && this.layer.columns[theme.field];
          const line = featureLine(feature.properties[theme.field], theme, column);
          color = line < 0 ? theme.missing || MISSING_COLOR : theme.colors[line];
          if (line < 0) missing += dimmed ? 0 : 1;
          else counts[line] += dimmed ? 0 : 1;
        }
        this._group.addLayer(this._symbolise(feature, color, dimmed ? DIM_OPACITY : 1));
      }
      this.legend = { theme, counts, missing, shown: features.length };
      this._onChange();
    }

    _symbolise(feature, color, opacity) {
      const { style = {}, color: own } = this.layer;
      const location = feature.properties.location;
      const common = { pane: this.pane, interactive: false, opacity };
      if (/Point$/.test(feature.geometry.type)) {
        const html = dom.symbol(style.symbol, color, location);
        const icon = L.divIcon({ className: "pc-symbol", html, iconSize: [18, 18] });
        return L.geoJSON(feature, { pointToLayer: (_, at) => L.marker(at, { ...common, icon, keyboard: false }) });
      }
      const look = areaStyle(location, style, Boolean(this.state.theme));
      return L.geoJSON(feature, {
        ...common,
        style: {
          ...look, color: own, fillColor: color, fill: /Polygon$/.test(feature.geometry.type),
          opacity: opacity * look.opacity, fillOpacity: opacity * look.fillOpacity,
        },
      });
    }

    isVisible() {
      return this.map.hasLayer(this._group);
    }

    isDrawn() {
      return !this.isVisible() || this.features !== null;
    }

    /** Row of the feature at a place, or -1: the nearest point, the nearest line, else the smallest area. */
    rowAt(latlng) {
      if (!this.isVisible() || !this.features) return -1;
      const at = this.map.latLngToLayerPoint(latlng);
      let best = { row: -1, size: Infinity };
      for (const feature of this.shown()) {
        const size = this._miss(feature, latlng, at);
        if (size < best.size) best = { row: feature.row, size };
      }
      return best.row;
    }

    /** How far off a place is (points and lines: pixels, always better than any area; areas: size of the box), or Infinity. */
    _miss(feature, latlng, at) {
      const { type, coordinates } = feature.geometry;
      const pixel = ([lng, lat]) => this.map.latLngToLayerPoint([lat, lng]);
      if (/Point$/.test(type)) {
        const points = type === "Point" ? [coordinates] : coordinates;
        const miss = Math.min(...points.map((point) => at.distanceTo(pixel(point))));
        return miss <= POINT_REACH_PX ? miss - 1e6 : Infinity;
      }
      const [west, south, east, north] = feature.box;
      if (/LineString$/.test(type)) {
        const lines = type === "LineString" ? [coordinates] : coordinates;
        const miss = Math.min(...lines.map((line) => lineMiss(at, line.map(pixel))));
        return miss <= LINE_REACH_PX ? miss - 1e5 : Infinity;
      }
      if (latlng.lng < west || latlng.lng > east || latlng.lat < south || latlng.lat > north) return Infinity;
      return contains(feature.geometry, [latlng.lng, latlng.lat]) ? (east - west) * (north - south) : Infinity;
    }

    /** Values of the tooltip's fields, as [column, value]. */
    tooltip(row) {
      const feature = (this.features || []).find((item) => item.row === row);
      if (!feature) return [];
      const columns = this.layer.columns || {};
      return (this.layer.tooltip || []).map((field) => [columns[field] || { label: "" }, feature.properties[field] ?? null]);
    }

    feature(row) {
      return (this.features || []).find((item) => item.row === row) || null;
    }
  }

  function lineMiss(at, points) {
    let miss = Infinity;
    for (let i = 1; i < points.length; i++) {
      miss = Math.min(miss, L.LineUtil.pointToSegmentDistance(at, points[i - 1], points[i]));
    }
    return miss;
  }

  window.Pingchang.smalllayers = { SmallLayer };
})();
