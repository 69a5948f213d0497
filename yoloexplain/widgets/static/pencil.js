// Pencil: the few strokes that all views draw with. Lengths are CSS pixels.

const FONT = 'system-ui, "DejaVu Sans", sans-serif';

// Write words; align: left, center or right; base: top, middle, alphabetic or bottom. With `fit`
// they shrink until they are no wider than that. Returns the width that they take.
export function write(ctx, words, x, y, options = {}) {
  const { colour = "#000", weight = 400, align = "left", base = "alphabetic", fit = 0 } = options;
  let size = options.size ?? 13;
  ctx.font = `${weight} ${size}px ${FONT}`;
  if (fit && ctx.measureText(words).width > fit) {
    size = Math.max(8, (size * fit) / ctx.measureText(words).width);
    ctx.font = `${weight} ${size}px ${FONT}`;
  }
  ctx.textAlign = align;
  ctx.textBaseline = base;
  ctx.fillStyle = colour;
  ctx.fillText(words, x, y);
  return ctx.measureText(words).width;
}

// A rectangle (x0, y0, x1, y1), filled, outlined or both.
export function box(ctx, [x0, y0, x1, y1], options = {}) {
  const { fill, line, width = 2, dash = [], alpha = 1, radius = 0 } = options;
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(x0, y0, x1 - x0, y1 - y0, radius);
  if (fill) {
    ctx.globalAlpha = alpha;
    ctx.fillStyle = fill;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  if (line) {
    ctx.setLineDash(dash);
    ctx.lineWidth = width;
    ctx.strokeStyle = line;
    ctx.stroke();
  }
  ctx.restore();
}

// A line through points [[x, y], …].
export function path(ctx, points, { colour, width = 2, dash = [], fill = null, alpha = 1 } = {}) {
  if (!points.length) return;
  ctx.save();
  ctx.beginPath();
  points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  if (fill) {
    ctx.globalAlpha = alpha;
    ctx.fillStyle = fill;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  if (colour) {
    ctx.setLineDash(dash);
    ctx.lineWidth = width;
    ctx.lineJoin = "round";
    ctx.strokeStyle = colour;
    ctx.stroke();
  }
  ctx.restore();
}

// A line with a head at its end; nothing where it would be shorter than a pixel.
export function arrow(ctx, [x0, y0], [x1, y1], { colour, width = 2, head = 8 } = {}) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1) return;
  const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
  const tip = Math.min(head, length);
  const foot = [x1 - dx * tip, y1 - dy * tip];
  path(ctx, [[x0, y0], foot], { colour, width });
  const half = tip * 0.5;
  const wings = [[x1, y1], [foot[0] - dy * half, foot[1] + dx * half], [foot[0] + dy * half, foot[1] - dx * half]];
  path(ctx, wings, { fill: colour });
}

// A filled circle, such as a handle to drag.
export function dot(ctx, [x, y], radius, fill, line = null) {
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = fill;
  ctx.fill();
  if (line) {
    ctx.lineWidth = 2;
    ctx.strokeStyle = line;
    ctx.stroke();
  }
  ctx.restore();
}

// A number for people: a real minus sign, and no "-0.00".
export function shown(value, digits = 2) {
  const words = Math.abs(value).toFixed(digits);
  return value < 0 && Number(words) !== 0 ? `−${words}` : words;
}

// 1234567 → "1,234,567", as Python writes it with a comma.
export function counted(value) {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
