// Focus in JavaScript: nothing is lost, and one convolution does the same.
import assert from "node:assert/strict";
import { test } from "node:test";

import { convolve, focusAsConvolution, spaceToDepth } from "../../yoloexplain/widgets/static/core/focus.js";

const numbers = (channels, rows, columns) => Array.from({ length: channels }, (_, c) =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => (c * rows + i) * columns + j)));

test("the quarters hold every pixel once, rows change first", () => {
  const folded = spaceToDepth(numbers(1, 4, 4));
  assert.deepEqual(folded[1], [[4, 6], [12, 14]]);
  assert.deepEqual(folded.flat(2).sort((a, b) => a - b), numbers(1, 4, 4).flat(2));
});

test("folding and 3×3 is a 6×6 with stride 2, at the border too", () => {
  const image = numbers(2, 6, 8);
  const weights = [numbers(8, 3, 3)];
  const folded = convolve(spaceToDepth(image), weights[0], 1, 1);
  assert.deepEqual(convolve(image, focusAsConvolution(weights)[0], 2, 2), folded);
});
