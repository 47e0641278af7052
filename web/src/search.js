/* Search by name or number: a box with a list under it, used by keyboard or pointer. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;
  const { checked, advice } = window.Pingchang.answers;
  const WAIT_MS = 200;

  class Search {
    constructor(atlas, container) {
      this._atlas = atlas;
      this._matches = [];
      this._active = -1;
      this._asked = 0;
      this._input = make("input", "", container, null, {
        type: "search", placeholder: "搜索名称或小班号", "aria-label": "搜索名称或小班号", autocomplete: "off", spellcheck: "false",
        role: "combobox", "aria-expanded": "false", "aria-controls": "pc-matches", "aria-autocomplete": "list",
      });
      this._list = make("ul", "pc-matches", container, null, { id: "pc-matches", role: "listbox", "aria-label": "搜索结果" });
      this._list.hidden = true;
      this._input.addEventListener("input", () => this._later());
      this._input.addEventListener("keydown", (event) => this._key(event));
      this._input.addEventListener("focus", () => this._matches.length && this._open(true));
      container.addEventListener("focusout", (event) => !container.contains(event.relatedTarget) && this._open(false));
    }

    _later() {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._ask(), WAIT_MS);
    }

    async _ask() {
      // Full-width digits and letters, as Chinese input methods write them, are the same words.
      const words = this._input.value.normalize("NFKC").trim();
      const turn = ++this._asked;
      if (!words) return this._show([], "");
      const { root, snapshot } = this._atlas.config;
      try {
        const body = await checked(await fetch(`${root}search/${snapshot}?q=${encodeURIComponent(words)}`), "search").json();
        if (turn === this._asked) this._show(Array.isArray(body) ? body : body.matches || [], "没有找到，请换一个名称或编号");
      } catch (error) {
        if (turn === this._asked) this._show([], advice(error, "搜索暂不可用，请稍后再试"));
      }
    }

    _show(matches, empty) {
      this._matches = matches;
      this._active = -1;
      this._list.textContent = "";
      matches.forEach((match, index) => {
        const item = make("li", "", this._list, null, { role: "option", id: `pc-match-${index}`, tabindex: "-1" });
        make("span", "pc-match-title", item, match.title);
        if (match.detail) make("small", "", item, match.detail);
        item.addEventListener("mousedown", (event) => event.preventDefault());
        item.addEventListener("click", () => this._choose(index));
      });
      if (!matches.length && empty) make("li", "pc-match-none", this._list, empty);
      this._open(this._list.childElementCount > 0);
    }

    _open(open) {
      this._list.hidden = !open;
      this._input.setAttribute("aria-expanded", String(open));
    }

    _key(event) {
      const last = this._matches.length - 1;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        this._mark(Math.max(0, Math.min(last, this._active + step)));
      } else if (event.key === "Enter") {
        if (this._matches.length) this._choose(Math.max(0, this._active));
        else this._ask();
      } else if (event.key === "Escape") {
        this._open(false);
      }
    }

    _mark(index) {
      if (index > this._matches.length - 1) return;
      this._active = index;
      [...this._list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
      this._list.children[index].scrollIntoView({ block: "nearest" });
      this._input.setAttribute("aria-activedescendant", `pc-match-${index}`);
    }

    /** Go to a match, make its layer visible, select it and open its pop-up; the box keeps the reader's words. */
    _choose(index) {
      const match = this._matches[index];
      this._open(false);
      const entry = this._atlas.views.get(match.layer);
      if (!entry) return this._showBase(match);
      if (!entry.isVisible()) this._atlas.change(match.layer, { visible: true });
      const bounds = match.bounds ? L.latLngBounds(match.bounds) : null;
      if (bounds) {
        this._atlas.fly(match.bounds);
        this._atlas.map.once("moveend", () => this._atlas.inspector.open(entry.layer, match.row, bounds.getCenter()));
      } else {
        this._atlas.inspector.select({ layer: match.layer, row: match.row }, true);
      }
    }

    /** Part of the base map, such as a river: it is no layer to select and has no pop-up, so the map just goes there. */
    _showBase(match) {
      this._atlas.inspector.close();
      if (match.bounds) this._atlas.fly(match.bounds);
    }
  }

  window.Pingchang.search = { Search };
})();
