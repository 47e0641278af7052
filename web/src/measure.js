/* Distances and areas on the ellipsoid, drawn by clicking. */
(function () {
  "use strict";

  const { distance, length, area } = window.Pingchang.geometry;
  const { formatNumber, formatQuantity } = window.Pingchang.format;
  const { make } = window.Pingchang.dom;

  const INK = "#B3261E";

  function lengthText(metres) {
    return metres < 1000 ? `${formatNumber(metres, 0)} 米` : `${formatNumber(metres / 1000, 2)} 千米`;
  }

  class Measure {
    constructor(atlas) {
      this._atlas = atlas;
      this._map = atlas.map;
      this._mode = null;
      this._points = [];
      this._closed = false;
      this.onMode = () => {};
      this._shape = L.layerGroup();
      this._box = make("div", "pc-measure", this._map.getContainer(), null, { role: "status" });
      this._box.hidden = true;
      L.DomEvent.disableClickPropagation(this._box);
      this._text = make("span", "", this._box);
      const clear = make("button", "pc-link", this._box, "清除并结束", { type: "button" });
      clear.addEventListener("click", () => this.toggle(null));
      this._map.on("click", this._click, this);
      this._map.on("mousemove", this._move, this);
      this._map.on("dblclick", this._finish, this);
      this._map.getContainer().addEventListener("keydown", (event) => {
        if (!this._mode) return;
        if (event.key === "Escape") this.toggle(null);
        if (event.key === "Enter") this._finish();
        if (event.key === "Backspace" && !this._closed) {
          this._points.pop();
          this._draw();
        }
      });
    }

    /** Start measuring "length" or "area"; the same again, or null, ends it. */
    toggle(mode) {
      const next = mode === this._mode ? null : mode;
      this._mode = next;
      this._points = [];
      this._closed = false;
      this._atlas.inspector.paused = next !== null;
      if (next) {
        this._map.closePopup();
        this._map.doubleClickZoom.disable();
        this._shape.addTo(this._map);
      } else {
        this._map.doubleClickZoom.enable();
        this._shape.remove();
      }
      this._map.getContainer().classList.toggle("pc-measuring", next !== null);
      this._box.hidden = next === null;
      this.onMode(next);
      this._draw();
    }

    _click({ latlng }) {
      if (!this._mode) return;
      if (this._closed) {
        this._points = [];
        this._closed = false;
      }
      const last = this._points[this._points.length - 1];
      const point = [latlng.lng, latlng.lat];
      // The second click of a double click repeats the point.
      if (!last || distance(last, point) > 0.01) this._points.push(point);
      this._draw();
    }

    _move({ latlng }) {
      if (!this._mode || this._closed || this._points.length === 0) return;
      this._draw([latlng.lng, latlng.lat]);
    }

    _finish() {
      if (!this._mode || this._points.length < 2) return;
      this._closed = true;
      this._draw();
    }

    refresh() {
      if (this._mode) this._draw();
    }

    _draw(pointer) {
      const points = pointer ? [...this._points, pointer] : this._points;
      const places = points.map(([lng, lat]) => [lat, lng]);
      this._shape.clearLayers();
      const style = { color: INK, weight: 2.5, dashArray: this._closed ? null : "6 4", interactive: false, pane: "pc-select" };
      if (this._mode === "area" && places.length > 2) L.polygon(places, { ...style, fillOpacity: 0.12 }).addTo(this._shape);
      else if (places.length > 1) L.polyline(places, style).addTo(this._shape);
      const dot = { radius: 4, color: INK, weight: 2, fillColor: "#FFFFFF", fillOpacity: 1, interactive: false, pane: "pc-select" };
      for (const [lng, lat] of this._points) L.circleMarker([lat, lng], dot).addTo(this._shape);
      this._text.textContent = this._result(points);
    }

    _result(points) {
      if (points.length < 2) return this._mode === "area" ? "依次单击边界各点，双击结束" : "依次单击各点，双击结束";
      if (this._mode === "length") return `距离 ${lengthText(length(points))}`;
      const around = length([...points, points[0]]);
      const hectares = area(points) / 1e4;
      return `面积 ${formatQuantity(hectares, "ha", this._atlas.state.units)}　周长 ${lengthText(around)}`;
    }
  }

  window.Pingchang.measure = { Measure };
})();
