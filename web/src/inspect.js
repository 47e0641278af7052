/* What is this? Hover tooltip, click, pop-up, outline of the selected feature, and the message to Python. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;
  const { formatColumn } = window.Pingchang.format;
  const { checked, advice } = window.Pingchang.answers;

  function popupContent(answer, others) {
    const box = make("div", "pc-popup");
    const head = make("div", "pc-popup-head", box);
    make("strong", "", head, answer.title || "未命名");
    if (answer.badge) make("span", `pc-badge pc-badge-${answer.badge.kind || "reference"}`, head, answer.badge.text);
    const table = make("table", "", make("div", "pc-popup-rows", box, null, { tabindex: "0" }));
    for (const [label, value] of answer.rows || []) {
      const row = make("tr", "", table);
      make("th", "", row, label, { scope: "row" });
      make("td", "", row, value === null || value === undefined || value === "" ? "—" : String(value));
    }
    if (answer.note) make("p", "pc-popup-note", box, answer.note);
    if (others.length) {
      const line = make("p", "pc-popup-others", box, "此处还有：");
      for (const other of others) {
        const button = make("button", "pc-link", line, other.title, { type: "button" });
        button.addEventListener("click", other.open);
      }
    }
    return box;
  }

  /** The layer whose clicks the Streamlit component listens to: it must be on the map when the component attaches its handler. */
  const Messenger = L.Layer.extend({ onAdd() {}, onRemove() {} });

  class Inspector {
    /** views(): layer views from top to bottom, each with layer, rowAt(latlng), tooltip(row). */
    constructor(map, config, { views, units, onFail, onSelect }) {
      Object.assign(this, { map, config, views, units, onFail, onSelect });
      this.hover = null;
      this.selected = null;
      this.marked = []; // further features outlined
      this._paused = false; // while measuring or drawing
      // Python tells events apart by this number: it must not start over when the page is opened again within a session.
      this._events = Date.now();
      this._pointer = null;
      this._messenger = new Messenger().addTo(map);
      this._outline = null;
      this._tip = make("div", "pc-tooltip", map.getContainer(), null, { role: "tooltip" });
      this._popup = L.popup({ maxWidth: 340, minWidth: 220, className: "pc-popup-shell", autoPanPadding: [24, 24] });
      map.on("mousemove", this._onMove, this);
      map.on("mouseout movestart zoomstart", () => this._clearHover());
      map.on("click", (event) => !this._paused && this.pick(event.latlng));
      map.on("keypress", (event) => {
        if (this._paused) return;
        if (event.originalEvent.key === "Enter" && event.originalEvent.target === map.getContainer()) this.pick(map.getCenter());
      });
      this._popup.on("remove", () => this.select(null));
    }

    /** No hovering and no selecting while another tool takes the clicks. */
    pause(paused) {
      this._paused = paused;
      if (!paused) return;
      this._clearHover();
      this.map.closePopup();
    }

    /** All features at a place, topmost layer first. */
    hits(latlng) {
      const found = [];
      for (const view of this.views()) {
        const row = view.rowAt(latlng);
        if (row >= 0) found.push({ view, row });
      }
      return found;
    }

    _onMove(event) {
      if (event.originalEvent.target.closest?.(".leaflet-control, .leaflet-popup, .pc-measure, .pc-divider")) {
        this._pointer = null;
        return this._clearHover();
      }
      if (!this._pointer) requestAnimationFrame(() => this._showHover());
      this._pointer = event;
    }

    _showHover() {
      const event = this._pointer;
      this._pointer = null;
      if (!event || this._paused || this.map.dragging?.moving()) return;
      const hit = this.hits(event.latlng)[0];
      this.map.getContainer().classList.toggle("pc-hot", Boolean(hit));
      if (!hit) return this._clearHover();
      this.hover = { layer: hit.view.layer.id, row: hit.row, latlng: event.latlng };
      if (this._popup.isOpen() && this._isSelected(this.hover.layer, this.hover.row)) {
        this._tip.style.display = "none"; // the pop-up says more
        return;
      }
      this._fillTip(hit, event.containerPoint);
    }

    _fillTip({ view, row }, point) {
      this._tip.textContent = "";
      make("b", "", this._tip, view.layer.title);
      for (const [column, value] of view.tooltip(row)) {
        const text = value === undefined ? "…" : formatColumn(column, value, this.units());
        make("span", "", this._tip, column.label ? `${column.label}：${text}` : text);
      }
      this._tip.style.display = "block";
      const size = this.map.getSize(), width = this._tip.offsetWidth, height = this._tip.offsetHeight;
      const x = point.x + 16 + width > size.x ? point.x - 16 - width : point.x + 16;
      const y = point.y + 16 + height > size.y ? point.y - 12 - height : point.y + 16;
      this._tip.style.transform = `translate(${Math.max(2, x)}px, ${Math.max(2, y)}px)`;
    }

    /** Fill the tooltip again, for example when a column has arrived. */
    refresh() {
      if (!this.hover) return;
      const { latlng } = this.hover;
      const hit = this.hits(latlng)[0];
      if (hit) this._fillTip(hit, this.map.latLngToContainerPoint(latlng));
    }

    _clearHover() {
      this.hover = null;
      this._tip.style.display = "none";
      this.map.getContainer().classList.remove("pc-hot");
    }

    /** What a click at a place does. */
    pick(latlng) {
      if (this.config.alone) return; // nobody there to ask about a feature
      const hits = this.hits(latlng);
      if (hits.length === 0) return this.close();
      this.open(hits[0].view.layer, hits[0].row, latlng, hits.slice(1));
    }

    /** No feature selected, no pop-up. */
    close() {
      this.map.closePopup(this._popup);
      this.select(null);
    }

    /** Select a feature, show its pop-up and tell Python. others: further hits at the place, offered as links. */
    async open(layer, row, latlng, others = []) {
      this._clearHover();
      this.map.closePopup(this._popup);
      this.select({ layer: layer.id, row });
      this._tell(layer.id, row, latlng);
      const links = others.map(({ view, row: other }) => ({
        title: view.layer.title,
        open: () => this.open(view.layer, other, latlng, others.filter((hit) => hit.view !== view)),
      }));
      const { x } = this.map.getSize();
      Object.assign(this._popup.options, { maxWidth: Math.min(340, x - 60), minWidth: Math.min(260, x - 80) });
      this._popup.setLatLng(latlng).setContent(make("div", "pc-popup", null, "正在读取…")).openOn(this.map);
      this._fill = () => this._fillPopup(layer, row, links);
      await this._fill();
    }

    /** The reader has chosen other units. */
    unitsChanged() {
      this.refresh();
      if (this._popup.isOpen()) this._fill();
    }

    async _fillPopup(layer, row, links) {
      try {
        const { root, snapshot } = this.config;
        const { area = "", mass = "" } = this.units();
        const address = `${root}features/${layer.id}/${snapshot}/${row}?area=${area}&mass=${mass}`;
        const answer = checked(await fetch(address), `feature ${layer.id}/${row}`);
        const content = popupContent(await answer.json(), links);
        if (this._isSelected(layer.id, row)) this._popup.setContent(content);
      } catch (error) {
        const failed = make("div", "pc-popup", null, advice(error, "要素信息读取失败，请稍后再点一次。"));
        if (this._isSelected(layer.id, row)) this._popup.setContent(failed);
        this.onFail(error);
      }
    }

    _isSelected(layer, row) {
      return this.selected !== null && this.selected.layer === layer && this.selected.row === row;
    }

    _tell(layer, row, latlng) {
      this._send(`${layer}:${row}`, { layer, row }, null, latlng);
    }

    /** Tell Python that the map is drawn, the way a click is told. */
    tellDrawn() {
      this._send("map:drawn", {});
    }

    /** Tell Python the polygon that the reader has drawn. */
    tellSite(geometry) {
      this._send("map:site", {}, geometry);
    }

    _send(id, properties, geometry = null, latlng = null) {
      const feature = { type: "Feature", id, properties: { ...properties, n: ++this._events }, geometry };
      this._messenger.fire("click", { latlng, layer: { toGeoJSON: () => feature } });
    }

    /** Mark a feature {layer, row} by its outline, null for none; with `show` the map moves there if it is out of sight. */
    async select(target, show = false) {
      if (target && this._isSelected(target.layer, target.row)) return;
      const before = this.selected;
      this.selected = target ? { layer: target.layer, row: target.row } : null;
      if (before || target) this.onSelect();
      this._outline?.remove();
      this._outline = null;
      if (!target) return;
      const shape = await this._shapeOf(target);
      if (!shape || !this._isSelected(target.layer, target.row)) return;
      this._outline = this._outlined(shape).addTo(this.map);
      const bounds = L.geoJSON(shape).getBounds();
      if (show && bounds.isValid() && !this.map.getBounds().contains(bounds)) {
        this.map.fitBounds(bounds, { maxZoom: 15, padding: [40, 40] });
      }
    }

    /** Outline these features [{layer, row}] too; no click takes that away. */
    async mark(targets) {
      this._marks?.remove();
      const marks = (this._marks = L.layerGroup().addTo(this.map));
      this.marked = targets;
      this.onSelect();
      const shapes = await Promise.all(targets.map((target) => this._shapeOf(target)));
      if (this._marks !== marks) return;
      for (const shape of shapes) if (shape) marks.addLayer(this._outlined(shape));
    }

    /** A feature's geometry, null where it cannot be had. */
    async _shapeOf({ layer: id, row }) {
      const layer = this.config.layers.find((item) => item.id === id);
      if (!layer) return null;
      try {
        return await checked(await fetch(`${this.config.root}outline/${id}/${layer.version}/${row}`), `outline ${id}/${row}`).json();
      } catch (error) {
        this.onFail(error);
        return null;
      }
    }

    /** A line with a casing around a shape. */
    _outlined(shape) {
      const draw = (color, weight) => {
        const style = { color, weight, fill: false, opacity: 1 };
        const pointToLayer = (_, at) => L.circleMarker(at, { ...style, radius: this.config.still ? 17 : 12, pane: "pc-select", interactive: false });
        return L.geoJSON(shape, { pane: "pc-select", interactive: false, style, pointToLayer });
      };
      return L.layerGroup([draw("#FFFFFF", 6), draw("#0B57D0", 2.8)]);
    }
  }

  window.Pingchang.inspect = { Inspector };
})();
