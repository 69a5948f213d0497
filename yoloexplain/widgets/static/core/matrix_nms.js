// Matrix NMS, and greedy NMS on masks. Source: SOLOv2, arXiv 2003.10152, section 3.4, equations 3 to
// 5. As in yoloexplain/solo/matrix_nms.py.

export const KERNELS = ["gaussian", "linear"];

// Shared over joint area of each mask with each; masks are lists of 0 and 1 of one length.
export function maskOverlaps(masks) {
  const areas = masks.map((mask) => mask.reduce((sum, value) => sum + value, 0));
  return masks.map((a, i) => masks.map((b, j) => {
    let both = 0;
    for (let k = 0; k < a.length; k++) both += a[k] && b[k];
    return both / Math.max(areas[i] + areas[j] - both, 1);
  }));
}

// Best first; of equal scores the earlier one.
export function byScore(scores) {
  return scores.map((_, i) => i).sort((i, j) => scores[j] - scores[i] || i - j);
}

// What a kernel leaves of a score at an overlap; `worst` is what the better one itself suffers.
export function decayFactor(kernel, overlap, worst, sigma) {
  if (kernel === "linear") return (1 - overlap) / Math.max(1 - worst, 1e-6);
  return Math.exp(sigma * (worst ** 2 - overlap ** 2));
}

// Let scores decay. Rows and columns of `counted` (overlaps that count: of one class, row better)
// and `factors` are candidates as given; `from[j]` is the better one that decides j, −1 for the best.
export function matrixNMS(overlaps, scores, labels, kernel, sigma) {
  const order = byScore(scores);
  const place = [];
  order.forEach((i, rank) => (place[i] = rank));
  const counted = overlaps.map((row, i) => row.map((value, j) =>
    (place[i] < place[j] && labels[i] === labels[j] ? value : 0)));
  const worst = scores.map((_, j) => Math.max(...counted.map((row) => row[j])));
  const factors = counted.map((row, i) => row.map((value, j) =>
    (place[i] < place[j] ? decayFactor(kernel, value, worst[i], sigma) : null)));
  const from = scores.map((_, j) => order.slice(0, place[j])
    .reduce((least, i) => (least < 0 || factors[i][j] < factors[least][j] ? i : least), -1));
  const after = scores.map((score, j) => (from[j] < 0 ? score : score * factors[from[j]][j]));
  return { order, counted, worst, factors, from, after };
}

// Greedy NMS by overlaps: `by[j]` is the better one of its class that removes j, −1 if it stays.
export function greedyByOverlap(overlaps, scores, labels, threshold) {
  const by = scores.map(() => -1);
  const order = byScore(scores);
  for (const [rank, i] of order.entries()) {
    if (by[i] >= 0) continue;
    for (const j of order.slice(rank + 1)) {
      if (by[j] < 0 && labels[i] === labels[j] && overlaps[i][j] > threshold) by[j] = i;
    }
  }
  return by;
}
