/* Numbers and units as the screen shows them. Mirrors pingchang_geo/units.py, so a pop-up and a table say the same. */
(function (root) {
  "use strict";

  const AREA = { mu: ["亩", 15], ha: ["公顷", 1], km2: ["km²", 0.01] };
  const MASS = { t: ["吨", 1], wt: ["万吨", 1e-4] };
  const MASS_KIND = { tC: "碳", "tCO₂": " CO₂", "tCO₂/年": " CO₂/年" };
  const MISSING = "—";

  /** {label, factor} of an internal unit under the reader's choice {area, mass}; per-hectare units stay as they are. */
  function shownUnit(unit, units) {
    if (unit === "ha") {
      const [label, factor] = AREA[(units && units.area) || "ha"] || AREA.ha;
      return { label, factor };
    }
    if (unit in MASS_KIND) {
      const [label, factor] = MASS[(units && units.mass) || "t"] || MASS.t;
      return { label: label + MASS_KIND[unit], factor };
    }
    return { label: unit || "", factor: 1 };
  }

  function withSeparators(text) {
    const [whole, fraction] = text.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return fraction === undefined ? grouped : grouped + "." + fraction;
  }

  /** Number with thousands separators: `digits` decimals, or about four significant digits; "—" for a missing one. */
  function formatNumber(value, digits) {
    if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
    if (digits !== null && digits !== undefined) return withSeparators(value.toFixed(digits));
    const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
    const text = withSeparators(value.toFixed(Math.min(4, Math.max(0, 3 - magnitude))));
    return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  }

  /** Value of an internal unit with its label, e.g. "1,804,200 亩". */
  function formatQuantity(value, unit, units, digits) {
    if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
    const { label, factor } = shownUnit(unit, units);
    const text = formatNumber(value * factor, factor === 1 ? digits : null);
    return label === "" || label === "%" ? text + label : text + " " + label;
  }

  /** Masses of single features stay in tonnes where they are under one 万吨, or every tooltip would read 0.00. */
  function fitting(value, unit, units) {
    const small = unit in MASS_KIND && units && units.mass === "wt" && Math.abs(value) < 1e4;
    return small ? { ...units, mass: "t" } : units;
  }

  /** A column's value as text: a word for a category code, a quantity for a number, itself for text. */
  function formatColumn(column, value, units) {
    if (value === null || value === undefined || value === "") return MISSING;
    if (column && column.kind === "number") {
      const number = Number(value);
      return formatQuantity(number, column.unit, fitting(number, column.unit, units), column.digits);
    }
    if (column && column.kind === "category" && typeof value === "number") return column.values[value] ?? MISSING;
    return String(value);
  }

  /** Share of a whole as "12.3 %"; "<0.1 %" rather than a zero that is none. */
  function formatShare(part, whole) {
    if (!(whole > 0)) return "";
    const percent = (100 * part) / whole;
    if (part > 0 && percent < 0.1) return "<0.1%";
    return percent.toFixed(1) + "%";
  }

  const api = { shownUnit, formatNumber, formatQuantity, formatColumn, formatShare };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).format = api;
})(typeof window !== "undefined" ? window : globalThis);
