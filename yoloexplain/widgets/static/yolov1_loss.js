import { encodeBoxes, notebookLoss, paperLoss, responsibleBox } from "./core/yolov1.js";
import { gripAt, handlesOf, movedBox } from "./core/grips.js";
import { box, dot, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const [GAP, PAD] = [30, 6];
const SMALLEST = 0.03;
const ROW = 50;
const NUM_BOXES = 2;
const NAMES = ["box 1", "box 2", "truth"];
const STEP = { ArrowLeft: [-0.01, 0], ArrowRight: [0.01, 0], ArrowUp: [0, -0.01], ArrowDown: [0, 0.01] };
const TERMS = [
  ["centre", "where: x and y"],
  ["size", "how large: w and h"],
  ["objectness", "I have something"],
  ["background", "I have nothing"],
  ["classes", "what: the classes"],
  ["second", "box 2 read as classes"],
];

function render({ model, el }) {
  const { grid: S, num_classes: numClasses } = model.get("table");
  const depth = 5 * NUM_BOXES + numClasses;
  let grip = null;
  let frame = { x: PAD, y: PAD, side: 1 };

  const sides = () => model.get("boxes");
  const chosen = () => clamp(model.get("chosen"), 0, 2);

  // What the network would have put out: roots of the sides, or the sides.
  function grids() {
    const centre = ([x0, y0, x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
    const { values: target, cells: [{ row, column }] } = encodeBoxes(
      [[0, ...centre(sides()[2])]], S, S, NUM_BOXES, numClasses,
    );
    const start = (row * S + column) * depth;
    const raw = (roots) => {
      const values = target.map(
        (_, i) => (i % depth < 5 * NUM_BOXES && (i % depth) % 5 === 4 ? model.get("elsewhere") : 0),
      );
      sides().slice(0, NUM_BOXES).forEach((one, j) => {
        const [cx, cy, w, h] = centre(one);
        const shape = roots ? [Math.sqrt(w), Math.sqrt(h)] : [w, h];
        const said = [cx * S - column, cy * S - row, ...shape, model.get(j ? "second" : "first")];
        said.forEach((value, k) => (values[start + 5 * j + k] = value));
      });
      const others = (1 - model.get("score")) / Math.max(numClasses - 1, 1);
      const scores = start + 5 * NUM_BOXES;
      for (let k = 0; k < numClasses; k++) values[scores + k] = k ? others : model.get("score");
      return values;
    };
    return { target, row, column, start, raw };
  }

  function losses() {
    const { target, row, column, start, raw } = grids();
    const roots = model.get("roots");
    const lambdas = [model.get("coordinates"), model.get("background")];
    const said = raw(roots);
    const paper = paperLoss(said, target, [S, S], NUM_BOXES, numClasses, lambdas, roots);
    const notebook = notebookLoss(raw(false), target, depth, NUM_BOXES, lambdas);
    const { index, overlaps } = responsibleBox(said, target, start, row, column, [S, S], NUM_BOXES, roots);
    return { paper, notebook, index, overlaps, row, column };
  }

  const total = (terms) => Object.values(terms).reduce((sum, one) => sum + one, 0);

  function plan(width) {
    const narrow = width < 640;
    const side = narrow ? Math.min(width - 2 * PAD, 420) : Math.round(0.46 * width);
    const bars = 34 + ROW * (TERMS.length + 1) + 8;
    return {
      side,
      bars: narrow ? { x: PAD, y: side + 24, w: width - 2 * PAD } : {
        x: side + GAP, y: PAD, w: width - side - GAP - PAD,
      },
      height: (narrow ? side + 24 + bars : Math.max(side, bars)) + 2 * PAD,
    };
  }

  function draw(ctx, { width, look }) {
    const { side, bars } = plan(width);
    frame = { x: PAD, y: PAD, side };
    const found = losses();
    drawGrid(ctx, look, found);
    drawTerms(ctx, look, found, bars);
  }

  // --- the boxes on the grid
  const place = (share) => PAD + share * frame.side;
  const onPaper = (one) => one.map(place);
  const shade = (look, i) => [look.blue, look.sky, look.green][i];

  function drawGrid(ctx, look, { index, overlaps, row, column }) {
    const cell = onPaper([column / S, row / S, (column + 1) / S, (row + 1) / S]);
    box(ctx, cell, { fill: look.green, alpha: 0.3 });
    for (let k = 0; k <= S; k++) {
      path(ctx, [[place(k / S), place(0)], [place(k / S), place(1)]], { colour: look.faint, width: 1 });
      path(ctx, [[place(0), place(k / S)], [place(1), place(k / S)]], { colour: look.faint, width: 1 });
    }
    for (const i of [2, 1 - index, index]) {
      const mine = i === index || i === 2;
      const one = onPaper(sides()[i]);
      box(ctx, one, {
        fill: shade(look, i),
        alpha: mine ? 0.1 : 0,
        line: shade(look, i),
        width: mine ? 3 : 2,
        dash: mine ? [] : [6, 4],
      });
      dot(ctx, [(one[0] + one[2]) / 2, (one[1] + one[3]) / 2], 4.5, shade(look, i), look.paper);
    }
    const corners = handlesOf(onPaper(sides()[chosen()]));
    for (const corner of corners) dot(ctx, corner, 5.5, shade(look, chosen()), look.paper);
    const words = [0, 1].map(
      (j) => `box ${j + 1} · IoU ${shown(overlaps[j])}${j === index ? " · responsible" : ""}`,
    );
    const [a, b, truth] = sides().map(onPaper);
    tag(ctx, look, "truth", truth[2], truth[3] + 4, look.green, "right");
    tag(ctx, look, words[0], a[0], a[1] - 23, look.blue, "left");
    tag(
      ctx,
      look,
      words[1],
      b[0],
      Math.abs(b[1] - a[1]) < 22 && Math.abs(b[0] - a[0]) < 190 ? b[3] + 4 : b[1] - 23,
      look.sky,
      "left",
    );
  }

  function tag(ctx, look, words, x, y, colour, align) {
    ctx.font = '600 12.5px system-ui, "DejaVu Sans", sans-serif';
    const w = ctx.measureText(words).width + 12;
    const left = clamp(align === "right" ? x - w : x, PAD, PAD + frame.side - w);
    const top = clamp(y, PAD, PAD + frame.side - 19);
    box(ctx, [left, top, left + w, top + 19], {
      fill: look.paper, alpha: 0.94, line: colour, width: 1.5, radius: 4,
    });
    write(ctx, words, left + 6, top + 10, { colour: look.ink, size: 12.5, weight: 600, base: "middle" });
  }

  // --- the terms: two bars each, on one scale
  function drawTerms(ctx, look, { paper, notebook }, { x, y, w }) {
    const most = Math.max(...Object.values(paper), ...Object.values(notebook), 1e-9);
    const room = w - 64;
    const colours = { paper: look.purple, notebook: look.orange };
    let left = x;
    for (const [name, terms] of [["paper", paper], ["notebook", notebook]]) {
      const words = `${name} ${shown(total(terms), 3)}`;
      box(ctx, [left, y + 4, left + 12, y + 16], { fill: colours[name], radius: 2 });
      left += 18 + write(ctx, words, left + 18, y + 15, { colour: look.ink, size: 14, weight: 600 }) + 22;
    }
    TERMS.forEach(([term, name], i) => {
      const top = y + 34 + ROW * i;
      write(ctx, label(term, name), x, top + 12, { colour: look.ink, size: 13, fit: w });
      bar(paper[term] ?? null, top + 17, colours.paper);
      bar(notebook[term], top + 31, colours.notebook);
    });
    function bar(value, top, colour) {
      const wide = value === null ? 0 : (room * value) / most;
      if (value !== null) box(ctx, [x, top, x + Math.max(wide, value ? 1 : 0), top + 12], { fill: colour });
      write(ctx, value === null ? "none" : shown(value, 3), x + wide + 7, top + 6.5, {
        colour: look.muted, size: 12, base: "middle",
      });
    }
    const foot = y + 34 + ROW * TERMS.length + 14;
    const boxes = S * S * NUM_BOXES;
    const lines = [
      `Of ${boxes} boxes the paper pulls ${boxes - 1} towards 0,`,
      `the notebook one in each of ${S * S - 1} empty cells.`,
    ];
    lines.forEach(
      (words, i) => write(ctx, words, x, foot + 17 * i, { colour: look.muted, size: 12.5, fit: w }),
    );
  }

  function label(term, name) {
    const [coordinates, background] = [shown(model.get("coordinates"), 1), shown(model.get("background"))];
    if (term === "centre") return `${coordinates} × ${name}`;
    const rooted = "how large: √w and √h (notebook: w and h)";
    if (term === "size") return `${coordinates} × ${model.get("roots") ? rooted : name}`;
    return term === "background" ? `${background} × ${name}` : name;
  }

  function words() {
    const { paper, notebook, index, overlaps, row, column } = losses();
    const sum = (parts) => parts.map(([name, value]) => `${name} ${shown(value, 3)}`).join(" + ");
    const ours = [
      ["where", paper.centre],
      ["how large", paper.size],
      ["something", paper.objectness],
      ["nothing", paper.background],
      ["what", paper.classes],
    ];
    const theirs = [
      ["box", notebook.centre + notebook.size],
      ["something", notebook.objectness],
      ["nothing", notebook.background],
      ["rest", notebook.classes + notebook.second],
    ];
    return `Cell (row ${row}, column ${column}), ${NAMES[chosen()]} in hand. `
      + `Box ${index + 1} is responsible, IoU ${shown(overlaps[index])} against ${shown(overlaps[1 - index])}. `
      + `Paper: ${sum(ours)} = ${shown(total(paper), 3)}. `
      + `Notebook: ${sum(theirs)} = ${shown(total(notebook), 3)}.`;
  }

  const change = (i, one) => put(model, { boxes: sides().map((old, k) => (k === i ? one : old)) });
  const scene = stage({ model, el }, {
    keys: "Arrow keys move the box in hand, with Shift they change its size. Enter: the next box. "
      + "Mouse: drag boxes and corners.",
    height: (width) => plan(width).height,
    draw,
    status: words,
    watch: ["boxes", "chosen", "coordinates", "background", "roots", "first", "second", "elsewhere", "score"],
    press(point) {
      const found = gripAt(sides().map(onPaper), chosen(), point);
      if (!found) return;
      put(model, { chosen: found.i });
      grip = { ...found, from: point, one: sides()[found.i] };
    },
    drag(point) {
      if (!grip) return;
      const by = [point.x - grip.from.x, point.y - grip.from.y].map((part) => part / frame.side);
      change(grip.i, movedBox(grip.one, grip.corner, ...by, SMALLEST));
    },
    release: () => (grip = null),
    key(name, event) {
      if (STEP[name]) change(
        chosen(), movedBox(sides()[chosen()], event.shiftKey ? 2 : 4, ...STEP[name], SMALLEST),
      );
      else if (name === "Enter" || name === " ") put(model, { chosen: (chosen() + 1) % 3 });
      else return false;
      return true;
    },
  });
  return () => scene.remove();
}

export default { render };
