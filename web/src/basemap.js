/* What lies under the data: neighbours, the dimmed outside, the county's outline, rivers, graticule. Our own data, no tile server. */
(function () {
  "use strict";

  const { graticuleStep, boundsOf } = window.Pingchang.geometry;
  const { checked } = window.Pingchang.answers;
  const { make } = window.Pingchang.dom;

  const WORLD = [[-85, -180], [85, -180], [85, 180], [-85, 180]];
  const INK = { outline: "#4A4A4A", neighbour: "#9AA5A0", river: "#3B7EA1", graticule: "#8FA39A", ground: "#E9EEEB" };

  async function load(config, id) {
    return checked(await fetch(`${config.root}layers/${id}/${config.snapshot}.geojson`), id).json();
  }

  /** Outer rings of all polygons as Leaflet positions. */
  function outerRings(collection) {
    return collection.features.flatMap(({ geometry }) => {
      if (!geometry) return [];
      const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
      return parts.map((rings) => rings[0].map(([lng, lat]) => [lat, lng]));
    });
  }

  function drawOutline(map, collection) {
    const rings = outerRings(collection);
    const plain = { interactive: false, stroke: false, fillColor: INK.ground, fillOpacity: 0.82 };
    L.polygon([WORLD, ...rings], { ...plain, pane: "pc-mask" }).addTo(map);
    const line = { interactive: false, fill: false, pane: "pc-outline" };
    L.polygon(rings, { ...line, color: "#FFFFFF", weight: 4.5, opacity: 0.9 }).addTo(map);
    L.polygon(rings, { ...line, color: INK.outline, weight: 1.8 }).addTo(map);
  }

  function drawNeighbours(map, collection, labels) {
    const style = { color: INK.neighbour, weight: 1, dashArray: "5 3 1 3", fillColor: "#F7F8F7", fillOpacity: 0.6 };
    for (const feature of collection.features) {
      if (!feature.geometry) continue;
      L.geoJSON(feature, { interactive: false, pane: "pc-neighbours", style }).addTo(map);
      const [west, south, east, north] = boundsOf(feature.geometry);
      const name = feature.properties.name;
      if (name) labels.push({ latlng: L.latLng((south + north) / 2, (west + east) / 2), text: name, className: "pc-label-outside" });
    }
  }

  function drawRivers(map, collection) {
    const style = { color: INK.river, weight: 1.5, fillColor: INK.river, fillOpacity: 0.35 };
    for (const feature of collection.features) {
      if (feature.geometry) L.geoJSON(feature, { interactive: false, pane: "pc-rivers", style }).addTo(map);
    }
  }

  /** Light meridians and parallels with their degrees along the upper edge and both sides, where no control is. */
  class Graticule {
    /** foot: height in pixels of what stands in the lower left corner. */
    constructor(map, foot) {
      this._map = map;
      this._foot = foot;
      const line = { interactive: false, pane: "pc-graticule", color: INK.graticule, weight: 1, opacity: 0.45 };
      this._lines = L.polyline([], line).addTo(map);
      this._labels = make("div", "pc-graticule-labels", map.getContainer(), null, { "aria-hidden": "true" });
      map.on("moveend zoomend resize", this._draw, this);
      map.on("movestart zoomstart", () => (this._labels.style.visibility = "hidden"));
      map.whenReady(this._draw, this);
    }

    _draw() {
      const map = this._map, bounds = map.getBounds(), size = map.getSize();
      if (!size.x || !size.y) return;
      const step = graticuleStep((130 * (bounds.getEast() - bounds.getWest())) / size.x);
      const lines = [];
      this._labels.textContent = "";
      this._labels.style.visibility = "visible";
      const digits = step < 0.1 ? 2 : 1;
      // Half a view further on every side, so a short pan does not run out of lines.
      const wide = bounds.pad(0.5);
      for (let k = Math.ceil(wide.getWest() / step); k * step <= wide.getEast(); k++) {
        lines.push([[wide.getSouth(), k * step], [wide.getNorth(), k * step]]);
        const x = map.latLngToContainerPoint([bounds.getSouth(), k * step]).x;
        if (x > 250 && x < size.x - 215) this._label(`${(k * step).toFixed(digits)}°E`, { left: `${x}px`, top: "2px" }, "pc-meridian");
      }
      for (let k = Math.ceil(wide.getSouth() / step); k * step <= wide.getNorth(); k++) {
        lines.push([[k * step, wide.getWest()], [k * step, wide.getEast()]]);
        const y = map.latLngToContainerPoint([k * step, bounds.getWest()]).y;
        const text = `${(k * step).toFixed(digits)}°N`;
        if (y > 260 && y < size.y - this._foot) this._label(text, { left: "3px", top: `${y}px` }, "pc-parallel");
        if (y > 50 && y < size.y - 60) this._label(text, { right: "3px", top: `${y}px` }, "pc-parallel");
      }
      this._lines.setLatLngs(lines);
    }

    _label(text, style, className) {
      Object.assign(make("span", className, this._labels, text).style, style);
    }
  }

  /** Draw everything that the configuration names; resolves when drawn, and rejects with the first failure. */
  async function drawBase(map, config, labels) {
    const { outline, neighbours, rivers } = config.base || {};
    new Graticule(map, config.still ? 110 : 60);
    const steps = [
      outline && load(config, outline).then((data) => drawOutline(map, data)),
      neighbours && load(config, neighbours).then((data) => drawNeighbours(map, data, labels)),
      rivers && load(config, rivers).then((data) => drawRivers(map, data)),
    ];
    await Promise.all(steps.filter(Boolean));
  }

  window.Pingchang.basemap = { drawBase };
})();
