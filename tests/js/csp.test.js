// CSP blocks in JavaScript: what holds for every split.
import assert from "node:assert/strict";
import { test } from "node:test";

import { FUSIONS, cspBlock, cspChannels, plainBlock, readers } from "../../yoloexplain/widgets/static/core/csp.js";

test("all fusions end equally wide", () => {
  for (const fusion of FUSIONS) assert.equal(cspChannels(64, 32, 6, 20, fusion).out, 128);
});

test("the more goes around, the less it costs, and the last fusion costs least", () => {
  for (let around = 2; around < 64; around++) {
    const costs = FUSIONS.map((fusion) => cspBlock(64, 32, 6, around, fusion, 100));
    FUSIONS.forEach((fusion, k) => assert.ok(costs[k].params < cspBlock(64, 32, 6, around - 1, fusion, 100).params));
    assert.equal(Math.min(...costs.map((cost) => cost.params)), costs[2].params);
  }
});

test("no layer reads what goes around; each reads all that came before it", () => {
  for (const fusion of FUSIONS) {
    const { rows } = readers(64, 32, 6, 32, fusion);
    rows.slice(0, 6).forEach((row, i) => assert.deepEqual(row.reads, Array.from({ length: i + 1 }, (_, k) => k + 1)));
    assert.equal(rows.filter((row) => row.reads.includes(0)).length, 1);
  }
});

test("each layer is spared what goes around", () => {
  const [plain, csp] = [plainBlock(64, 32, 6, 1), cspBlock(64, 32, 6, 16, "last", 1)];
  assert.equal(plain.reads - csp.reads, 6 * 16);
});
