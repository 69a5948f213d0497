// Receptive fields in JavaScript: what holds for every axis.
import assert from "node:assert/strict";
import { test } from "node:test";

import { IMAGE_AXIS, cellUnder, fieldBox, fieldOf, throughWindow, throughWindows, wholeField } from "../../yoloexplain/widgets/static/core/fields.js";

test("a pixel of the image sees itself", () => {
  assert.deepEqual(fieldOf(IMAGE_AXIS, 7, 20), [7, 8]);
});

test("two 3 × 3 convolutions see as far as one 5 × 5", () => {
  const three = { kernel: 3, padding: 1 };
  assert.deepEqual(throughWindows([three, three]), throughWindow(IMAGE_AXIS, { kernel: 5, padding: 2 }));
});

test("a 1 × 1 convolution changes nothing", () => {
  const axis = { jump: 4, size: 11, start: -5 };
  assert.deepEqual(throughWindow(axis, { kernel: 1 }), axis);
});

test("a field is cut at the image, and is none beyond it", () => {
  const axis = { jump: 8, size: 20, start: -6 };
  assert.deepEqual(wholeField(axis, 0), [-6, 14]);
  assert.deepEqual(fieldOf(axis, 0, 64), [0, 14]);
  assert.deepEqual(fieldOf(axis, 7, 64), [50, 64]);
  assert.deepEqual(fieldOf({ jump: 8, size: 3, start: -5 }, 0, 64), [0, 0]);
});

test("cells that keep no step are looked up", () => {
  const rows = { edges: [[0, 4], [2, 9], [2, 9]] };
  assert.deepEqual(fieldBox({ rows, columns: IMAGE_AXIS }, [1, 3], [16, 16]), [3, 2, 4, 9]);
});

test("a cell that sees nothing along one side has no box", () => {
  const rows = { edges: [[0, 0]] };
  assert.deepEqual(fieldBox({ rows, columns: IMAGE_AXIS }, [0, 3], [16, 16]), [0, 0, 0, 0]);
});

test("every place belongs to a cell, the edges too", () => {
  assert.deepEqual([-1, 0, 9.9, 10, 39.9, 40, 50].map((x) => cellUnder(x, 4, 40)), [0, 0, 0, 1, 3, 3, 3]);
});
