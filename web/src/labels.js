/* Names on the map, as many as fit without touching. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;
  const LINE_PX = 18;
  const GLYPH_PX = 13;

  function widthOf(text) {
    let width = 6;
    for (const glyph of text) width += glyph.charCodeAt(0) < 256 ? GLYPH_PX * 0.6 : GLYPH_PX;
    return width;
  }

  /** Greedy choice of boxes [x0, y0, x1, y1] that do not touch, first come first kept; returns their positions in the list. */
  function place(boxes) {
    const kept = [];
    boxes.forEach((box, index) => {
      const free = kept.every((other) => {
        const taken = boxes[other];
        return box[2] < taken[0] || box[0] > taken[2] || box[3] < taken[1] || box[1] > taken[3];
      });
      if (free) kept.push(index);
    });
    return kept;
  }

  class Labels {
    /** collect() gives [{latlng, text, className?, offset?}] in order of importance, for the present zoom. */
    constructor(map, collect) {
      this._map = map;
      this._collect = collect;
      this._pane = map.getPane("pc-labels");
      map.on("moveend zoomend", this.draw, this);
      map.on("zoomstart", () => (this._pane.textContent = ""));
    }

    draw() {
      const view = this._map.getPixelBounds().getSize();
      const items = [];
      const boxes = [];
      for (const item of this._collect()) {
        const at = this._map.latLngToContainerPoint(item.latlng);
        const half = widthOf(item.text) / 2, top = at.y + (item.offset ?? -LINE_PX / 2);
        if (at.x < half || at.y < 8 || at.x > view.x - half || at.y > view.y - 8) continue;
        items.push(item);
        boxes.push([at.x - half, top, at.x + half, top + LINE_PX]);
      }
      this._pane.textContent = "";
      for (const index of place(boxes)) {
        const item = items[index];
        const label = make("span", "pc-label " + (item.className || ""), this._pane, item.text);
        const at = this._map.latLngToLayerPoint(item.latlng);
        label.style.left = `${at.x}px`;
        label.style.top = `${at.y + (item.offset ?? -LINE_PX / 2)}px`;
      }
    }
  }

  window.Pingchang.labels = { Labels, place };
})();
