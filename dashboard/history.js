// One press is one step of the browser's history. A page that is opened by a link has an address of
// its own only after the server has answered, and a press may change several parameters: all that
// comes without a further press takes the place of the step that the press has made.
if (!window.oneStepEachPress) {
  window.oneStepEachPress = true;
  let pressed = false;
  for (const kind of ["click", "keydown", "change"]) {
    window.addEventListener(kind, () => (pressed = true), true);
  }
  window.addEventListener("popstate", () => (pressed = false), true);
  const push = history.pushState.bind(history);
  history.pushState = (...step) => {
    if (pressed) push(...step);
    else history.replaceState(...step);
    pressed = false;
    window.dispatchEvent(new Event("addresschange"));
  };
}
