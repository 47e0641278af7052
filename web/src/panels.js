/* A panel that folds away: open where there is room, and otherwise as the reader left it. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;

  /** A map on which an open panel would hide what it explains. */
  function isSmall({ x, y }) {
    return x < 420 || (y < 480 && x < 640);
  }

  // Private windows and some policies deny storage; the panel then just forgets.
  function recall(key) {
    try {
      return window.localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function remember(key, value) {
    try {
      window.localStorage.setItem(key, value);
    } catch {
      // nothing to do
    }
  }

  class Panel {
    /** name: under which the reader's choice is kept, apart for small maps; opensAt(size): whether it starts open. */
    constructor(map, container, title, name, opensAt) {
      Object.assign(this, { _map: map, _name: name, _opensAt: opensAt });
      this.box = make("details", "", container);
      const summary = make("summary", "", this.box, title);
      this.body = make("div", "pc-body", this.box);
      summary.addEventListener("click", () => remember(this._key(), this.box.open ? "closed" : "open"));
      map.on("resize", this._settle, this);
      this._settle();
    }

    _key() {
      return `pingchang.${this._name}${isSmall(this._map.getSize()) ? ".small" : ""}`;
    }

    _settle() {
      const size = this._map.getSize(), said = recall(this._key());
      this.box.open = said ? said === "open" : !isSmall(size) && this._opensAt(size);
    }
  }

  /** Limit a scrolling body to so many pixels, less what would cut its last visible row in two. */
  function fitRows(body, rows, limit) {
    const top = body.getBoundingClientRect().top - body.scrollTop;
    let height = 0;
    for (const row of rows) {
      const bottom = row.getBoundingClientRect().bottom - top;
      if (bottom > limit) {
        body.style.maxHeight = `${Math.floor(height)}px`;
        return;
      }
      height = bottom;
    }
    body.style.maxHeight = "none";
  }

  window.Pingchang.panels = { Panel, fitRows };
})();
