// Live: stills become widgets, the first at once, each other when it comes near. Everything that
// this needs lies beside it and is asked for by script tags, which also work where a page is a file.

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

  // The loader of Jupyter's widgets, once for all of them; no module comes from elsewhere. As soon
  // as it is there it stops offering itself: other scripts of the page would take it for their own.
  const names = ["require.js", "libembed-amd.js", "anywidget.js"];
  const [loader, widgets, anywidget] = names.map((name) => new URL(name, folder));
  for (const address of [loader, widgets, anywidget]) announce(address);
  const read = new Promise((done) => {
    if (document.readyState !== "loading") done();
    else document.addEventListener("readystatechange", done, { once: true });
  });
  async function start() {
    await load(loader);
    delete window.define.amd;
    window.requirejs.config({ paths: { anywidget: anywidget.href.slice(0, -".js".length) } });
    await load(widgets);
    return need("@jupyter-widgets/html-manager/dist/libembed-amd");
  }
  const machinery = start();

  async function enliven(place) {
    const arrives = new Promise((done) => waiting.set(place.dataset.name, done));
    const [manager, state] = await Promise.all([
      machinery, arrives, load(new URL(place.dataset.state, document.baseURI)),
    ]);
    const script = document.createElement("script");
    script.type = "application/vnd.jupyter.widget-state+json";
    script.textContent = JSON.stringify(state);
    place.append(script);
    manager.renderWidgets(place, need);
    await painted(place);
  }

  // The still makes room as soon as the widget has painted.
  function painted(place) {
    return new Promise((done) => {
      const eye = new MutationObserver(() => {
        if (!place.querySelector("canvas[data-frames]")) return;
        eye.disconnect();
        place.querySelector(":scope > img")?.remove();
        done();
      });
      const seen = { attributes: true, attributeFilter: ["data-frames"] };
      eye.observe(place, { childList: true, subtree: true, ...seen });
    });
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      enliven(target);
    }
  }, { rootMargin: NEAR });

  async function watch() {
    await read;
    const [first, ...others] = document.querySelectorAll(".yx-live");
    for (const place of others) near.observe(place);
    if (first) await enliven(first);
  }
  window.yoloexplainLive.first = watch();
})();
