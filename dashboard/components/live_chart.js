// A Plotly chart that is updated in place, so that zoom and legend choices survive and nothing
// flickers. `data.figure` is a figure as JSON; `data.script` is where plotly.js lies.
//
// A figure with frames shows the one of the page's clock (see clock.js), each named after its
// training step; one whose `layout.meta.over` is "training" has a line at the clock's step.

const PURGE_MILLISECONDS = 2000;
const AT_ONCE = {
  mode: "immediate",
  frame: { duration: 0, redraw: false },
  transition: { duration: 0 },
};

const clock = (window.trainingClock ??= new EventTarget());

const TOUCHED = window.matchMedia("(hover: none)").matches;

// Nothing offers to send a figure elsewhere. A finger has no use for the toolbar: it would lie there
// after every touch.
const CONFIG = {
  displaylogo: false,
  responsive: true,
  displayModeBar: TOUCHED ? false : "hover",
  showSendToCloud: false,
  modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
};

const NARROW = 600; // pixels
const LEAST_SHARE = 0.9; // of its own height, for a figure that fills the window


// Breaks a title at its dots, so that it is no wider than the chart.
function wrapped(title, width, size) {
  const most = width / (0.55 * size); // a letter is about so wide
  const lines = [""];
  for (const part of title.split(" · ")) {
    const line = lines.at(-1) ? `${lines.at(-1)} · ${part}` : part;
    if (line.replace(/<[^>]*>/g, "").length > most && lines.at(-1)) lines.push(part);
    else lines[lines.length - 1] = line;
  }
  return lines.join("<br>");
}

function themed(layout, element, presented) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(name).trim();
  const ground = read("--st-background-color").replace(/^#\w{6}$/, "$&99");
  const { size = 12 } = layout.font ?? {};
  const font = { family: read("--st-font"), color: read("--st-text-color"), size };
  const title = layout.legend?.title;
  // What can be pressed is said where it is seen, but not to a class, who cannot.
  const hint = !presented && layout.meta?.hint?.replace("press", TOUCHED ? "tap" : "press");
  if (hint && title?.text) title.text += ` · <i>${hint}</i>`;
  if (title?.text) title.text = wrapped(title.text, element.offsetWidth, size);
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

// Beside a narrow plot, or one in large type, there is no room for the names of its lines, which the
// legend has as well.
function leaveOutNames(traces, layout) {
  const names = traces.filter(({ meta }) => meta?.beside);
  for (const trace of names) trace.visible = false;
  if (names.length) layout.margin = { ...layout.margin, r: 14 };
}

// Plotly uses a trace's uid as a CSS class as well.
function named(trace) {
  return { ...trace, uid: trace.uid.replace(/\W/g, (sign) => `_${sign.codePointAt(0)}`) };
}

async function draw(chart, element, data) {
  const Plotly = await window.loadPlotly(data.script);
  // Only the latest figure counts: while the script was loading, others may have come.
  if (chart.wanted !== data) return;
  const figure = JSON.parse(data.figure);
  const { height } = figure.layout;
  const least = data.presented ? 300 : LEAST_SHARE * height;
  element.style.height = data.fills || data.presented
    ? `max(${least}px, calc((100dvh - var(--above-the-plot)) / var(--stacked-plots, 1)))`
    : `${height}px`;
  delete figure.layout.height; // that of the element
  if (data.presented) enlargeFigure(figure, element.offsetHeight);
  const config = { ...CONFIG, ...data.config };
  const layout = themed(figure.layout, element, data.presented);
  const drawn = data.figure + layout.font.color + data.presented;
  if (chart.drawn === drawn) return;
  chart.drawn = drawn;
  const framed = Boolean(figure.frames?.length);
  // Frames can only be added to a chart, never replaced.
  const plot = framed || chart.framed ? Plotly.newPlot : Plotly.react;
  chart.framed = framed;
  const traces = figure.data.map(named);
  if (data.presented || element.offsetWidth < NARROW) leaveOutNames(traces, layout);
  placeLevelNames({ data: traces, layout, frames: figure.frames }, element.offsetWidth, element.offsetHeight);
  if (element.classList.contains("drawing")) element.replaceChildren();
  element.classList.remove("drawing");
  // Of a replay that has not come to its end, the end is not seen first.
  if (framed && clock.step !== undefined) element.style.visibility = "hidden";
  await plot(element, { data: traces, layout, config, frames: figure.frames ?? [] });
  // Read aloud it is what it shows, not the numbers along its axes.
  element.setAttribute("role", "figure");
  element.setAttribute("aria-label", figure.layout.meta.words);
  for (const svg of element.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", "true");
  makeToolbarOneStop(element);
  // What moves it from elsewhere (see gate_player.js) goes on from here.
  element.dispatchEvent(new Event("drawn", { bubbles: true }));
  answerPresses(chart, element);
  chart.step = undefined;
  chart.steps = (figure.frames ?? []).map((frame) => Number(frame.name));
  chart.overTraining = layout.meta?.over === "training";
  await show(chart, element);
  element.style.visibility = "";
}

// The Tab key comes to the toolbar once; arrow keys go on from button to button.
function makeToolbarOneStop(element) {
  const buttons = [...element.querySelectorAll(".modebar-btn")];
  for (const [place, button] of buttons.entries()) {
    button.tabIndex = place ? -1 : 0;
    button.onkeydown = ({ key }) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (by) buttons.at((place + by) % buttons.length).focus();
    };
  }
}

// Points can be pressed where the `meta.pressed` of their trace has a text for the first of their
// `customdata`: the server gets that text.
function answerPresses(chart, element) {
  const text = ({ points: [{ data, customdata }] }) => data.meta?.pressed?.[customdata?.[0]];
  const listeners = {
    plotly_click: (event) => text(event) && chart.press(text(event)),
    plotly_hover: (event) => {
      element.classList.toggle("pressable", Boolean(text(event)));
      writeMinusSigns(element);
    },
    plotly_unhover: () => element.classList.remove("pressable"),
  };
  // Others may listen as well; a new plot has no listeners any more.
  for (const [name, listener] of Object.entries(chart.listeners ?? {})) {
    element.removeListener(name, listener);
  }
  chart.listeners = listeners;
  for (const [name, listener] of Object.entries(listeners)) element.on(name, listener);
}

// Plotly writes a hyphen where it formats a number below 0 for a label under the pointer.
function writeMinusSigns(element) {
  for (const label of element.querySelectorAll(".hoverlayer :is(text, tspan)")) {
    for (const node of label.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) node.data = node.data.replace(/(^|\W)-(?=\d)/g, "$1−");
    }
  }
}

// Shows the training step of the clock.
async function show(chart, element) {
  const { step } = clock;
  if (chart.step === step || !element.data) return;
  chart.step = step;
  if (chart.steps.length) {
    const last = chart.steps.filter((one) => one <= (step ?? Infinity)).at(-1) ?? chart.steps[0];
    // Plotly rejects an animation that a new figure cuts short.
    await window.Plotly.animate(element, [String(last)], AT_ONCE).catch(() => {});
  } else if (chart.overTraining) {
    await window.Plotly.relayout(element, { shapes: step === undefined ? [] : [cursor(step)] });
  }
}

function cursor(step) {
  const line = { color: "#808495", width: 1.5 };
  return { type: "line", x0: step, x1: step, y0: 0, y1: 1, yref: "paper", line };
}

// One after the other; where one fails the next has its turn all the same.
function next(chart, task) {
  chart.work = (chart.work ?? Promise.resolve()).then(task).catch(reportError);
}

// Streamlit calls this with all new data, and what it returns when the chart goes. Where data come
// while it still loads this module, it ends the call before, at any time after the new one began.
export default function ({ data, parentElement, setTriggerValue }) {
  let element = parentElement.querySelector(":scope > .live-chart");
  if (!element) {
    element = document.createElement("div");
    element.className = "live-chart drawing";
    element.textContent = "Drawing…";
    element.chart = {};
    parentElement.append(element);
    new ResizeObserver(() => {
      // It waits a moment, in which the chart may go.
      if (element.data && element.offsetWidth) window.Plotly.Plots.resize(element).catch(() => {});
    }).observe(parentElement);
    element.chart.follow = () => next(element.chart, () => show(element.chart, element));
  }
  const chart = element.chart;
  const wanted = { ...data }; // of this call alone
  chart.wanted = wanted;
  chart.press = (text) => setTriggerValue("pressed", text);
  next(chart, () => draw(chart, element, wanted));
  clock.addEventListener("step", chart.follow);
  return () => {
    if (chart.wanted !== wanted) return;
    chart.wanted = undefined;
    clock.removeEventListener("step", chart.follow);
    // Plotly goes on for a moment after it has drawn, and needs what purging takes away.
    chart.work.finally(() => setTimeout(() => purge(chart, element), PURGE_MILLISECONDS));
  };
}

function purge(chart, element) {
  if (chart.wanted) return; // it is drawn again
  window.Plotly?.purge(element);
  chart.drawn = undefined;
}
