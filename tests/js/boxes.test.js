// Boxes in JavaScript: what holds for every pair of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { MEASURES, ciou, diou, giou, greedyNMS, iou, slopes } from "../../yoloexplain/widgets/static/core/boxes.js";

const PAIRS = [
  [[0, 0, 10, 10], [5, 0, 15, 10]],
  [[0, 0, 10, 10], [20, 5, 30, 40]],
  [[3, 3, 4, 9], [0, 0, 12, 12]],
];

test("a box is one with itself under every measure", () => {
  for (const measure of MEASURES) assert.equal(measure([1, 2, 5, 9], [1, 2, 5, 9]), 1);
});

test("a box without area has no overlap, and no measure is broken by it", () => {
  const empty = [4, 4, 4, 4];
  assert.equal(iou(empty, empty), 0);
  for (const measure of MEASURES) assert.ok(Number.isFinite(measure(empty, [0, 0, 2, 2])));
});

test("each measure asks for more than the one before it", () => {
  for (const [a, b] of PAIRS) {
    assert.ok(giou(a, b) <= iou(a, b));
    assert.ok(diou(a, b) <= iou(a, b));
    assert.ok(ciou(a, b) <= diou(a, b));
  }
});

test("IoU alone has no slope where boxes do not touch", () => {
  const [a, b] = PAIRS[1];
  const steepest = (measure) => Math.max(...slopes(measure, a, b).map(Math.abs));
  assert.equal(steepest(0), 0);
  for (const measure of [1, 2, 3]) assert.ok(steepest(measure) > 1e-3);
});

test("NMS keeps the best, and says who dropped whom", () => {
  const boxes = [[0, 0, 10, 10], [1, 0, 11, 10], [40, 0, 50, 10], [0, 0, 10, 10]];
  const found = greedyNMS(boxes, [0.5, 0.9, 0.3, 0.5], 0.5);
  assert.deepEqual(found, { kept: [1, 2], by: [1, -1, -1, 1] });
  assert.deepEqual(greedyNMS(boxes, [0.5, 0.9, 0.3, 0.5], 0.5, [0, 1, 0, 0]).kept, [1, 0, 2]);
  assert.deepEqual(greedyNMS([], [], 0.5), { kept: [], by: [] });
});
