// Mathematics: MathJax, from this site. Where a page has widgets, the first of them goes first.

(() => {
  const address = new URL("mathjax/tex-chtml.js", document.currentScript.src);

  // Jupyter's labels ask MathJax as its second version was asked. None of ours holds mathematics.
  const Hub = { Queue() {} };
  const { options } = window.MathJax ?? {};  // the page's own say what is mathematics
  // A long formula scrolls by itself, so the keyboard must reach it.
  const pageReady = () => mathjax.startup.defaultPageReady().then(() => {
    for (const formula of document.querySelectorAll("mjx-container[display]")) formula.tabIndex = 0;
  });
  // The menu would load what is not here.
  let mathjax = { options: { ...options, enableMenu: false }, startup: { pageReady }, Hub };
  Object.defineProperty(window, "MathJax", {
    get: () => mathjax,
    set: (made) => { mathjax = Object.assign(made, { Hub }); },
  });

  Promise.resolve(window.yoloexplainLive?.first).finally(() => {
    const script = document.createElement("script");
    script.src = address;
    document.head.append(script);
  });
})();
