// A figure of lecture mode, for the last row of a lecture hall: type of at least 18 pixels, and lines
// and marks to go with it. It goes before live_chart.js, of which it is a part.

const SMALLER = /<su[bp]>/; // Plotly writes these at 0.7 of the size around them
const USUAL_SIZE = 13; // of type, with which lines, marks and margins grow

// On a phone, which nobody looks at from afar, there is no room for it.
const readableSize = () =>
  innerWidth < 600 ? 15 : Math.max(19, Math.min(innerHeight / 36, innerWidth / 60));

const LINE_HEIGHT = 1.45; // of a title above one of several plots, as a multiple of its type
const ROW_HEIGHT = 0.6; // of rows of text in a plot, which are roomy in the usual type

function enlargeFigure({ data, layout }, height) {
  const size = readableSize();
  const scale = size / USUAL_SIZE;
  const fitting = (text) => (size > 18 && SMALLER.test(text) ? size / 0.7 : size);
  enlargeParts({ data, layout }, size, scale);
  layout.font = { size };
  for (const trace of data) {
    if (trace.mode?.includes("text")) trace.textfont = { ...trace.textfont, size: fitting(trace.text) };
    if (trace.colorbar) enlargeAxis(trace.colorbar, fitting);
  }
  for (const note of layout.annotations ?? []) {
    note.font = { ...note.font, size: fitting(note.text) };
    if (note.yshift) note.yshift *= scale + 0.2; // with the type beneath it
  }
  for (const [name, axis] of Object.entries(layout)) {
    if (/^[xy]axis/.test(name)) enlargeAxis(axis, fitting);
    if (/^coloraxis/.test(name) && axis.colorbar) enlargeAxis(axis.colorbar, fitting);
  }
  const { l = 8, r = 14, t = 8, b = 8 } = layout.margin;
  layout.margin = { ...layout.margin, l: l * scale, r: r * scale, t: t * scale, b: b * scale };
  if (layout.meta?.stacked) {
    const { margin, meta } = layout;
    const within = height - margin.t - margin.b;
    moveApart({ data, layout }, (LINE_HEIGHT * size) / within, (ROW_HEIGHT * meta.stacked.text * scale) / within);
  }
}

// Gives plots that stand one above the other `gap` between them, and the first `text` where it has
// rows of text, both as shares of the height; their titles and colour bars go with them.
function moveApart({ data, layout }, gap, text) {
  const names = Object.keys(layout).filter((name) => /^yaxis/.test(name));
  const axes = names.map((name) => layout[name]).sort((one, other) => other.domain[1] - one.domain[1]);
  const high = ({ domain }) => domain[1] - domain[0];
  const maps = text ? axes.slice(1) : axes;
  const room = 1 - text - gap * (axes.length - 1);
  const whole = maps.reduce((sum, axis) => sum + high(axis), 0);
  let top = 1;
  for (const axis of axes) {
    const share = maps.includes(axis) ? (high(axis) / whole) * room : text;
    for (const note of layout.annotations ?? []) {
      if (note.yref === "paper" && note.y === axis.domain[1]) note.moved = top;
    }
    axis.domain = [Math.max(top - share, 0), top];
    top -= share + gap;
  }
  for (const note of layout.annotations ?? []) {
    note.y = note.moved ?? note.y;
    delete note.moved;
  }
  for (const { yaxis = "y", colorbar } of data) {
    const { domain } = layout[yaxis.replace("y", "yaxis")];
    if (colorbar) Object.assign(colorbar, { y: (domain[0] + domain[1]) / 2, len: domain[1] - domain[0] });
  }
}

function enlargeParts(node, size, scale) {
  for (const [name, value] of Object.entries(node)) {
    if (!value || typeof value !== "object") continue;
    if (/font$/.test(name)) value.size = size;
    else if (name === "line" && value.width) value.width *= scale;
    else if (name === "marker" && value.size > 1) value.size *= scale;
    if (typeof value[0] !== "number") enlargeParts(value, size, scale);
  }
}

function enlargeAxis(axis, fitting) {
  const powers = axis.exponentformat === "power" || SMALLER.test(axis.tickprefix);
  axis.tickfont = { ...axis.tickfont, size: fitting(powers ? "<sup>" : "") };
  if (axis.thickness) axis.thickness *= 1.5;
  if (!axis.title?.text) return;
  axis.title.font = { ...axis.title.font, size: fitting(axis.title.text) };
  axis.title.standoff = 2 * (axis.title.standoff ?? 6);
}
