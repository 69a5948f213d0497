// Assignment: who answers for one box under YOLOv1, YOLOv5, YOLOv3 and SOLO. As in
// yoloexplain/{yolov1,yolov5,solo}/targets.py. A box is [x0, y0, x1, y1] in whole pixels of a picture
// of [height, width]; a cell is [row, column].
import { centreCells, SMALLEST_MASK } from "./solo.js";
import { cellOf } from "./yolov1.js";

// From a centre to a point in its own cell, left, up, right and down of it, in cells.
const HALF_STEPS = [[0, 0], [-0.5, 0], [0, -0.5], [0.5, 0], [0, 0.5]];

// Centre and size of a box as shares of the picture.
export function sharesOf([x0, y0, x1, y1], [high, wide]) {
  return { cx: (x0 + x1) / 2 / wide, cy: (y0 + y1) / 2 / high, w: (x1 - x0) / wide, h: (y1 - y0) / high };
}

// YOLOv1: the one cell of a grid × grid that holds the centre.
export function yolov1Cell(box, size, grid) {
  const { cx, cy } = sharesOf(box, size);
  const { row, column } = cellOf(cx, cy, grid, grid);
  return [row, column];
}

// How many times a side is longer or shorter than the anchor's, the worse of the two sides.
export function worstRatio([w, h], [wide, high]) {
  return Math.max(w / wide, wide / w, h / high, high / h);
}

// YOLOv5: the cells that answer for a centre, given in cells: its own, and the nearer neighbours
// across and up or down. On a border releases 3.0 to 7.0 ask the own cell once more (`counted`).
export function yolov5Cells(x, y, rows, columns, counted) {
  const [right, down] = counted
    ? [(columns - x) % 1 < 0.5 && columns - x > 1, (rows - y) % 1 < 0.5 && rows - y > 1]
    : [x % 1 > 0.5 && x < columns - 1, y % 1 > 0.5 && y < rows - 1];
  const asked = [true, x % 1 < 0.5 && x > 1, y % 1 < 0.5 && y > 1, right, down];
  const place = (at, cells) => Math.min(Math.max(Math.trunc(at), 0), cells - 1);
  return HALF_STEPS.filter((_, i) => asked[i])
    .map(([dx, dy]) => [place(y + dy, rows), place(x + dx, columns)]);
}

// YOLOv5 on every level { stride, anchors }: each anchor's ratio and whether it answers, and the
// cells, none where no anchor does.
export function yolov5Answers(box, size, levels, threshold, counted) {
  const { cx, cy, w, h } = sharesOf(box, size);
  return levels.map(({ stride, anchors }) => {
    const [rows, columns] = size.map((side) => side / stride);
    const sides = [w * columns, h * rows];
    const ratios = anchors.map(([wide, high]) => worstRatio(sides, [wide / stride, high / stride]));
    const answers = ratios.map((ratio) => ratio < threshold);
    const cells = answers.includes(true) ? yolov5Cells(cx * columns, cy * rows, rows, columns, counted) : [];
    return { rows, columns, values: ratios, answers, cells };
  });
}

// YOLOv3 on the same levels: the one anchor of the best IoU, both on the same centre, and one cell.
export function yolov3Answers(box, size, levels) {
  const { cx, cy, w, h } = sharesOf(box, size);
  const found = levels.map(({ stride, anchors }) => {
    const [rows, columns] = size.map((side) => side / stride);
    const [wide, high] = [w * columns * stride, h * rows * stride];
    const values = anchors.map(([a, b]) => {
      const both = Math.min(wide, a) * Math.min(high, b);
      return both / (wide * high + a * b - both);
    });
    return { rows, columns, values };
  });
  const best = Math.max(...found.flatMap((level) => level.values));
  let free = true;  // of equal ones the first
  return found.map(({ rows, columns, values }) => {
    const answers = values.map((value) => free && value === best && !(free = false));
    const { row, column } = cellOf(cx, cy, rows, columns);
    return { rows, columns, values, answers, cells: answers.includes(true) ? [[row, column]] : [] };
  });
}

// The box, and its picture, as SOLO is shown them: the shorter side enlarged or shrunk to `side`.
export function inSoloFrame(box, size, side) {
  const zoom = side / Math.min(...size);
  const whole = (value) => Math.floor(value * zoom + 0.5);
  return { box: box.map(whole), size: size.map(whole) };
}

// SOLO on every level: the object is the filled box. Its scale √(w·h), and the cells of the levels
// whose range holds it.
export function soloAnswers(box, size, { side, grids, ranges }, sigma) {
  const shown = inSoloFrame(box, size, side);
  const [x0, y0, x1, y1] = shown.box;
  const pixels = (x1 - x0) * (y1 - y0);
  const scale = Math.sqrt(pixels);
  const middle = [(x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2];  // the mean of its pixels' numbers
  const levels = grids.map((grid, i) => {
    const [low, high] = ranges[i];
    const answers = pixels >= SMALLEST_MASK && low <= scale && scale <= high;
    const cells = answers ? centreCells({ box: shown.box, middle }, shown.size, grid, sigma) : [];
    return { answers, cells: cells.map((cell) => [Math.floor(cell / grid), cell % grid]) };
  });
  return { scale, levels };
}
