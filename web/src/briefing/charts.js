/* A story's chart (pingchang_geo/briefing/story.py) as plotly takes it. Pure: numbers and texts in, data and layout out. */
(function (root) {
  "use strict";

  const { linesOf } = typeof module !== "undefined" && module.exports ? require("./texts.js") : root.Pingchang.storyTexts;

  // edge: around the data's colours, which are the map's and the slides' and were chosen for a light ground.
  const THEMES = {
    light: { ink: "#1B2A22", muted: "#55635B", grid: "#E3E9E5", ground: "#FFFFFF", edge: null },
    dark: { ink: "#F1F6F3", muted: "#A9B8B0", grid: "#2A3A32", ground: "#0E1512", edge: "#D5DED8" },
  };
  const CLEAR = "rgba(0,0,0,0)";
  const FONT = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
  const TICK_SHARE = 0.88; // of the chart's letters
  const LABELS_SHARE = 0.42; // of the width, at most, for the names of lying bars
  const LINE_HEIGHT = 1.3;

  /** Plotly reads a little HTML in texts; ours are data. */
  function plain(text) {
    return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  /** A label in lines of a few letters, so that it leaves room for the bars. */
  function wrapped(text, longest, most = 3) {
    return linesOf(text, longest, most).map(plain).join("<br>");
  }

  /** About four significant digits with separators, as on the cards. */
  function shown(value, formatNumber) {
    return value === null || value === undefined ? "无数据" : formatNumber(value, Number.isInteger(value) ? 0 : null);
  }

  /** {tick, value, longest, lines}: letters of names and of the bars' numbers in pixels, and how names are broken, in the room there is. */
  function naming(chart, { size, width, height }) {
    const count = Math.max(1, chart.categories.length), within = (low, value, high) => Math.max(low, Math.min(high, value));
    if (chart.kind !== "barh") {
      const tick = TICK_SHARE * size;
      return { tick, value: tick, longest: within(4, Math.floor((0.92 * width) / count / tick), 12), lines: 3 };
    }
    const room = (height - 10) / count;
    const tick = Math.min(TICK_SHARE * size, room / 1.12);
    const value = Math.min(tick, (0.8 * room) / Math.max(1, chart.series.length));
    return { tick, value: chart.series.length > 1 ? value : tick, longest: within(6, Math.floor((LABELS_SHARE * width) / tick), 16), lines: within(1, Math.floor(room / (LINE_HEIGHT * tick)), 3) };
  }

  function bars(chart, series, { lying, format, colours, value }) {
    const texts = series.values.map((value) => shown(value, format));
    const [along, across] = [series.values, chart.categories.map((name, index) => index)];
    return {
      type: "bar", orientation: lying ? "h" : "v", name: plain(series.name),
      x: lying ? along : across, y: lying ? across : along,
      marker: { color: chart.colors.length && chart.series.length === 1 ? chart.colors : series.color, line: { color: colours.edge || CLEAR, width: colours.edge ? 1 : 0 } },
      text: texts, texttemplate: "%{text}", textposition: "outside", cliponaxis: false, constraintext: "none",
      textfont: { color: colours.ink, size: value }, textangle: 0,
      customdata: chart.categories.map((name, index) => [plain(name), texts[index]]),
      hovertemplate: `%{customdata[0]}<br>${plain(series.name)}：%{customdata[1]} ${plain(chart.unit)}<extra></extra>`,
    };
  }

  function line(chart, series, { format }) {
    return {
      type: "scatter", mode: "lines+markers", name: plain(series.name), x: chart.categories.map(plain), y: series.values,
      line: { color: series.color, width: 3 }, marker: { size: 9 }, connectgaps: false,
      customdata: series.values.map((value) => shown(value, format)),
      hovertemplate: `%{x}<br>${plain(series.name)}：%{customdata} ${plain(chart.unit)}<extra></extra>`,
    };
  }

  /** Value and share of each part: shares alone would be numbers that no source gives. */
  function doughnut(chart, series, { format, colours }) {
    return {
      type: "pie", hole: 0.55, sort: false, direction: "clockwise", labels: chart.categories.map((name) => wrapped(name, 10)), values: series.values,
      marker: { colors: chart.colors.length ? chart.colors : undefined, line: { color: colours.edge || colours.ground, width: 1 } },
      texttemplate: "%{label}<br>%{customdata}（%{percent}）", textposition: "outside", automargin: true, textfont: { color: colours.ink },
      customdata: series.values.map((value) => shown(value, format)),
      hovertemplate: `%{label}：%{customdata} ${plain(chart.unit)}（%{percent}）<extra></extra>`,
    };
  }

  /** Room for the numbers beyond the bars. */
  function reach(chart) {
    const values = chart.series.flatMap((series) => series.values).filter((value) => Number.isFinite(value));
    const least = Math.min(0, ...values), most = Math.max(0, ...values), spread = most - least || 1;
    return [least < 0 ? least - 0.22 * spread : 0, most + 0.22 * spread];
  }

  function axes(chart, colours, { tick, longest, lines }) {
    const ticks = { color: colours.muted, size: tick };
    const names = {
      tickmode: "array", tickvals: chart.categories.map((name, index) => index), ticktext: chart.categories.map((name) => wrapped(name, longest, lines)),
      tickangle: 0, showgrid: false, zeroline: false, automargin: true, tickfont: { ...ticks, color: colours.ink }, fixedrange: true,
    };
    const numbers = {
      range: reach(chart), showgrid: false, zeroline: true, zerolinecolor: colours.muted, showticklabels: false, fixedrange: true,
    };
    if (chart.kind === "barh") return { xaxis: numbers, yaxis: { ...names, autorange: "reversed" } };
    if (chart.kind === "column") return { xaxis: names, yaxis: numbers };
    const open = { ...numbers, range: undefined, showticklabels: true, showgrid: true, gridcolor: colours.grid, tickfont: ticks, automargin: true };
    return { xaxis: { ...names, tickmode: "auto", tickvals: undefined, ticktext: undefined, type: "category" }, yaxis: open };
  }

  /**
   * {data, layout} of a chart. theme: light or dark; size: height of its letters; width, height: of its box, all in pixels;
   * format: how numbers are written.
   */
  function drawing(chart, { theme = "light", size = 16, width = 520, height = 260, format = String } = {}) {
    const colours = THEMES[theme] || THEMES.light;
    const names = naming(chart, { size, width, height });
    const look = { format, colours, value: names.value, lying: chart.kind !== "column" };
    const makers = { line, doughnut };
    const data = chart.series.map((series) => (makers[chart.kind] || bars)(chart, series, look));
    const layout = {
      width, height, font: { family: FONT, size, color: colours.ink }, paper_bgcolor: CLEAR, plot_bgcolor: CLEAR,
      margin: { l: 8, r: 8, t: 4, b: 4, pad: 4 }, bargap: 0.28, showlegend: chart.series.length > 1 && chart.kind !== "doughnut",
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, hoverlabel: { font: { family: FONT, size: 0.9 * size } },
      ...(chart.kind === "doughnut" ? {} : axes(chart, colours, names)),
    };
    return { data, layout };
  }

  /** Rows of a chart for a table: [category, value, value, …] as texts, the head first. */
  function rowsOf(chart, format = String) {
    const head = ["", ...chart.series.map((series) => series.name)];
    return [head, ...chart.categories.map((name, index) => [name, ...chart.series.map((series) => shown(series.values[index], format))])];
  }

  const api = { drawing, wrapped, plain, rowsOf };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).storyCharts = api;
})(typeof window !== "undefined" ? window : globalThis);
