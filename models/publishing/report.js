// Points tell their numbers under the pointer, boxes show and hide the cells in all figures.
const value = document.getElementById("value");
const NEAR = 14; // pixels

for (const figure of document.querySelectorAll("figure svg")) {
  const points = [...figure.querySelectorAll(".point")];
  // A browser would show the title of a point as well, a second later.
  const texts = new Map(points.map((point) => [point, point.querySelector("title").textContent]));
  for (const point of points) point.querySelector("title").remove();
  figure.addEventListener("pointermove", ({ clientX, clientY }) => {
    let nearest, least = NEAR;
    for (const point of points) {
      if (point.closest("[hidden-cell]")) continue;
      const { left, top, width, height } = point.getBoundingClientRect();
      const away = Math.hypot(left + width / 2 - clientX, top + height / 2 - clientY);
      if (away < least) [nearest, least] = [point, away];
    }
    value.hidden = !nearest;
    if (!nearest) return;
    value.textContent = texts.get(nearest);
    value.style.left = `${Math.min(clientX + 12, innerWidth - value.offsetWidth - 8)}px`;
    value.style.top = `${clientY + 14}px`;
  });
  figure.addEventListener("pointerleave", () => (value.hidden = true));
}

for (const box of document.querySelectorAll("[data-shows]")) {
  box.addEventListener("change", () => {
    for (const group of document.querySelectorAll("[data-cell]")) {
      if (group.dataset.cell !== box.dataset.shows) continue;
      group.toggleAttribute("hidden-cell", !box.checked);
      group.style.display = box.checked ? "" : "none";
    }
  });
}
