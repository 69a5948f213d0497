// CoordConv: maps of positions, and the convolutions that read them. Source: arXiv 1807.03247,
// section 3. As in yoloexplain/layers/coord.py. A map is a list of height · width numbers.

// The maps of positions: x, then y, each from −1 to 1; a side of one pixel has −1 only.
export function coordinateMaps(height, width) {
  const place = (i, side) => (side > 1 ? -1 + (2 * i) / (side - 1) : -1);
  const map = (value) => Float64Array.from({ length: height * width }, (_, k) => value(k));
  return [map((k) => place(k % width, width)), map((k) => place(Math.floor(k / width), height))];
}

// A convolution with an odd kernel, zeros around the border, stride 1: `weights[k][c]` is a list of
// rows. It adds up in the same order everywhere, so that the same surroundings give the same bits.
export function convolveMaps(maps, [height, width], weights, biases) {
  return weights.map((kernels, k) => {
    const sum = new Float64Array(height * width).fill(biases[k]);
    kernels.forEach((kernel, c) => kernel.forEach((row, dy) => row.forEach((weight, dx) => {
      if (!weight) return;
      const [up, left] = [dy - (kernel.length - 1) / 2, dx - (row.length - 1) / 2];
      addShifted(sum, maps[c], weight, [height, width], up, left);
    })));
    return sum;
  });
}

// Add a map, moved and weighted, to a sum; what lies beyond the border counts as 0.
function addShifted(sum, map, weight, [height, width], up, left) {
  const [first, last] = [Math.max(0, -left), Math.min(width, width - left)];
  for (let y = Math.max(0, -up); y < Math.min(height, height - up); y++) {
    const [to, from] = [y * width, (y + up) * width + left];
    for (let x = first; x < last; x++) sum[to + x] += weight * map[from + x];
  }
}

// Two convolutions, ReLU between them, a sigmoid behind. `axes` says whether x and y are read; a
// coordinate that is not read is taken out together with its weights.
export function answersAt(picture, size, { first, second }, axes) {
  const read = [true, ...axes];
  const maps = [picture, ...coordinateMaps(...size)].filter((_, c) => read[c]);
  const kernels = first.weights.map((row) => row.filter((_, c) => read[c]));
  const hidden = convolveMaps(maps, size, kernels, first.biases).map((map) => map.map((v) => Math.max(v, 0)));
  const logits = convolveMaps(hidden, size, second.weights, second.biases);
  return logits.map((map) => map.map((v) => 1 / (1 + Math.exp(-v))));
}
