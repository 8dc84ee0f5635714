// Names of level lines, such as "chance", stand where no data is. They come where a wide plot usually
// has room; here, where its size and type are known, each that would lie on data moves along its line,
// or to its other side. It goes before live_chart.js, of which it is a part.

const LETTER_WIDTH = 0.52; // as a share of the type's size
const AROUND = { x: 90, y: 120 }; // pixels about a plot: ticks, titles, legend
const ALONG = 24; // places that are tried along a line
const NEAR_LINE = 6; // pixels between the points that a line is taken for
const ON_MARK = 20; // how much worse it is to lie on a mark than on a line
const MARK = 10; // the size of half a mark, pixels

function placeLevelNames({ data, layout, frames }, width, height) {
  const notes = (layout.annotations ?? []).filter(({ name }) => name === "level");
  if (!notes.length) return;
  const [low, high] = layout.yaxis?.domain ?? [0, 1];
  const { l = 8, r = 14 } = layout.margin;
  const plot = {
    x: scale(layout.xaxis, data, "x", Math.max(width - l - r - AROUND.x, 100)),
    y: scale(layout.yaxis, data, "y", Math.max(height - AROUND.y, 100) * (high - low)),
  };
  // A replay has its data elsewhere at its start.
  const start = frames?.[0]?.data.map((own, at) => ({ ...data[frames[0].traces[at]], ...own }));
  const all = [...data, ...(start ?? [])];
  const taken = all.filter(drawsData).flatMap((trace) => pointsOf(trace, plot));
  const boxes = [];
  for (const note of notes) {
    const size = note.font?.size ?? 12;
    const wide = note.text.length * LETTER_WIDTH * size + 6;
    const room = plot.x.extent - wide;
    const y = (note.y - plot.y.low) * plot.y.per;
    const at = (share, above, shift = 0) => {
      const bottom = above ? y + shift : y - 1.4 * size;
      return { share, above, shift, left: share * room, bottom, wide, high: 1.4 * size };
    };
    const home = note.xanchor === "left" ? 0 : 1;
    const above = note.yanchor === "bottom";
    const places = [at(home, above, note.yshift ?? 0)];
    for (let step = 0; step <= ALONG; step++) {
      const share = Math.abs(home - step / ALONG);
      places.push(at(share, above), at(share, !above));
    }
    const costs = places.map((place) => cost(place, taken, boxes, plot.y.extent));
    const best = places[costs.indexOf(Math.min(...costs))];
    boxes.push(best);
    if (best === places[0]) continue;
    note.x = Math.max(0, best.left / plot.x.extent);
    Object.assign(note, { xanchor: "left", yanchor: best.above ? "bottom" : "top", yshift: 0 });
  }
}

// Along an axis: where a value stands, in pixels from its beginning; `low` and `per` for a note, which
// on a logarithmic axis has the logarithm.
function scale(axis, data, letter, extent) {
  const of = axis?.type === "log" ? Math.log10 : Number;
  const all = data.filter(drawsData).flatMap((trace) => (trace[letter] ?? []).map(of));
  const known = all.filter(Number.isFinite);
  const given = axis?.range ?? [Math.min(...known), Math.max(...known)];
  const [low, high] = given.every(Number.isFinite) && given[0] !== given[1] ? given : [0, 1];
  const per = extent / (high - low);
  return { extent, low, per, place: (value) => (of(value) - low) * per };
}

const drawsData = (trace) =>
  (trace.type ?? "scatter") === "scatter" && (trace.yaxis ?? "y") === "y" && !trace.meta?.level &&
  !trace.meta?.beside && trace.visible !== false && Array.isArray(trace.x) && Array.isArray(trace.y);

// Where a trace is drawn, with what it costs to cover it.
function pointsOf(trace, plot) {
  const marks = trace.mode?.includes("markers");
  const lines = trace.mode?.includes("lines");
  const points = [];
  let before;
  for (const [index, value] of trace.x.entries()) {
    const [x, y] = [plot.x.place(value), plot.y.place(trace.y[index])];
    const here = trace.y[index] !== null && Number.isFinite(x) && Number.isFinite(y) && { x, y };
    if (here && marks) points.push({ ...here, around: MARK, cost: ON_MARK });
    const far = here && before ? Math.hypot(x - before.x, y - before.y) : 0;
    for (let gone = 0; lines && gone < far; gone += NEAR_LINE) {
      const share = gone / far;
      const between = (from, to) => from + share * (to - from);
      points.push({ x: between(before.x, x), y: between(before.y, y), around: 1, cost: 1 });
    }
    before = here;
  }
  return points;
}

function cost({ left, bottom, wide, high }, taken, boxes, top) {
  const inside = ({ x, y, around }) =>
    x > left - around && x < left + wide + around &&
    y > bottom - around && y < bottom + high + around;
  const covers = (box) =>
    left < box.left + box.wide && box.left < left + wide &&
    bottom < box.bottom + box.high && box.bottom < bottom + high;
  const outside = bottom < 0 || bottom + high > top;
  const data = taken.filter(inside).reduce((sum, point) => sum + point.cost, 0);
  return data + 100 * (boxes.some(covers) + outside);
}
