// In a narrow window the menu lies over the page: it closes at a press on one of its links, so that
// the page that was asked for is seen.
if (!window.phoneMenuCloses) {
  window.phoneMenuCloses = true;
  const NARROW = window.matchMedia("(max-width: 768px)");
  window.addEventListener("click", (event) => {
    if (!NARROW.matches || !event.target.closest?.("[data-testid=stSidebarNavLink]")) return;
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
  });
}
