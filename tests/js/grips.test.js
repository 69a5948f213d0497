// Boxes held by corners stay within the picture and keep a side; axes end at round numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { gripAt, movedBox } from "../../yoloexplain/widgets/static/core/grips.js";
import { roundUp, short } from "../../yoloexplain/widgets/static/core/numbers.js";

const close = (found, expected) => found.forEach((side, i) => assert.ok(Math.abs(side - expected[i]) < 1e-12));

test("a moved box keeps its size and stays within the picture", () => {
  close(movedBox([0.2, 0.2, 0.4, 0.5], 4, 0.1, -0.1, 0.02), [0.3, 0.1, 0.5, 0.4]);
  close(movedBox([0.2, 0.2, 0.4, 0.5], 4, 2, -2, 0.02), [0.8, 0, 1, 0.3]);
});

test("a corner cannot be drawn past the one across", () => {
  close(movedBox([0.2, 0.2, 0.4, 0.5], 0, 1, 1, 0.02), [0.38, 0.48, 0.4, 0.5]);
  close(movedBox([0.2, 0.2, 0.4, 0.5], 2, -1, -1, 0.02), [0.2, 0.2, 0.22, 0.22]);
  close(movedBox([0.2, 0.2, 0.4, 0.5], 1, 0.1, -0.1, 0.02), [0.2, 0.1, 0.5, 0.5]);
  close(movedBox([0.2, 0.2, 0.4, 0.5], 3, -0.1, 0.1, 0.02), [0.1, 0.2, 0.4, 0.6]);
});

test("a corner of the chosen box is held first, then the smallest box under the point", () => {
  const boxes = [[0, 0, 100, 100], [40, 40, 80, 80]];
  assert.deepEqual(gripAt(boxes, 0, { x: 3, y: 98 }), { i: 0, corner: 3 });
  assert.deepEqual(gripAt(boxes, 0, { x: 60, y: 60 }), { i: 1, corner: 4 });
  assert.deepEqual(gripAt(boxes, 0, { x: 41, y: 41 }), { i: 1, corner: 4 });
  assert.equal(gripAt(boxes, 1, { x: 200, y: 60 }), null);
});

test("axes end at the next round number", () => {
  assert.deepEqual([1, 7, 128, 256, 3001, 2.9e6].map(roundUp), [1, 8, 160, 300, 4000, 3e6]);
  assert.deepEqual([0, 999, 1500, 2.5e6, 1.04e9].map(short), ["0", "999", "1.5 k", "2.5 M", "1.04 G"]);
});
