// Augment: points that follow a picture. A matrix is nine numbers, row after row, and takes a point
// of the old picture to its place in the new one. As in yoloexplain/data/augment/matrices.py.

// Where a matrix takes a point.
export function followPoint([a, b, c, d, e, f, g, h, i], [x, y]) {
  const depth = g * x + h * y + i;
  return [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth];
}

// The point that a matrix takes here: the way back. Null if the matrix has none.
export function undoPoint([a, b, c, d, e, f, g, h, i], point) {
  const whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (Math.abs(whole) < 1e-12) return null;
  const back = [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ];
  return followPoint(back, point);
}

// Whether a point lies in one of some rectangles [x0, y0, x1, y1].
export function inAny(rectangles, [x, y]) {
  return rectangles.some(([x0, y0, x1, y1]) => x >= x0 && x < x1 && y >= y0 && y < y1);
}
