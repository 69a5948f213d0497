// YOLOv1: labelled boxes → the cells that answer for them and what their slots hold; and the loss.
// Source: arXiv 1506.02640, section 2. As in yoloexplain/yolov1/targets.py and loss.py.
// A grid is one flat row of numbers: row after row, cell after cell, slot after slot.

import { iou } from "./boxes.js";

// The cell that holds a centre; the far edges belong to the last cells.
export function cellOf(cx, cy, rows, columns) {
  const place = (share, cells) => Math.min(Math.max(Math.trunc(share * cells), 0), cells - 1);
  return { row: place(cy, rows), column: place(cx, columns) };
}

// Write boxes [label, cx, cy, w, h], in shares of the image, into a grid of rows × columns cells.
// Answers the flat grid, the cell of each box, and the box that keeps each cell: the first listed.
export function encodeBoxes(boxes, rows, columns, numBoxes, numClasses) {
  const depth = 5 * numBoxes + numClasses;
  const values = new Array(rows * columns * depth).fill(0);
  const keeper = new Array(rows * columns).fill(-1);
  const cells = boxes.map(([, cx, cy]) => cellOf(cx, cy, rows, columns));
  boxes.forEach(([label, cx, cy, w, h], i) => {
    const { row, column } = cells[i];
    const cell = row * columns + column;
    if (keeper[cell] >= 0) return;
    keeper[cell] = i;
    const answer = [cx * columns - column, cy * rows - row, w, h, 1];
    for (let k = 0; k < 5 * numBoxes; k++) values[cell * depth + k] = answer[k % 5];
    values[cell * depth + 5 * numBoxes + label] = 1;
  });
  const kept = cells.map(({ row, column }, i) => keeper[row * columns + column] === i);
  return { values, cells, keeper, kept };
}

// What a slot of a cell is: the box that it belongs to (−1 for a class), and which number of it.
export function slotOf(slot, numBoxes) {
  const isClass = slot >= 5 * numBoxes;
  return isClass ? { box: -1, part: slot - 5 * numBoxes } : { box: Math.floor(slot / 5), part: slot % 5 };
}

// --- the loss; as in yoloexplain/yolov1/loss.py, for one image

// A cell's box on the image, as corners and as centre and size; with `roots` w and h are roots.
function cornersOf(values, at, column, row, rows, columns, roots) {
  const [x, y, w, h] = values.slice(at, at + 4);
  const [cx, cy] = [(x + column) / columns, (y + row) / rows];
  const [wide, high] = roots ? [w * w, h * h] : [w, h];
  return { box: [cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2], shape: [cx, cy, wide, high] };
}

// Which box of a cell answers for its object: the one that overlaps it best, or, while none does,
// the nearest by centre and size.
export function responsibleBox(raw, target, start, row, column, [rows, columns], numBoxes, roots = true) {
  const wanted = cornersOf(target, start, column, row, rows, columns, false);
  const found = Array.from(
    { length: numBoxes }, (_, j) => cornersOf(raw, start + 5 * j, column, row, rows, columns, roots),
  );
  const overlaps = found.map(({ box }) => iou(box, wanted.box));
  const near = found.map(
    ({ shape }) => -shape.reduce((sum, one, k) => sum + (one - wanted.shape[k]) ** 2, 0),
  );
  const marks = overlaps.some((one) => one > 0) ? overlaps : near;
  return { index: marks.indexOf(Math.max(...marks)), overlaps };
}

// The paper's five sums of a flat grid of raw values, each with its λ. With `roots` a raw w counts
// as √w, as in the paper; without, as w itself, and is compared with w.
export function paperLoss(raw, target, size, numBoxes, numClasses, lambdas = [5, 0.5], roots = true) {
  const [rows, columns] = size;
  const depth = 5 * numBoxes + numClasses;
  const sums = { centre: 0, size: 0, objectness: 0, background: 0, classes: 0 };
  const square = (a, b) => (a - b) ** 2;
  const root = (side) => (roots ? Math.sqrt(side) : side);
  for (let cell = 0; cell < rows * columns; cell++) {
    const start = cell * depth;
    const there = target[start + 4] > 0;
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    const mine = there ? responsibleBox(raw, target, start, row, column, size, numBoxes, roots) : null;
    for (let j = 0; j < numBoxes; j++) {
      const at = start + 5 * j;
      if (j !== mine?.index) {
        sums.background += lambdas[1] * raw[at + 4] ** 2;
        continue;
      }
      for (const k of [0, 1]) sums.centre += lambdas[0] * square(raw[at + k], target[at + k]);
      for (const k of [2, 3]) sums.size += lambdas[0] * square(raw[at + k], root(target[at + k]));
      sums.objectness += square(raw[at + 4], mine.overlaps[j]);
    }
    if (!there) continue;
    for (let k = 5 * numBoxes; k < depth; k++) sums.classes += square(raw[start + k], target[start + k]);
  }
  return sums;
}

// The notebook's four sums, taken apart: its box term is centre + size, and its rest is second +
// classes, for whatever stands behind the first five values counts as classes.
export function notebookLoss(predicted, target, depth, numBoxes, lambdas = [5, 0.5]) {
  const sums = { centre: 0, size: 0, objectness: 0, background: 0, classes: 0, second: 0 };
  for (let start = 0; start < target.length; start += depth) {
    const error = (k) => (predicted[start + k] - target[start + k]) ** 2;
    if (target[start + 4] === 0) sums.background += lambdas[1] * error(4);
    if (!(target[start + 4] > 0)) continue;
    for (const k of [0, 1]) sums.centre += lambdas[0] * error(k);
    for (const k of [2, 3]) sums.size += lambdas[0] * error(k);
    sums.objectness += error(4);
    for (let k = 5; k < depth; k++) sums[k < 5 * numBoxes ? "second" : "classes"] += error(k);
  }
  return sums;
}
