// Live: stills become widgets, the first at once, each other when it comes near. Everything that is needed lies
// beside this file and is asked for by script tags, which also work where a page is a file.

(() => {
  const folder = new URL("javascript/", document.currentScript.src);
  const NEAR = "600px 0px";
  const waiting = new Map();  // name of a widget → what to do with its state

  window.yoloexplainLive = {
    put(name, state) {
      waiting.get(name)?.(state);
      waiting.delete(name);
    },
  };

  function load(address) {
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = () => failed(new Error(`${address} must be there to bring widgets to life`));
      document.head.append(script);
    });
  }

  // What will be run later is fetched now.
  function announce(address) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "script", href: address });
    document.head.append(link);
  }

  const need = (name) => new Promise((done, failed) => window.requirejs([name], done, failed));

  // The loader of Jupyter's widgets, once for all of them. No module comes from elsewhere.
  let machinery = null;
  async function start() {
    const widgets = new URL("libembed-amd.js", folder);
    announce(widgets);
    await load(new URL("require.js", folder));
    window.requirejs.config({ paths: { anywidget: new URL("anywidget", folder).href } });
    await load(widgets);
    return need("@jupyter-widgets/html-manager/dist/libembed-amd");
  }

  // Every script of the page has run, MathJax among them where a page has mathematics. Jupyter's
  // labels know its second version; tell them how the third is asked.
  const ready = new Promise((done) => {
    if (document.readyState === "complete") done();
    else document.addEventListener("DOMContentLoaded", done);
  }).then(() => {
    const { MathJax } = window;
    if (MathJax) MathJax.Hub ??= { Queue: ([, , node]) => MathJax.typesetPromise([node]) };
  });

  async function enliven(place) {
    machinery ??= start();
    const arrives = new Promise((done) => waiting.set(place.dataset.name, done));
    const [manager, state] = await Promise.all([
      machinery, arrives, ready, load(new URL(place.dataset.state, document.baseURI)),
    ]);
    const script = document.createElement("script");
    script.type = "application/vnd.jupyter.widget-state+json";
    script.textContent = JSON.stringify(state);
    place.append(script);
    removeStill(place);
    manager.renderWidgets(place, need);
  }

  // The still makes room as soon as the widget has painted.
  function removeStill(place) {
    const painted = new MutationObserver(() => {
      if (!place.querySelector("canvas[data-frames]")) return;
      painted.disconnect();
      place.querySelector(":scope > img")?.remove();
    });
    const seen = { attributes: true, attributeFilter: ["data-frames"] };
    painted.observe(place, { childList: true, subtree: true, ...seen });
  }

  function watch() {
    const places = document.querySelectorAll(".yx-live");
    if (!places.length) return;
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        enliven(target);
      }
    }, { rootMargin: NEAR });
    const [first, ...others] = places;
    enliven(first);
    for (const place of others) near.observe(place);
  }

  watch();  // this script is deferred, so the page is read
})();
