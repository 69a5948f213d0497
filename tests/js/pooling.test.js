// Pooling in JavaScript: what holds for every map.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  binEdges, binMaxima, binOf, maxPool, pooledAgain, pyramidVector, sameBits, windowAt,
} from "../../yoloexplain/widgets/static/core/pooling.js";

const SIZE = [7, 11];
const MAP = Array.from({ length: 77 }, (_, i) => Math.sin(i * 12.9898) * 43.5);

test("five after five is nine, and thirteen after another, to the bit", () => {
  const made = pooledAgain(MAP, SIZE, 5, 3);
  [5, 9, 13].forEach((k, i) => assert.equal(sameBits(made[i], maxPool(MAP, SIZE, k)), MAP.length));
});

test("a window of one changes nothing, and one over all finds the largest everywhere", () => {
  assert.deepEqual(maxPool(MAP, SIZE, 1), MAP);
  assert.deepEqual(new Set(maxPool(MAP, SIZE, 23)), new Set([Math.max(...MAP)]));
});

test("padding never wins, even over negative values", () => {
  assert.deepEqual(maxPool([-3, -2, -5], [1, 3], 3), [-2, -2, -2]);
  assert.deepEqual(windowAt(0, 10, 5, SIZE), [0, 8, 3, 11]);
});

test("a vector is as long for any size, and one bin holds the largest", () => {
  for (const [h, w] of [[7, 11], [11, 7], [77, 1]]) {
    assert.equal(pyramidVector(MAP, [h, w], [1, 2, 4]).length, 21);
    assert.deepEqual(binMaxima(MAP, [h, w], 1), [Math.max(...MAP)]);
  }
});

test("bins cover the side without a gap", () => {
  for (const side of [4, 7, 20]) {
    const edges = binEdges(side, 4);
    assert.equal(edges[0][0], 0);
    assert.equal(edges.at(-1)[1], side);
    edges.slice(1).forEach(([start], i) => assert.ok(start <= edges[i][1]));
    assert.equal(binOf(0, side, 4), 0);
    assert.equal(binOf(side - 1, side, 4), 3);
  }
});
