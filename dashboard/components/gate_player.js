// Walks through a sequence: one unit and one time step of a cell, chosen by a click on the heat map,
// by keys, by Play, slider and menu. The numbers of all units and steps are in `data`, so that no
// step asks the server. It moves every chart whose `layout.meta.follows` is "cell", the equation and
// the sentences, and keeps unit and step in the address.
//
// A text such as "f = {f}" has slots: {f} is the gate f of the unit at the step, {c-} the state c one
// step before, {1-z} what is left of z to 1; {t}, {unit} and {input} are where one is. {f:3} has three
// decimals instead of two, {(f)} brackets where it is negative.

const TICK_MILLISECONDS = 350;
const ADDRESS_MILLISECONDS = 300;
const CHANGED = 0.1; // from one step to the next: what changes by more is lit up
const SLOT = /\{(\(?)([\w-]+)\)?(?::(\d))?\}/g;
const OWN_KEYS =
  "summary, select, textarea, input, [contenteditable], [role=combobox], [role=option], " +
  "[role=slider], [role=radio], [role=tab], .modebar-btn";
const PRESSED_BY_SPACE = `button, a, [role=switch], ${OWN_KEYS}`;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function build(parent) {
  parent.insertAdjacentHTML(
    "beforeend",
    `<div class="gate-player" role="group" aria-label="Walk through the sequence">
      <div class="bar">
        <button type="button" class="play" title="Space plays and pauses"></button>
        <button type="button" class="back" aria-label="One step back" title="← key">←</button>
        <input type="range" step="1" aria-label="Time step">
        <button type="button" class="on" aria-label="One step on" title="→ key">→</button>
        <label>Unit <select></select></label>
      </div>
      <p class="at"><output></output> <span class="change"></span></p>
      <div class="equation"></div>
      <p class="words" aria-live="polite"></p>
      <p class="details"></p>
      <div class="edit" role="group"></div>
      <p class="note" role="status"></p>
    </div>`,
  );
  const root = parent.lastElementChild;
  const find = (selector) => root.querySelector(selector);
  return {
    play: find(".play"), back: find(".back"), on: find(".on"), slider: find("input"),
    menu: find("select"), at: find("output"), change: find(".change"), equation: find(".equation"),
    words: find(".words"), details: find(".details"), edit: find(".edit"),
    note: find(".note"),
    unit: undefined, place: undefined, timer: undefined,
  };
}

// What a slot stands for at a place of the sequence; null where it is no finite number or not known.
function valueOf(player, slot, place = player.place) {
  const { values, t, unit } = player.data;
  const from = slot.startsWith("1-") ? slot.slice(2) : slot.replace(/-$/, "");
  const at = slot.endsWith("-") ? place - 1 : place;
  if (at < 0) return t[0] === 1 ? 0 : null; // before its first step a state is 0
  const value = values[from]?.[at]?.[player.unit - 1] ?? null;
  return value !== null && slot.startsWith("1-") ? 1 - value : value;
}

function number(value, digits) {
  if (value === null) return "–";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) ? `−${text}` : text;
}

function changes(player, slot) {
  const [now, before] = [valueOf(player, slot), valueOf(player, slot, player.place - 1)];
  return player.place > 0 && now !== null && before !== null && Math.abs(now - before) > CHANGED;
}

function filled(player, text) {
  const where = { t: player.data.t[player.place], unit: player.unit, input: inputOf(player) };
  return text.replace(SLOT, (_, bracket, slot, digits) => {
    if (slot in where) return where[slot];
    const value = valueOf(player, slot);
    const shown = number(value, Number(digits ?? 2));
    const whole = bracket && shown.startsWith("−") ? `(${shown})` : shown;
    return changes(player, slot) ? `<b>${whole}</b>` : whole;
  });
}

function inputOf(player) {
  return player.data.inputs[player.place] ?? "";
}

// Shows the unit and the step wherever they are shown, and notes them in the address.
function show(player, unit, place) {
  const { t, words, details, equation } = player.data;
  player.unit = Math.min(Math.max(unit, 1), words.length);
  player.place = Math.min(Math.max(place, 0), t.length - 1);
  player.slider.value = player.place;
  player.menu.value = player.unit;
  const input = inputOf(player);
  player.at.textContent = `t = ${t[player.place]}${input && `, input ${input}`}`;
  player.slider.setAttribute("aria-valuetext", `step ${t[player.place]} of ${t.at(-1)}`);
  player.equation.innerHTML = filled(player, equation);
  player.change.innerHTML = inWords(player);
  player.words.textContent = words[player.unit - 1] ?? "";
  player.details.textContent = details[player.unit - 1] ?? "";
  showEdit(player);
  for (const element of followers().reverse()) follow(element); // the diagram first
  keepAddressSoon(player);
}

// Which gates and states have changed since the step before, and by how much.
function inWords(player) {
  const changed = Object.keys(player.data.values).filter((name) => changes(player, name));
  const texts = changed.map((name) => {
    const before = number(valueOf(player, name, player.place - 1), 2);
    return `<b>${name}</b> ${before} → ${number(valueOf(player, name), 2)}`;
  });
  return texts.length ? `Changes: ${texts.join(", ")}` : "";
}

function pause(player) {
  clearInterval(player.timer);
  player.timer = undefined;
  player.play.textContent = "▶ Play";
  player.words.ariaLive = "polite";
}

function play(player) {
  const last = player.data.t.length - 1;
  if (player.place === last) show(player, player.unit, 0);
  player.play.textContent = "❚❚ Pause";
  player.words.ariaLive = "off";
  player.timer = setInterval(() => {
    show(player, player.unit, player.place + 1);
    if (player.place === last) pause(player);
  }, TICK_MILLISECONDS);
}

function choose(player, unit, place) {
  pause(player);
  show(player, unit, place);
}

// The address

function keepAddressSoon(player) {
  clearTimeout(player.address);
  player.address = setTimeout(() => keepAddress(player), ADDRESS_MILLISECONDS);
}

function keepAddress(player) {
  const address = new URL(location.href);
  address.searchParams.set("unit", player.unit);
  address.searchParams.set("t", player.data.t[player.place]);
  if (address.href !== location.href) history.replaceState(history.state, "", address);
}

function fromAddress({ t, words }) {
  const asked = new URL(location.href).searchParams;
  const unit = Number(asked.get("unit"));
  const place = t.indexOf(Number(asked.get("t") ?? NaN));
  return { unit: unit >= 1 && unit <= words.length ? unit : undefined, place };
}

// The charts

const followers = () =>
  [...document.querySelectorAll(".live-chart")].filter(
    (element) => element.layout?.meta?.follows === "cell",
  );

// A chart takes one change after the other, and of those that wait only the last. Marks are laid over
// it, since Plotly would draw all of a heat map again to move a line.
function follow(element) {
  const { chart } = element;
  mark(window.gatePlayer, element);
  if (chart.due) return;
  chart.due = true;
  chart.work = chart.work.then(() => {
    chart.due = false;
    const player = window.gatePlayer;
    if (player && element.data && element.isConnected) return redraw(player, element);
  }).catch(reportError);
}

// Marks the step, and in heat maps the unit.
function mark(player, element) {
  const { _fullLayout: full, data: traces, layout } = element;
  if (!player || !full?.xaxis || !layout.meta.timed) return;
  const maps = traces.filter((trace) => trace.uid.startsWith("map_"));
  const axes = maps.map(({ yaxis }) => full[`yaxis${yaxis.slice(1)}`]);
  const { t, h } = full._size;
  const across = (step, half) => between(full.xaxis, step - half, step + half);
  const down = (axis, unit) => {
    const row = layout.meta.order.indexOf(unit);
    return between(axis, row - 0.5, row + 0.5);
  };
  const whole = [full.xaxis._offset, full.xaxis._length];
  const step = player.data.t[player.place];
  const boxes = [["step", across(step, maps.length ? 0.5 : 0), [t, h]]];
  for (const axis of axes) {
    boxes.push(["unit", whole, down(axis, player.unit)]);
  }
  let marks = element.querySelector(":scope > .marks");
  if (!marks) {
    marks = Object.assign(document.createElement("div"), { className: "marks" });
    element.append(marks);
  }
  marks.replaceChildren(
    ...boxes.map(([className, [left, width], [top, height]]) => {
      const box = Object.assign(document.createElement("div"), { className });
      box.dataset.unit = player.unit;
      const place = { left, top, width, height };
      for (const [name, value] of Object.entries(place)) box.style[name] = `${value}px`;
      return box;
    }),
  );
}

// Where a chart has a range of an axis, in pixels: its beginning and its extent.
function between(axis, from, to) {
  const ends = [from, to].map((end) => Math.min(Math.max(axis.d2p(end), 0), axis._length));
  return [axis._offset + Math.min(...ends), Math.abs(ends[1] - ends[0])];
}

function redraw(player, element) {
  const { data: traces, layout } = element;
  const { meta } = layout;
  if (meta.words.includes("{")) {
    element.setAttribute("aria-label", filled(player, meta.words).replace(/<[^>]*>/g, ""));
  }
  const changed = {};
  for (const [place, note] of (layout.annotations ?? []).entries()) {
    const text = note.name && filled(player, note.name);
    if (text && text !== note.text) changed[`annotations[${place}].text`] = text;
  }
  const width = (slot) =>
    meta.thin + (meta.thick - meta.thin) * Math.min(Math.abs(valueOf(player, slot) ?? 0), 1);
  for (const [place, shape] of (layout.shapes ?? []).entries()) {
    const slot = shape.name?.startsWith("open ") && shape.name.slice(5);
    if (slot) changed[`shapes[${place}].line.width`] = width(slot);
  }
  const at = (kind) => traces.flatMap((trace, place) => (trace.meta?.[kind] ? [place] : []));
  const heads = at("open");
  const size = heads.map((place) => 9 + width(traces[place].meta.open));
  if (heads.length) return window.Plotly.update(element, { "marker.size": size }, changed, heads);
  const lines = at("value");
  if (!lines.every((place) => traces[place].meta.value in player.data.values)) return; // another cell's
  const shown = `${player.source} ${player.unit}`;
  if (!lines.length || element.chart.shown === shown) return;
  element.chart.shown = shown;
  const units = (name) => player.data.values[name].map((all) => all[player.unit - 1]);
  const y = lines.map((place) => units(traces[place].meta.value));
  return window.Plotly.update(element, { y }, changed, lines);
}

// What a pointer is at in a chart: a place of the sequence, and in a heat map a unit.
function pointed(element, { points: [point] }) {
  const unit = element.layout.meta.order && point.data.uid.startsWith("map_") && element.layout.meta.order[point.y];
  return { unit: unit || undefined, place: window.gatePlayer.data.t.indexOf(point.x) };
}

// A chart that has been drawn answers to the pointer, and a heat map to the keyboard.
function drawn({ target: element }) {
  if (element.layout?.meta?.follows !== "cell") return;
  element.chart.shown = undefined;
  follow(element);
  if (element.answers === element.on) return; // Plotly makes it anew where it has purged the chart
  element.answers = element.on;
  element.on("plotly_afterplot", () => mark(window.gatePlayer, element));
  element.on("plotly_click", (event) => {
    const player = window.gatePlayer;
    const { unit, place } = pointed(element, event);
    if (place >= 0) choose(player, unit ?? player.unit, place);
  });
  if (!element.layout.meta.order || element.tabIndex === 0) return;
  element.tabIndex = 0;
  element.addEventListener("keydown", (event) => walkOnMap(window.gatePlayer, element, event));
}

// In a heat map arrow keys go from unit to unit and from step to step.
function walkOnMap(player, element, event) {
  const by = ARROWS[event.key];
  if (!by || event.target !== element) return;
  const { order } = element.layout.meta;
  const row = Math.min(Math.max(order.indexOf(player.unit) + by[1], 0), order.length - 1);
  choose(player, order[row], player.place + by[0]);
  event.preventDefault();
  event.stopPropagation();
}

// A sequence of one's own

function showEdit(player) {
  const { choices, tokens, separator } = player.data;
  player.edit.hidden = !tokens;
  if (player.note.textContent !== player.data.note) player.note.textContent = player.data.note;
  if (!tokens) return;
  const label = `Input at t = ${player.data.t[player.place]}`;
  player.edit.ariaLabel = label;
  const own = tokens[player.place];
  const allowed = choices[player.place];
  if (player.edit.dataset.shown === `${player.place} ${tokens}`) return;
  player.edit.dataset.shown = `${player.place} ${tokens}`;
  player.edit.replaceChildren(`${label}: `);
  if (separator) {
    const field = document.createElement("input");
    Object.assign(field, { value: own, size: 7, ariaLabel: label });
    field.onchange = () => replace(player, field.value.replaceAll(/\s/g, ""));
    player.edit.append(field);
  }
  for (const symbol of allowed) {
    const press = document.createElement("button");
    Object.assign(press, { type: "button", textContent: symbol, ariaPressed: symbol === own });
    press.onclick = () => replace(player, symbol);
    player.edit.append(press);
  }
  if (!separator && !allowed) player.edit.append(`${own} (stays as it is)`);
}

function replace(player, token) {
  const { tokens, separator } = player.data;
  player.send("typed", tokens.with(player.place, token).join(separator));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const player = (parentElement.player ??= build(parentElement));
  const before = player.data;
  Object.assign(player, { data, source: data.source, send: setTriggerValue });
  window.gatePlayer = player;
  player.slider.min = 0;
  player.slider.max = data.t.length - 1;
  const units = data.words.map((_, unit) => new Option(String(unit + 1)));
  if (player.menu.length !== units.length) player.menu.replaceChildren(...units);
  // Another sequence of the same model is looked at in the same place.
  const step = before?.t[player.place];
  const asked = before ? { place: data.t.indexOf(step), unit: player.unit } : fromAddress(data);
  const kept = !before || before.model === data.model ? asked : { place: -1 };
  if (before?.source !== data.source) pause(player);
  const place = kept.place >= 0 ? kept.place : data.t.indexOf(data.step);
  show(player, kept.unit ?? data.unit, place);
  player.play.onclick = () => (player.timer ? pause(player) : play(player));
  player.slider.oninput = () => choose(player, player.unit, Number(player.slider.value));
  player.back.onclick = () => choose(player, player.unit, player.place - 1);
  player.on.onclick = () => choose(player, player.unit, player.place + 1);
  player.menu.onchange = () => choose(player, Number(player.menu.value), player.place);
  player.stop?.();
  const stop = (player.stop = listen(player));
  return () => {
    if (player.stop !== stop) return; // a later call has taken over
    pause(player);
    clearTimeout(player.address);
    stop();
    if (window.gatePlayer === player) window.gatePlayer = undefined;
  };
}

// The keys of the whole page, the charts, and the browser's Back and Forward.
function listen(player) {
  const press = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.code === "Space" && !event.target.closest(PRESSED_BY_SPACE)) player.play.click();
    else if (document.querySelector(".st-key-lesson_text")) return; // which they lead through
    else if (by && !event.target.closest(OWN_KEYS)) choose(player, player.unit, player.place + by);
    else return;
    event.preventDefault();
  };
  const back = () => {
    const { unit, place } = fromAddress(player.data);
    choose(player, unit ?? player.unit, place >= 0 ? place : player.place);
  };
  // The server does not know where one looks: its addresses are completed here, and who asks for a
  // QR code asks through the player, which says where.
  const complete = () => keepAddressSoon(player);
  const ask = (event) => {
    if (!event.target.closest(".st-key-qr_code button")) return;
    event.stopPropagation();
    player.send("asked", { unit: player.unit, t: player.data.t[player.place] });
  };
  document.addEventListener("keydown", press);
  document.addEventListener("drawn", drawn);
  document.addEventListener("click", ask, true);
  window.addEventListener("popstate", back);
  window.addEventListener("addresschange", complete);
  for (const element of followers()) drawn({ target: element });
  return () => {
    document.removeEventListener("keydown", press);
    document.removeEventListener("drawn", drawn);
    document.removeEventListener("click", ask, true);
    window.removeEventListener("popstate", back);
    window.removeEventListener("addresschange", complete);
  };
}
