/* The divider between two themes of one layer: drag it, or move it with the arrow keys. */
(function () {
  "use strict";

  const { make } = window.Pingchang.dom;

  class Compare {
    constructor(atlas) {
      this._atlas = atlas;
      this._map = atlas.map;
      this._share = 0.5;
      this._id = null;
      const container = this._map.getContainer();
      this._bar = make("div", "pc-divider", container, null, {
        role: "slider", tabindex: "0", "aria-label": "左右对比分界", "aria-valuemin": "0", "aria-valuemax": "100",
      });
      this._left = make("div", "pc-side pc-side-left", container);
      this._right = make("div", "pc-side pc-side-right", container);
      this._show(false);
      L.DomEvent.disableClickPropagation(this._bar);
      this._bar.addEventListener("pointerdown", (event) => this._grab(event));
      this._bar.addEventListener("keydown", (event) => this._key(event));
      this._map.on("move resize zoomend viewreset", this._clip, this);
    }

    /** sides: null, or {id, left: theme, right: theme}. */
    update(sides) {
      if (this._id && (!sides || sides.id !== this._id)) this._pane("layer").style.clipPath = "";
      this._id = sides ? sides.id : null;
      this._show(Boolean(sides));
      if (!sides) return;
      const { title } = this._atlas.views.get(sides.id).layer;
      this._left.textContent = sides.left ? sides.left.title : title;
      this._right.textContent = sides.right ? sides.right.title : title;
      this._clip();
    }

    _show(shown) {
      for (const element of [this._bar, this._left, this._right]) element.hidden = !shown;
    }

    _pane(side) {
      return this._map.getPane(`pc-${side}-${this._id}`);
    }

    _clip() {
      if (!this._id) return;
      const size = this._map.getSize(), x = Math.round(size.x * this._share);
      const start = this._map.containerPointToLayerPoint([0, 0]), end = this._map.containerPointToLayerPoint(size);
      const middle = start.x + x;
      // Panes have no size of their own, so the clip is a polygon in their own coordinates.
      const box = (x0, x1) => `polygon(${x0}px ${start.y}px, ${x1}px ${start.y}px, ${x1}px ${end.y}px, ${x0}px ${end.y}px)`;
      this._pane("layer").style.clipPath = box(start.x, middle);
      this._pane("right").style.clipPath = box(middle, end.x);
      this._bar.style.left = `${x}px`;
      this._left.style.right = `${size.x - x + 10}px`;
      this._right.style.left = `${x + 10}px`;
      this._bar.setAttribute("aria-valuenow", String(Math.round(this._share * 100)));
    }

    _move(share) {
      this._share = Math.max(0.02, Math.min(0.98, share));
      this._clip();
    }

    _grab(event) {
      event.preventDefault();
      this._bar.focus();
      this._bar.setPointerCapture(event.pointerId);
      const box = this._map.getContainer().getBoundingClientRect();
      const drag = (moved) => this._move((moved.clientX - box.left) / box.width);
      const drop = () => {
        this._bar.removeEventListener("pointermove", drag);
        this._bar.removeEventListener("pointerup", drop);
        this._bar.removeEventListener("pointercancel", drop);
      };
      this._bar.addEventListener("pointermove", drag);
      this._bar.addEventListener("pointerup", drop);
      this._bar.addEventListener("pointercancel", drop);
    }

    _key(event) {
      const steps = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1 };
      if (event.key in steps) this._move(this._share + steps[event.key]);
      else if (event.key === "Home") this._move(0);
      else if (event.key === "End") this._move(1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  window.Pingchang.compare = { Compare };
})();
