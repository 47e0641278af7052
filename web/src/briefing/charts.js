/* A story's chart (pingchang_geo/briefing/story.py) as plotly takes it. Pure: numbers and texts in, data and layout out. */
(function (root) {
  "use strict";

  const THEMES = {
    light: { ink: "#1B2A22", muted: "#55635B", grid: "#E3E9E5", paper: "rgba(0,0,0,0)" },
    dark: { ink: "#F1F6F3", muted: "#A9B8B0", grid: "#2A3A32", paper: "rgba(0,0,0,0)" },
  };
  const FONT = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
  const LONGEST_LABEL = 9;
  const LYING_LABEL = 14;

  /** Plotly reads a little HTML in texts; ours are data. */
  function plain(text) {
    return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  /** A label in lines of a few letters, so that it leaves room for the bars. */
  function wrapped(text, longest = LONGEST_LABEL) {
    const letters = [...String(text)], lines = [];
    for (let start = 0; start < letters.length; start += longest) lines.push(plain(letters.slice(start, start + longest).join("")));
    return lines.slice(0, 3).join("<br>") + (lines.length > 3 ? "…" : "");
  }

  /** About four significant digits with separators, as on the cards. */
  function shown(value, formatNumber) {
    return value === null || value === undefined ? "无数据" : formatNumber(value, Number.isInteger(value) ? 0 : null);
  }

  function bars(chart, series, lying, format, theme) {
    const texts = series.values.map((value) => shown(value, format));
    const [along, across] = [series.values, chart.categories.map((name, index) => index)];
    return {
      type: "bar", orientation: lying ? "h" : "v", name: plain(series.name),
      x: lying ? along : across, y: lying ? across : along,
      marker: { color: chart.colors.length && chart.series.length === 1 ? chart.colors : series.color },
      text: texts, texttemplate: "%{text}", textposition: "outside", cliponaxis: false, constraintext: "none",
      textfont: { color: theme.ink },
      customdata: chart.categories.map((name, index) => [plain(name), texts[index]]),
      hovertemplate: `%{customdata[0]}<br>${plain(series.name)}：%{customdata[1]} ${plain(chart.unit)}<extra></extra>`,
    };
  }

  function line(chart, series, format) {
    return {
      type: "scatter", mode: "lines+markers", name: plain(series.name), x: chart.categories.map(plain), y: series.values,
      line: { color: series.color, width: 3 }, marker: { size: 9 }, connectgaps: false,
      customdata: series.values.map((value) => shown(value, format)),
      hovertemplate: `%{x}<br>${plain(series.name)}：%{customdata} ${plain(chart.unit)}<extra></extra>`,
    };
  }

  function doughnut(chart, series, format, theme) {
    return {
      type: "pie", hole: 0.55, sort: false, direction: "clockwise", labels: chart.categories.map((name) => wrapped(name, 12)), values: series.values,
      marker: { colors: chart.colors.length ? chart.colors : undefined, line: { color: theme.paper, width: 1 } },
      textinfo: "label+percent", textposition: "outside", automargin: true, textfont: { color: theme.ink },
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

  function axes(chart, theme, size) {
    const ticks = { color: theme.muted, size: 0.86 * size };
    const names = {
      tickmode: "array", tickvals: chart.categories.map((name, index) => index), ticktext: chart.categories.map((name) => wrapped(name, chart.kind === "barh" ? LYING_LABEL : LONGEST_LABEL)),
      showgrid: false, zeroline: false, automargin: true, tickfont: { ...ticks, color: theme.ink }, fixedrange: true,
    };
    const numbers = {
      range: reach(chart), showgrid: false, zeroline: true, zerolinecolor: theme.muted, showticklabels: false, fixedrange: true,
    };
    if (chart.kind === "barh") return { xaxis: numbers, yaxis: { ...names, autorange: "reversed" } };
    if (chart.kind === "column") return { xaxis: names, yaxis: numbers };
    const open = { ...numbers, range: undefined, showticklabels: true, showgrid: true, gridcolor: theme.grid, tickfont: ticks, automargin: true };
    return { xaxis: { ...names, tickmode: "auto", tickvals: undefined, ticktext: undefined, type: "category" }, yaxis: open };
  }

  /**
   * {data, layout} of a chart. theme: light or dark; size: height of its letters in pixels; format: how numbers are written.
   */
  function drawing(chart, { theme = "light", size = 16, format = String } = {}) {
    const colours = THEMES[theme] || THEMES.light;
    const makers = {
      barh: (series) => bars(chart, series, true, format, colours), column: (series) => bars(chart, series, false, format, colours),
      line: (series) => line(chart, series, format), doughnut: (series) => doughnut(chart, series, format, colours),
    };
    const data = chart.series.map(makers[chart.kind] || makers.barh);
    const layout = {
      font: { family: FONT, size, color: colours.ink }, paper_bgcolor: colours.paper, plot_bgcolor: colours.paper,
      margin: { l: 8, r: 8, t: 4, b: 4, pad: 4 }, bargap: 0.28, showlegend: chart.series.length > 1 && chart.kind !== "doughnut",
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, hoverlabel: { font: { family: FONT, size: 0.9 * size } },
      uniformtext: { mode: "show", minsize: 0.6 * size }, ...(chart.kind === "doughnut" ? {} : axes(chart, colours, size)),
    };
    return { data, layout };
  }

  const api = { drawing, wrapped, plain };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).storyCharts = api;
})(typeof window !== "undefined" ? window : globalThis);
