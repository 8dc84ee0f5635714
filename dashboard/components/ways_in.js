// Three ways in for a first visit: they stay until the page is left or a run is trained, and are not
// there any more once something was pressed.

const PRESSED = "memory_lab_pressed";
const SKIP = "[data-testid=stSkipToContent]"; // who presses it wants to be past what comes first
const PRESSABLE = "button, a, input, select, textarea, summary, [role]";

function remembered() {
  try {
    return localStorage.getItem(PRESSED) !== null;
  } catch {
    return false; // a browser that keeps nothing
  }
}

function remember() {
  try {
    localStorage.setItem(PRESSED, "yes");
  } catch {
    // It will be shown again.
  }
}

function build(parent, explore) {
  parent.insertAdjacentHTML(
    "beforeend",
    `<nav class="ways-in" aria-label="Where to begin">
      <b>New here?</b>
      <button type="button">Watch<i> the race</i></button>
      <a target="_self">Explore<i> step by step</i></a>
      <button type="button">Measure<i> with your own settings</i></button>
    </nav>`,
  );
  const row = parent.lastElementChild;
  const [watch, measure] = row.querySelectorAll("button");
  const link = row.querySelector("a");
  link.href = explore;
  watch.onclick = () => document.querySelector(".clock button")?.click();
  link.onclick = (event) => {
    // Within the page, where its navigation is on show; else the browser opens the address.
    const own = [...document.querySelectorAll("header a")].find((one) => one.href === link.href);
    if (!own) return;
    event.preventDefault();
    own.click();
  };
  measure.onclick = () => {
    row.innerHTML = "<span>Choose task, cells and lengths at the left, then press <b>Train</b>.</span>";
    const closed = document.querySelector("[data-testid=stExpandSidebarButton]");
    if (closed) closed.click();
    else document.querySelector("[data-testid=stSidebar] :is(input, [role=combobox])")?.focus();
  };
}

export default function ({ data, parentElement }) {
  const before = parentElement.querySelector(".ways-in");
  if (!data.shown) before?.remove();
  if (!data.shown || remembered()) return undefined;
  if (!before) build(parentElement, data.explore);
  const pressed = ({ isTrusted, target }) => {
    if (!isTrusted || !target.closest(PRESSABLE)) return;
    remember();
    if (target.closest(SKIP)) parentElement.querySelector(".ways-in").remove();
  };
  window.addEventListener("click", pressed);
  return () => window.removeEventListener("click", pressed);
}
