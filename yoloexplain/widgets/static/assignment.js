import { soloAnswers, yolov1Cell, yolov3Answers, yolov5Answers } from "./core/assignment.js";
import { handlesOf, movedBox } from "./core/grips.js";
import { photo } from "./maps.js";
import { box, dot, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const LEVELS = ["p2", "p3", "p4", "p5", "p6"];
const SMALLEST = 4;  // pixels that a side keeps
const STEP = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] };
const [PAD, GAP, HEAD] = [3, 20, 32];
const DETAIL = 172;  // height of what stands beside a picture
const RULED = 40;  // more cells along a side than this, and lines would hide the picture
const FARTHEST = 12;  // the longest ratio that is drawn

function render({ model, el }) {
  const { size, label, grid, levels, solos } = model.get("table");
  const [high, wide] = size;
  let grip = null;
  let frames = [];  // where the pictures were drawn
  let zones = [];  // rows that choose a level

  const now = () => model.get("box");
  const chosen = () => model.get("level");  // 0: all, 1 to 5: p2 to p6
  const rule = () => model.get("rule");
  const isOn = (name) => chosen() === 0 || LEVELS[chosen() - 1] === name;
  const shade = (look, name) =>
    ({ p2: look.purple, p3: look.sky, p4: look.green, p5: look.orange, p6: look.vermillion })[name];

  function answers() {
    const solo = solos[model.get("network")];
    const yolov5 = rule() === 2
      ? yolov3Answers(now(), size, levels)
      : yolov5Answers(now(), size, levels, model.get("threshold"), rule() === 0);
    return {
      yolov1: yolov1Cell(now(), size, grid),
      yolov5,
      solo: { ...solo, ...soloAnswers(now(), size, solo, model.get("sigma")) },
    };
  }

  // --- layout: three columns; on a narrower page three rows, each picture beside or above its words
  function plan(width) {
    const columns = width >= 820;
    const beside = !columns && width >= 480;
    const room = columns ? (width - 2 * GAP) / 3 : beside ? width * 0.52 : width;
    const w = Math.min(room - 2 * PAD, columns ? 400 : 460);
    const h = (w * high) / wide;
    const one = HEAD + (beside ? Math.max(h, DETAIL) : h + 10 + DETAIL) + 8;
    const spared = columns || beside ? 0 : 64;  // YOLOv1 has little to say
    const panes = [0, 1, 2].map((k) => {
      const [x, y] = columns ? [k * (room + GAP), 0] : [0, k * (one + 8) - (k ? spared : 0)];
      const frame = { x: x + PAD, y: y + HEAD, w, h };
      const left = beside ? x + room + GAP : x + PAD;
      const wordsWide = beside ? width - left - PAD : room - 2 * PAD;
      const detail = { x: left, y: beside ? y + HEAD : y + HEAD + h + 10, w: wordsWide };
      return { x: x + PAD, y, frame, detail, room: columns ? room - 2 * PAD : width - 2 * PAD };
    });
    return { panes, height: columns ? one : 3 * one + 16 - spared };
  }

  function draw(ctx, { width, look }) {
    const { panes } = plan(width);
    const found = answers();
    frames = panes.map((pane) => pane.frame);
    zones = [];
    drawYolov1(ctx, look, panes[0], found.yolov1);
    drawYolov5(ctx, look, panes[1], found.yolov5);
    drawSolo(ctx, look, panes[2], found.solo);
  }

  // Picture, cells from coarse to fine, the box, and a title above.
  function drawPane(ctx, look, { x, y, frame, room }, title, groups, between = () => {}) {
    write(ctx, title, x, y + 23, { colour: look.ink, weight: 600, size: 14.5, fit: room });
    const place = (column, columns, row, rows) =>
      [frame.x + (column / columns) * frame.w, frame.y + (row / rows) * frame.h];
    if (picture.bitmap) ctx.drawImage(picture.bitmap, frame.x, frame.y, frame.w, frame.h);
    for (const { rows, columns } of groups.filter((one) => one.ruled)) {
      const line = { colour: "rgba(255,255,255,0.5)", width: 0.8 };
      for (let k = 1; k < columns; k++) path(ctx, [place(k, columns, 0, 1), place(k, columns, 1, 1)], line);
      for (let k = 1; k < rows; k++) path(ctx, [place(0, 1, k, rows), place(1, 1, k, rows)], line);
    }
    for (const { rows, columns, cells, colour } of groups) {
      for (const [row, column] of cells) {
        const sides = [...place(column, columns, row, rows), ...place(column + 1, columns, row + 1, rows)];
        box(ctx, sides, { fill: colour, alpha: 0.68, line: "#fff", width: 1 });
      }
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(frame.x, frame.y, frame.w, frame.h);
    ctx.clip();
    between(([px, py]) => [frame.x + (px / wide) * frame.w, frame.y + (py / high) * frame.h]);
    ctx.restore();
    drawBox(ctx, look, frame);
  }

  const onFrame = (frame, [x0, y0, x1, y1]) => [
    frame.x + (x0 / wide) * frame.w, frame.y + (y0 / high) * frame.h,
    frame.x + (x1 / wide) * frame.w, frame.y + (y1 / high) * frame.h,
  ];

  function drawBox(ctx, look, frame) {
    const [x0, y0, x1, y1] = onFrame(frame, now());
    box(ctx, [x0, y0, x1, y1], { line: "rgba(255,255,255,0.9)", width: 4 });
    box(ctx, [x0, y0, x1, y1], { line: "#1b1f24", width: 2 });
    for (const corner of [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) dot(ctx, corner, 4, "#1b1f24", "#fff");
    dot(ctx, [(x0 + x1) / 2, (y0 + y1) / 2], 3.5, "#fff", "#1b1f24");
  }

  // The grid to rule: that of the chosen level, or the coarsest that answers.
  function ruled(groups) {
    const candidates = groups.filter((one) => (chosen() ? isOn(one.name) : one.cells.length));
    const best = candidates[0];
    if (best && Math.max(best.rows, best.columns) <= RULED) best.ruled = true;
    return groups;
  }

  // Levels from coarse to fine, silent where they are not chosen.
  function fromCoarse(groups) {
    return ruled([...groups].reverse())
      .map((one) => (isOn(one.name) ? one : { ...one, cells: [], ruled: false }));
  }

  function drawYolov1(ctx, look, pane, [row, column]) {
    const group = { rows: grid, columns: grid, cells: [[row, column]], colour: look.blue, ruled: true };
    drawPane(ctx, look, pane, "YOLOv1: 1 cell", [group]);
    const { x, y, w } = pane.detail;
    write(ctx, `row ${row}, column ${column}`, x, y + 14, { colour: look.ink, weight: 600 });
    const said = `The centre falls into one of ${grid} × ${grid} cells, and that cell answers alone. Of its `
      + "boxes the one with the higher IoU is told. A second object with its centre in the "
      + "same cell is lost.";
    let top = y + 36;
    for (const line of wrapped(ctx, said, w)) {
      write(ctx, line, x, top, { colour: look.muted, size: 13 });
      top += 18;
    }
  }

  function wrapped(ctx, said, room) {
    ctx.font = '400 13px system-ui, "DejaVu Sans", sans-serif';
    const lines = [""];
    for (const word of said.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (ctx.measureText(longer).width > room && lines.at(-1)) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  const matches = (level) => level.answers.filter(Boolean).length;
  const asked = (found) => found.reduce((sum, level) => sum + matches(level) * level.cells.length, 0);
  const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

  function drawYolov5(ctx, look, pane, found) {
    const groups = found.map((level, i) => (
      { ...level, name: levels[i].name, colour: shade(look, levels[i].name) }));
    const title = `${rule() === 2 ? "YOLOv3's rule" : "YOLOv5"}: ${plural(asked(found), "prediction")}`;
    drawPane(ctx, look, pane, title, fromCoarse(groups), (at) => drawAnchors(ctx, look, found, at));
    drawRatios(ctx, look, pane.detail, found);
  }

  // Anchors of a level that was chosen, around the centre: those that answer full, the others dashed.
  function drawAnchors(ctx, look, found, at) {
    const [cx, cy] = [(now()[0] + now()[2]) / 2, (now()[1] + now()[3]) / 2];
    levels.forEach(({ name, anchors }, i) => {
      anchors.forEach(([w, h], k) => {
        if (!chosen() || !isOn(name)) return;
        const sides = [...at([cx - w / 2, cy - h / 2]), ...at([cx + w / 2, cy + h / 2])];
        box(ctx, sides, { line: "rgba(0,0,0,0.45)", width: 2.6, dash: found[i].answers[k] ? [] : [4, 4] });
        box(ctx, sides, { line: shade(look, name), width: 1.4, dash: found[i].answers[k] ? [] : [4, 4] });
      });
    });
  }

  // One bar an anchor: how many times too long or short, on a logarithmic scale (IoU for YOLOv3).
  function drawRatios(ctx, look, { x, y, w }, found) {
    const [left, right] = [x + 118, x + w - 34];
    const byIoU = rule() === 2;
    const share = (value) => (byIoU ? value : Math.log(Math.min(value, FARTHEST)) / Math.log(FARTHEST));
    const at = (value) => left + share(value) * (right - left);
    const step = 15.5;
    levels.forEach(({ name, anchors }, i) => {
      const top = y + i * (3 * step + 4);
      const on = isOn(name);
      const count = matches(found[i]) * found[i].cells.length;
      ctx.globalAlpha = on ? 1 : 0.35;
      write(ctx, name.toUpperCase(), x, top + 12, { colour: look.ink, weight: 600 });
      const words = count ? `${matches(found[i])}×${found[i].cells.length} = ${count}` : "none";
      write(ctx, words, x, top + 28, { colour: look.muted, size: 12 });
      anchors.forEach(([wide, tall], k) => {
        const middle = top + k * step + 8;
        const value = found[i].values[k];
        const yes = found[i].answers[k];
        write(ctx, `${wide}×${tall}`, left - 6, middle, {
          colour: look.muted, size: 12, align: "right", base: "middle",
        });
        const sides = [left, middle - 5, Math.max(at(value), left + 1.5), middle + 5];
        box(ctx, sides, { fill: yes ? shade(look, name) : look.faint, radius: 2, alpha: on ? 1 : 0.35 });
        const digits = byIoU ? 2 : 1;
        write(ctx, shown(value, digits), x + w, middle, {
          colour: yes ? look.ink : look.muted, weight: yes ? 600 : 400,
          size: 12, align: "right", base: "middle",
        });
      });
      ctx.globalAlpha = 1;
      zones.push({ name, sides: [x, top, x + w, top + 3 * step] });
    });
    const bottom = y + 3 * (3 * step + 4);
    if (byIoU) {
      write(ctx, "IoU with each anchor, both on one centre: the best answers", x, bottom + 12, {
        colour: look.muted, size: 12, fit: w,
      });
      return;
    }
    const limit = model.get("threshold");
    path(ctx, [[at(limit), y - 2], [at(limit), bottom - 2]], { colour: look.ink, width: 1.5, dash: [4, 3] });
    write(ctx, `times too long or short: below ${shown(limit, 1)} answers`, x, bottom + 12, {
      colour: look.muted, size: 12, fit: w,
    });
  }

  function drawSolo(ctx, look, pane, found) {
    const groups = found.grids.map((cells, i) => ({
      rows: cells, columns: cells, cells: found.levels[i].cells,
      name: LEVELS[i], colour: shade(look, LEVELS[i]),
    }));
    const count = groups.reduce((sum, one) => sum + one.cells.length, 0);
    const title = `SOLO: ${plural(count, "cell")}, a mask each`;
    drawPane(ctx, look, pane, title, fromCoarse(groups), (at) => drawCentre(ctx, at));
    drawRanges(ctx, look, pane.detail, found);
  }

  function drawCentre(ctx, at) {
    const [x0, y0, x1, y1] = now();
    const half = model.get("sigma") / 2;
    const [cx, cy, rx, ry] = [(x0 + x1) / 2, (y0 + y1) / 2, half * (x1 - x0), half * (y1 - y0)];
    const sides = [...at([cx - rx, cy - ry]), ...at([cx + rx, cy + ry])];
    box(ctx, sides, { line: "#fff", width: 3 });
    box(ctx, sides, { line: "#1b1f24", width: 1.2, dash: [3, 2] });
  }

  // One bar a level: the sizes that it takes; the line is the object.
  function drawRanges(ctx, look, { x, y, w }, { grids, ranges, levels: found, scale, side }) {
    const [left, right] = [x + 74, x + w - 52];
    const [low, most] = [4, ranges.at(-1)[1]];
    const at = (value) => left + (clamp(Math.log(value / low) / Math.log(most / low), 0, 1)) * (right - left);
    const step = Math.min(140 / grids.length, 34);
    grids.forEach((cells, i) => {
      const name = LEVELS[i];
      const [top, middle] = [y + i * step, y + i * step + step / 2];
      const alpha = isOn(name) ? 1 : 0.35;
      ctx.globalAlpha = alpha;
      write(ctx, name.toUpperCase(), x, middle, { colour: look.ink, weight: 600, base: "middle" });
      write(ctx, `${cells}×${cells}`, left - 8, middle, {
        colour: look.muted, size: 12, align: "right", base: "middle",
      });
      const [from, to] = ranges[i].map(at);
      const yes = found[i].cells.length;
      box(ctx, [from, middle - 7, to, middle + 7], {
        fill: yes ? shade(look, name) : look.faint, radius: 2, alpha,
      });
      const words = plural(yes, "cell");
      write(ctx, words, x + w, middle, {
        colour: yes ? look.ink : look.muted, weight: yes ? 600 : 400,
        size: 12, align: "right", base: "middle",
      });
      ctx.globalAlpha = 1;
      zones.push({ name, sides: [x, top, x + w, top + step] });
    });
    const bottom = y + grids.length * step;
    path(ctx, [[at(scale), y - 2], [at(scale), bottom + 2]], { colour: look.ink, width: 1.5, dash: [4, 3] });
    const words = `√(w·h) = ${shown(scale, 0)} pixels, shorter side ${side}`;
    write(ctx, words, x, bottom + 16, { colour: look.muted, size: 12, fit: w });
  }

  function words() {
    const found = answers();
    const [x0, y0, x1, y1] = now();
    const [row, column] = found.yolov1;
    const per = found.yolov5.map((level, i) =>
      `${levels[i].name.toUpperCase()} ${matches(level)}×${level.cells.length}`);
    const twice = found.yolov5.some(({ cells }) => new Set(cells.map(String)).size < cells.length);
    const solo = found.solo.levels
      .map(({ cells }, i) => [LEVELS[i].toUpperCase(), cells.length])
      .filter(([, count]) => count)
      .map(([level, count]) => `${level} ${plural(count, "cell")}`);
    const drawn = solo.join(", ") || "no cell";
    const note = twice ? "; on a border, so a cell is asked twice" : "";
    const who = rule() === 2 ? "YOLOv3's rule" : "YOLOv5";
    const name = label[0].toUpperCase() + label.slice(1);
    const centre = `${shown((x0 + x1) / 2, 1)}, ${shown((y0 + y1) / 2, 1)}`;
    return `${name}, ${x1 - x0}×${y1 - y0} pixels, centre ${centre}. `
      + `YOLOv1: row ${row}, column ${column} of ${grid}×${grid}. `
      + `${who}: ${plural(asked(found.yolov5), "prediction")} (anchors×cells: ${per.join(", ")}${note}). `
      + `SOLO: √(w·h) ${shown(found.solo.scale, 1)}, ${drawn}.`;
  }

  // --- moving
  function move(sides, corner, dx, dy) {
    const by = [Math.round(dx), Math.round(dy)];
    put(model, { box: movedBox(sides, corner, ...by, SMALLEST, [wide, high]) });
  }

  const isIn = ([x0, y0, x1, y1], { x, y }, more) =>
    x >= x0 - more && x <= x1 + more && y >= y0 - more && y <= y1 + more;

  // What is under a point in any of the pictures: a corner, or the middle; elsewhere the box comes.
  function press(point) {
    const row = zones.find(({ sides }) => isIn(sides, point, 0));
    if (row) {
      const level = LEVELS.indexOf(row.name) + 1;
      put(model, { level: chosen() === level ? 0 : level });
      return;
    }
    const frame = frames.find(({ x, y, w, h }) => isIn([x, y, x + w, y + h], point, 8));
    if (!frame) return;
    const [x0, y0, x1, y1] = onFrame(frame, now());
    const near = handlesOf([x0, y0, x1, y1])
      .findIndex(([cx, cy]) => Math.hypot(cx - point.x, cy - point.y) < 10);
    const zoom = wide / frame.w;
    if (near < 0 && !isIn([x0, y0, x1, y1], point, 0)) {
      move(now(), 4, (point.x - (x0 + x1) / 2) * zoom, (point.y - (y0 + y1) / 2) * zoom);
    }
    grip = { corner: near < 0 ? 4 : near, from: point, zoom, box: now() };
  }

  const scene = stage({ model, el }, {
    keys: "Arrow keys move the box, with Shift they change its size; Enter shows one level after the other. "
      + "Mouse: drag the box or its corners in any of the pictures; click a level to see it alone.",
    height: (width) => plan(width).height,
    draw,
    status: words,
    watch: ["box", "threshold", "sigma", "rule", "network", "level"],
    press,
    drag(point) {
      if (!grip) return;
      const { box: start, corner, from, zoom } = grip;
      move(start, corner, (point.x - from.x) * zoom, (point.y - from.y) * zoom);
    },
    release: () => (grip = null),
    key(name, event) {
      if (STEP[name]) move(now(), event.shiftKey ? 2 : 4, ...STEP[name]);
      else if (name === "Enter" || name === " ") put(model, { level: (chosen() + 1) % (LEVELS.length + 1) });
      else return false;
      return true;
    },
  });
  const picture = photo(model, "photo", scene.redraw);
  return () => scene.remove();
}

export default { render };
