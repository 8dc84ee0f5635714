// Loads plotly.js once for all figures of the page. A page begins with it as soon as it is opened, so
// that the first figure need not wait; see live_chart.py.
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
