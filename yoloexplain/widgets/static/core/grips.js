// Grips: boxes [x0, y0, x1, y1] on a picture that people hold by corners or middle.
// Corners count 0 to 3, clockwise from the upper left; 4 is the middle.

const between = (value, low, high) => Math.min(Math.max(value, low), high);

// Move a box or one of its corners; it stays within the picture (whose sides are 1 unless given)
// and keeps a side to hold it by.
export function movedBox([x0, y0, x1, y1], corner, dx, dy, smallest, [wide, high] = [1, 1]) {
  if (corner === 4) {
    const [right, down] = [between(dx, -x0, wide - x1), between(dy, -y0, high - y1)];
    return [x0 + right, y0 + down, x1 + right, y1 + down];
  }
  if (corner === 0 || corner === 3) x0 = between(x0 + dx, 0, x1 - smallest);
  else x1 = between(x1 + dx, x0 + smallest, wide);
  if (corner < 2) y0 = between(y0 + dy, 0, y1 - smallest);
  else y1 = between(y1 + dy, y0 + smallest, high);
  return [x0, y0, x1, y1];
}

// The corners of a box, as points.
export function handlesOf([x0, y0, x1, y1]) {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}

// What of the boxes (in pixels) lies under a point: a corner of the chosen one first, then the
// smallest box around the point. null if nothing.
export function gripAt(boxes, chosen, { x, y }, near = 12) {
  const corner = handlesOf(boxes[chosen]).findIndex(([cx, cy]) => Math.hypot(cx - x, cy - y) < near);
  if (corner >= 0) return { i: chosen, corner };
  const under = boxes
    .map(([a, b, c, d], i) => ({ i, area: (c - a) * (d - b), over: x > a && x < c && y > b && y < d }))
    .filter(({ over }) => over)
    .sort((one, other) => one.area - other.area);
  return under.length ? { i: under[0].i, corner: 4 } : null;
}
