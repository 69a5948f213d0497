// Deck: starts reveal.js, and gives each widget as much of its slide as there is.

(() => {
  const WIDTHS = [800, 960, 1180];  // pixels that a widget may believe it has
  const LARGEST = 1.5;
  const CLICKER = ["PageDown", "PageUp"];  // the keys that a presenter's clicker sends

  const Hub = { Queue() {} };  // Jupyter's widgets speak to MathJax 2; they have no formulas here
  window.MathJax = {
    Hub,
    startup: {
      ready() {
        window.MathJax.startup.defaultReady();
        window.MathJax.Hub = Hub;
        window.MathJax.startup.promise.then(shrink);
      },
    },
    tex: { inlineMath: [["$", "$"]] },
    options: { enableMenu: false },  // its menu would load what is not here
    chtml: { matchFontHeight: false },  // slides out of sight cannot be measured
  };

  // Within a widget the keys are the widget's, except a clicker's. Escape gives them back.
  function forSlides(event) {
    if (!event.target.closest?.(".yx-live")) return true;
    if (event.key === "Escape") event.target.blur();
    return CLICKER.includes(event.key);
  }

  // Canvases are painted as finely as slides and this file magnify them.
  const real = Object.getOwnPropertyDescriptor(window, "devicePixelRatio").get.bind(window);
  Object.defineProperty(window, "devicePixelRatio", {
    get: () => real() * Math.max(1, Reveal.getScale() * LARGEST),
  });

  const frames = async (count) => {
    for (; count; count--) await new Promise(requestAnimationFrame);
  };

  // How many times a widget of that width can be magnified before it fills its room.
  function times(place, width) {
    const room = place.parentElement;
    return Math.min(room.clientWidth / width, room.clientHeight / place.offsetHeight, LARGEST);
  }

  // The width with the largest letters: in some widgets narrow means high.
  const chosen = new Map();
  async function choose(place) {
    chosen.set(place, null);
    const found = [];
    place.style.visibility = "hidden";
    for (const width of WIDTHS) {
      place.style.width = `${width}px`;
      await frames(3);
      found.push(place.offsetHeight ? times(place, width) : NaN);
    }
    place.style.visibility = "";
    if (found.some(Number.isNaN)) return chosen.delete(place);  // its slide was left meanwhile
    chosen.set(place, WIDTHS[found.indexOf(Math.max(...found))]);
    return fit(place);
  }

  // In the middle, as large as its slide allows. Before it lives it is a picture, which CSS fits.
  function fit(place) {
    if (!place.querySelector("canvas[data-frames]") || !place.offsetHeight) return;
    if (!chosen.has(place)) choose(place);
    const width = chosen.get(place);
    if (!width) return;
    const large = times(place, width);
    const left = (place.parentElement.clientWidth - large * width) / 2;
    place.style.width = `${width}px`;
    place.style.transform = `translateX(${left}px) scale(${large})`;
  }

  // A formula that is too wide or too high gets smaller letters.
  function shrink() {
    const slide = Reveal.getCurrentSlide();
    for (const formula of slide.querySelectorAll("mjx-container[display]")) {
      const words = formula.parentElement;
      const large = () => formula.scrollWidth > formula.clientWidth
        || slide.scrollHeight > slide.clientHeight;
      let size = parseFloat(getComputedStyle(words).fontSize);
      while (large() && size > 12) words.style.fontSize = `${size -= 1}px`;
    }
  }

  const places = [...document.querySelectorAll(".yx-live")];
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
  for (const place of places) {
    place.dataset.preventSwipe = "";
    sizes.observe(place);
  }

  Reveal.on("slidechanged", () => {
    document.activeElement?.blur();
    shrink();
  });
  Reveal.on("resize", () => {
    document.documentElement.dataset.theme = "light";  // canvases watch it, and paint again
  });
  Reveal.initialize({
    width: 1280, height: 720, margin: 0.02, center: false, display: "flex", transition: "none",
    hash: true, slideNumber: "c/t", keyboardCondition: forSlides, plugins: [RevealNotes, RevealZoom],
  });
})();
