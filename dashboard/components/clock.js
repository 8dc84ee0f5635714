// The clock of a page: Play, Pause and a slider over training steps. Every chart that has such a
// step follows it (see live_chart.js), and so does the row of memory spans, whose HTML `data.rows`
// has by step. `data.steps` ascend; the last one is the end of training, where the clock opens unless
// it is to go on `data.fromStart`.

const TICK_MILLISECONDS = 220;
// The keys of these elements are theirs.
const TAKES_SPACE =
  "button, a, summary, select, textarea, input:not([type=range]), [contenteditable], " +
  "[role=combobox], [role=option], [role=slider], [role=switch], [role=radio], [role=tab]";

const clock = (window.trainingClock ??= new EventTarget());

function build(parent) {
  parent.insertAdjacentHTML(
    "beforeend",
    `<div class="clock" role="group" aria-label="Replay of the training">
      <button type="button"></button>
      <input type="range" min="0" step="1" aria-label="Training step">
      <output aria-live="off"></output>
    </div>`,
  );
  const [button, slider, output] = parent.lastElementChild.children;
  return { button, slider, output, steps: [], place: 0, timer: undefined };
}

function show(player, place) {
  const { steps, rows } = player;
  player.place = place;
  player.slider.value = place;
  const [step, last] = [steps[place], steps.at(-1)].map((one) => one.toLocaleString("en"));
  player.output.textContent = `step ${step}`;
  player.slider.setAttribute("aria-valuetext", `step ${step} of ${last}`);
  const row = document.querySelector("[data-testid=memory-spans]");
  if (row && rows[place]) row.innerHTML = rows[place];
  clock.step = place === steps.length - 1 ? undefined : steps[place];
  clock.dispatchEvent(new Event("step"));
}

function pause(player) {
  clearInterval(player.timer);
  player.timer = undefined;
  player.button.textContent = "▶ Play";
  player.button.title = "Space plays and pauses";
}

function play(player) {
  const last = player.steps.length - 1;
  if (player.place === last) show(player, 0);
  player.button.textContent = "❚❚ Pause";
  player.timer = setInterval(() => {
    show(player, player.place + 1);
    if (player.place === last) pause(player);
  }, TICK_MILLISECONDS);
}

export default function ({ data, parentElement }) {
  const player = (parentElement.player ??= build(parentElement));
  const toggle = () => (player.timer ? pause(player) : play(player));
  const drag = () => {
    pause(player);
    show(player, Number(player.slider.value));
  };
  const press = (event) => {
    if (event.code !== "Space" || event.target.closest(TAKES_SPACE)) return;
    event.preventDefault();
    toggle();
  };
  const atEnd = player.place >= player.steps.length - 1;
  const same = player.source === data.source;
  Object.assign(player, { steps: data.steps, rows: data.rows, source: data.source });
  player.slider.max = data.steps.length - 1;
  if (!same) pause(player);
  // A run in training grows: who looks at its end goes on looking there.
  const opens = data.fromStart ? 0 : data.steps.length - 1;
  show(player, !same ? opens : atEnd ? data.steps.length - 1 : player.place);
  player.button.onclick = toggle;
  player.slider.oninput = drag;
  if (player.press) document.removeEventListener("keydown", player.press);
  player.press = press;
  document.addEventListener("keydown", press);
  return () => {
    if (player.press !== press) return; // a later call has taken over
    pause(player);
    document.removeEventListener("keydown", press);
    clock.step = undefined;
    clock.dispatchEvent(new Event("step"));
  };
}
