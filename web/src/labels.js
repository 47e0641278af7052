/* Names on the map, as many as fit without touching. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;
  const { textWidth, placeBoxes } = window.Pingchang.geometry;
  const LINE_PX = 18;

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
        const half = textWidth(item.text) / 2, top = at.y + (item.offset ?? -LINE_PX / 2);
        if (at.x < half || at.y < 8 || at.x > view.x - half || at.y > view.y - 8) continue;
        items.push(item);
        boxes.push([at.x - half, top, at.x + half, top + LINE_PX]);
      }
      this._pane.textContent = "";
      for (const index of placeBoxes(boxes)) {
        const item = items[index];
        const label = make("span", "pc-label " + (item.className || ""), this._pane, item.text);
        const at = this._map.latLngToLayerPoint(item.latlng);
        label.style.left = `${at.x}px`;
        label.style.top = `${at.y + (item.offset ?? -LINE_PX / 2)}px`;
      }
    }
  }

  window.Pingchang.labels = { Labels };
})();
