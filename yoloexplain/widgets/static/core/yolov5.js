// YOLOv5's head: how raw numbers become a box, and which of the boxes stay, as in
// yoloexplain/yolov5/decode.py. All ten releases read them alike; YOLOv3 (arXiv 1804.02767), whose
// formulas stand beside, did not.
import { greedyNMS } from "./boxes.js";
import { sigmoid } from "./curves.js";

// Where in the cell the centre lies (in cells, from −0.5 to 1.5), for one raw number.
export function offsetOf(t) {
  return 2 * sigmoid(t) - 0.5;
}

// How many anchors long a side is (0 to 4), for one raw number.
export function scaleOf(t) {
  return (2 * sigmoid(t)) ** 2;
}

// Four raw numbers of an anchor in a cell → [cx, cy, w, h] in input pixels.
export function decodeBox([tx, ty, tw, th], [row, column], stride, [wide, high]) {
  const centre = [(offsetOf(tx) + column) * stride, (offsetOf(ty) + row) * stride];
  return [...centre, scaleOf(tw) * wide, scaleOf(th) * high];
}

// The same numbers as YOLOv3 read them: no reach past the cell, no limit to the size.
export function decodeBoxYOLOv3([tx, ty, tw, th], [row, column], stride, [wide, high]) {
  const centre = [(sigmoid(tx) + column) * stride, (sigmoid(ty) + row) * stride];
  return [...centre, Math.exp(tw) * wide, Math.exp(th) * high];
}

// A whole row (4 box values, objectness, classes) → the box and the probabilities.
export function decodeRow(row, cell, stride, anchor) {
  return [...decodeBox(row.slice(0, 4), cell, stride, anchor), ...row.slice(4).map(sigmoid)];
}

export function decodeRowYOLOv3(row, cell, stride, anchor) {
  return [...decodeBoxYOLOv3(row.slice(0, 4), cell, stride, anchor), ...row.slice(4).map(sigmoid)];
}

// [cx, cy, w, h] → [x0, y0, x1, y1].
export function cornersOf([cx, cy, w, h]) {
  return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
}

// Non-maximum suppression of candidates sorted best first: how many are sure enough, which of these
// stay, and which box dropped each of the others (−1 for none).
export function suppress(boxes, scores, labels, confidence, threshold, agnostic) {
  const found = scores.findIndex((score) => !(score > confidence));
  const count = found < 0 ? scores.length : found;
  const first = (list) => list.slice(0, count);
  const rivals = agnostic ? null : first(labels);
  return { count, ...greedyNMS(first(boxes), first(scores), threshold, rivals) };
}
