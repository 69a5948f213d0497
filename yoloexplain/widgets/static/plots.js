// Plots: axes, curves and a line to read them at. A plot knows where its values lie on the canvas.
import { path, shown, write } from "./pencil.js";
import { clamp, put } from "./stage.js";

const MINUS = "−";

// A plot in the rectangle [left, top, right, bottom] for x and y within the ranges given.
export function plotIn(sides, [x0, x1], [y0, y1]) {
  const [left, top, right, bottom] = sides;
  return {
    sides, xs: [x0, x1], ys: [y0, y1],
    x: (value) => left + ((value - x0) / (x1 - x0)) * (right - left),
    y: (value) => bottom - ((value - y0) / (y1 - y0)) * (bottom - top),
    at: (pixel) => x0 + ((pixel - left) / (right - left)) * (x1 - x0),
    holds: ({ x, y }) => x >= left && x <= right && y >= top && y <= bottom,
  };
}

// Grid lines, numbers and titles. `second` writes another number under each of the x axis.
export function drawAxes(ctx, look, plot, { xTicks, yTicks, title, xWords = "", second = null }) {
  const [left, top, right, bottom] = plot.sides;
  for (const value of xTicks) {
    const x = plot.x(value);
    const colour = value === 0 ? look.muted : look.faint;
    path(ctx, [[x, top], [x, bottom]], { colour, width: 1 });
    write(ctx, tickWords(value), x, bottom + 15, { colour: look.muted, size: 12, align: "center" });
    if (second) write(ctx, second(value), x, bottom + 30, { colour: look.muted, size: 12, align: "center" });
  }
  for (const value of yTicks) {
    const y = plot.y(value);
    const colour = value === 0 ? look.muted : look.faint;
    path(ctx, [[left, y], [right, y]], { colour, width: 1 });
    const beside = { colour: look.muted, size: 12, align: "right", base: "middle" };
    write(ctx, tickWords(value), left - 6, y, beside);
  }
  write(ctx, title, left, top - 9, { colour: look.ink, weight: 600, fit: right - left });
  const below = bottom + (second ? 46 : 31);
  const quiet = { colour: look.muted, size: 12, align: "center", fit: right - left };
  write(ctx, xWords, (left + right) / 2, below, quiet);
}

function tickWords(value) {
  return `${value < 0 ? MINUS : ""}${Math.abs(value)}`;
}

// The curve of a function, cut off at the plot's edges.
export function drawCurve(ctx, plot, value, { colour, width = 2.2, dash = [] }) {
  const [left, top, right, bottom] = plot.sides;
  const points = [];
  for (let pixel = left; pixel <= right; pixel += 1) points.push([pixel, plot.y(value(plot.at(pixel)))]);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top - 1, right - left, bottom - top + 2);
  ctx.clip();
  path(ctx, points, { colour, width, dash });
  ctx.restore();
}

// The line at which a plot is read.
export function drawReading(ctx, look, plot, value) {
  const x = plot.x(value);
  path(ctx, [[x, plot.sides[1]], [x, plot.sides[3]]], { colour: look.ink, width: 1.2, dash: [4, 3] });
}

// Where the line goes for the mouse (null outside all plots), in hundredths.
export function readingUnder(point, plots) {
  const plot = point && plots?.find((one) => one.holds(point));
  return plot ? hundredths(plot.at(point.x), plot.xs) : null;
}

// Where the line goes for a key, from `now`; null for a key that does not move it.
export function readingMoved(now, name, event, ends) {
  const by = { ArrowLeft: -0.1, ArrowRight: 0.1 }[name];
  return by ? hundredths(now + by * (event.shiftKey ? 10 : 1), ends) : null;
}

// What mouse and keys do to the trait `at`, the line's place: the part of a stage's view that all
// charts share. `state` holds { near, plots }: the place under the mouse, and what was drawn last.
export function readingLine(model, state, at, ends) {
  return {
    keys: "Left and right move the line, with Shift in larger steps. "
      + "Mouse: point at a curve, click keeps the place.",
    hover: (point) => (state.near = readingUnder(point, state.plots)),
    press(point) {
      const found = readingUnder(point, state.plots);
      if (found !== null) put(model, { at: found });
    },
    key(name, event) {
      const moved = readingMoved(at(), name, event, ends);
      if (moved === null) return false;
      state.near = null;
      put(model, { at: moved });
      return true;
    },
  };
}

function hundredths(value, [low, high]) {
  return clamp(Math.round(value * 100) / 100, low, high);
}

// Whether a value lies within the plot's height.
export function within(plot, value) {
  return value >= plot.ys[0] && value <= plot.ys[1];
}

// A number of three digits that count: 0.00012 does not become 0.
export function precise(value) {
  const size = Math.abs(value);
  if (size === 0 || size >= 0.001) return shown(value, size >= 100 ? 0 : size >= 10 ? 1 : 3);
  return `${value < 0 ? MINUS : ""}${size.toExponential(1).replace("-", MINUS)}`;
}
