// YOLOv5's head in JavaScript: what holds for all raw numbers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cornersOf, decodeBox, decodeBoxYOLOv3, offsetOf, scaleOf, suppress } from "../../yoloexplain/widgets/static/core/yolov5.js";

test("raw zeros mean the middle of the cell and the anchor's own size, in both readings", () => {
  for (const read of [decodeBox, decodeBoxYOLOv3]) {
    assert.deepEqual(read([0, 0, 0, 0], [7, 12], 16, [62, 45]), [200, 120, 62, 45]);
  }
  assert.deepEqual(cornersOf([200, 120, 62, 45]), [169, 97.5, 231, 142.5]);
});

test("a centre leaves its cell by half a cell at most, a side is at most four anchors long", () => {
  for (const t of [-1000, -5, 0, 5, 1000]) {
    assert.ok(offsetOf(t) >= -0.5 && offsetOf(t) <= 1.5);
    assert.ok(scaleOf(t) >= 0 && scaleOf(t) <= 4);
  }
});

test("suppression looks at none that is not sure enough, and at classes only if asked", () => {
  const boxes = [[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10]];
  const given = [boxes, [0.9, 0.8, 0.3], [0, 1, 0]];
  assert.deepEqual(suppress(...given, 0.3, 0.5, false), { count: 2, kept: [0, 1], by: [-1, -1] });
  assert.deepEqual(suppress(...given, 0.3, 0.5, true), { count: 2, kept: [0], by: [-1, 0] });
  assert.deepEqual(suppress(...given, 0.1, 0.5, false), { count: 3, kept: [0, 1], by: [-1, -1, 0] });
  assert.deepEqual(suppress(...given, 0.9, 0.5, false), { count: 0, kept: [], by: [] });
});
