import { sigmoid } from "./core/curves.js";
import { cornersOf, decodeBox, decodeBoxYOLOv3, offsetOf, scaleOf } from "./core/yolov5.js";
import { bytes, photo } from "./maps.js";
import { box, dot, path, shown, write } from "./pencil.js";
import { drawAxes, drawCurve, plotIn, within } from "./plots.js";
import { clamp, put, stage } from "./stage.js";

const PARTS = ["tx", "ty", "tw", "th"];
const GAP = 26;  // between the picture and what stands beside it
const ROW = 26;  // height of a line of the table
const CLASS_ROW = 20;
const BROAD = 760;  // from here on, all stands beside the picture
const MIDDLE = 540;  // and from here on, the classes do
const ROUNDED = 0.0051;  // a slider that is drawn rounds to its own steps of 0.01
const NIGHT = 0.6;  // how dark a cell is that sees nothing

function render({ model, el }) {
  const { image: [high, wide], levels, names, reach } = model.get("table");
  const raw = bytes(model, "values").slice();
  const values = new Float32Array(raw.buffer);
  const kinds = new Uint16Array(bytes(model, "kinds").slice().buffer);
  const total = levels.reduce((sum, one) => sum + one.anchors.length * one.rows * one.columns, 0);
  const width = values.length / total;  // numbers of an anchor in a cell
  const sure = levels.map(surest);
  let near = null;  // the cell under the mouse
  let areas = null;  // where everything was drawn last

  const level = () => levels[clamp(model.get("level"), 0, levels.length - 1)];
  const anchor = () => clamp(model.get("anchor"), 0, level().anchors.length - 1);
  const cellAt = (x, y, { stride, rows, columns } = level()) =>
    [clamp(Math.floor(y / stride), 0, rows - 1), clamp(Math.floor(x / stride), 0, columns - 1)];
  const cell = () => cellAt(model.get("x"), model.get("y"));
  const bent = () => PARTS.map((part) => model.get(part));

  function indexOf({ start, rows, columns }, which, [row, column]) {
    return start + (which * rows + row) * columns + column;
  }

  // All that the network says of an anchor in the chosen cell.
  function said(which) {
    const at = indexOf(level(), which, cell());
    const row = Array.from(values.subarray(at * width, (at + 1) * width));
    const classes = Array.from(kinds.subarray(at * (width - 5), (at + 1) * (width - 5)));
    const probabilities = row.slice(5).map(sigmoid);
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { t: row.slice(0, 4), logit: row[4], objectness: sigmoid(row[4]), classes, probabilities, best };
  }

  // The highest objectness of each cell of a level, over its anchors.
  function surest(one) {
    const found = new Float32Array(one.rows * one.columns);
    for (let which = 0; which < one.anchors.length; which++) {
      for (let i = 0; i < found.length; i++) {
        const logit = values[(one.start + which * found.length + i) * width + 4];
        found[i] = Math.max(found[i], sigmoid(logit));
      }
    }
    return found;
  }

  const onSliders = (t) => t.map((value) => clamp(value, -reach, reach));
  const own = () => onSliders(said(anchor()).t);
  const untouched = () => own().every((value, k) => Math.abs(value - bent()[k]) < ROUNDED);
  const reading = () => (untouched() ? said(anchor()).t : bent());

  // Bring the sliders to what the network says of the chosen anchor.
  function follow() {
    const t = own();
    put(model, Object.fromEntries(PARTS.map((part, k) => [part, t[k]])));
  }

  function chooseCell([row, column]) {
    const { stride, rows, columns } = level();
    const middle = (k, count) => Math.floor((clamp(k, 0, count - 1) + 0.5) * stride);
    put(model, { x: middle(column, columns), y: middle(row, rows) });
  }

  function layout(across) {
    const share = across >= BROAD ? 0.48 : across >= MIDDLE ? 0.58 : 1;
    const scale = Math.min((across * share) / wide, (across >= BROAD ? 470 : 400) / high);
    const picture = [0, 0, wide * scale, high * scale];
    const beside = picture[2] + GAP;
    const many = width - 5;
    const table = across >= BROAD ? [beside, 0, across] : [0, picture[3] + 16, across];
    table.push(table[1] + 24 + ROW * level().anchors.length);
    const single = across >= MIDDLE && across < BROAD;  // one class a line
    const lines = single ? many : Math.ceil(many / 2);
    const classes = single ? [beside, 24, across] : [table[0], table[3] + 30, across];
    classes.push(classes[1] + CLASS_ROW * lines);
    const top = Math.max(table[3], single ? 0 : classes[3]) + 38;
    const foot = Math.max(top + 160, across >= BROAD ? picture[3] - 36 : 0);
    const plots = [table[0], top, across - 8, foot];
    return { scale, picture, table, classes, lines, plots, height: Math.max(foot + 36, picture[3]) };
  }

  function draw(ctx, { width: across, look }) {
    areas = layout(across);
    drawPicture(ctx, look);
    drawTable(ctx, look);
    drawClasses(ctx, look);
    drawPlots(ctx, look);
  }

  function drawPicture(ctx, look) {
    const { scale, picture } = areas;
    const { stride, rows, columns } = level();
    ctx.save();
    ctx.beginPath();
    ctx.rect(...picture);
    ctx.clip();
    if (shot.bitmap) ctx.drawImage(shot.bitmap, ...picture);
    shade(ctx, scale * stride, rows, columns);
    const cellBox = ([row, column]) =>
      [column, row, column + 1, row + 1].map((side) => side * stride * scale);
    if (near) box(ctx, cellBox(near), { line: "#fff", width: 1.5 });
    box(ctx, cellBox(cell()), { line: "#000", width: 4 });
    box(ctx, cellBox(cell()), { line: look.yellow, width: 2 });
    drawBoxes(ctx, look);
    ctx.restore();
  }

  // Night falls where no anchor of a cell sees anything; thin lines are the grid.
  function shade(ctx, side, rows, columns) {
    const edge = (k) => Math.round(k * side);
    const [bottom, right] = [edge(rows), edge(columns)];
    for (let i = 0; i < rows * columns; i++) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      ctx.fillStyle = `rgba(0, 0, 0, ${(NIGHT * (1 - sure[levels.indexOf(level())][i])).toFixed(3)})`;
      ctx.fillRect(edge(column), edge(row), edge(column + 1) - edge(column), edge(row + 1) - edge(row));
    }
    const line = { colour: "rgba(255, 255, 255, 0.22)", width: 1 };
    for (let k = 1; k < columns; k++) path(ctx, [[edge(k), 0], [edge(k), bottom]], line);
    for (let k = 1; k < rows; k++) path(ctx, [[0, edge(k)], [right, edge(k)]], line);
  }

  function drawBoxes(ctx, look) {
    const { scale } = areas;
    const { stride, anchors } = level();
    const [row, column] = cell();
    const onCanvas = (centred) => cornersOf(centred).map((side) => side * scale);
    const [w, h] = anchors[anchor()];
    const shape = onCanvas([(column + 0.5) * stride, (row + 0.5) * stride, w, h]);
    box(ctx, shape, { line: "rgba(255, 255, 255, 0.9)", width: 1.2, dash: [2, 3] });
    anchors.forEach((size, which) => {
      if (which === anchor()) return;
      outline(ctx, onCanvas(decodeBox(said(which).t, cell(), stride, size)), look.sky, 1);
    });
    const t = reading();
    if (!untouched()) {
      const first = decodeBox(said(anchor()).t, cell(), stride, anchors[anchor()]);
      outline(ctx, onCanvas(first), look.blue, 1.5, [5, 4]);
    }
    if (model.get("yolov3")) {
      const read = decodeBoxYOLOv3(t, cell(), stride, anchors[anchor()]);
      outline(ctx, onCanvas(read), look.orange, 2, [7, 4]);
      dot(ctx, [read[0] * scale, read[1] * scale], 3.5, look.orange, "#fff");
    }
    const read = decodeBox(t, cell(), stride, anchors[anchor()]);
    outline(ctx, onCanvas(read), look.blue, 2.5);
    dot(ctx, [read[0] * scale, read[1] * scale], 4, look.blue, "#fff");
  }

  // White under the colour, so that it can be seen on any picture.
  function outline(ctx, sides, colour, thick, dash = []) {
    box(ctx, sides, { line: "#fff", width: thick + 2 });
    box(ctx, sides, { line: colour, width: thick, dash });
  }

  // Places of the table's columns, as shares of its width; the last is left out where it is narrow.
  function columnsOf(across) {
    const places = across < 430
      ? { anchor: 0, tx: 0.38, ty: 0.52, tw: 0.66, th: 0.8, sure: 1 }
      : { anchor: 0, tx: 0.255, ty: 0.36, tw: 0.465, th: 0.57, sure: 0.735, best: 0.765 };
    return Object.fromEntries(Object.entries(places).map(([name, share]) => [name, share * across]));
  }

  function drawTable(ctx, look) {
    const [left, top, right] = areas.table;
    const at = columnsOf(right - left - 12);
    const say = (words, place, y, options) =>
      write(ctx, words, left + 6 + place, y, { size: 12.5, ...options });
    const quiet = { colour: look.muted, align: "right", size: 12 };
    say("anchor", at.anchor, top + 16, { ...quiet, align: "left" });
    for (const part of PARTS) say(part, at[part], top + 16, quiet);
    say("objectness", at.sure, top + 16, quiet);
    if (at.best) say("best class", at.best, top + 16, { ...quiet, align: "left" });
    level().anchors.forEach(([w, h], which) => {
      const y = top + 24 + ROW * which;
      const here = which === anchor();
      const { t, objectness, classes, probabilities, best } = said(which);
      if (here) box(ctx, [left, y, right, y + ROW - 2], { fill: look.faint, alpha: 0.55, radius: 4 });
      const ink = { colour: look.ink, weight: here ? 600 : 400 };
      const base = y + 17;
      box(ctx, [left + 6, y + 8, left + 15, y + 17], { fill: here ? look.blue : look.sky });
      say(`${w}×${h}`, at.anchor + 16, base, ink);
      t.forEach((value, k) => say(shown(value, 2), at[PARTS[k]], base, { ...ink, align: "right" }));
      say(objectness.toFixed(2), at.sure, base, { ...ink, align: "right" });
      const words = `${names[classes[best]]} ${probabilities[best].toFixed(2)}`;
      if (at.best) say(words, at.best, base, { ...ink, fit: right - left - 18 - at.best });
    });
  }

  function drawClasses(ctx, look) {
    const [left, top, right] = areas.classes;
    const { classes, probabilities, best } = said(anchor());
    const title = `If something is here, is it a … (anchor ${anchor() + 1})`;
    write(ctx, title, left + 6, top - 8, { colour: look.muted, size: 12, fit: right - left - 6 });
    const { lines } = areas;
    const column = (right - left) / Math.ceil(classes.length / lines);
    classes.forEach((kind, k) => {
      const x = left + 6 + Math.floor(k / lines) * column;
      const y = top + (k % lines) * CLASS_ROW;
      const bar = [x + 76, y + 4, x + column - 50, y + 14];
      const ink = { colour: look.ink, size: 12.5, weight: k === best ? 600 : 400 };
      write(ctx, names[kind], x, y + 13, { ...ink, fit: 70 });
      box(ctx, bar, { fill: look.faint, alpha: 0.6 });
      box(ctx, [bar[0], bar[1], bar[0] + (bar[2] - bar[0]) * probabilities[k], bar[3]], { fill: look.blue });
      write(ctx, probabilities[k].toFixed(2), x + column - 14, y + 13, { ...ink, align: "right" });
    });
  }

  function drawPlots(ctx, look) {
    const [left, top, right, bottom] = areas.plots;
    const half = (right - left - 70) / 2;
    const ticks = { xTicks: [-6, -3, 0, 3, 6], xWords: "raw value t" };
    const centre = plotIn([left + 34, top, left + 34 + half, bottom], [-reach, reach], [-0.7, 1.7]);
    const size = plotIn([right - half, top, right, bottom], [-reach, reach], [-0.3, 6.3]);
    const band = [centre.sides[0], centre.y(1), centre.sides[2], centre.y(0)];
    box(ctx, band, { fill: look.faint, alpha: 0.5 });
    const quiet = { colour: look.muted, size: 12, align: "right" };
    write(ctx, "the cell", centre.sides[2] - 4, centre.y(0) - 5, quiet);
    drawAxes(ctx, look, centre, { ...ticks, yTicks: [-0.5, 0, 0.5, 1, 1.5], title: "centre, in cells" });
    drawAxes(ctx, look, size, { ...ticks, yTicks: [0, 1, 2, 4, 6], title: "size, in anchors" });
    const t = reading();
    curves(ctx, look, centre, [offsetOf, sigmoid], ["2σ − 0.5", "σ"], t.slice(0, 2), ["tx", "ty"]);
    curves(ctx, look, size, [scaleOf, Math.exp], ["(2σ)²", "exp"], t.slice(2), ["tw", "th"]);
  }

  // YOLOv5's curve and YOLOv3's, with a dot for each raw number.
  function curves(ctx, look, plot, [now, then], [nowWords, thenWords], t, labels) {
    drawCurve(ctx, plot, then, { colour: look.orange, width: 2, dash: [6, 4] });
    drawCurve(ctx, plot, now, { colour: look.blue, width: 2.5 });
    const right = labels[0] === "tw";  // where no curve passes
    const room = !right && plot.sides[2] - plot.sides[0] > 190;
    const key = { size: 12, weight: 600, align: right ? "right" : "left" };
    const x0 = right ? plot.sides[2] - 6 : plot.sides[0] + 8;
    const y0 = right ? plot.sides[3] - 40 : plot.sides[1] + 14;
    write(ctx, room ? `YOLOv5: ${nowWords}` : nowWords, x0, y0, { ...key, colour: look.blue });
    write(ctx, room ? `YOLOv3: ${thenWords}` : thenWords, x0, y0 + 16, { ...key, colour: look.orange });
    t.forEach((value, k) => {
      const x = plot.x(clamp(value, -reach, reach));
      if (model.get("yolov3") && within(plot, then(value))) {
        dot(ctx, [x, plot.y(then(value))], 4, look.orange, look.paper);
      }
      const y = plot.y(now(value));
      dot(ctx, [x, y], 5, look.blue, look.paper);
      // One name above and to the left, one below and to the right: they must not meet.
      const [dx, dy, align] = k === 0 ? [-8, -10, "right"] : [8, 17, "left"];
      write(ctx, labels[k], x + dx, y + dy, { colour: look.ink, size: 12, weight: 600, align });
    });
  }

  function words() {
    const { name, stride, anchors } = level();
    const [row, column] = cell();
    const { objectness, classes, probabilities, best } = said(anchor());
    const [w, h] = anchors[anchor()];
    const t = reading();
    const tell = ([cx, cy, bw, bh]) =>
      `centre (${shown(cx, 1)}, ${shown(cy, 1)}), size ${sideWords(bw)} × ${sideWords(bh)}`;
    const who = untouched() ? "as the network says" : "with your numbers";
    const old = decodeBoxYOLOv3(t, cell(), stride, [w, h]);
    const then = model.get("yolov3") ? ` YOLOv3 would read ${tell(old)}.` : "";
    const likeliest = `${names[classes[best]]} ${probabilities[best].toFixed(2)}`;
    const score = `objectness ${objectness.toFixed(2)} × ${likeliest}`
      + ` = score ${(objectness * probabilities[best]).toFixed(2)}`;
    return `${name}, row ${row}, column ${column}, anchor ${w}×${h}, ${who}: `
      + `${tell(decodeBox(t, cell(), stride, [w, h]))} pixels; ${score}.${then}`;
  }

  function sideWords(side) {
    return side < 1e5 ? shown(side, 1) : side.toExponential(1);
  }

  function inside([x0, y0, x1, y1], { x, y }) {
    return x >= x0 && x < x1 && y >= y0 && y < y1;
  }

  const under = (point) => cellAt(point.x / areas.scale, point.y / areas.scale);
  const STEP = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  function key(name, event) {
    if (name === "Enter" || name === " ") follow();
    else if (name === "+" || name === "-") {
      put(model, { level: clamp(model.get("level") + (name === "+" ? 1 : -1), 0, levels.length - 1) });
    } else if (!STEP[name]) return false;
    else if (event.shiftKey) {
      const count = level().anchors.length;
      put(model, { anchor: clamp(anchor() + STEP[name][0] + STEP[name][1], 0, count - 1) });
    } else chooseCell(cell().map((place, k) => place + STEP[name][k]));
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Arrow keys choose a cell, with Shift an anchor, + and − a level; Enter brings back the "
      + "network's numbers. Mouse: click a cell or a line of the table.",
    height: (across) => layout(across).height,
    draw,
    status: words,
    watch: ["level", "anchor", "x", "y", ...PARTS, "yolov3"],
    hover: (point) => (near = point && areas && inside(areas.picture, point) ? under(point) : null),
    press(point) {
      if (inside(areas.picture, point)) chooseCell(under(point));
      const line = Math.floor((point.y - areas.table[1] - 24) / ROW);
      const most = level().anchors.length - 1;
      if (inside(areas.table, point) && line >= 0) put(model, { anchor: clamp(line, 0, most) });
    },
    key,
  });
  const shot = photo(model, "photo", scene.redraw);
  for (const name of ["level", "anchor", "x", "y"]) model.on(`change:${name}`, follow);
  return () => {
    for (const name of ["level", "anchor", "x", "y"]) model.off(`change:${name}`, follow);
    scene.remove();
  };
}

export default { render };
