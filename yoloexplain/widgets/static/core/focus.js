// Focus: space to depth, and the 6×6 convolution that equals it, as in yoloexplain/layers/focus.py.
// A map is [channel][row][column], a kernel [channel][row][column], weights a list of kernels.

// Which rows and columns each quarter takes, [down, across]: rows change first.
export const QUARTERS = [[0, 0], [1, 0], [0, 1], [1, 1]];

// The quarter that the pixel in a row and column goes to.
export function quarterOf(row, column) {
  return 2 * (column % 2) + (row % 2);
}

function every(list, start) {
  return list.filter((_, i) => i % 2 === start);
}

// [C][H][W] → [4·C][H/2][W/2]: quarter after quarter, in each all channels.
export function spaceToDepth(map) {
  return QUARTERS.flatMap(([down, across]) =>
    map.map((channel) => every(channel, down).map((row) => every(row, across))));
}

// Weights over folded pixels [K][4·C][n][n] → weights over pixels [K][C][2n][2n].
export function focusAsConvolution(weights) {
  return weights.map((kernel) => {
    const channels = kernel.length / 4;
    const side = 2 * kernel[0].length;
    const places = Array.from({ length: side }, (_, k) => k);
    const from = (c, i, j) => kernel[quarterOf(i, j) * channels + c][i >> 1][j >> 1];
    return Array.from({ length: channels }, (_, c) => places.map((i) => places.map((j) => from(c, i, j))));
  });
}

// One output channel of a convolution without bias; zeros lie around the map.
export function convolve(map, kernel, stride, padding) {
  const [high, wide, side] = [map[0].length, map[0][0].length, kernel[0].length];
  const places = (length) => Math.floor((length + 2 * padding - side) / stride) + 1;
  const sum = (row, column) => {
    let total = 0;
    for (let c = 0; c < map.length; c++) {
      for (let i = 0; i < side; i++) {
        const line = map[c][row * stride - padding + i];
        if (!line) continue;
        for (let j = 0; j < side; j++) total += kernel[c][i][j] * (line[column * stride - padding + j] ?? 0);
      }
    }
    return total;
  };
  return Array.from({ length: places(high) }, (_, row) =>
    Array.from({ length: places(wide) }, (_, column) => sum(row, column)));
}
