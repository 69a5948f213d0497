// The layout of blocks: nothing lies on anything else, whatever the network.

import assert from "node:assert/strict";
import { test } from "node:test";
import { arranged, beside, brackets, measured, nearestShown, planned } from "../../yoloexplain/widgets/static/core/blocks.js";

// A repeatable stream of numbers from 0 to 1.
function numbers(seed) {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

// A random network: nodes in order, each reading one to three earlier ones.
function network(next) {
  const count = 3 + Math.floor(next() * 25);
  const rows = Array.from({ length: count }, () => Math.floor(next() * 5) - (next() < 0.1 ? 1 : 0));
  const pairs = [];
  for (let i = 1; i < count; i++) {
    const sources = new Set(Array.from({ length: 1 + Math.floor(next() * 3) }, () => Math.floor(next() * i)));
    for (const source of sources) pairs.push([source, i]);
  }
  return { rows, pairs };
}

function laid({ rows, pairs }) {
  const place = arranged(rows, pairs);
  const plan = planned(place, pairs);
  const size = { left: 80, first: 50, pitch: 40, gap: 14, lane: 9, track: 6, top: 10, box: () => [26, 60] };
  return { place, plan, ...measured(place, pairs, plan, size) };
}

const meets = ([a0, b0, a1, b1], [c0, d0, c1, d1]) => a0 < c1 && c0 < a1 && b0 < d1 && d0 < b1;

test("no box lies on another, and each is within its band", () => {
  const next = numbers(7);
  for (let round = 0; round < 200; round++) {
    const made = network(next);
    const { boxes, bands } = laid(made);
    boxes.forEach((box, i) => {
      for (const other of boxes.slice(i + 1)) assert.ok(!meets(box, other));
      const band = bands.get(made.rows[i]);
      assert.ok(box[1] >= band.top && box[3] <= band.bottom);
    });
  }
});

test("no line runs through a box that it does not join", () => {
  const next = numbers(11);
  for (let round = 0; round < 200; round++) {
    const made = network(next);
    const { boxes, lines } = laid(made);
    lines.forEach((line, k) => {
      line.slice(1).forEach(([x1, y1], i) => {
        const [x0, y0] = line[i];
        const stroke = [Math.min(x0, x1) - 0.1, Math.min(y0, y1) - 0.1, Math.max(x0, x1) + 0.1, Math.max(y0, y1) + 0.1];
        boxes.forEach((box, j) => {
          if (!made.pairs[k].includes(j)) assert.ok(!meets(stroke, box), `line ${k} through box ${j}`);
        });
      });
      assert.ok(Math.abs(line[0][0] - boxes[made.pairs[k][0]][2]) < 1e-9);
      assert.ok(Math.abs(line.at(-1)[0] - boxes[made.pairs[k][1]][0]) < 1e-9);
    });
  }
});

test("a branch of equal length runs in one lane", () => {
  const rows = [0, 1, 1, 1, 1, 1];
  const { lanes, columns } = arranged(rows, [[0, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 5]]);
  assert.deepEqual(lanes, [0, 0, 1, 0, 1, 0]);
  assert.deepEqual(columns, [0, 1, 1, 2, 2, 3]);
});

test("a skip over boxes takes a track, and over nothing it runs straight", () => {
  const over = arranged([1, 1, 1], [[0, 1], [1, 2], [0, 2]]);
  assert.deepEqual(planned(over, [[0, 2]]).plan, [{ kind: "track", track: 0 }]);
  const free = arranged([1, 2, 1], [[0, 1], [1, 2], [0, 2]]);
  assert.deepEqual(planned(free, [[0, 2]]).plan, [{ kind: "late" }]);
});

const TREE = [
  { parent: -1, kids: [] }, { parent: -1, kids: [2, 5] }, { parent: 1, kids: [3, 4] },
  { parent: 2, kids: [] }, { parent: 2, kids: [] }, { parent: 1, kids: [] },
];

test("a bracket spans what its block holds, and hidden blocks are found", () => {
  assert.deepEqual(brackets(TREE, [0, 3, 4, 5], [0, 1, 2, 3], [1, 2]), [[{ index: 2, depth: 1, from: 1, to: 2 }]]);
  assert.equal(nearestShown(TREE, [0, 2, 5], 4), 2);
  assert.equal(nearestShown(TREE, [0, 3, 4, 5], 2), 3);
});

test("up and down go to the nearest box that lies that way", () => {
  const boxes = [[0, 0, 10, 10], [0, 30, 10, 40], [40, 30, 50, 40]];
  assert.equal(beside(boxes, 0, "Down"), 1);
  assert.equal(beside(boxes, 2, "Up"), 0);
  assert.equal(beside(boxes, 0, "Up"), 0);
});
