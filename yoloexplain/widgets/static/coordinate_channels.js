import { answersAt, coordinateMaps } from "./core/coord.js";
import { bytes, paintMap } from "./maps.js";
import { box, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const GAP = 14;
const HEAD = 24;  // pixels of the words above a pane
const WIDE = 620;  // from here on four panes stand in a row
const BARS = 64;
const WATCHED = ["ax", "ay", "bx", "by", "use_x", "use_y", "weights"];
const CORNERS = ["top left", "top right", "bottom left", "bottom right"];

function render({ model, el }) {
  const { size, margin, paper, patch, sets } = model.get("table");
  const [high, wide] = size;
  const [tall, broad] = [patch.length, patch[0].length];
  const colours = bytes(model, "colours");
  const greys = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  const coordinates = coordinateMaps(high, wide);
  let grip = null;  // { name, dx, dy } of the object that the mouse holds
  let near = null;
  let plan = null;
  let last = { state: null };

  const placeOf = (name) => [model.get(`${name}x`), model.get(`${name}y`)];
  const axes = () => [model.get("use_x"), model.get("use_y")];

  function scenePixels() {
    const pixels = new Float64Array(high * wide).fill(paper);
    for (const name of ["a", "b"]) {
      const [left, top] = placeOf(name);
      patch.forEach((row, y) => row.forEach((value, x) => (pixels[(top + y) * wide + left + x] = value)));
    }
    return pixels;
  }

  // Everything that is convolved, once for each state: the picture and the words need the same.
  function computed() {
    const state = JSON.stringify(WATCHED.map((name) => model.get(name)));
    if (state !== last.state) {
      const pixels = scenePixels();
      const weights = sets[model.get("weights")];
      const plain = answersAt(pixels, size, weights, [false, false]);
      last = { state, pixels, plain, placed: answersAt(pixels, size, weights, axes()) };
    }
    return last;
  }

  // Whether the surroundings of the two differ, because they see one another.
  function touching() {
    const [[ax, ay], [bx, by]] = [placeOf("a"), placeOf("b")];
    return Math.abs(ax - bx) <= broad && Math.abs(ay - by) <= tall;
  }

  // Mean answer of each channel over an object, and the largest difference between the two objects.
  function readings(maps) {
    const over = (name, map, visit) => {
      const [left, top] = placeOf(name);
      for (let k = 0; k < tall * broad; k++) {
        visit(map[(top + Math.floor(k / broad)) * wide + left + (k % broad)], k);
      }
    };
    let apart = 0;
    const means = { a: [], b: [] };
    for (const map of maps) {
      const first = [];
      let [sumA, sumB] = [0, 0];
      over("a", map, (value, k) => { first[k] = value; sumA += value; });
      over("b", map, (value, k) => { apart = Math.max(apart, Math.abs(value - first[k])); sumB += value; });
      means.a.push(sumA / (tall * broad));
      means.b.push(sumB / (tall * broad));
    }
    return { ...means, apart };
  }

  function layout(width) {
    const roomy = width >= WIDE;
    const columns = roomy ? 4 : 2;
    const w = (width - 8 - GAP * (columns - 1)) / columns;
    const h = (w * high) / wide;
    const pane = (column, y) => [4 + column * (w + GAP), y, 4 + column * (w + GAP) + w, y + h];
    const sceneWide = 2 * w + GAP;
    const scene = [4, HEAD, 4 + sceneWide, HEAD + (sceneWide * high) / wide];
    const side = roomy
      ? { x: pane(2, HEAD), y: pane(3, HEAD) }
      : { x: pane(0, scene[3] + HEAD + 4), y: pane(1, scene[3] + HEAD + 4) };
    const barsTop = side.x[3] + 32;
    const bars = roomy
      ? [side.x[0], barsTop, side.y[2], Math.max(scene[3] - 16, barsTop + 50)]
      : [4, barsTop, width - 4, barsTop + BARS];
    let y = Math.max(scene[3], bars[3] + 16) + HEAD + 22;
    const rows = {};
    for (const name of ["plain", "placed"]) {
      rows[name] = CORNERS.map((_, k) => pane(k % columns, y + Math.floor(k / columns) * (h + HEAD)));
      y += Math.ceil(4 / columns) * (h + HEAD) + 22;
    }
    return { scene, side, bars, rows, height: y - HEAD - 18, roomy };
  }

  const coded = (map, low, span) =>
    Uint8Array.from(map, (value) => Math.round(clamp((value - low) / span, 0, 1) * 254));

  function draw(ctx, { width, look }) {
    plan = layout(width);
    const found = computed();
    const [x0, y0, x1] = plan.scene;
    write(ctx, "Drag one of the two", x0, y0 - 7, { colour: look.ink, weight: 600, fit: x1 - x0 });
    paintMap(ctx, coded(found.pixels, 0, 1), 0, size, greys, plan.scene);
    cross(ctx, plan.scene, "rgba(255,255,255,0.4)");
    outlines(ctx, look, plan.scene, true);
    [["x", 0], ["y", 1]].forEach(([name, k]) => {
      const pane = plan.side[name];
      const on = axes()[k];
      write(ctx, `${name} channel${on ? "" : ": not read"}`, pane[0], pane[1] - 7,
        { colour: on ? look.ink : look.muted, weight: 600, fit: pane[2] - pane[0] });
      paintMap(ctx, coded(coordinates[k], -1, 2), 0, size, colours, pane, on ? 1 : 0.2);
      outlines(ctx, look, pane);
    });
    bars(ctx, look, found);
    row(ctx, look, "plain", found.plain, "Without coordinates");
    const read = ["x", "y"].filter((_, k) => axes()[k]).join(" and ");
    row(ctx, look, "placed", found.placed, read ? `With ${read}` : "With neither x nor y");
  }

  function row(ctx, look, name, maps, title) {
    const panes = plan.rows[name];
    const apart = readings(maps).apart;
    const words = touching()
      ? ""
      : `: ${plan.roomy ? "the two differ by at most" : "difference"} ${exact(apart)}`;
    write(ctx, `${title}${words}`, panes[0][0], panes[0][1] - 25,
      { colour: look.ink, weight: 600, fit: plan.bars[2] - 4 });
    panes.forEach((pane, k) => {
      write(ctx, `channel ${k}: ${CORNERS[k]}`, pane[0], pane[1] - 6,
        { colour: look.muted, size: 12.5, fit: pane[2] - pane[0] });
      paintMap(ctx, coded(maps[k], 0, 1), 0, size, colours, pane);
      cross(ctx, pane, "rgba(255,255,255,0.25)");
      outlines(ctx, look, pane);
    });
  }

  // The border between the four cells.
  function cross(ctx, [x0, y0, x1, y1], colour) {
    path(ctx, [[(x0 + x1) / 2, y0], [(x0 + x1) / 2, y1]], { colour, width: 1, dash: [4, 4] });
    path(ctx, [[x0, (y0 + y1) / 2], [x1, (y0 + y1) / 2]], { colour, width: 1, dash: [4, 4] });
  }

  function outlines(ctx, look, pane, named = false) {
    const zoom = (pane[2] - pane[0]) / wide;
    for (const [name, shade] of [["a", look.sky], ["b", look.orange]]) {
      const [left, top] = placeOf(name).map((at) => at * zoom);
      const [x, y] = [pane[0] + left, pane[1] + top];
      const sides = [x, y, x + broad * zoom, y + tall * zoom];
      box(ctx, sides, { line: shade, width: named && near === name ? 4 : named ? 2.5 : 1.5 });
      if (named) write(ctx, name.toUpperCase(), sides[2] + 6, sides[1] + 13, { colour: "#fff", weight: 700 });
    }
  }

  // Each channel's mean answer on A and on B.
  function bars(ctx, look, found) {
    const [x0, y0, x1, y1] = plan.bars;
    const groups = [["without", readings(found.plain)], ["with", readings(found.placed)]];
    const group = (x1 - x0 - GAP) / 2;
    groups.forEach(([name, { a, b }], g) => {
      const left = x0 + g * (group + GAP);
      write(ctx, `answers ${name}`, left, y0 - 9, { colour: look.ink, weight: 600, size: 12.5, fit: group });
      path(ctx, [[left, y1], [left + group, y1]], { colour: look.muted, width: 1 });
      const step = group / 4;
      a.forEach((_, k) => {
        const half = Math.min(step * 0.36, 22);
        const middle = left + (k + 0.5) * step;
        box(ctx, [middle - half, y1 - a[k] * (y1 - y0), middle, y1], { fill: look.sky });
        box(ctx, [middle, y1 - b[k] * (y1 - y0), middle + half, y1], { fill: look.orange });
        write(ctx, String(k), middle, y1 + 14, { colour: look.muted, size: 12, align: "center" });
      });
    });
  }

  function words() {
    const found = computed();
    const cell = (name) => {
      const [left, top] = placeOf(name);
      return 2 * Math.floor((2 * (top + tall / 2)) / high) + Math.floor((2 * (left + broad / 2)) / wide);
    };
    const said = (maps) => {
      const { a, b, apart } = readings(maps);
      const all = (means) => means.map((value) => shown(value)).join(" ");
      return `A ${all(a)}, B ${all(b)}; largest difference ${exact(apart)}`;
    };
    const read = ["x", "y"].filter((_, k) => axes()[k]).join(" and ") || "neither";
    const note = touching() ? " They touch, so each one's surroundings hold a part of the other." : "";
    return `A lies ${CORNERS[cell("a")]} (channel ${cell("a")}), `
      + `B ${CORNERS[cell("b")]} (channel ${cell("b")}). `
      + `Without coordinates: ${said(found.plain)}. With ${read}: ${said(found.placed)}.${note}`;
  }

  function objectAt({ x, y }) {
    const zoom = (plan.scene[2] - plan.scene[0]) / wide;
    return ["b", "a"].find((name) => {
      const [left, top] = placeOf(name);
      const [px, py] = [(x - plan.scene[0]) / zoom - left, (y - plan.scene[1]) / zoom - top];
      return px >= 0 && px <= broad && py >= 0 && py <= tall;
    }) ?? null;
  }

  function move(name, left, top) {
    put(model, {
      [`${name}x`]: clamp(Math.round(left), margin, wide - margin - broad),
      [`${name}y`]: clamp(Math.round(top), margin, high - margin - tall),
    });
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const scene = stage({ model, el }, {
    keys: "Arrow keys move B, with Shift they move A. Mouse: drag A or B.",
    height: (width) => layout(width).height,
    draw,
    status: words,
    watch: WATCHED,
    hover: (at) => (near = at && plan && objectAt(at)),
    press(at) {
      const name = objectAt(at);
      grip = name && { name, from: at, place: placeOf(name) };
    },
    drag(at) {
      if (!grip) return;
      const zoom = (plan.scene[2] - plan.scene[0]) / wide;
      const [dx, dy] = [(at.x - grip.from.x) / zoom, (at.y - grip.from.y) / zoom];
      move(grip.name, grip.place[0] + dx, grip.place[1] + dy);
    },
    release: () => (grip = null),
    key(name, event) {
      const step = STEPS[name];
      const which = event.shiftKey ? "a" : "b";
      if (step) move(which, placeOf(which)[0] + 2 * step[0], placeOf(which)[1] + 2 * step[1]);
      return Boolean(step);
    },
  });
  return () => scene.remove();
}

// A difference of nothing at all is not a small one.
function exact(value) {
  return value === 0 ? "0" : shown(value, 4);
}

export default { render };
