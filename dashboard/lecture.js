// Keys that presenters' clickers send lead through a lesson, or a story where there is none: the
// links and buttons are pressed, so that a step by key is the same as one by mouse. Escape leaves
// lecture mode.
if (!window.lectureKeys) {
  window.lectureKeys = true;
  const STEPS = { PageDown: "next", ArrowRight: "next", PageUp: "back", ArrowLeft: "back" };
  // These use such keys themselves.
  const OWN_KEYS =
    "input, textarea, select, [contenteditable], .js-plotly-plot, [role=slider], [role=dialog], " +
    "[role=combobox], [role=listbox], [role=option], [role=menu], [role=radio], [role=tab]";
  const press = (...names) => {
    const all = names.map((name) => `.st-key-${name} :is(a, button:not(:disabled))`);
    const found = all.map((one) => document.querySelector(one)).find(Boolean);
    found?.click();
    return Boolean(found);
  };
  window.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
    const lecture = document.querySelector(".st-key-lecture");
    if (!lecture || document.querySelector("[role=dialog]")) return;
    if (event.target.closest?.(OWN_KEYS)) return;
    const to = STEPS[event.key];
    const lesson = lecture.querySelector(".st-key-lesson_text");
    if (to && press(lesson ? `lesson_${to}` : `story_${to}`)) event.preventDefault();
    if (event.key === "Escape") press("leave");
  });
}
