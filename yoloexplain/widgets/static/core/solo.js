// SOLO: which channel belongs to which cell, and which cells speak for which instance.
// Source: SOLO, arXiv 1912.04488, sections 3.3.1 and 4. As in yoloexplain/solo/{head,targets}.py.

export const SMALLEST_MASK = 10;  // pixels; a smaller mask trains nothing

// Channels of the mask branch, over all levels: one a cell, or one a column and one a row.
export function channelCounts(grids) {
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  return { vanilla: sum(grids.map((grid) => grid * grid)), decoupled: sum(grids.map((grid) => 2 * grid)) };
}

// The cell (row, column) of an S×S grid in which a point lies, given as shares of the picture.
export function cellAt(across, down, grid) {
  const one = (share) => Math.min(Math.max(Math.floor(share * grid), 0), grid - 1);
  return { row: one(down), column: one(across) };
}

// Product of two maps held as bytes, 0 to 254 for 0 to 1, as such bytes again.
export function productOfMaps(columnMap, rowMap) {
  return Uint8Array.from(columnMap, (value, i) => Math.round((value * rowMap[i]) / 254));
}

// What an assignment needs of a mask, which is given as runs [start, length, …] over its pixels, row
// after row: pixels, box (ends excluded), centre of mass, and √(w·h). Null for an empty mask.
export function describeRuns(runs, width) {
  let [pixels, sumX, sumY] = [0, 0, 0];
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let r = 0; r < runs.length; r += 2) {
    for (let at = runs[r]; at < runs[r] + runs[r + 1]; at++) {
      const [x, y] = [at % width, Math.floor(at / width)];
      pixels += 1;
      sumX += x;
      sumY += y;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x + 1);
      box[3] = Math.max(box[3], y + 1);
    }
  }
  if (!pixels) return null;
  const scale = Math.sqrt((box[2] - box[0]) * (box[3] - box[1]));
  return { pixels, box, middle: [sumX / pixels, sumY / pixels], scale };
}

// Rows (or columns) from middle − reach to middle + reach, at most one from the middle's: [first, last].
export function touchedCells(middle, reach, cellsPerPixel, grid) {
  const home = Math.trunc(middle * cellsPerPixel);
  const first = Math.max(Math.trunc(Math.max(middle - reach, 0) * cellsPerPixel), home - 1);
  const last = Math.min(Math.trunc((middle + reach) * cellsPerPixel), home + 1, grid - 1);
  return [first, last];
}

// Index i·S + j of every cell that the centre region of a described mask touches.
export function centreCells({ box, middle }, [height, width], grid, sigma) {
  const rows = touchedCells(middle[1], (sigma * (box[3] - box[1])) / 2, grid / height, grid);
  const columns = touchedCells(middle[0], (sigma * (box[2] - box[0])) / 2, grid / width, grid);
  const cells = [];
  for (let i = rows[0]; i <= rows[1]; i++) {
    for (let j = columns[0]; j <= columns[1]; j++) cells.push(i * grid + j);
  }
  return cells;
}

// Assign described masks to levels and cells. A level answers { owner, claims }: which object each
// answering cell draws (the later of two has it), and what each of its objects asked for. With
// `zoom` the picture counts as enlarged by that factor before its objects are measured.
export function assignSolo(objects, size, grids, ranges, sigma, zoom = 1) {
  return grids.map((grid, level) => {
    const [low, high] = ranges[level];
    const owner = {};
    const claims = objects.map((one) => {
      const fits = one && low <= one.scale * zoom && one.scale * zoom <= high;
      return fits && one.pixels >= SMALLEST_MASK ? centreCells(one, size, grid, sigma) : [];
    });
    claims.forEach((cells, i) => cells.forEach((cell) => (owner[cell] = i)));
    return { owner, claims };
  });
}

// Dice loss of a predicted mask p against the true one q, and the three sums that it is made of. As
// in yoloexplain/solo/loss.py, whose authors add 0.001 to each sum of squares.
export function diceOf(p, q) {
  let [shared, predicted, truth] = [0, 0, 0];
  for (let i = 0; i < p.length; i++) {
    shared += p[i] * q[i];
    predicted += p[i] * p[i];
    truth += q[i] * q[i];
  }
  return { shared, predicted, truth, loss: 1 - (2 * shared) / (predicted + truth + 0.002) };
}

// Focal loss of each pixel, were each one judged by itself; gamma 0 and alpha 0.5 leave half the
// cross-entropy.
export function focalOf(p, q, gamma, alpha) {
  return Float64Array.from(p, (value, i) => {
    const right = Math.min(Math.max(q[i] > 0.5 ? value : 1 - value, 1e-12), 1);
    return (q[i] > 0.5 ? alpha : 1 - alpha) * (1 - right) ** gamma * -Math.log(right);
  });
}

// A mask's signed distances (pixels to its outline, positive inside), moved, grown and softened into
// probabilities; what comes in over the border is as far outside as the border itself.
export function guessFrom(distances, [h, w], [dx, dy], grow, soft) {
  return Float64Array.from({ length: h * w }, (_, i) => {
    const [x, y] = [(i % w) - dx, Math.floor(i / w) - dy];
    const [nearX, nearY] = [Math.min(Math.max(x, 0), w - 1), Math.min(Math.max(y, 0), h - 1)];
    const beyond = Math.hypot(x - nearX, y - nearY);
    return 1 / (1 + Math.exp(-(distances[nearY * w + nearX] - beyond + grow) / soft));
  });
}
