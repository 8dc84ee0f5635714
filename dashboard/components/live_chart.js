// A Plotly chart that is updated in place, so that zoom and legend choices survive and nothing
// flickers. `data.figure` is a figure as JSON; `data.script` is where plotly.js lies.

const PURGE_MILLISECONDS = 2000;

let loading;

// Plotly rejects an animation that another one, Pause or a new figure cuts short, with no reason,
// and nobody can catch it: its own buttons started it.
window.addEventListener("unhandledrejection", (event) => {
  if (event.reason === undefined) event.preventDefault();
});

function loadPlotly(script) {
  loading ??= new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(script, document.baseURI).href;
    element.onload = () => resolve(window.Plotly);
    element.onerror = () => reject(new Error(`cannot load ${element.src}`));
    document.head.append(element);
  });
  return loading;
}

function themed(layout, element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(name).trim();
  const ground = read("--st-background-color").replace(/^#\w{6}$/, "$&99");
  const font = { family: read("--st-font"), color: read("--st-text-color"), size: 12 };
  return {
    ...layout,
    autosize: true,
    font: { ...font, ...layout.font },
    // A label may stand on a line or a point: both are to be seen.
    annotations: layout.annotations?.map((note) => ({ bgcolor: ground, ...note })),
    hoverlabel: {
      bgcolor: read("--st-secondary-background-color"),
      bordercolor: read("--st-border-color"),
      font,
      ...layout.hoverlabel,
    },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#808495", activecolor: read("--st-primary-color") },
  };
}

// Plotly uses a trace's uid as a CSS class as well.
function named(trace) {
  return { ...trace, uid: trace.uid.replace(/\W/g, (sign) => `_${sign.codePointAt(0)}`) };
}

async function draw(chart, element, data) {
  const Plotly = await loadPlotly(data.script);
  // Only the latest figure counts: while the script was loading, others may have come.
  if (chart.wanted !== data) return;
  const figure = JSON.parse(data.figure);
  const config = { displaylogo: false, responsive: true, ...data.config };
  const layout = themed(figure.layout, element);
  const drawn = data.figure + layout.font.color;
  if (chart.drawn === drawn) return;
  chart.drawn = drawn;
  element.style.height = `${layout.height}px`;
  const framed = Boolean(figure.frames?.length);
  // Frames can only be added to a chart, never replaced.
  const plot = framed || chart.framed ? Plotly.newPlot : Plotly.react;
  chart.framed = framed;
  const traces = figure.data.map(named);
  await plot(element, { data: traces, layout, config, frames: figure.frames ?? [] });
  // Read aloud it is what it shows, not the numbers along its axes.
  element.setAttribute("role", "figure");
  element.setAttribute("aria-label", figure.layout.meta);
  for (const svg of element.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", "true");
}

export default function ({ data, parentElement }) {
  let element = parentElement.querySelector(":scope > .live-chart");
  if (!element) {
    element = document.createElement("div");
    element.className = "live-chart";
    element.chart = {};
    parentElement.append(element);
    new ResizeObserver(() => {
      // It waits a moment, in which the chart may go.
      if (element.data && element.offsetWidth) window.Plotly.Plots.resize(element).catch(() => {});
    }).observe(parentElement);
  }
  const chart = element.chart;
  chart.wanted = data;
  chart.work = (chart.work ?? Promise.resolve()).then(() => draw(chart, element, data));
  return () => {
    // Plotly goes on for a moment after it has drawn, and needs what purging takes away.
    chart.wanted = undefined;
    chart.work.finally(() => setTimeout(() => window.Plotly?.purge(element), PURGE_MILLISECONDS));
  };
}
