/* What a page puts over the map that belongs to no layer: a site, where it overlaps, a buffer, a link between two places. */
(function () {
  "use strict";

  const { boundsOf, innerPoint } = window.Pingchang.geometry;

  const PANE = "pc-sketch";
  const HATCH = "pc-hatch";
  const INK = "#1B2A22", RED = "#C8102E";

  // In drawing order. casing: a white line beneath, so that the line holds on any ground; fill: opacity of the line's colour.
  const ROLES = {
    changed: { title: "变更", line: { color: "#B8730A", weight: 1.4 }, casing: 2.6, fill: 0.4 },
    added: { title: "新增", line: { color: "#1E6B47", weight: 1.4 }, casing: 2.6, fill: 0.45 },
    removed: { title: "减少", line: { color: RED, weight: 1.4, dashArray: "4 3" }, casing: 2.6, fill: 0.35 },
    fault: { title: "有问题的图形", line: { color: RED, weight: 1.8 }, casing: 3.4, fill: 0.35 },
    buffer: { title: "缓冲范围", line: { color: INK, weight: 1.8, dashArray: "7 5", opacity: 0.85 }, casing: 3.6 },
    link: { title: "最近距离", line: { color: INK, weight: 1.8, dashArray: "2 4" }, casing: 4 },
    overlap: { title: "重叠部分", line: { color: RED, weight: 2 }, casing: 3.6, hatch: true },
    site: { title: "核查范围", line: { color: INK, weight: 3 }, casing: 6.5 },
  };

  /** Where a feature's label stands, and on which side of it: areas that lie in others within, the others at their upper edge. */
  function anchor({ geometry, properties }) {
    if (/LineString$/.test(geometry.type)) {
      const line = geometry.type === "LineString" ? geometry.coordinates : geometry.coordinates[0];
      const [from, to] = [line[0], line[line.length - 1]];
      return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    }
    if (!/Polygon$/.test(geometry.type)) return boundsOf(geometry).slice(0, 2);
    if (properties.role === "overlap") return innerPoint(geometry);
    const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((part) => part[0]);
    return rings.flat().reduce((top, point) => (point[1] > top[1] ? point : top));
  }

  class Sketch {
    constructor(map) {
      this._map = map;
      this._group = L.layerGroup().addTo(map);
      this._renderer = L.svg({ pane: PANE, padding: 0.5 });
      this.features = [];
      this._key = "null";
      this.hidden = false; // while the reader draws anew
    }

    /** Show {features: FeatureCollection} or nothing. */
    update(sketch) {
      const key = JSON.stringify(sketch || null);
      if (key === this._key) return;
      this._key = key;
      const all = (sketch && sketch.features && sketch.features.features) || [];
      this.features = all.filter((feature) => feature.geometry && ROLES[feature.properties.role] && boundsOf(feature.geometry));
      this._draw();
    }

    hide(hidden) {
      this.hidden = hidden;
      this._draw();
    }

    _draw() {
      this._group.clearLayers();
      if (this.hidden) return;
      for (const role in ROLES) {
        const mine = this.features.filter((feature) => feature.properties.role === role);
        if (mine.length) this._drawRole(ROLES[role], mine);
      }
    }

    _drawRole({ line, casing, hatch, fill }, features) {
      const dot = (_, latlng) => L.circleMarker(latlng, { radius: 6, pane: PANE, renderer: this._renderer, interactive: false });
      const options = { pane: PANE, renderer: this._renderer, interactive: false, pointToLayer: dot };
      const add = (style) => L.geoJSON({ type: "FeatureCollection", features }, { ...options, style }).addTo(this._group);
      add({ color: "#FFFFFF", weight: casing, opacity: 0.9, fill: false });
      const drawn = add({ ...line, fill: Boolean(hatch || fill), fillColor: line.color, fillOpacity: fill || 1 });
      if (hatch) drawn.eachLayer((shape) => this._hatch(shape.getElement()));
    }

    /** Red lines at 45° on a light red ground: an area stays readable beneath, and in grey print. */
    _hatch(path) {
      const svg = path && path.ownerSVGElement;
      if (!svg) return;
      if (!svg.querySelector(`#${HATCH}`)) {
        const element = (name, attributes, parent) => {
          const made = document.createElementNS("http://www.w3.org/2000/svg", name);
          for (const key in attributes) made.setAttribute(key, attributes[key]);
          return parent.appendChild(made);
        };
        const size = { patternUnits: "userSpaceOnUse", width: 8, height: 8, patternTransform: "rotate(45)" };
        const pattern = element("pattern", { id: HATCH, ...size }, element("defs", {}, svg));
        element("rect", { width: 8, height: 8, fill: RED, "fill-opacity": 0.28 }, pattern);
        element("rect", { width: 3, height: 8, fill: RED, "fill-opacity": 0.85 }, pattern);
      }
      path.setAttribute("fill", `url(#${HATCH})`);
    }

    /** Labels in order of importance. */
    labels() {
      if (this.hidden) return [];
      const named = this.features.filter((feature) => feature.properties.label);
      return Object.keys(ROLES).reverse().flatMap((role) =>
        named.filter(({ properties }) => properties.role === role).map((feature) => {
          const [lng, lat] = anchor(feature);
          const className = `pc-label-sketch pc-label-${role}`;
          return { latlng: L.latLng(lat, lng), text: String(feature.properties.label), className, edge: role !== "overlap" };
        })
      );
    }

    /** What the legend says of it: [{role, title}], each role once. */
    legend() {
      if (this.hidden) return [];
      return Object.keys(ROLES).reverse().flatMap((role) => {
        const first = this.features.find((feature) => feature.properties.role === role);
        return first ? [{ role, title: first.properties.legend || ROLES[role].title }] : [];
      });
    }
  }

  window.Pingchang.sketch = { Sketch };
})();
