/* Setting corners on the map, by pointer, finger or keyboard: what measuring and drawing have in common. */
(function () {
  "use strict";

  const { length, area } = window.Pingchang.geometry;
  const { formatNumber, formatQuantity } = window.Pingchang.format;
  const { make } = window.Pingchang.dom;

  const SAME_PX = { mouse: 4, touch: 14 }; // the second click of a double click repeats the corner
  const CORNER = { radius: 4.5, weight: 2, fillColor: "#FFFFFF", fillOpacity: 1, interactive: false };

  function lengthText(metres) {
    return metres < 1000 ? `${formatNumber(metres, 0)} 米` : `${formatNumber(metres / 1000, 2)} 千米`;
  }

  /** "面积 12.3 公顷　周长 1.52 千米" of [lng, lat] corners, in the reader's units. */
  function areaText(points, units) {
    return `面积 ${formatQuantity(area(points) / 1e4, "ha", units)}　周长 ${lengthText(length([...points, points[0]]))}`;
  }

  const place = ([lng, lat]) => [lat, lng];

  /**
   * One tool that sets corners; at most one is on at a time. A tool has paint(points) for what is drawn, result(points) for its
   * words, and finish(); `points` are those set and, while tracing, the place of the pointer.
   */
  class Tracing {
    constructor(atlas, pane) {
      Object.assign(this, { atlas, map: atlas.map, pane, active: false, closed: false, points: [] });
      this.onActive = () => {};
      this.shape = L.layerGroup();
      this._pointer = null;
      this._box = make("div", "pc-measure", this.map.getContainer(), null, { role: "status" });
      this._box.hidden = true;
      L.DomEvent.disableClickPropagation(this._box);
      this._text = make("span", "", this._box);
      this.map.on("click", (event) => this.active && this.clicked(event.latlng, isTouch(event)));
      this.map.on("mousemove", (event) => this._moved(event.latlng));
      this.map.on("dblclick", () => this.active && this.finish());
      this.map.getContainer().addEventListener("keydown", (event) => this.active && this._key(event));
    }

    /** A button behind the words. */
    addButton(title, action) {
      make("button", "pc-link", this._box, title, { type: "button" }).addEventListener("click", action);
    }

    start(points = [], closed = false) {
      if (this.atlas.tool && this.atlas.tool !== this) this.atlas.tool.stop();
      this.atlas.tool = this;
      Object.assign(this, { active: true, points: points.map((point) => [...point]), closed, _pointer: null });
      this.shape.addTo(this.map);
      this._switched();
      this.map.getContainer().focus({ preventScroll: true });
    }

    stop() {
      if (!this.active) return;
      this.atlas.tool = null;
      Object.assign(this, { active: false, points: [], closed: false });
      this.shape.remove();
      this._switched();
    }

    _switched() {
      const { active } = this;
      this.atlas.inspector.pause(active);
      if (active) this.map.doubleClickZoom.disable();
      else this.map.doubleClickZoom.enable();
      this.map.getContainer().classList.toggle("pc-measuring", active);
      this._byKeys(false);
      this._box.hidden = !active;
      this.onActive(active);
      this.draw();
    }

    /** A corner is set at a place. */
    clicked(latlng, touch) {
      if (this.closed) return;
      const last = this.points[this.points.length - 1];
      if (!last || !this.isNear(last, latlng, touch ? SAME_PX.touch : SAME_PX.mouse)) this.points.push([latlng.lng, latlng.lat]);
      this._pointer = null;
      this.draw();
    }

    isNear(point, latlng, reach) {
      return this.map.latLngToContainerPoint(place(point)).distanceTo(this.map.latLngToContainerPoint(latlng)) <= reach;
    }

    /** Show where the keyboard sets a corner: in the middle of the map. */
    _byKeys(shown) {
      this.map.getContainer().classList.toggle("pc-by-keys", shown);
    }

    _moved(latlng) {
      if (this.active) this._byKeys(false);
      if (!this.active || this.closed || this.points.length === 0) return;
      this._pointer = [latlng.lng, latlng.lat];
      this.draw();
    }

    _key(event) {
      // Typing in the search box and pressing a button mean these, not the tool.
      const onButton = event.target.closest("button, a"), { key } = event;
      if (event.target.closest("input")) return;
      this._byKeys(!onButton);
      if (key === "Escape") this.stop();
      else if (key === "Backspace") this.back();
      else if (key === "Enter" && !onButton) this.finish();
      else if (key === " " && !onButton) this.clicked(this.map.getCenter(), false);
      else return;
      event.preventDefault();
    }

    /** Take the last corner back. */
    back() {
      if (this.closed) return;
      this.points.pop();
      this._pointer = null;
      this.draw();
    }

    /** Units or layers have changed. */
    refresh() {
      if (this.active) this.draw();
    }

    draw() {
      const points = this._pointer && !this.closed ? [...this.points, this._pointer] : this.points;
      this.shape.clearLayers();
      if (!this.active) return;
      this.paint(points);
      this._text.textContent = this.result(points);
    }

    /** Lines or an area through corners, on the tool's pane. */
    line(points, style) {
      L.polyline(points.map(place), { interactive: false, pane: this.pane, ...style }).addTo(this.shape);
    }

    fill(points, style) {
      L.polygon(points.map(place), { interactive: false, stroke: false, fillOpacity: 0.12, pane: this.pane, ...style }).addTo(this.shape);
    }

    corners(color) {
      for (const point of this.points) L.circleMarker(place(point), { ...CORNER, color, pane: this.pane }).addTo(this.shape);
    }
  }

  function isTouch(event) {
    return event.originalEvent?.pointerType === "touch";
  }

  window.Pingchang.tracing = { Tracing, areaText, lengthText, place };
})();
