// A walk forward through the time steps of a sequence and back again, frame by frame. `data.columns`
// are the time steps, `data.frames` what happens; both come whole, so that a key or a press of a
// button is answered here, without the server. See models/diagnostics/way_back/frames.py.

const PLAY_MILLISECONDS = 2500;
const MOVES = {
  ArrowLeft: (place) => place - 1,
  ArrowRight: (place) => place + 1,
  Home: () => 0,
  End: () => Infinity,
};
const CHOICE = "[data-testid=stButtonGroup]"; // of a cell: arrow keys go from one to the next
// The keys of these elements are theirs.
const TAKES_ARROWS =
  "input, select, textarea, [contenteditable], [role=combobox], [role=option], [role=slider], " +
  `[role=radio], [role=tab], ${CHOICE}`;
const TAKES_SPACE = `${TAKES_ARROWS}, button, a, summary, [role=switch]`;

function build(parent) {
  parent.insertAdjacentHTML(
    "beforeend",
    `<div class="walk" role="group" aria-label="The walk, step by step">
      <div class="walk-player">
        <button type="button" title="The key ←">◀ Back</button>
        <button type="button" title="Space plays and pauses"></button>
        <button type="button" title="The key →">Next ▶</button>
        <input type="range" min="0" step="1" aria-label="Step of the walk">
        <output aria-live="off"></output>
      </div>
      <p class="walk-sentence" aria-live="polite"></p>
      <div class="walk-picture"></div>
      <div class="walk-equations"></div>
    </div>`,
  );
  const [player, sentence, picture, equations] = parent.lastElementChild.children;
  const [back, toggle, next, slider, output] = player.children;
  const walk = { back, toggle, next, slider, output, sentence, picture, equations, place: 0 };
  back.onclick = () => go(walk, walk.place - 1);
  next.onclick = () => go(walk, walk.place + 1);
  toggle.onclick = () => (walk.timer ? pause(walk) : play(walk));
  slider.oninput = () => go(walk, Number(slider.value));
  walk.press = (event) => press(walk, event);
  // Who has chosen a cell goes on with the walk.
  walk.choose = ({ target }) => {
    if (target.closest(CHOICE)) setTimeout(() => slider.focus({ preventScroll: true }));
  };
  walk.redraw = () => {
    draw(picture, walk.data);
    light(walk);
  };
  walk.watch = new ResizeObserver(() => {
    if (picture.offsetWidth !== picture.geometry.width) walk.redraw();
  });
  return walk;
}

function show(walk, place) {
  const { frames } = walk.data;
  const last = frames.length - 1;
  walk.place = Math.max(0, Math.min(place, last));
  const frame = frames[walk.place];
  walk.back.disabled = walk.place === 0;
  walk.next.disabled = walk.place === last;
  walk.slider.value = walk.place;
  walk.output.textContent = `${walk.place + 1} of ${frames.length}`;
  walk.slider.setAttribute("aria-valuetext", `${walk.output.textContent}: ${frame.phase}`);
  walk.sentence.textContent = frame.sentence;
  walk.equations.replaceChildren(...product(frame), ...frame.equations.map(line));
  light(walk);
}

function line(text) {
  const element = document.createElement("div");
  element.textContent = text;
  return element;
}

// The running product; the factor that has just come stands out.
function product({ product, product_of: name, result }) {
  if (!product.length) return [];
  const element = line(`${name} = `);
  element.className = "product";
  for (const [place, factor] of product.entries()) {
    const bold = document.createElement("b");
    bold.textContent = factor;
    element.append(place ? " × " : "", bold);
  }
  element.append(` = ${result}`);
  return [element];
}

// Shows what has come so far, and dims all that does not change in this frame.
function light({ picture, data, place }) {
  for (const group of picture.querySelectorAll("g[data-from]")) {
    const lit = group.dataset.lit.split(" ").includes(String(place));
    const { from, until = Infinity } = group.dataset;
    group.classList.toggle("unseen", place < from || place >= until);
    group.classList.toggle("lit", lit);
    group.classList.toggle("dim", !lit);
  }
  const spot = picture.querySelector(".spotlight");
  const { left, wide } = picture.geometry;
  const { phase, t } = data.frames[place];
  const first = Math.max(0, phase === "forward" ? t - 2 : t - 1);
  spot.style.x = `${left + wide * first}px`;
  spot.style.width = `${phase === "end" ? 0 : wide * (t === 1 && phase === "forward" ? 1 : 2)}px`;
  const seen = picture.offsetWidth - left;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const to = phase === "end" ? 0 : wide * (first + 1) - seen / 2;
  picture.scrollTo({ left: to, behavior: still ? "instant" : "smooth" });
  picture.firstElementChild.setAttribute("aria-label", inWords(data, place));
}

// The numbers that are in the picture by now.
function inWords({ columns, states }, place) {
  const steps = columns.length;
  const numbers = (name, of, come) => {
    const shown = columns.filter((_, index) => come(index + 1));
    return shown.map((one) => `${of(one).text} at step ${columns.indexOf(one) + 1}`).join(", ");
  };
  const parts = [];
  for (const state of states) {
    const forward = numbers(state, (one) => one.states[state], (t) => t - 1 <= place);
    const back = numbers(state, (one) => one.gradients[state], (t) => 2 * steps - t <= place);
    parts.push(`${state}: ${forward}.`, back && `∂L/∂${state}: ${back}.`);
  }
  return parts.filter(Boolean).join(" ");
}

function pause(walk) {
  clearInterval(walk.timer);
  walk.timer = undefined;
  walk.toggle.textContent = "▶ Play";
}

function play(walk) {
  const atEnd = () => walk.place === walk.data.frames.length - 1;
  if (atEnd()) show(walk, 0);
  walk.toggle.textContent = "❚❚ Pause";
  walk.timer = setInterval(() => {
    show(walk, walk.place + 1);
    if (atEnd()) pause(walk);
  }, PLAY_MILLISECONDS);
}

function go(walk, place) {
  pause(walk);
  show(walk, place);
}

function press(walk, event) {
  const { key, code, target } = event;
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  const inLesson = document.querySelector(".st-key-lesson_text"); // which arrow keys lead through
  if (MOVES[key] && !inLesson && (target === walk.slider || !target.closest(TAKES_ARROWS))) {
    go(walk, MOVES[key](walk.place));
  } else if (code === "Space" && (target === walk.slider || !target.closest(TAKES_SPACE))) {
    if (walk.timer) pause(walk);
    else play(walk);
  } else return;
  event.preventDefault();
}

export default function ({ data, parentElement }) {
  const walk = (parentElement.walk ??= build(parentElement));
  const atEnd = walk.data && walk.place === walk.data.frames.length - 1;
  walk.data = data;
  walk.slider.max = data.frames.length - 1;
  draw(walk.picture, data);
  if (!walk.timer) pause(walk);
  // Who looks at the end goes on looking there, whatever is changed.
  show(walk, atEnd ? data.frames.length - 1 : walk.place);
  walk.watch.observe(walk.picture);
  window.addEventListener("resize", walk.redraw);
  document.addEventListener("keydown", walk.press);
  document.addEventListener("click", walk.choose, true); // it does not bubble
  return () => {
    pause(walk);
    walk.watch.disconnect();
    window.removeEventListener("resize", walk.redraw);
    document.removeEventListener("keydown", walk.press);
    document.removeEventListener("click", walk.choose, true);
  };
}
