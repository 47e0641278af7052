/* Building elements. Text goes in through textContent only: names and notes come from uploaded files. */
(function () {
  "use strict";

  const { symbolStyle } = window.Pingchang.symbols;

  /** Element with a class, text and attributes, under a parent. */
  function make(tag, className, parent, text, attributes) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined && text !== null) element.textContent = text;
    for (const name in attributes || {}) element.setAttribute(name, attributes[name]);
    if (parent) parent.appendChild(element);
    return element;
  }

  const SVG = "http://www.w3.org/2000/svg";
  const SHAPES = {
    circle: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12z",
    square: "M2.5 2.5h11v11h-11z",
    diamond: "M8 1.2L14.8 8L8 14.8L1.2 8z",
    triangle: "M8 1.8L14.8 13.8H1.2z",
  };

  /** Point symbol; its outline and filling say how sure the place is (symbols.js). */
  function symbol(shape, color, location) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", SHAPES[shape] || SHAPES.circle);
    const look = symbolStyle(location, color);
    for (const name in look) path.setAttribute(name, look[name]);
    svg.appendChild(path);
    return svg;
  }

  /** A control that Leaflet places in a corner; `build(container)` fills it. Clicks and scrolling stay in it. */
  function control(position, className, build) {
    const item = new L.Control({ position });
    item.onAdd = () => {
      const container = make("div", "pc-control " + className);
      L.DomEvent.disableClickPropagation(container);
      L.DomEvent.disableScrollPropagation(container);
      build(container);
      return container;
    };
    return item;
  }

  window.Pingchang.dom = { make, symbol, control };
})();
