import { FUSIONS, cspBlock, plainBlock, readers } from "./core/csp.js";
import { arrow, box, counted, dot, path, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const FLOW = 196;  // pixels of the drawing of both lanes
const MEASURES = [["params", "parameters"], ["macs", "multiply-adds"]];

function render({ model, el }) {
  const { channels: wide, growth, map_size: [high, across] } = model.get("table");
  const positions = high * across;
  let near = -1;  // source under the mouse
  let plan = null;
  let curveBox = null;
  let columns = [];

  const fusion = () => FUSIONS[clamp(model.get("fusion"), 0, 2)];
  const layers = () => Math.max(model.get("layers"), 1);
  // What goes around must stay less than what leaves, or nothing would come through.
  const most = () => Math.min(wide, Math.floor((wide + growth * layers()) / 2)) - 1;
  const around = () => clamp(model.get("around"), 1, most());
  const now = () => cspBlock(wide, growth, layers(), around(), fusion(), positions);
  const plain = () => plainBlock(wide, growth, layers(), positions);

  function arrange(width) {
    const narrow = width < 660;
    const rows = layers() + 2;
    const grid = { x: 2, y: FLOW + 48, width: narrow ? width - 8 : width * 0.5, row: clamp(210 / rows, 15, 26) };
    const gridEnd = grid.y + grid.row * rows + 42;
    const costs = narrow
      ? { x: 2, y: gridEnd + 46, width: width - 8 }
      : { x: grid.width + 44, y: FLOW + 48, width: width - grid.width - 50 };
    plan = { narrow, grid, costs };
    return Math.max(gridEnd, costs.y + 284);
  }

  function draw(ctx, { width, look }) {
    arrange(width);
    drawFlow(ctx, look, width);
    drawReaders(ctx, look);
    drawCosts(ctx, look);
  }

  const percent = (part, whole) => {
    const change = Math.round((100 * part) / whole - 100);
    return change === 0 ? "±0 %" : change < 0 ? `−${-change} %` : `+${change} %`;
  };

  // Both lanes, heights true to the channels.
  function drawFlow(ctx, look, width) {
    const { channels } = now();
    const narrow = width < 660;
    const scale = 104 / Math.max(channels.dense, channels.joined, wide);
    const base = 172;  // the foot of all stacks
    const lane = 20;
    const bar = narrow ? 16 : 26;
    const steps = fusion() === "both" ? 7 : 6;
    const gap = (width - 16 - bar) / steps;
    const at = (k) => 8 + k * gap;
    const [around_, dense, joined] = [look.muted, look.blue, look.green];
    const stack = (x, parts) => {
      let y = base;
      for (const [count, shade, alpha] of parts) {
        box(ctx, [x, y - count * scale, x + bar, y], { fill: shade, alpha });
        y -= count * scale;
      }
      const total = parts.reduce((sum, part) => sum + part[0], 0);
      write(ctx, String(total), x + bar / 2, base + 17,
        { colour: look.ink, weight: 600, align: "center", size: 13 });
      return y;
    };
    const y = base - 40;
    const reach = narrow ? 12 : 17;
    const mix = (x, shade) => {
      box(ctx, [x - reach, y - 13, x + reach, y + 13], { fill: look.paper });
      box(ctx, [x - reach, y - 13, x + reach, y + 13],
        { fill: shade, alpha: 0.25, line: shade, width: 1.5, radius: 3 });
      write(ctx, "1×1", x, y + 1, { colour: look.ink, size: 12, align: "center", base: "middle" });
    };
    const line = (from, to) => arrow(ctx, [from, y], [to, y], { colour: look.muted, width: 1.5, head: 7 });
    const top = stack(at(0), [[channels.entering, dense, 0.75], [channels.around, around_, 0.75]]);
    const half = Math.min(gap * 0.42, 50);
    const middle = at(1) + bar / 2 + (narrow ? 2 : 12);
    line(at(0) + bar + 3, middle - half - 3);
    box(ctx, [middle - half, y - 24, middle + half, y + 24],
      { fill: dense, alpha: 0.18, line: dense, width: 1.5, radius: 4 });
    write(ctx, narrow ? "dense" : "dense block", middle, y - 5,
      { colour: look.ink, size: 12.5, align: "center", fit: half * 2 - 6 });
    write(ctx, narrow ? `×${layers()}` : `${layers()} layers`, middle, y + 12,
      { colour: look.ink, size: 12.5, align: "center", fit: half * 2 - 6 });
    line(middle + half + 3, at(2) - 4);
    const grown = channels.dense - channels.entering;
    stack(at(2), [[channels.entering, dense, 0.75], [grown, dense, 0.35]]);
    let k = 2;
    if (channels.mixed !== null) {
      line(at(2) + bar + 3, at(3) + bar / 2 - reach - 1);
      mix(at(3) + bar / 2, dense);
      line(at(3) + bar / 2 + reach + 1, at(4) - 4);
      stack(at(4), [[channels.mixed, dense, 0.75]]);
      k = 4;
    }
    const knot = at(k + 1) + bar / 2;
    const stackAt = fusion() === "both" ? at(6) : at(k + 2);
    line(at(k) + bar + 3, knot - 11);
    path(ctx, [[at(0) + bar / 2, top - 2], [at(0) + bar / 2, lane], [knot, lane], [knot, y - 11]],
      { colour: around_, width: 3 });
    write(ctx, `${channels.around} channels go around`, (at(0) + bar / 2 + knot) / 2, lane + 16,
      { colour: look.ink, size: 13, align: "center", fit: knot - at(0) - bar });
    box(ctx, [knot - 10, y - 10, knot + 10, y + 10],
      { fill: look.paper, line: joined, width: 2, radius: 10 });
    write(ctx, "C", knot, y + 1,
      { colour: look.ink, size: 12, weight: 600, align: "center", base: "middle" });
    line(knot + 11, stackAt - 4);
    const inner = channels.mixed === null ? [[channels.entering, dense, 0.75], [grown, dense, 0.35]] : [[channels.mixed, dense, 0.75]];
    stack(stackAt, [...inner, [channels.around, around_, 0.75]]);
    if (fusion() !== "last") {
      const end = fusion() === "both" ? at(7) : at(6);
      const between = (stackAt + bar + end) / 2;
      line(stackAt + bar + 3, between - reach - 1);
      mix(between, joined);
      line(between + reach + 1, end - 4);
      stack(end, [[channels.out, joined, 0.75]]);
    }
  }

  // Who reads whom: a filled square is read forward, and a gradient comes back through it.
  function drawReaders(ctx, look) {
    const { grid } = plan;
    const { sources, rows } = readers(wide, growth, layers(), around(), fusion());
    const label = 76;
    const room = grid.width - label;
    const gaps = 3;
    const total = sources.reduce((sum, source) => sum + source.channels, 0);
    const least = 14;
    const spare = room - sources.length * (least + gaps);
    let x = grid.x + label;
    columns = sources.map(({ channels, name }, k) => {
      const width = least + (spare * channels) / total;
      const made = { x0: x, x1: x + width, shade: name === "around" ? look.muted : name === "mixed" ? look.green : look.blue, alpha: name === "x0" || k === 0 ? 0.85 : 0.5, name, channels };
      x += width + gaps;
      return made;
    });
    write(ctx, "Who reads whom, and sends a gradient back", grid.x, grid.y - 22,
      { colour: look.ink, weight: 600, size: 14, fit: grid.width });
    columns.forEach(({ x0, x1, name }) => {
      const words = { around: x1 - x0 > 46 ? "around" : "γ", mixed: x1 - x0 > 40 ? "mixed" : "m" }[name] ?? name;
      write(ctx, words, (x0 + x1) / 2, grid.y - 4, { colour: look.ink, size: 12, align: "center" });
    });
    rows.forEach((row, i) => {
      const [top, bottom] = [grid.y + i * grid.row + 1, grid.y + (i + 1) * grid.row - 1];
      write(ctx, row.name, grid.x, (top + bottom) / 2 + 1, { colour: look.ink, size: 12.5, base: "middle" });
      columns.forEach((column, k) => {
        const place = [column.x0, top, column.x1, bottom];
        if (row.reads.includes(k)) box(ctx, place, { fill: column.shade, alpha: column.alpha });
        else if (k === 0 && i < layers()) box(ctx, [place[0] + 1, place[1] + 1, place[2] - 1, place[3] - 1], { line: look.vermillion, width: 1.2, dash: [3, 3] });
        else box(ctx, place, { fill: look.faint, alpha: 0.28 });
      });
    });
    const foot = grid.y + rows.length * grid.row + 15;
    write(ctx, "gradients", grid.x, foot, { colour: look.muted, size: 12.5 });
    columns.forEach((column, k) => {
      const count = rows.filter((row) => row.reads.includes(k)).length;
      write(ctx, String(count), (column.x0 + column.x1) / 2, foot,
        { colour: look.ink, size: 12.5, weight: 600, align: "center" });
      if (k === near) box(ctx, [column.x0 - 2, grid.y - 1, column.x1 + 2, foot + 5], { line: look.orange, width: 2, radius: 3 });
    });
    write(ctx, "dashed: what a plain dense block reads there as well", grid.x, foot + 20,
      { colour: look.muted, size: 12.5, fit: grid.width });
  }

  // Three bars beside the plain block's, and one curve over γ.
  function drawCosts(ctx, look) {
    const { x, y, width } = plan.costs;
    const [here, whole] = [now(), plain()];
    write(ctx, width < 330 ? "Beside a plain dense block" : "Beside a plain dense block and its transition", x, y - 22, { colour: look.ink, weight: 600, size: 14, fit: width });
    const rows = [["parameters", "params"], ["multiply-adds", "macs"], ["channels read inside", "reads"]];
    const scale = (width * 0.78) / Math.max(1.02, ...rows.map(([, name]) => here[name] / whole[name]));
    rows.forEach(([words, name], k) => {
      const top = y - 10 + k * 38;
      write(ctx, `${words}: ${counted(here[name])} of ${counted(whole[name])}`, x, top + 12,
        { colour: look.ink, size: 13, fit: width });
      const end = x + scale * (here[name] / whole[name]);
      box(ctx, [x, top + 17, x + scale, top + 28], { line: look.muted, width: 1.2 });
      box(ctx, [x, top + 17, end, top + 28],
        { fill: here[name] > whole[name] ? look.vermillion : look.blue, alpha: 0.85 });
      write(ctx, percent(here[name], whole[name]), Math.max(end, x + scale) + 8, top + 23,
        { colour: look.ink, size: 12.5, weight: 600, base: "middle" });
    });
    drawCurve(ctx, look, { x, y: y + 138, width, height: 120 });
  }

  function drawCurve(ctx, look, { x, y, width, height }) {
    const [name, words] = MEASURES[clamp(model.get("measure"), 0, 1)];
    const counts = Array.from({ length: most() }, (_, i) => i + 1);
    const whole = plain()[name];
    const lines = FUSIONS.map((each) => counts.map((count) => cspBlock(wide, growth, layers(), count, each, positions)[name]));
    const shares = [1, ...lines.flat().map((value) => value / whole)];
    const [lowest, highest] = [Math.floor(10 * Math.min(...shares)) / 10, Math.ceil(20 * Math.max(...shares)) / 20];
    const left = x + 42;
    const right = x + width - 44;
    const toX = (count) => left + ((right - left) * count) / wide;
    const toY = (value) => y + height - (height * (value / whole - lowest)) / (highest - lowest);
    for (const share of [lowest, highest]) {
      write(ctx, `${Math.round(100 * share)} %`, left - 6, toY(share * whole),
        { colour: look.muted, size: 12, align: "right", base: "middle" });
    }
    curveBox = { left, right, top: y, bottom: y + height };
    write(ctx, `${words} over γ, in % of the plain`, x, y - 12,
      { colour: look.muted, size: 12.5, fit: width });
    path(ctx, [[left, y], [left, y + height], [right, y + height]], { colour: look.faint, width: 1.5 });
    path(ctx, [[left, toY(whole)], [right, toY(whole)]], { colour: look.ink, width: 1.5, dash: [4, 4] });
    write(ctx, "plain", right + 5, toY(whole), { colour: look.ink, size: 12.5, base: "middle" });
    const ends = FUSIONS.map((each, k) => ({ each, k, y: toY(lines[k].at(-1)) })).sort((a, b) => a.y - b.y);
    ends.forEach((end, i) => (end.y = i ? Math.max(end.y, ends[i - 1].y + 14) : end.y));
    const shift = Math.max(0, ends.at(-1).y - (y + height));
    FUSIONS.forEach((each, k) => {
      const own = each === fusion();
      path(ctx, counts.map((count, i) => [toX(count), toY(lines[k][i])]),
        { colour: own ? look.blue : look.muted, width: own ? 3.5 : 1.5 });
    });
    ends.forEach(({ each, y: end }) => write(ctx, each, right + 5, end - shift, { colour: look.ink, weight: each === fusion() ? 700 : 400, size: 12.5, base: "middle" }));
    const here = [toX(around()), toY(now()[name])];
    path(ctx, [[here[0], y], [here[0], y + height]], { colour: look.orange, width: 1.5 });
    dot(ctx, here, 5.5, look.orange, look.paper);
    for (const [share, align] of [[0, "center"], [0.5, "center"], [1, "center"]]) {
      write(ctx, `γ = ${share}`, toX(share * wide), y + height + 16,
        { colour: look.muted, size: 12.5, align });
    }
  }

  function words() {
    const [here, whole] = [now(), plain()];
    const { channels } = here;
    const gamma = (channels.around / wide).toFixed(2);
    const cost = `${counted(here.params)} parameters (${percent(here.params, whole.params)}) and ${counted(here.macs)} multiply-adds (${percent(here.macs, whole.macs)})`;
    const start = `γ = ${gamma}, fusion ${fusion()}: ${channels.around} of ${wide} channels go around, ${channels.out} leave; ${cost}.`;
    if (near < 0 || !columns[near]) return `${start} The layers read ${counted(here.reads)} channels instead of ${counted(whole.reads)}.`;
    const { rows } = readers(wide, growth, layers(), around(), fusion());
    const count = rows.filter((row) => row.reads.includes(near)).length;
    const { name, channels: held } = columns[near];
    const what = { around: "What goes around", x0: "What enters the block", mixed: "The mixed dense part" }[name] ?? `The new maps of layer ${name.slice(1)}`;
    return `${start} ${what} (${held} channels) gets a gradient from ${count} ${count === 1 ? "reader" : "readers"}.`;
  }

  const inCurve = ({ x, y }) => curveBox && x > curveBox.left - 8 && x < curveBox.right + 8 && y > curveBox.top - 8 && y < curveBox.bottom + 20;
  let dragging = false;
  const slide = ({ x }) => put(model, { around: clamp(Math.round((wide * (x - curveBox.left)) / (curveBox.right - curveBox.left)), 1, most()) });
  const scene = stage({ model, el }, {
    keys: "Left and right change how many channels go around, with Shift by eight; up and down the "
      + "fusion, Enter the curve. Mouse: drag along the curve, point at the columns.",
    height: arrange,
    draw,
    status: words,
    watch: ["around", "fusion", "layers", "measure"],
    hover(point) {
      const { grid } = plan;
      const inside = point && point.y > grid.y - 18 && point.y < grid.y + grid.row * (layers() + 2) + 20;
      near = inside ? columns.findIndex(({ x0, x1 }) => point.x >= x0 && point.x <= x1) : -1;
    },
    press(point) {
      dragging = Boolean(inCurve(point));
      if (dragging) slide(point);
    },
    drag: (point) => dragging && slide(point),
    release: () => (dragging = false),
    key(name, event) {
      const by = event.shiftKey ? 8 : 1;
      if (name === "ArrowRight" || name === "ArrowLeft") put(model, { around: clamp(around() + (name === "ArrowRight" ? by : -by), 1, most()) });
      else if (name === "ArrowUp" || name === "ArrowDown") put(model, { fusion: (model.get("fusion") + (name === "ArrowDown" ? 1 : 2)) % 3 });
      else if (name === "Enter" || name === " ") put(model, { measure: 1 - model.get("measure") });
      else return false;
      return true;
    },
  });
  return () => scene.remove();
}

export default { render };
