// Pooling: bins whose number stays, windows that slide, and windows of windows. A map is a list of
// h·w numbers, row after row. Sources: SPP-net, arXiv 1406.4729, section 2.2; as in layers/spp.py.

// First cell of each of m bins along a side, and the one after its last: bins may share a cell, so
// that none is empty and all of the map is in one.
export function binEdges(side, m) {
  return Array.from({ length: m }, (_, i) => [Math.floor((i * side) / m), Math.ceil(((i + 1) * side) / m)]);
}

// Largest value of a rectangle [row0, column0, row1, column1], ends excluded: where it stands.
export function placeOfMax(map, w, [row0, column0, row1, column1]) {
  let best = row0 * w + column0;
  for (let row = row0; row < row1; row++) {
    for (let i = row * w + column0; i < row * w + column1; i++) if (map[i] > map[best]) best = i;
  }
  return best;
}

// Maxima of m×m bins, row after row.
export function binMaxima(map, [h, w], m) {
  const [rows, columns] = [binEdges(h, m), binEdges(w, m)];
  return rows.flatMap(([row0, row1]) =>
    columns.map(([column0, column1]) => map[placeOfMax(map, w, [row0, column0, row1, column1])]));
}

// The vector of the original SPP: all bins of all grids, one behind another.
export function pyramidVector(map, size, bins) {
  return bins.flatMap((m) => binMaxima(map, size, m));
}

// The bin in which a cell lies, the first of two if they share it.
export function binOf(place, side, m) {
  return binEdges(side, m).findIndex(([, end]) => place < end);
}

// What a k×k window around a cell covers of the map. Beyond the rim there is padding, which never wins.
export function windowAt(row, column, k, [h, w]) {
  const reach = (k - 1) / 2;
  const end = [Math.min(row + reach + 1, h), Math.min(column + reach + 1, w)];
  return [Math.max(row - reach, 0), Math.max(column - reach, 0), ...end];
}

// Maximum of a k×k window around every cell: stride 1, the map keeps its size.
export function maxPool(map, size, k) {
  const [h, w] = size;
  return Array.from({ length: h * w }, (_, i) =>
    map[placeOfMax(map, w, windowAt(Math.floor(i / w), i % w, k, size))]);
}

// The map pooled once, twice, … by the same window: each reads what the one before has made.
export function pooledAgain(map, size, k, times) {
  const made = [];
  for (let i = 0; i < times; i++) made.push(maxPool(made.at(-1) ?? map, size, k));
  return made;
}

// How many numbers of two lists have the very same 32 bits.
export function sameBits(a, b) {
  const [first, second] = [a, b].map((list) => new Uint32Array(Float32Array.from(list).buffer));
  return first.reduce((count, bits, i) => count + (bits === second[i] ? 1 : 0), 0);
}
