// Keys that presenters' clickers send lead through a lesson, or a story where there is none: the
// links and buttons are pressed, so that a step by key is the same as one by mouse. Escape leaves
// lecture mode.
if (!window.lectureKeys) {
  window.lectureKeys = true;
  const STEPS = { PageDown: 1, ArrowRight: 1, PageUp: -1, ArrowLeft: -1 };
  const LOOK_MILLISECONDS = 50;
  const PATIENCE_MILLISECONDS = 15000;
  // These use such keys themselves.
  const OWN_KEYS =
    "input, textarea, select, [contenteditable], .js-plotly-plot, [role=slider], [role=dialog], " +
    "[role=combobox], [role=listbox], [role=option], [role=menu], [role=radio], [role=tab]";
  const press = (name) => {
    const found = document.querySelector(`.st-key-${name} :is(a, button:not(:disabled))`);
    found?.click();
    return Boolean(found);
  };

  // Steps of a lesson that are asked for and have not come: three quick presses are three steps,
  // though each link comes from the server with the step before.
  let asked = 0;
  let left; // the links of the step that was left last
  let until;
  const links = () =>
    ["back", "next"].map((name) => {
      const link = document.querySelector(`.st-key-lesson_${name} :is(a, button)`);
      return link && (link.href ?? "none");
    });
  const goOn = () => {
    const now = links();
    const fresh = (link, place) => link && (link === "none" || link !== left[place]);
    const come = !left || now.every(fresh);
    const by = come ? Math.sign(asked) : 0;
    if (by && press(by > 0 ? "lesson_next" : "lesson_back")) {
      asked -= by;
      left = now;
      until = Date.now() + PATIENCE_MILLISECONDS;
    } else if (come || Date.now() > until) {
      asked = 0;
      left = undefined;
      return;
    }
    setTimeout(goOn, LOOK_MILLISECONDS);
  };

  window.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
    const lecture = document.querySelector(".st-key-lecture");
    if (!lecture || document.querySelector("[role=dialog]")) return;
    if (event.target.closest?.(OWN_KEYS)) return;
    const by = STEPS[event.key];
    if (by && lecture.querySelector(".st-key-lesson_text")) {
      event.preventDefault();
      asked += by;
      if (!left) goOn();
    } else if (by && press(by > 0 ? "story_next" : "story_back")) event.preventDefault();
    if (event.key === "Escape") press("leave");
  });
}
