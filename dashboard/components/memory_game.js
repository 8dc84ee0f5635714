// A game of `data.rounds` sequences. A sequence is shown symbol by symbol, a symbol every
// `data.seconds`; then the visitor gives its marked symbols in order, is told what was right, and
// sees it whole. `data.rungs` has a sequence for each round at each length, and says on which rung
// the next round stands. All answers go to the server at the end, as the trigger `ended`.

const VISIBLE_SHARE = 0.8; // of the time of a symbol: two equal ones are told apart by the gap
const HEARD = { "·": "blank", ">": "answer soon" };
// Enter and Space press these.
const PRESSES = "button, a, summary";
// The keys of these elements are theirs.
const TAKES_KEYS =
  "input, textarea, select, [contenteditable], [role=combobox], [role=option], [role=slider]";

function build(parent) {
  parent.insertAdjacentHTML(
    "beforeend",
    `<div class="memory-game">
      <ol class="rounds" aria-label="Sequences of this game"></ol>
      <div class="stage"><span aria-hidden="true"></span><small aria-hidden="true"></small></div>
      <div class="heard" aria-live="assertive" aria-atomic="true"></div>
      <p role="status" tabindex="-1"></p>
      <div class="presses" role="group" aria-label="What you can press"></div>
    </div>`,
  );
  const [rounds, stage, heard, status, presses] = parent.lastElementChild.children;
  const [symbol, step] = stage.children;
  return { rounds, stage, symbol, step, heard, status, presses };
}

const rungOf = (player) => player.data.rungs[player.rung];
const sequenceOf = (player) => rungOf(player).sequences[player.answers.length];

// What is to be answered: the marked symbols in order.
function wanted(player) {
  const { symbols, marks } = sequenceOf(player);
  return marks.map((mark) => symbols[mark]).join("");
}

function ready(player) {
  stop(player);
  Object.assign(player, { rung: 0, answers: [], results: [], phase: "ready" });
  player.presses.hidden = false;
  stage(player, "");
  tally(player);
  say(
    player,
    `${player.data.question} ${player.data.rounds} sequences, the first of ` +
      `${rungOf(player).length} symbols: a longer one comes after each that you remember, a ` +
      "shorter one after each that you do not.",
  );
  offer(player, ["Start", () => show(player), "primary"]);
}

function show(player) {
  const { symbols } = sequenceOf(player);
  player.phase = "show";
  stage(player, "");
  say(player, player.data.question);
  offer(player);
  player.status.focus({ preventScroll: true });
  let step = 0;
  const next = () => {
    if (step === symbols.length) {
      ask(player);
      return;
    }
    const milliseconds = 1000 * player.data.seconds;
    const symbol = symbols[step++];
    stage(player, symbol, `step ${step} of ${symbols.length}`);
    player.heard.textContent = HEARD[symbol] ?? symbol;
    player.timers = [
      setTimeout(() => stage(player, "", player.step.textContent), VISIBLE_SHARE * milliseconds),
      setTimeout(next, milliseconds),
    ];
  };
  player.timers = [setTimeout(next, 1000 * player.data.seconds)];
}

function ask(player) {
  player.phase = "ask";
  player.pressed = "";
  const { choices, question } = player.data;
  const touched = window.matchMedia("(hover: none)").matches;
  say(player, `${question} ${touched ? "Tap." : "Press here, or the numbers on a keyboard."}`);
  offer(
    player,
    ...[...choices].map((symbol) => [symbol, () => choose(player, symbol), "choice"]),
    ...(wanted(player).length > 1 ? [["Undo", () => undo(player)]] : []),
  );
  slots(player);
  player.status.focus({ preventScroll: true });
}

function choose(player, symbol) {
  player.pressed += symbol;
  slots(player);
  if (player.pressed.length === wanted(player).length) tell(player);
}

function undo(player) {
  player.pressed = player.pressed.slice(0, -1);
  slots(player);
}

function slots(player) {
  const open = "_".repeat(wanted(player).length - player.pressed.length);
  stage(player, [...player.pressed, ...open].join(" "));
  player.stage.classList.add("slots");
  player.heard.textContent = player.pressed.at(-1) ?? "";
}

function tell(player) {
  player.phase = "tell";
  const { data, pressed } = player;
  const { answers, fewestRight, length, next } = rungOf(player);
  const answer = wanted(player);
  const size = answer.length / answers;
  let right = 0;
  for (let start = 0; start < answer.length; start += size) {
    right += answer.slice(start, start + size) === pressed.slice(start, start + size);
  }
  const remembered = right >= fewestRight;
  reveal(player);
  const spelt = (symbols) => [...symbols].join(" ");
  const verdict = answers > 1 ? `${right} of ${answers} right` : right ? "Right" : "Wrong";
  const both = answer === pressed ? "" : `, you answered ${spelt(pressed)}`;
  player.results.push({ length, remembered });
  player.answers.push(pressed);
  player.rung = next[Number(remembered)];
  const over = player.answers.length === data.rounds;
  say(player, `${verdict}: it was ${spelt(answer)}${both}.${over ? " That was the last one." : ""}`);
  if (over) {
    end(player);
  } else {
    tally(player);
    const following = [`Next: T = ${rungOf(player).length}`, () => show(player), "primary"];
    offer(player, following, ["End here", () => end(player)]);
    player.presses.firstChild.focus({ preventScroll: true });
  }
}

function end(player) {
  player.phase = "end";
  tally(player);
  offer(player);
  player.presses.hidden = true; // room for the result, which comes below
  player.status.focus({ preventScroll: true });
  player.send({ game: player.data.game, answers: player.answers });
}

function stop(player) {
  for (const timer of player.timers ?? []) clearTimeout(timer);
}

function stage(player, symbol, step = "") {
  player.stage.className = "stage";
  player.symbol.textContent = symbol;
  player.step.textContent = step;
}

// The whole sequence, with what was to be remembered marked.
function reveal(player) {
  const { symbols, marks } = sequenceOf(player);
  stage(player, "");
  player.stage.classList.add("whole");
  player.heard.textContent = "";
  player.symbol.replaceChildren(
    ...[...symbols].map((symbol, step) => {
      const one = document.createElement(marks.includes(step) ? "mark" : "i");
      one.textContent = symbol;
      return one;
    }),
  );
}

function say(player, text) {
  player.status.textContent = text;
}

// The rounds so far, with their lengths.
function tally(player) {
  const { rounds } = player.data;
  player.rounds.replaceChildren(
    ...Array.from({ length: rounds }, (_, round) => {
      const one = document.createElement("li");
      const result = player.results[round];
      if (result) {
        one.textContent = `${result.length} ${result.remembered ? "✓" : "✗"}`;
        one.ariaLabel = `${result.length} steps, ${result.remembered ? "" : "not "}remembered`;
      } else if (round === player.results.length && player.phase !== "end") {
        one.textContent = rungOf(player).length;
        one.ariaCurrent = "step";
      } else {
        one.textContent = "–";
      }
      return one;
    }),
  );
}

function offer(player, ...buttons) {
  player.presses.replaceChildren(
    ...buttons.map(([text, press, kind = ""], place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = kind;
      button.textContent = text;
      button.onclick = press;
      if (kind === "choice") {
        const key = `<kbd aria-hidden="true">${place + 1}</kbd>`;
        button.setAttribute("aria-keyshortcuts", place + 1);
        button.insertAdjacentHTML("beforeend", key);
      }
      return button;
    }),
  );
}

// The choice that a key stands for: its number or itself.
function choiceOf(player, key) {
  const { choices } = player.data;
  return choices[key - 1] ?? [...choices].find((one) => one.toLowerCase() === key.toLowerCase());
}

export default function ({ data, parentElement, setTriggerValue }) {
  const player = (parentElement.player ??= build(parentElement));
  const another = player.data?.game !== data.game;
  player.data = data;
  player.send = (ended) => setTriggerValue("ended", ended);
  if (another) ready(player);
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest?.(TAKES_KEYS)) return;
    if (player.phase !== "ask") {
      const first = player.presses.firstChild;
      if (!first || ![" ", "Enter"].includes(event.key) || event.target.closest?.(PRESSES)) return;
      event.preventDefault();
      first.click();
      return;
    }
    const choice = choiceOf(player, event.key);
    if (!choice && event.key !== "Backspace") return;
    event.preventDefault();
    event.stopPropagation(); // some letters are shortcuts of the page
    if (choice) choose(player, choice);
    else undo(player);
  };
  if (player.press) window.removeEventListener("keydown", player.press, true);
  player.press = press;
  window.addEventListener("keydown", press, true);
  return () => {
    if (player.press !== press) return; // a later call has taken over
    stop(player);
    window.removeEventListener("keydown", press, true);
  };
}
