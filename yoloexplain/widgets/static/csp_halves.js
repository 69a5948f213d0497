import { bytes, paintMap, photo, valueOf } from "./maps.js";
import { box, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const GAP = 14;
const HEAD = 24;  // pixels above a pane, for its name
const FOOT = 24;  // and below it, for its range
const TRAITS = ["around", "through"];
const STEP = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function render({ model, el }) {
  const { image: [high, wide], halves: names, stages, order } = model.get("table");
  const data = bytes(model, "maps");
  const colours = bytes(model, "colours");
  const held = photo(model, "photo", () => scene.redraw());
  const painted = new Map();  // small canvases, by where their bytes begin
  let active = 1;  // the half whose channels the arrows change
  let hovered = null;  // a place on the scene, as shares { x, y }
  let pinned = null;
  let plan = null;

  const now = () => stages[clamp(model.get("stage"), 0, stages.length - 1)];
  const rankOf = (k) => clamp(model.get(TRAITS[k]), 0, now().halves[k].channels.length - 1);
  const place = () => hovered ?? pinned;

  function arrange(width) {
    const narrow = width < 620;
    const ratio = high / wide;
    const pane = Math.min(narrow ? (width - 8 - GAP) / 2 : (width - 8 - 2 * GAP) / 3, 330 / ratio);
    const tall = pane * ratio;
    const scenePane = narrow ? Math.min(width - 8, 240 / ratio) : pane;
    const sceneBox = [4, HEAD, 4 + scenePane, HEAD + scenePane * ratio];
    const top = narrow ? sceneBox[3] + 14 + HEAD : HEAD;
    const left = narrow ? 4 : 4 + pane + GAP;
    const boxes = [0, 1].map((k) => {
      const x = left + k * (pane + GAP);
      return [x, top, x + pane, top + tall];
    });
    let y = top + tall + FOOT + 8;
    const strips = [0, 1].map((k) => {
      const count = now().halves[k].channels.length;
      const across = Math.max(Math.floor((width - 8 + 4) / 44), 1);
      const side = (width - 8 - 4 * (across - 1)) / across;
      const strip = { label: y + 13, top: y + 20, side, across, count };
      y += 20 + Math.ceil(count / across) * (side * ratio + 4) + 10;
      return strip;
    });
    plan = { sceneBox, boxes, strips, ratio };
    return y - 2;
  }

  function tile(k, rank) {
    const { start, cells: [h, w] } = now().halves[k];
    const at = start + rank * h * w;
    if (!painted.has(at)) {
      const small = document.createElement("canvas");
      [small.width, small.height] = [w, h];
      paintMap(small.getContext("2d"), data, at, [h, w], colours, [0, 0, w, h]);
      painted.set(at, small);
    }
    return painted.get(at);
  }

  function paintTile(ctx, k, rank, [x0, y0, x1, y1]) {
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(tile(k, rank), x0, y0, x1 - x0, y1 - y0);
    ctx.imageSmoothingEnabled = true;
  }

  const thumb = (strip, rank) => {
    const x = 4 + (rank % strip.across) * (strip.side + 4);
    const y = strip.top + Math.floor(rank / strip.across) * (strip.side * plan.ratio + 4);
    return [x, y, x + strip.side, y + strip.side * plan.ratio];
  };

  function draw(ctx, { width, look }) {
    arrange(width);
    const shades = [look.muted, look.blue];
    const { sceneBox, boxes, strips } = plan;
    if (held.bitmap) ctx.drawImage(held.bitmap, sceneBox[0], sceneBox[1], sceneBox[2] - sceneBox[0], sceneBox[3] - sceneBox[1]);
    write(ctx, `scene: ${high}×${wide} pixels`, sceneBox[0], sceneBox[1] - 8,
      { colour: look.ink, size: 13, fit: sceneBox[2] - sceneBox[0] });
    cross(ctx, sceneBox);
    boxes.forEach((pane, k) => {
      const half = now().halves[k];
      const rank = rankOf(k);
      const room = pane[2] - pane[0];
      const short = room < 230;  // words that stay large enough to read
      paintTile(ctx, k, rank, pane);
      box(ctx, [pane[0] - 1, pane[1] - 1, pane[2] + 1, pane[3] + 1],
        { line: shades[k], width: k === active ? 3.5 : 1.5 });
      write(ctx, `${short ? TRAITS[k] : names[k]}: ${short ? "" : "channel "}${half.channels[rank]} of ${half.of}`, pane[0], pane[1] - 8, { colour: look.ink, weight: 600, size: 13, fit: room });
      const agree = half.agree && !short ? ` · correlation ${shown(half.agree[rank], 2)}` : "";
      write(ctx, `${shown(half.lows[rank], 2)} to ${shown(half.highs[rank], 2)}${agree}`, pane[0], pane[3] + 17,
        { colour: look.muted, size: 12.5, fit: room });
      cross(ctx, pane);
    });
    strips.forEach((strip, k) => {
      const half = now().halves[k];
      const by = order === "strength" ? "strongest first" : width < 620 ? "by correlation" : "by correlation with the masks of the things";
      const shownOf = half.channels.length < half.of ? `${half.channels.length} of ${half.of}` : `all ${half.of}`;
      write(ctx, `${names[k]}: ${shownOf} channels, ${by}`, 4, strip.label,
        { colour: look.ink, size: 13, weight: k === active ? 600 : 400, fit: width - 8 });
      for (let rank = 0; rank < strip.count; rank++) paintTile(ctx, k, rank, thumb(strip, rank));
      const [x0, y0, x1, y1] = thumb(strip, rankOf(k));
      box(ctx, [x0 - 1, y0 - 1, x1 + 1, y1 + 1], { line: look.orange, width: 3 });
    });
  }

  // The same place in every pane.
  function cross(ctx, [x0, y0, x1, y1]) {
    const at = place();
    if (!at) return;
    const [x, y] = [x0 + at.x * (x1 - x0), y0 + at.y * (y1 - y0)];
    for (const [colour, width] of [["#000000", 3], ["#ffffff", 1.2]]) {
      path(ctx, [[x - 9, y], [x + 9, y]], { colour, width });
      path(ctx, [[x, y - 9], [x, y + 9]], { colour, width });
    }
  }

  function valueAt(k, { x, y }) {
    const { start, cells: [h, w], lows, highs } = now().halves[k];
    const rank = rankOf(k);
    const row = Math.min(Math.floor(y * h), h - 1);
    const column = Math.min(Math.floor(x * w), w - 1);
    return valueOf(data[start + rank * h * w + row * w + column], lows[rank], highs[rank]);
  }

  function words() {
    const one = now();
    const [h, w] = one.halves[0].cells;
    const which = names.map((name, k) => `${name} ${one.halves[k].channels[rankOf(k)]}`).join(", ");
    const averaged = h === one.size[0] ? "" : ` (drawn as ${h}×${w} means)`;
    const start = `${one.name.split(",")[0]}: ${one.halves[0].of} channels of ${one.size[0]}×${one.size[1]} went around, ${one.halves[1].of} went through${averaged}. Shown: ${which}`;
    const at = place();
    if (!at) return `${start}. Point at a map to read it.`;
    const row = Math.min(Math.floor(at.y * h), h - 1);
    const column = Math.min(Math.floor(at.x * w), w - 1);
    return `${start}. Row ${row}, column ${column}: ${names.map((name, k) => `${name} ${shown(valueAt(k, at), 2)}`).join(", ")}.`;
  }

  const inside = ([x0, y0, x1, y1], { x, y }) => x >= x0 && x < x1 && y >= y0 && y < y1;
  function placeAt(point) {
    const pane = [plan.sceneBox, ...plan.boxes].find((each) => inside(each, point));
    return pane ? { x: (point.x - pane[0]) / (pane[2] - pane[0]), y: (point.y - pane[1]) / (pane[3] - pane[1]) } : null;
  }

  function press(point) {
    plan.strips.forEach((strip, k) => {
      for (let rank = 0; rank < strip.count; rank++) {
        if (!inside(thumb(strip, rank), point)) continue;
        active = k;
        put(model, { [TRAITS[k]]: rank });
      }
    });
    const half = plan.boxes.findIndex((pane) => inside(pane, point));
    if (half >= 0) active = half;
    if (placeAt(point)) pinned = placeAt(point);
  }

  // Move the pinned place by cells; it begins in the middle.
  function walk([down, across]) {
    const [h, w] = now().halves[0].cells;
    const from = pinned ?? { x: 0.5, y: 0.5 };
    const cell = (share, by, count) => (clamp(Math.floor(share * count) + by, 0, count - 1) + 0.5) / count;
    pinned = { x: cell(from.x, across, w), y: cell(from.y, down, h) };
    hovered = null;
  }

  const scene = stage({ model, el }, {
    keys: "Left and right change the channel, up and down the half (broad frame), + and − the "
      + "stage; Shift with arrows moves the place that is read. Mouse: click a small map, point at a large one.",
    height: arrange,
    draw,
    status: words,
    watch: ["stage", "around", "through"],
    hover: (point) => (hovered = point && placeAt(point)),
    press,
    key(name, event) {
      if (STEP[name] && event.shiftKey) walk(STEP[name]);
      else if (name === "ArrowUp" || name === "ArrowDown") active = 1 - active;
      else if (STEP[name]) put(model, { [TRAITS[active]]: clamp(rankOf(active) + STEP[name][1], 0, now().halves[active].channels.length - 1) });
      else if ("+=-_".includes(name)) put(model, { stage: clamp(model.get("stage") + ("+=".includes(name) ? 1 : -1), 0, stages.length - 1) });
      else return false;
      return true;
    },
  });
  return () => scene.remove();
}

export default { render };
