/* Distances and areas on the ellipsoid, drawn by clicking. */
(function () {
  "use strict";

  const { length } = window.Pingchang.geometry;
  const { Tracing, areaText, lengthText } = window.Pingchang.tracing;

  const INK = "#B3261E";

  class Measure extends Tracing {
    constructor(atlas) {
      super(atlas, "pc-select");
      this.mode = null;
      this.addButton("清除并结束", () => this.stop());
    }

    /** Start measuring "length" or "area"; the same again ends it. */
    toggle(mode) {
      const again = this.active && this.mode === mode;
      this.stop();
      this.mode = mode;
      if (!again) this.start();
    }

    clicked(latlng, touch) {
      if (this.closed) Object.assign(this, { points: [], closed: false }); // the next one
      super.clicked(latlng, touch);
    }

    finish() {
      if (this.points.length < 2) return;
      this.closed = true;
      this.draw();
    }

    paint(points) {
      const style = { color: INK, weight: 2.5, dashArray: this.closed ? null : "6 4" };
      const ring = this.mode === "area" && points.length > 2;
      if (ring) this.fill(points, { fillColor: INK });
      this.line(ring ? [...points, points[0]] : points, style);
      this.corners(INK);
    }

    result(points) {
      if (points.length < 2) return this.mode === "area" ? "依次单击边界各点，双击结束" : "依次单击各点，双击结束";
      if (this.mode === "length") return `距离 ${lengthText(length(points))}`;
      return areaText(points, this.atlas.state.units);
    }
  }

  window.Pingchang.measure = { Measure };
})();
