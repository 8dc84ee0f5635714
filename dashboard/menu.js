// A press in the menu shows the page that was asked for. In a narrow window the menu lies over the
// page, so it closes. And the page that is on show goes back to its list of everything, which for
// Streamlit is the page that is there already.
if (!window.menuShowsPages) {
  window.menuShowsPages = true;
  const NARROW = window.matchMedia("(max-width: 768px)");
  const LINKS = "[data-testid=stSidebarNavLink], [data-testid=stTopNavLink]";
  const TO_ALL = ":is(.st-key-all_runs, .st-key-all_claims) button";
  const pressed = (event) => {
    const link = event.target.closest?.(LINKS);
    if (!link) return;
    if (NARROW.matches) document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
    const toAll = link.pathname === location.pathname && document.querySelector(TO_ALL);
    if (!toAll) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit would draw the page that is there once more
    toAll.click();
  };
  window.addEventListener("click", pressed, true);
}
