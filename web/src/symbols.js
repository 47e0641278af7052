/* How sure a place is, drawn: one rule for point symbols, outlines of areas and the legend's keys. Pure. */
(function (root) {
  "use strict";

  const DASHED = "dashed", DOTTED = "dotted", SOLID = "solid";

  // line: of the outline; fill: share of the full filling.
  const LOOKS = {
    已核: { line: SOLID, fill: 1 },
    推定: { line: DASHED, fill: 0.35 },
    示意: { line: DOTTED, fill: 0 },
  };

  /** {line: "solid|dashed|dotted", fill: 0–1} of a location; one that says nothing looks like a verified one. */
  function lookOf(location) {
    return LOOKS[location] || LOOKS.已核;
  }

  const round = (pixels) => Math.round(10 * pixels) / 10;

  /** {dashArray, lineCap} of an outline so many pixels wide; dots are dashes of no length with round ends. */
  function stroke(line, width) {
    if (line === DASHED) return { dashArray: `${round(1.6 * width)} ${round(1.1 * width)}`, lineCap: "butt" };
    if (line === DOTTED) return { dashArray: `0.1 ${round(1.5 * width)}`, lineCap: "round" };
    return { dashArray: null, lineCap: "round" };
  }

  /** Leaflet's style of an area or line. themed: the filling carries a value and must stay legible, whatever the place's standing. */
  function areaStyle(location, { weight = 1.5, opacity = 1, fillOpacity = 0.2, dashArray = null } = {}, themed = false) {
    const { line, fill } = lookOf(location);
    const drawn = stroke(line, weight);
    return {
      weight, opacity, lineCap: drawn.lineCap,
      dashArray: location in LOOKS ? drawn.dashArray : dashArray,
      fillOpacity: themed ? Math.max(0.65, fillOpacity) : fillOpacity * fill,
    };
  }

  /** SVG attributes of a point symbol. Its ground is white, so that what lies beneath does not fill a hollow one. */
  function symbolStyle(location, color) {
    const { line, fill } = lookOf(location);
    if (fill === 1) return { fill: color, stroke: "#FFFFFF", "stroke-width": 1.6, "stroke-dasharray": "none" };
    const width = 2.4, { dashArray, lineCap } = stroke(line, width);
    return {
      fill: fill ? lighter(color, fill) : "#FFFFFF",
      stroke: color, "stroke-width": width, "stroke-dasharray": dashArray, "stroke-linecap": lineCap,
    };
  }

  /** "#rrggbb" at a share on white. */
  function lighter(color, share) {
    const value = parseInt(color.slice(1), 16);
    const channels = [value >> 16, (value >> 8) & 255, value & 255].map((channel) => Math.round(255 - (255 - channel) * share));
    return "#" + channels.map((channel) => channel.toString(16).padStart(2, "0")).join("");
  }

  /** The location that all features have in common, else null. */
  function commonLocation(features) {
    const first = features.length ? features[0].properties.location : null;
    return first && features.every((feature) => feature.properties.location === first) ? first : null;
  }

  const api = { lookOf, areaStyle, symbolStyle, commonLocation };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).symbols = api;
})(typeof window !== "undefined" ? window : globalThis);
