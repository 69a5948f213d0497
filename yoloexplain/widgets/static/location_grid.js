import { assignSolo, cellAt, describeRuns } from "./core/solo.js";
import { photo } from "./maps.js";
import { box, dot, path, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const GAP = 22;
const WIDE = 680;  // from here on photo and levels stand side by side
const FIRST = 8;  // the axis of sizes begins here; what is smaller lies on its edge
const REACH = 9;  // pixels around the end of a range by which it can be held
const NUDGE = 2 ** (1 / 8);
const SHADES = ["blue", "orange", "green", "purple", "sky", "vermillion", "yellow"];
const LEVELS = ["purple", "sky", "green", "orange", "vermillion"];

function render({ model, el }) {
  const { size, grids, runs, names, farthest } = model.get("table");
  const [high, wide] = size;
  const objects = runs.map((one) => describeRuns(one, wide));
  let grip = null;  // { level, end } of the range that the mouse holds
  let near = null;
  let plan = null;  // where photo and rows lie, as last drawn

  const level = () => model.get("level");
  const chosen = () => model.get("chosen");
  const ranges = () => model.get("ranges");
  const zoom = () => model.get("side") / Math.min(high, wide);
  const assigned = () => assignSolo(objects, size, grids, ranges(), model.get("sigma"), zoom());
  const shadeOf = (look, object) => look[SHADES[object % SHADES.length]];
  const levelsOf = (levels, object) => grids.map((_, k) => k).filter((k) => levels[k].claims[object].length);
  const called = (k) => `p${k + 2}`;

  function layout(width) {
    const beside = width >= WIDE;
    const photoWide = beside ? Math.round((width - GAP) * 0.54) : width;
    const photoHigh = (photoWide * high) / wide;
    const row = beside ? Math.max((photoHigh - 26) / grids.length, 62) : 66;
    const [x, y] = beside ? [photoWide + GAP, 0] : [0, photoHigh + 12];
    const rows = grids.map((_, k) => [x, y + k * row, width - 1, y + (k + 1) * row]);
    const mini = Math.min(((row - 12) * wide) / high, 86);
    const axis = [x + mini + 14, width - 12];
    const end = Math.max(photoHigh, y + grids.length * row + 26);
    return { photo: [0, 0, photoWide, photoHigh], rows, mini, axis, height: end };
  }

  const alongAxis = (value) => {
    const share = Math.log2(Math.max(value, FIRST) / FIRST) / Math.log2(farthest / FIRST);
    return plan.axis[0] + share * (plan.axis[1] - plan.axis[0]);
  };
  const fromAxis = (x) => {
    const share = (x - plan.axis[0]) / (plan.axis[1] - plan.axis[0]);
    return share <= 0 ? 1 : Math.round(FIRST * 2 ** (share * Math.log2(farthest / FIRST)));
  };
  const barOf = (k) => plan.rows[k][1] + 38;

  function draw(ctx, { width, look }) {
    plan = layout(width);
    const levels = assigned();
    onPhoto(ctx, look, levels);
    grids.forEach((_, k) => levelRow(ctx, look, levels, k));
    axisBelow(ctx, look);
  }

  function onPhoto(ctx, look, levels) {
    const [x0, y0, x1, y1] = plan.photo;
    if (photograph.bitmap) ctx.drawImage(photograph.bitmap, x0, y0, x1 - x0, y1 - y0);
    box(ctx, plan.photo, { fill: "#000", alpha: 0.3 });
    const { claims, owner } = levels[level()];
    ctx.drawImage(tinted(runs, claims, (i) => shadeOf(look, i), size), x0, y0, x1 - x0, y1 - y0);
    lines(ctx, plan.photo, grids[level()], "rgba(255,255,255,0.3)");
    for (const [cell, object] of Object.entries(owner)) {
      box(ctx, square(plan.photo, grids[level()], Number(cell)),
        { fill: shadeOf(look, object), line: "#fff", width: 1 });
    }
    one(ctx, look);
  }

  // The chosen object: its box, its centre region, and its centre of mass.
  function one(ctx) {
    const { box: sides, middle } = objects[chosen()];
    const at = ([x, y]) => [(x * plan.photo[2]) / wide, (y * plan.photo[3]) / high];
    const frame = ([a, b, c, d]) => [...at([a, b]), ...at([c, d])];
    const reach = [0, 1].map((k) => (model.get("sigma") * (sides[k + 2] - sides[k])) / 2);
    const region = [middle[0] - reach[0], middle[1] - reach[1], middle[0] + reach[0], middle[1] + reach[1]];
    for (const [colour, width] of [["#000", 4], ["#fff", 2]]) {
      box(ctx, frame(sides), { line: colour, width });
      box(ctx, frame(region), { line: colour, width, dash: [4, 3] });
    }
    dot(ctx, at(middle), 3.5, "#fff", "#000");
  }

  function levelRow(ctx, look, levels, k) {
    const [x0, y0, x1, y1] = plan.rows[k];
    const shade = look[LEVELS[k % LEVELS.length]];
    if (k === level()) {
      box(ctx, [x0 + 1, y0 + 1, x1, y1 - 1],
        { fill: look.faint, line: look.muted, width: 1, alpha: 0.45, radius: 5 });
    }
    const small = [x0 + 6, y0 + 6, x0 + 6 + plan.mini, y0 + 6 + (plan.mini * high) / wide];
    box(ctx, small, { fill: look.faint });
    const lit = Object.entries(levels[k].owner);
    for (const [cell, object] of lit) {
      box(ctx, square(small, grids[k], Number(cell)), { fill: shadeOf(look, object) });
    }
    const [from, to] = ranges()[k];
    const taken = levels[k].claims.filter((cells) => cells.length).length;
    const words = `${called(k)}: S = ${grids[k]}`;
    const used = write(ctx, words, plan.axis[0], y0 + 19, { colour: look.ink, weight: 600 });
    const many = x1 - plan.axis[0] > 300 ? `${taken} ${taken === 1 ? "object" : "objects"}, ` : "";
    const count = `${from}–${to} px · ${many}${lit.length} cells`;
    write(ctx, count, x1 - 8, y0 + 19,
      { colour: look.muted, align: "right", size: 12.5, fit: x1 - 18 - plan.axis[0] - used });
    const y = barOf(k);
    path(ctx, [[plan.axis[0], y], [plan.axis[1], y]], { colour: look.faint, width: 1 });
    box(ctx, [alongAxis(from), y - 6, alongAxis(to), y + 6], { fill: shade, alpha: 0.45, radius: 6 });
    objects.forEach((object, i) => {
      if (levels[k].claims[i].length) dot(ctx, [alongAxis(object.scale * zoom()), y], 3, look.ink);
    });
    for (const [end, value] of [from, to].entries()) {
      const on = (near ?? grip)?.level === k && (near ?? grip).end === end;
      dot(ctx, [alongAxis(value), y], on ? 8 : 6, shade, look.paper);
    }
  }

  // The scale of sizes, and the chosen object's own through all levels.
  function axisBelow(ctx, look) {
    const bottom = plan.rows.at(-1)[3];
    for (let value = FIRST; value <= farthest; value *= 4) {
      const align = value === farthest ? "right" : "center";
      write(ctx, String(value), alongAxis(value), bottom + 17, { colour: look.muted, size: 12, align });
    }
    const x = alongAxis(objects[chosen()].scale * zoom());
    for (const k of grids.keys()) {
      path(ctx, [[x, barOf(k) - 12], [x, barOf(k) + 12]], { colour: look.ink, width: 2 });
    }
  }

  function words() {
    const levels = assigned();
    const grid = grids[level()];
    const { owner, claims } = levels[level()];
    const lit = Object.keys(owner).length;
    const asked = claims.reduce((sum, cells) => sum + cells.length, 0);
    const twice = asked > lit ? `, ${asked - lit} claimed twice` : "";
    const taken = claims.filter((cells) => cells.length).length;
    const on = levelsOf(levels, chosen()).map(called);
    const own = claims[chosen()].filter((cell) => owner[cell] === chosen());
    const where = on.length ? `answered for on ${on.join(" and ")}` : "in nobody's range";
    const here = own.length ? `; here by channels ${own.join(", ")}` : on.length ? "; not here" : "";
    const measure = Math.round(objects[chosen()].scale * zoom());
    return `${called(level())}, ${grid} × ${grid} cells, ${ranges()[level()].join("–")} px: `
      + `${taken} of ${objects.length} objects, ${lit} cells lit${twice}. `
      + `${capital(names[chosen()])}: √(w·h) = ${measure} px, ${where}${here}.`;
  }

  const inside = ([x0, y0, x1, y1], { x, y }) => x >= x0 && x <= x1 && y >= y0 && y <= y1;

  function endAt({ x, y }) {
    for (const k of grids.keys()) {
      if (Math.abs(y - barOf(k)) > REACH) continue;
      const away = ranges()[k].map((value) => Math.abs(alongAxis(value) - x));
      const end = away[1] <= away[0] ? 1 : 0;
      if (away[end] <= REACH) return { level: k, end };
    }
    return null;
  }

  // The object under a point of the photograph: whose cell it is, else whose mask.
  function objectAt({ x, y }) {
    const { row, column } = cellAt(x / plan.photo[2], y / plan.photo[3], grids[level()]);
    const owner = assigned()[level()].owner[row * grids[level()] + column];
    if (owner !== undefined) return owner;
    const pixel = Math.floor((y * high) / plan.photo[3]) * wide + Math.floor((x * wide) / plan.photo[2]);
    return runs.findLastIndex((one) => {
      for (let r = 0; r < one.length; r += 2) if (pixel >= one[r] && pixel < one[r] + one[r + 1]) return true;
      return false;
    });
  }

  function setEnd(k, end, value) {
    const [from, to] = ranges()[k];
    const limits = end ? [from, farthest] : [1, to];
    const moved = ranges().map((ends) => [...ends]);
    moved[k][end] = clamp(value, ...limits);
    put(model, { ranges: moved });
  }

  function press(at) {
    const end = endAt(at);
    const row = plan.rows.findIndex((sides) => inside(sides, at));
    if (end) {
      grip = end;
      put(model, { level: end.level });
    } else if (row >= 0) put(model, { level: row });
    else if (inside(plan.photo, at)) {
      const found = objectAt(at);
      if (found >= 0) put(model, { chosen: found });
    }
  }

  function key(name, event) {
    const side = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[name];
    if (!side) return false;
    const sideways = name === "ArrowLeft" || name === "ArrowRight";
    if (event.shiftKey) {
      const end = sideways ? 1 : 0;
      const up = sideways ? side : -side;
      const value = ranges()[level()][end];
      const next = Math.round(value * NUDGE ** up);
      setEnd(level(), end, next === value ? value + up : next);
    } else if (sideways) put(model, { chosen: (chosen() + side + objects.length) % objects.length });
    else put(model, { level: clamp(level() + side, 0, grids.length - 1) });
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Left and right choose an object, up and down a level; with Shift they move the upper and "
      + "the lower end of its range. Mouse: click objects and levels, drag the ends of a range.",
    height: (width) => layout(width).height,
    draw,
    status: words,
    watch: ["level", "chosen", "sigma", "side", "ranges"],
    hover: (at) => (near = at && plan && endAt(at)),
    press,
    drag: (at) => grip && setEnd(grip.level, grip.end, fromAxis(at.x)),
    release: () => (grip = null),
    key,
  });
  const photograph = photo(model, "photo", scene.redraw);
  return () => scene.remove();
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);

// Where a cell lies in a rectangle that its grid divides.
function square([x0, y0, x1, y1], grid, cell) {
  const [w, h] = [(x1 - x0) / grid, (y1 - y0) / grid];
  const [row, column] = [Math.floor(cell / grid), cell % grid];
  return [x0 + column * w, y0 + row * h, x0 + (column + 1) * w, y0 + (row + 1) * h];
}

function lines(ctx, [x0, y0, x1, y1], grid, colour) {
  for (let k = 1; k < grid; k++) {
    const [x, y] = [x0 + ((x1 - x0) * k) / grid, y0 + ((y1 - y0) * k) / grid];
    path(ctx, [[x, y0], [x, y1]], { colour, width: 0.75 });
    path(ctx, [[x0, y], [x1, y]], { colour, width: 0.75 });
  }
}

// The masks that a level draws, each in its colour; the others are left out.
function tinted(runs, claims, shade, [h, w]) {
  const made = document.createElement("canvas");
  [made.width, made.height] = [w, h];
  const ctx = made.getContext("2d");
  ctx.globalAlpha = 0.5;
  runs.forEach((one, object) => {
    if (!claims[object].length) return;
    ctx.fillStyle = shade(object);
    for (let r = 0; r < one.length; r += 2) {
      // a run may go on in the next row
      for (let at = one[r], left = one[r + 1]; left > 0;) {
        const length = Math.min(left, w - (at % w));
        ctx.fillRect(at % w, Math.floor(at / w), length, 1);
        at += length;
        left -= length;
      }
    }
  });
  return made;
}

export default { render };
