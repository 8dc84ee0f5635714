// The picture of a walk, as SVG: a column for each time step; above what is computed forward, below
// bars for the size of the gradient on its way back. Each group knows the frame in which it comes
// (`data-from`) and those in which it is lit (`data-lit`).

const NARROW = 640; // pixels
const LEAST_BAR = 60;
const MOST_BAR = 230;
const BELOW = 116; // pixels for the equations under the picture
const LEAST_HEIGHT = 330;
const LEAST_TYPE = 12;
const BOX = 0.84; // the width of a state's box, as a share of its column
const LETTER = 0.54; // the width of one, as a share of the type's size

function svg(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

// The frames, in order: T steps forward, the loss, T - 1 steps back, the end.
function frameNumbers(steps) {
  return { forward: (t) => t - 1, back: (t) => 2 * steps - t, end: 2 * steps };
}

// Where everything stands; `states` are the rows of the states, from top to bottom. `grown` is how
// much larger it is in lecture mode.
function layOut(element, { columns, states, presented }) {
  const width = element.offsetWidth;
  const narrow = width < NARROW;
  const type = getComputedStyle(element).getPropertyValue("--type") && presented;
  const size = type ? parseFloat(getComputedStyle(element).fontSize) : narrow ? LEAST_TYPE : 14;
  const grown = Math.max(1, size / 14);
  const small = narrow || presented ? size : size - 2;
  const left = narrow ? 42 : 132 * grown;
  const wide = Math.max((width - left) / (columns.length + 1), columnOf(columns, states, narrow, size));
  const main = element.closest("[data-testid=stMain]");
  const top = element.getBoundingClientRect().top + (main?.scrollTop ?? 0);
  const height = Math.max(LEAST_HEIGHT, window.innerHeight - top - BELOW);
  const rows = {};
  let y = 16 * grown;
  rows.step = y;
  for (const state of states) rows[state] = y += 30 * grown;
  rows.x = y += 30 * grown;
  const details = narrow || states.length > 1 ? 0 : 14 * grown;
  const lanes = states.length * 34 * grown + details;
  const room = height - y - 36 - states.length * 17 * grown - lanes;
  const bar = Math.max(LEAST_BAR, Math.min(MOST_BAR, room));
  rows.baseline = y += 30 + bar;
  for (const state of states) rows[`gradient ${state}`] = y += 17 * grown;
  for (const state of states) rows[`lane ${state}`] = (y += 34 * grown) - 8;
  return { width, narrow, left, wide, bar, rows, height: y + 6 + details, size, small, grown };
}

// The least width of a column in which its numbers can be read: with many of them the picture is
// wider than its place, and is scrolled.
function columnOf(columns, states, narrow, size) {
  const longest = (name) => {
    const texts = columns.flatMap((one) => states.map((state) => readable({ narrow }, one[name][state])));
    return Math.max(...texts.map((text) => text.length)) * LETTER * size + 5;
  };
  return Math.max(longest("states") / BOX, longest("gradients"));
}

function draw(element, data) {
  const place = layOut(element, data);
  const { height } = place;
  const width = place.left + place.wide * (data.columns.length + 1);
  const picture = svg("svg", { width, height, role: "img" });
  const names = svg("svg", { width: place.left, height, class: "names", "aria-hidden": true });
  element.geometry = place;
  element.replaceChildren(picture, names);
  picture.append(svg("rect", { class: "spotlight", y: 0, height, rx: 6 }));
  names.append(...rowNames(place, data));
  const high = heights(place, data);
  const steps = data.columns.length;
  const number = frameNumbers(steps);
  for (const [index, column] of data.columns.entries()) {
    const t = index + 1;
    picture.append(
      ...forwardStep(place, data, column, t, number),
      ...gradientAt(place, data, column, t, number, high),
      ...arrowsFrom(place, data, column, t, number),
    );
  }
  picture.append(lossBox(place, data, steps, number), hint(place, steps, number));
  picture.append(whatIsLeft(place, data, high, number));
}

// How high the bar of a value is. Each state has its own scale: the loss pulls on h first.
function heights({ bar }, { columns, states }) {
  const largest = {};
  for (const state of states) {
    const values = columns.map(({ gradients }) => gradients[state].value);
    if (state === "c") values.push(...columns.map(({ additive }) => additive.value));
    largest[state] = Math.max(...values.map(Math.abs));
  }
  return (state, { value }) => (largest[state] ? (Math.abs(value) / largest[state]) * bar : 0);
}

const middle = ({ left, wide }, t) => left + wide * (t - 0.5);

function group(from, lit, ...children) {
  const element = svg("g", { "data-from": from, "data-lit": lit.join(" ") });
  element.append(...children);
  return element;
}

// A text that is made smaller where it is wider than its room.
function label(text, x, y, size, room) {
  const shown = text.replaceAll(" · ", "·");
  const fitted = Math.max(Math.min(size, LEAST_TYPE), Math.min(size, room / (shown.length * LETTER)));
  return svg("text", { x, y, "font-size": fitted, "text-anchor": "middle" }, shown);
}

// A number as there is room for it.
const readable = ({ narrow }, { text, short }) => (narrow ? short : text);

function rowNames({ rows, narrow, size, small: less, grown }, { states, names: full }) {
  const say = (text, y) => svg("text", { x: 0, y, "font-size": size }, text);
  const small = (text, y) => svg("text", { x: 0, y, "font-size": less }, text);
  const names = states.flatMap((state) => [
    say(narrow ? state : full[state], rows[state] + 5),
    say(`∂L/∂${state}`, rows[`gradient ${state}`]),
  ]);
  const lanes = states.length > 1 ? { c: "along c", h: "through h" } : { h: "factor" };
  for (const state of states) {
    const short = states.length > 1 ? state : "×";
    names.push(say(narrow ? short : lanes[state], rows[`lane ${state}`] + 4));
  }
  names.push(say(narrow ? "x" : "x, input", rows.x + 5));
  if (!narrow) {
    const about = ["size of the gradient"];
    if (states.length > 1) about.push("c and h have own scales", "dashed: along c alone");
    names.push(...about.map((text, i) => small(text, rows.baseline - 3 - 16 * grown * (about.length - 1 - i))));
  }
  return names;
}

function forwardStep(place, { states, colors, columns }, column, t, number) {
  const { rows, wide, size, small, grown } = place;
  const x = middle(place, t);
  const now = number.forward(t);
  const back = t > 1 ? [number.back(t - 1)] : [];
  const boxes = states.map((state) => {
    const { value } = column.states[state];
    const half = Math.min((wide * BOX) / 2, 44 * grown);
    const look = { fill: colors[state], stroke: colors[state], "stroke-width": 1.5, rx: 5 };
    const shade = { "fill-opacity": Math.min(Math.abs(value), 1) * 0.3 };
    const box = { x: x - half, y: rows[state] - 12 * grown, width: 2 * half, height: 24 * grown };
    return group(
      now,
      [now, t === columns.length ? number.back(t) : now + 1, ...back],
      svg("rect", { ...box, ...look, ...shade }),
      label(readable(place, column.states[state]), x, rows[state] + 5, size, 2 * half - 4),
    );
  });
  const arrows = t > 1 ? states.map((state) => forwardArrow(place, colors, state, t)) : [];
  const input = label(readable(place, column.x), x, rows.x + 5, size, wide - 4);
  const step = label(place.narrow ? String(t) : `step ${t}`, x, rows.step, small, wide);
  const always = group(0, [now, number.back(t), ...back], step);
  return [always, ...boxes, group(now, [now], input), group(now, [now], ...arrows)];
}

function forwardArrow(place, colors, state, t) {
  const half = Math.min((place.wide * BOX) / 2, 44 * place.grown);
  const y = place.rows[state];
  return arrow(middle(place, t - 1) + half + 1, middle(place, t) - half - 1, y, colors[state]);
}

// An arrow from one place to another on the same height.
function arrow(from, to, y, color) {
  const tip = 5 * Math.sign(to - from);
  const path = `M${from} ${y}H${to}m${-tip} -4l${tip} 4l${-tip} 4`;
  return svg("path", { d: path, fill: "none", stroke: color, "stroke-width": 1.8 });
}

function lossBox(place, { loss }, steps, number) {
  const { rows, wide, size, small, narrow, grown } = place;
  const x = middle(place, steps + 1);
  const half = Math.min((wide * BOX) / 2, 44 * grown);
  const box = { x: x - half, y: rows.h - 12 * grown, width: 2 * half, height: 24 * grown, rx: 12 };
  const at = number.back(steps);
  return group(
    at,
    [at],
    svg("rect", { ...box, fill: "none", stroke: "#808495", "stroke-width": 1.5 }),
    label(narrow ? "L" : "loss L", x, rows.step, small, wide),
    label(readable(place, loss), x, rows.h + 5, size, 2 * half - 4),
    arrow(middle(place, steps) + half + 1, x - half - 1, rows.h, "#808495"),
  );
}

// Where the gradient is going to be: how to get there.
function hint(place, steps, number) {
  const { rows, left, wide, bar, size, narrow, width } = place;
  const then = narrow ? "" : ": forward to the loss, then the gradient comes back";
  const touched = window.matchMedia("(hover: none)").matches;
  const text = `${touched ? "Tap Next" : "Press → or Next"}${then}.`;
  const room = Math.min(wide * steps, width - left);
  const words = label(text, left + room / 2, rows.baseline - bar / 2, size, room);
  words.style.fontWeight = 400;
  const until = number.back(steps);
  const element = group(0, [...Array(until).keys()], words);
  element.dataset.until = until;
  return element;
}

function whatIsLeft(place, { columns, states, left }, high, number) {
  const [memory] = states;
  const y = place.rows.baseline - high(memory, columns[0].gradients[memory]) - 8;
  const at = { x: middle(place, 1) - place.wide * 0.4, y, "font-size": place.size + 5 };
  return group(number.end, [number.end], svg("text", at, left));
}

function gradientAt(place, { states, colors, columns }, column, t, number, high) {
  const { rows, wide, size } = place;
  const x = middle(place, t);
  const come = number.back(t);
  const ends = t === 1 || t === columns.length ? [number.end] : [];
  const lit = [come, come + 1, ...ends];
  const each = Math.min(wide * 0.7, 70 * place.grown) / states.length;
  const shapes = states.map((state, index) => {
    const height = high(state, column.gradients[state]);
    const left = x + each * (index - states.length / 2) + 1;
    const where = { x: left, y: rows.baseline - height, width: each - 2, height };
    return svg("rect", { ...where, class: "bar", fill: colors[state], "data-state": state });
  });
  if (column.additive) {
    const height = high("c", column.additive);
    const where = { x: x - each + 1, y: rows.baseline - height, width: each - 2, height };
    const look = { class: "bar", fill: "none", stroke: "var(--st-text-color)" };
    shapes.push(svg("rect", { ...where, ...look, "stroke-width": 1.5, "stroke-dasharray": "3 2" }));
  }
  const numbers = states.map((state) =>
    label(readable(place, column.gradients[state]), x, rows[`gradient ${state}`], size, wide - 4),
  );
  const line = svg("path", { d: `M${x - wide / 2} ${rows.baseline}h${wide}`, stroke: "#808495" });
  return [line, group(come, lit, ...shapes, ...numbers)];
}

function arrowsFrom(place, { states, colors }, column, t, number) {
  const { rows, wide, size, small, narrow, grown } = place;
  const come = number.back(t - 1);
  return column.arrows.map(({ state, label: text, detail }) => {
    const y = rows[`lane ${state}`];
    const between = (middle(place, t) + middle(place, t - 1)) / 2;
    const shown = narrow ? text.replace(/[×+] /, "").replace(/[()]/g, "") : text;
    const parts = [
      arrow(middle(place, t) - 4, middle(place, t - 1) + 4, y + 6, colors[state]),
      label(shown, between, y, size, wide - 6),
    ];
    if (!narrow && states.length === 1) {
      parts.push(label(`= ${detail}`, between, y + 21 * grown, small, wide - 6));
    }
    return group(come, [come, number.end], ...parts);
  });
}
