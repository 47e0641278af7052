/* Names on the map, as many as fit without touching each other or a symbol. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;
  const { textWidth, placeLabels } = window.Pingchang.geometry;
  const LINE_PX = 18;
  const SYMBOL_PX = 8; // half of what a symbol's ink covers
  const RING_PX = 19; // around a selected symbol
  const LETTER_PX = 12.5;
  const GAP_PX = 1;
  const EDGE_PX = 5;

  /**
   * Boxes that a label may take, the best first: beneath, above, right or left of a symbol, above or beneath the upper edge of
   * an area, or on its middle.
   */
  function choicesAt({ x, y }, width, { point, edge, selected }, scale) {
    const line = LINE_PX * scale;
    const box = (left, top) => [left, top, left + width, top + line];
    if (edge) return [box(x - width / 2, y - EDGE_PX - line), box(x - width / 2, y + EDGE_PX)];
    if (!point) return [box(x - width / 2, y - line / 2)];
    const away = (selected ? Math.max(RING_PX, SYMBOL_PX * scale) : SYMBOL_PX * scale) + GAP_PX;
    return [
      box(x - width / 2, y + away), box(x - width / 2, y - away - line),
      box(x + away, y - line / 2), box(x - away - width, y - line / 2),
    ];
  }

  const PLAIN = { scale: () => 1, covered: () => [] };

  /** For a map whose letters follow the window and whose controls stay: {scale(), covered()}. */
  function pageSized(map) {
    const container = map.getContainer();
    return {
      scale: () => parseFloat(getComputedStyle(container).fontSize) / LETTER_PX,
      covered: () => {
        const { left, top } = container.getBoundingClientRect();
        const boxes = [...container.querySelectorAll(".leaflet-control")].map((one) => one.getBoundingClientRect());
        return boxes.filter((box) => box.width).map((box) => [box.left - left, box.top - top, box.right - left, box.bottom - top]);
      },
    };
  }

  class Labels {
    /**
     * collect() gives [{latlng, text, className?, point?, edge?}] in order of importance, for the present zoom; point: the label
     * belongs to a symbol; edge: to the upper edge of an area. symbols() gives the places of all symbols shown; scale() how much
     * larger than usual the letters are, covered() boxes of the container that labels keep clear of.
     */
    constructor(map, collect, symbols, { scale, covered } = PLAIN) {
      Object.assign(this, { _scale: scale, _covered: covered });
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
      const items = this._collect(), scale = this._scale();
      const choices = items.map((item) => choicesAt(place(item.latlng), scale * textWidth(item.text), item, scale).filter(inside));
      const obstacles = this._symbols().map((latlng) => {
        const { x, y } = place(latlng);
        const half = SYMBOL_PX * scale;
        return [x - half, y - half, x + half, y + half];
      });
      obstacles.push(...this._covered());
      this._pane.textContent = "";
      for (const [index, choice] of placeLabels(choices, obstacles)) {
        const [left, top, right] = choices[index][choice];
        const label = make("span", "pc-label " + (items[index].className || ""), this._pane, items[index].text);
        label.style.left = `${origin.x + (left + right) / 2}px`;
        label.style.top = `${origin.y + top}px`;
      }
    }
  }

  window.Pingchang.labels = { Labels, pageSized };
})();
