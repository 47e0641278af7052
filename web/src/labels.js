/* Names on the map, as many as fit without touching each other or a symbol. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;
  const { textWidth, placeLabels } = window.Pingchang.geometry;
  const LINE_PX = 18;
  const SYMBOL_PX = 8; // half of what a symbol's ink covers
  const GAP_PX = 1;
  const EDGE_PX = 5;

  /**
   * Boxes that a label may take, the best first: beneath, above, right or left of a symbol, above or beneath the upper edge of
   * an area, or on its middle.
   */
  function choicesAt({ x, y }, width, { point, edge }) {
    const box = (left, top) => [left, top, left + width, top + LINE_PX];
    if (edge) return [box(x - width / 2, y - EDGE_PX - LINE_PX), box(x - width / 2, y + EDGE_PX)];
    if (!point) return [box(x - width / 2, y - LINE_PX / 2)];
    const away = SYMBOL_PX + GAP_PX;
    return [
      box(x - width / 2, y + away), box(x - width / 2, y - away - LINE_PX),
      box(x + away, y - LINE_PX / 2), box(x - away - width, y - LINE_PX / 2),
    ];
  }

  class Labels {
    /**
     * collect() gives [{latlng, text, className?, point?, edge?}] in order of importance, for the present zoom; point: the label
     * belongs to a symbol; edge: to the upper edge of an area. symbols() gives the places of all symbols shown.
     */
    constructor(map, collect, symbols) {
      this._map = map;
      this._collect = collect;
      this._symbols = symbols;
      this._pane = map.getPane("pc-labels");
      map.on("moveend zoomend", this.draw, this);
      map.on("zoomstart", () => (this._pane.textContent = ""));
    }

    draw() {
      const view = this._map.getSize(), origin = this._map.containerPointToLayerPoint([0, 0]);
      const place = (latlng) => this._map.latLngToContainerPoint(latlng);
      const inside = ([left, top, right, bottom]) => left >= 0 && top >= 0 && right <= view.x && bottom <= view.y;
      const items = this._collect();
      const choices = items.map((item) => choicesAt(place(item.latlng), textWidth(item.text), item).filter(inside));
      const obstacles = this._symbols().map((latlng) => {
        const { x, y } = place(latlng);
        return [x - SYMBOL_PX, y - SYMBOL_PX, x + SYMBOL_PX, y + SYMBOL_PX];
      });
      this._pane.textContent = "";
      for (const [index, choice] of placeLabels(choices, obstacles)) {
        const [left, top, right] = choices[index][choice];
        const label = make("span", "pc-label " + (items[index].className || ""), this._pane, items[index].text);
        label.style.left = `${origin.x + (left + right) / 2}px`;
        label.style.top = `${origin.y + top}px`;
      }
    }
  }

  window.Pingchang.labels = { Labels };
})();
