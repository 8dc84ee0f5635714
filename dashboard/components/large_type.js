// A figure of lecture mode, for the last row of a lecture hall: type of at least 18 pixels, and lines
// and marks to go with it. It goes before live_chart.js, of which it is a part.

const SMALLER = /<su[bp]>/; // Plotly writes these at 0.7 of the size around them
const SCALE = 1.5; // of lines, marks and margins

// On a phone, which nobody looks at from afar, there is no room for it.
const readableSize = () =>
  innerWidth < 600 ? 15 : Math.max(19, Math.min(innerHeight / 36, innerWidth / 60));

function enlargeFigure({ data, layout }) {
  const size = readableSize();
  const fitting = (text) => (size > 18 && SMALLER.test(text) ? size / 0.7 : size);
  enlargeParts({ data, layout }, size);
  layout.font = { size };
  for (const trace of data) {
    if (trace.mode?.includes("text")) trace.textfont = { ...trace.textfont, size: fitting(trace.text) };
    if (trace.colorbar) enlargeAxis(trace.colorbar, fitting);
  }
  for (const note of layout.annotations ?? []) {
    note.font = { ...note.font, size: fitting(note.text) };
    if (note.yshift) note.yshift *= SCALE + 0.25; // with the type beneath it
  }
  for (const [name, axis] of Object.entries(layout)) {
    if (/^[xy]axis/.test(name)) enlargeAxis(axis, fitting);
    if (/^coloraxis/.test(name) && axis.colorbar) enlargeAxis(axis.colorbar, fitting);
  }
  const { l = 8, r = 14, t = 8, b = 8 } = layout.margin;
  layout.margin = { ...layout.margin, l: l * SCALE, r: r * SCALE, t: t * SCALE, b: b * SCALE };
}

function enlargeParts(node, size) {
  for (const [name, value] of Object.entries(node)) {
    if (!value || typeof value !== "object") continue;
    if (/font$/.test(name)) value.size = size;
    else if (name === "line" && value.width) value.width *= SCALE;
    else if (name === "marker" && value.size > 1) value.size *= SCALE;
    if (typeof value[0] !== "number") enlargeParts(value, size);
  }
}

function enlargeAxis(axis, fitting) {
  const powers = axis.exponentformat === "power" || SMALLER.test(axis.tickprefix);
  axis.tickfont = { ...axis.tickfont, size: fitting(powers ? "<sup>" : "") };
  if (axis.thickness) axis.thickness *= SCALE;
  if (!axis.title?.text) return;
  axis.title.font = { ...axis.title.font, size: fitting(axis.title.text) };
  axis.title.standoff = 2 * (axis.title.standoff ?? 6);
}
