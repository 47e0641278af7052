/* Drawing a site: corners by clicking, corrected by dragging, checked for crossing edges, sent to Python once. */
(function () {
  "use strict";

  const { crossingEdges } = window.Pingchang.geometry;
  const { Tracing, areaText, place } = window.Pingchang.tracing;

  const INK = "#1B2A22", CROSSED = "#C8102E";
  const LEAST = 3;
  const FIRST_PX = { mouse: 9, touch: 18 }; // how near the first corner a click must be to end there
  const MOST_CORNERS = 100; // of an outline that is offered for correction: more handles than that hide the line

  /** Outer ring of a simple site without the repeated last corner; null for what cannot be corrected by hand. */
  function correctable(features) {
    const sites = features.filter(({ properties }) => properties.role === "site");
    if (sites.length !== 1 || sites[0].geometry.type !== "Polygon") return null;
    const [ring, ...holes] = sites[0].geometry.coordinates;
    return holes.length === 0 && ring.length - 1 <= MOST_CORNERS ? ring.slice(0, -1) : null;
  }

  class Draw extends Tracing {
    constructor(atlas) {
      super(atlas, "pc-draw");
      this._handles = [];
      this._offered = null; // null: no state has been seen yet
      this.addButton("完成", () => this.finish());
      this.addButton("退一点", () => this.back());
      this.addButton("取消", () => this.stop());
    }

    /** Whether the page takes drawings. Asked for after the map was there, the tool starts at once. */
    offer(offered) {
      const asked = this._offered === false && offered;
      this._offered = offered;
      if (asked) this.start();
      if (!offered) this.stop();
    }

    get offered() {
      return Boolean(this._offered);
    }

    /** Corners of the shown site, if the reader may move them. */
    get correctable() {
      return this.offered ? correctable(this.atlas.sketch.features) : null;
    }

    toggle() {
      if (this.active) this.stop();
      else this.start();
    }

    correct() {
      const ring = this.correctable;
      if (ring) this.start(ring, true);
    }

    start(points = [], closed = false) {
      super.start(points, closed);
      this._hideSketch(true);
    }

    stop() {
      if (!this.active) return;
      super.stop();
      this._hideSketch(false);
    }

    /** The site shown before is in the way of the one being drawn. */
    _hideSketch(hidden) {
      this.atlas.sketch.hide(hidden);
      this.atlas.labels.draw();
      this.atlas.controls.legend();
    }

    clicked(latlng, touch) {
      const [first] = this.points, reach = touch ? FIRST_PX.touch : FIRST_PX.mouse;
      if (!this.closed && this.points.length >= LEAST && this.isNear(first, latlng, reach)) this.finish();
      else super.clicked(latlng, touch);
    }

    back() {
      this.closed = false; // an outline that was closed but crosses itself is open again
      super.back();
    }

    finish() {
      if (this.points.length < LEAST) return;
      if (crossingEdges(this.points, true).length) {
        this.closed = true;
        return this.draw();
      }
      const ring = [...this.points, this.points[0]];
      const geometry = { type: "Polygon", coordinates: [ring] };
      // What was drawn stays until Python says what it makes of it.
      const feature = { type: "Feature", geometry, properties: { role: "site", label: "" } };
      this.atlas.sketch.update({ features: { features: [feature] } });
      this.stop();
      this.atlas.inspector.tellSite(geometry);
    }

    paint(points) {
      const crossed = new Set(crossingEdges(points, this.closed));
      if (points.length >= LEAST) {
        this.fill(points, { fillColor: crossed.size ? CROSSED : INK });
        if (!this.closed) this.line([points[points.length - 1], points[0]], { color: INK, weight: 1.5, dashArray: "3 5" });
      }
      const count = this.closed ? points.length : points.length - 1;
      for (let i = 0; i < count; i++) {
        const edge = [points[i], points[(i + 1) % points.length]];
        this.line(edge, { color: "#FFFFFF", weight: 6, opacity: 0.9 });
        this.line(edge, { color: crossed.has(i) ? CROSSED : INK, weight: crossed.has(i) ? 3.5 : 2.8 });
      }
      this._placeHandles();
    }

    draw() {
      super.draw();
      if (!this.active) this._placeHandles();
    }

    /** One handle a corner; they live as long as their number holds, so that a drag is not cut off by a redraw. */
    _placeHandles() {
      const points = this.active ? this.points : [];
      if (this._handles.length !== points.length) {
        this._handles.forEach((handle) => handle.remove());
        this._handles = points.map((_, index) => this._handle(index));
      }
      this._handles.forEach((handle, index) => handle.setLatLng(place(points[index])));
    }

    _handle(index) {
      const size = index === 0 ? 15 : 13;
      const icon = L.divIcon({ className: `pc-corner${index === 0 ? " pc-corner-first" : ""}`, iconSize: [size, size] });
      const options = { icon, pane: this.pane, draggable: true, keyboard: false, autoPan: true };
      const handle = L.marker(place(this.points[index]), options).addTo(this.map);
      handle.on("drag", ({ latlng }) => {
        this.points[index] = [latlng.lng, latlng.lat];
        this.draw();
      });
      handle.on("click", () => index === 0 && !this.closed && this.finish());
      handle.on("dblclick", () => this.finish());
      return handle;
    }

    result(points) {
      if (points.length === 0) return "依次单击边界各点，双击结束，Esc 取消";
      if (points.length < LEAST) return "继续单击边界各点";
      const crossed = crossingEdges(points, this.closed).length > 0;
      if (crossed) return `边界相交（红色），${this.closed ? "请拖动角点改正后点完成" : "请换个位置或退一点"}`;
      const figures = areaText(points, this.atlas.state.units);
      return this.closed ? `${figures}　拖动角点修改` : figures;
    }
  }

  window.Pingchang.draw = { Draw };
})();
