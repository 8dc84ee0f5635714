// Loads plotly.js once for all figures of the page. A page fetches it as soon as it is opened, so that
// the first figure need not wait, see live_chart.py; it is run by that figure, since until then it
// would only keep the page from being drawn.
window.fetchPlotly ??= (script) => {
  const { href } = new URL(script, document.baseURI);
  if (document.querySelector(`link[href="${href}"]`)) return; // every page asks for it
  const link = document.createElement("link");
  document.head.append(Object.assign(link, { rel: "preload", as: "script", href }));
};
window.loadPlotly ??= (script) => {
  window.plotlyLoading ??= new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(script, document.baseURI).href;
    element.onload = () => resolve(window.Plotly);
    element.onerror = () => {
      window.plotlyLoading = undefined; // the next figure tries again
      reject(new Error(`cannot load ${element.src}`));
    };
    document.head.append(element);
  });
  return window.plotlyLoading;
};
