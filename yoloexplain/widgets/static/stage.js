// Stage: the canvas of every view. It asks the view to draw once a frame, tells it what mouse and
// keys do, writes its words below for all to read, and follows the page's theme.

const ROLES = {
  blue: "#0072B2", orange: "#E69F00", sky: "#56B4E9", green: "#009E73",
  yellow: "#F0E442", vermillion: "#D55E00", purple: "#CC79A7",
};

// view = {
//   label: () => words            what this is, for a screen reader
//   keys: words                   what the keyboard does here; shown while the canvas has the focus
//   height: (width) => pixels
//   draw: (ctx, area) => void     area: { width, height, look }
//   status: () => words           what is to be read off now
//   press, drag, release: (point, event) => void;  hover: (point | null) => void
//   key: (name, event) => true if it did something
//   watch: [names of the traits that it draws from]
// }
export function stage({ model, el }, view) {
  const root = document.createElement("div");
  root.className = "yx-view";
  const canvas = document.createElement("canvas");
  const status = line("yx-status", "status");
  const keys = line("yx-keys", null);
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "interactive picture");
  const id = `yx-${Math.random().toString(36).slice(2)}`;
  keys.id = id;
  keys.textContent = view.keys ?? "";
  canvas.setAttribute("aria-describedby", id);
  root.append(canvas, status, keys);
  el.append(root);

  let waiting = 0;
  let shownIn = null;  // whether the page was dark when last painted
  let area = { width: 0, height: 0, look: look(root) };
  const redraw = () => {
    if (!waiting) waiting = requestAnimationFrame(paint);
  };
  function paint() {
    waiting = 0;
    const width = root.clientWidth;
    if (!width) return;
    const height = Math.round(view.height(width));
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    ctx.clearRect(0, 0, width, height);
    area = { width, height, look: look(root) };
    if (shownIn !== area.look.dark) {
      dress(root, area.look);
      shownIn = area.look.dark;
    }
    view.draw(ctx, area);
    const words = view.status?.() ?? "";
    if (status.textContent !== words) status.textContent = words;
    const label = view.label?.() ?? model.get("label");
    if (canvas.getAttribute("aria-label") !== label) canvas.setAttribute("aria-label", label);
    canvas.dataset.frames = Number(canvas.dataset.frames ?? 0) + 1;
  }

  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) * area.width) / box.width,
      y: ((event.clientY - box.top) * area.height) / box.height,
    };
  };
  let held = false;
  if (view.drag) canvas.classList.add("yx-grab");
  canvas.addEventListener("pointerdown", (event) => {
    held = true;
    canvas.setPointerCapture(event.pointerId);
    view.press?.(point(event), event);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held) view.drag?.(point(event), event);
    else view.hover?.(point(event));
    if (held || view.hover) redraw();
  });
  const letGo = (event) => {
    if (held) view.release?.(point(event), event);
    held = false;
    redraw();
  };
  canvas.addEventListener("pointerup", letGo);
  canvas.addEventListener("pointercancel", letGo);
  canvas.addEventListener("pointerleave", () => {
    if (!held && view.hover) {
      view.hover(null);
      redraw();
    }
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (view.key?.(event.key, event)) {
      event.preventDefault();
      event.stopPropagation();  // JupyterLab would take the key for a command
      redraw();
    }
  });

  for (const name of view.watch ?? []) model.on(`change:${name}`, redraw);
  const sizes = new ResizeObserver(redraw);
  sizes.observe(root);
  const themes = new MutationObserver(redraw);
  const seen = { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-light"] };
  for (const node of [document.documentElement, document.body]) themes.observe(node, seen);
  nameControls(root);
  redraw();
  return {
    redraw,
    canvas,
    remove() {
      cancelAnimationFrame(waiting);
      sizes.disconnect();
      themes.disconnect();
      for (const name of view.watch ?? []) model.off(`change:${name}`, redraw);
    },
  };
}

function line(name, role) {
  const made = document.createElement("p");
  made.className = name;
  if (role) made.setAttribute("role", role);
  return made;
}

// The handle of a Jupyter slider has no name of its own: give it the words beside it.
function nameControls(root) {
  requestAnimationFrame(() => {
    const widget = root.closest(".yx-widget");
    for (const control of widget?.querySelectorAll(".yx-controls > *") ?? []) {
      const words = control.querySelector(".widget-label")?.textContent ?? "";
      for (const handle of control.querySelectorAll(".noUi-handle")) {
        handle.setAttribute("aria-label", words);
      }
      for (const readout of control.querySelectorAll(".widget-readout")) {
        readout.setAttribute("aria-label", `${words}, value`);
      }
    }
  });
}

// Paper and ink of the page around a node, and the colours that can be read on it.
export function look(node) {
  let paper = [255, 255, 255];
  for (let at = node; at; at = at.parentElement) {
    const found = numbers(getComputedStyle(at).backgroundColor);
    if (found.length === 3 || found[3] > 0) {
      paper = found.slice(0, 3);
      break;
    }
  }
  const dark = 0.299 * paper[0] + 0.587 * paper[1] + 0.114 * paper[2] < 128;
  const ink = dark ? "#E8EBEF" : "#1B1F24";
  const muted = dark ? "#A3ACB8" : "#5B636E";
  const faint = dark ? "#3B434D" : "#D5DAE0";
  const colours = Object.entries(ROLES).map(([name, shade]) => [name, dark ? lighter(shade) : shade]);
  return { dark, paper: `rgb(${paper.join(",")})`, ink, muted, faint, ...Object.fromEntries(colours) };
}

// Give words and controls around a canvas the ink that the page's paper asks for.
function dress(root, { ink, muted, faint, dark }) {
  const widget = root.closest(".yx-widget") ?? root;
  const field = dark ? "#22272E" : "#FFFFFF";
  const inks = { color: ink, "label-color": ink, "readout-color": ink, "input-color": ink };
  const papers = { "input-background-color": field, "input-border-color": muted };
  for (const [name, value] of Object.entries({ ...inks, ...papers })) {
    widget.style.setProperty(`--jp-widgets-${name}`, value);
  }
  widget.style.setProperty("--yx-field", field);
  widget.style.setProperty("--yx-faint", faint);
  widget.style.color = ink;
}

function numbers(words) {
  return (words.match(/[\d.]+/g) ?? []).map(Number);
}

// A third of the way to white: the same hue, to be read on dark paper.
function lighter(shade) {
  const parts = [1, 3, 5].map((i) => parseInt(shade.slice(i, i + 2), 16));
  return `rgb(${parts.map((part) => Math.round(part + (255 - part) / 3)).join(",")})`;
}

// Whether people have asked for less motion.
export function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// Set traits and tell whoever is linked.
export function put(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
