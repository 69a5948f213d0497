// Curves in JavaScript: every slope is that of its curve.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  activation, activationSlope, crossEntropy, crossEntropySlope, focal, focalSlope, smoothed,
} from "../../yoloexplain/widgets/static/core/curves.js";

const STEP = 1e-5;
const slope = (f, x) => (f(x + STEP) - f(x - STEP)) / (2 * STEP);

test("slopes are those of the curves, away from corners", () => {
  for (const x of [-4.2, -1.3, 0.4, 2.6, 5.1]) {
    for (const name of ["ReLU", "LeakyReLU", "Hardswish", "SiLU", "Mish", "sigmoid"]) {
      assert.ok(Math.abs(slope((v) => activation(name, v), x) - activationSlope(name, x)) < 1e-6, name);
    }
    for (const asked of [0, 0.05, 1]) {
      assert.ok(Math.abs(slope((v) => crossEntropy(v, asked), x) - crossEntropySlope(x, asked)) < 1e-6);
      assert.ok(Math.abs(slope((v) => focal(v, asked, 2, 0.25), x) - focalSlope(x, asked, 2, 0.25)) < 1e-6);
    }
  }
});

test("a focal loss that is turned off is half of cross-entropy at α one half", () => {
  for (const t of [-3, 0, 3]) assert.equal(focal(t, 1, 0, 0.5), crossEntropy(t, 1) / 2);
});

test("smoothing never asks for certainty", () => {
  assert.ok(Math.abs(smoothed(1, 0.1) - 0.95) < 1e-12);
  assert.ok(Math.abs(smoothed(0, 0.1) - 0.05) < 1e-12);
});
