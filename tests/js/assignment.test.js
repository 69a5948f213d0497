// Who answers in JavaScript: what holds for every box.
import assert from "node:assert/strict";
import { test } from "node:test";

import { soloAnswers, worstRatio, yolov1Cell, yolov3Answers, yolov5Answers, yolov5Cells } from "../../yoloexplain/widgets/static/core/assignment.js";

const LEVELS = [{ stride: 8, anchors: [[10, 13], [16, 30]] }, { stride: 16, anchors: [[62, 45], [59, 119]] }];

test("a ratio is the same whichever of the two is the longer", () => {
  assert.equal(worstRatio([20, 30], [10, 90]), worstRatio([10, 90], [20, 30]));
  assert.equal(worstRatio([7, 9], [7, 9]), 1);
});

test("within a cell three answer, exactly in its middle one, in a corner of the grid one", () => {
  assert.deepEqual(yolov5Cells(4.2, 5.7, 10, 10, true), [[5, 4], [5, 3], [6, 4]]);
  assert.deepEqual(yolov5Cells(4.5, 5.5, 10, 10, true), [[5, 4]]);
  assert.deepEqual(yolov5Cells(0.2, 0.3, 10, 10, true), [[0, 0]]);
});

test("upon a border the newer releases ask the own cell once more", () => {
  assert.deepEqual(yolov5Cells(4, 5.5, 10, 10, true), [[5, 4], [5, 3], [5, 4]]);
  assert.deepEqual(yolov5Cells(4, 5.5, 10, 10, false), [[5, 4], [5, 3]]);
});

test("YOLOv3 asks one prediction of all levels", () => {
  const found = yolov3Answers([10, 10, 70, 60], [64, 96], LEVELS);
  assert.deepEqual(found.map(({ answers }) => answers), [[false, false], [true, false]]);
  assert.deepEqual(found.map(({ cells }) => cells), [[], [[2, 2]]]);
});

test("a level without an anchor asks nobody, and the far corner belongs to the last cell", () => {
  const found = yolov5Answers([0, 0, 4, 4], [64, 96], LEVELS, 2, true);
  assert.deepEqual(found.map(({ cells }) => cells.length), [0, 0]);
  assert.deepEqual(yolov1Cell([95, 63, 97, 65], [64, 96], 7), [6, 6]);
});

test("SOLO's ranges include both of their ends", () => {
  const network = { side: 64, grids: [8, 4, 2], ranges: [[1, 16], [16, 32], [17, 64]] };
  const found = soloAnswers([8, 8, 24, 24], [64, 96], network, 0.2);
  assert.equal(found.scale, 16);
  assert.deepEqual(found.levels.map(({ answers }) => answers), [true, true, false]);
});
