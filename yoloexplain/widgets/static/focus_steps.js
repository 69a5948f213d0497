import { QUARTERS, convolve, focusAsConvolution, quarterOf, spaceToDepth } from "./core/focus.js";
import { bytes } from "./maps.js";
import { box, path, shown, write } from "./pencil.js";
import { calm, clamp, put, stage } from "./stage.js";

const LAST = 7;
const GLIDE = 420;  // milliseconds for a step, where people have not asked for less motion
const BROAD = 620;  // from here on the quarters stand beside the picture
const RING = 2;  // rows of zeros around the picture
const HEAD = 34;  // above the picture, for the name of the step
const TITLE = 22;  // above a quarter, for its name
const NAMES = [
  "The picture", "Even rows, even columns", "Odd rows, even columns", "Even rows, odd columns",
  "Odd rows, odd columns", "Stacked as channels", "One place of the convolution", "Everywhere",
];

function render({ model, el }) {
  const { image: [high, wide], weights: [count], difference } = model.get("table");
  const pixels = bytes(model, "pixels");
  const raw = new Float32Array(bytes(model, "weights").slice().buffer);
  const map = [0, 1, 2].map((c) => grid(high, wide, (i, j) => pixels[3 * (i * wide + j) + c] / 255));
  const weights = Array.from({ length: count }, (_, k) => Array.from({ length: 12 }, (_, c) =>
    grid(3, 3, (i, j) => raw[((k * 12 + c) * 3 + i) * 3 + j])));
  const folded = spaceToDepth(map);
  const whole = focusAsConvolution(weights);
  let outputs = { kernel: -1 };  // both maps of one kernel
  let near = null;  // the pixel under the mouse
  let areas = null;
  let glide = { from: model.get("step"), to: model.get("step"), since: 0 };

  function grid(rows, columns, value) {
    return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => value(i, j)));
  }

  const step = () => clamp(model.get("step"), 0, LAST);
  const pixel = () => near ?? [clamp(model.get("row"), 0, high - 1), clamp(model.get("column"), 0, wide - 1)];
  const place = () => pixel().map((k) => k >> 1);  // of the pixel among the folded ones
  const shadeOf = (look) => [look.blue, look.orange, look.green, look.purple];

  function both() {
    const kernel = clamp(model.get("kernel"), 0, count - 1);
    if (outputs.kernel !== kernel) {
      const maps = [convolve(folded, weights[kernel], 1, 1), convolve(map, whole[kernel], 2, 2)];
      const values = maps[0].flat();
      outputs = { kernel, maps, low: Math.min(...values), high: Math.max(...values) };
    }
    return outputs;
  }

  // How far the steps have come: a number between two steps while pixels are on their way.
  function progress() {
    if (glide.to !== step()) {
      glide = { from: calm() ? step() : reached(), to: step(), since: performance.now() };
    }
    const now = reached();
    if (now !== glide.to) scene.redraw();
    return now;
  }

  function reached() {
    const share = clamp((performance.now() - glide.since) / GLIDE, 0, 1);
    const eased = share * share * (3 - 2 * share);
    return share === 1 ? glide.to : glide.from + (glide.to - glide.from) * eased;
  }

  function layout(across) {
    const beside = across >= BROAD;
    const room = beside ? across * 0.52 : across;
    const side = Math.min(room / (wide + 2 * RING), 26);
    const picture = { left: RING * side, top: HEAD + RING * side, side };
    const bottom = picture.top + (high + RING) * side;
    const left = beside ? (wide + 2 * RING) * side + 16 : 0;
    const top = beside ? HEAD : bottom + 6;
    const half = [wide / 2 + 2, high / 2 + 2];  // with a ring of zeros
    const tall = beside ? (bottom - top) / 2 - TITLE : Infinity;
    const cell = Math.min((across - left - 8) / 2 / half[0], tall / half[1], 24);
    const quarters = QUARTERS.map((_, q) => ({
      left: left + (q % 2) * (half[0] * cell + 8) + cell,
      top: top + Math.floor(q / 2) * (half[1] * cell + TITLE) + TITLE + cell,
      side: cell,
    }));
    const stack = QUARTERS.map((_, q) => ({
      left: left + cell * (1 + 1.6 * q), top: top + TITLE + cell * (1 + 1.5 * q), side: cell * 1.1,
    }));
    const foot = Math.max(bottom, quarters[3].top + (half[1] - 1) * cell);
    return { picture, quarters, stack, cell, left, top, height: foot };
  }

  const mix = (a, b, share) => a + (b - a) * share;
  const blend = (a, b, share) => ({
    left: mix(a.left, b.left, share), top: mix(a.top, b.top, share), side: mix(a.side, b.side, share),
  });

  // The place of row i and column j in a frame.
  function square({ left, top, side }, i, j, inset = 0) {
    const [x, y] = [left + j * side, top + i * side];
    return [x + inset, y + inset, x + side - inset, y + side - inset];
  }

  // All of a map of half the height and half the width.
  function halfIn({ left, top, side }) {
    return [left, top, left + (wide / 2) * side, top + (high / 2) * side];
  }

  function colourOf(i, j) {
    const at = 3 * (i * wide + j);
    return `rgb(${pixels[at]}, ${pixels[at + 1]}, ${pixels[at + 2]})`;
  }

  function draw(ctx, { width, look }) {
    areas = layout(width);
    const now = progress();
    const head = { colour: look.ink, weight: 600, size: 15, fit: width };
    write(ctx, `${step()} · ${NAMES[step()]}`, 2, 18, head);
    const window = clamp(now - 5, 0, 1);  // the windows of the convolution
    const result = clamp(now - 6, 0, 1);  // its results
    drawPicture(ctx, look, now, window);
    ctx.save();
    ctx.globalAlpha = 1 - result;
    if (result < 1) drawQuarters(ctx, look, now, window);
    ctx.globalAlpha = result;
    if (result > 0) drawOutputs(ctx, look);
    ctx.restore();
    drawChosen(ctx, look, now);
  }

  // The picture: what has lifted out is pale, until the convolution looks at all of it again.
  function drawPicture(ctx, look, now, window) {
    const { picture } = areas;
    ctx.save();
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < wide; j++) {
        const gone = clamp(now - quarterOf(i, j), 0, 1);
        ctx.globalAlpha = 1 - 0.85 * gone * (1 - window);
        box(ctx, square(picture, i, j, 0.5), { fill: colourOf(i, j), alpha: ctx.globalAlpha });
      }
    }
    ctx.restore();
    if (window > 0) ring(ctx, look, picture, high, wide, RING, window);
  }

  // Zeros around a map.
  function ring(ctx, look, frame, rows, columns, thick, alpha) {
    const outer = [frame.left - thick * frame.side, frame.top - thick * frame.side,
      frame.left + (columns + thick) * frame.side, frame.top + (rows + thick) * frame.side];
    ctx.save();
    ctx.globalAlpha *= alpha;
    box(ctx, outer, { line: look.faint, width: 1, dash: [3, 3] });
    ctx.restore();
  }

  function drawQuarters(ctx, look, now, window) {
    const stacked = clamp(now - 4, 0, 1) - window;
    const shades = shadeOf(look);
    for (const q of stacked > 0 ? [3, 2, 1, 0] : [0, 1, 2, 3]) {
      const frame = blend(areas.quarters[q], areas.stack[q], stacked);
      const lifted = clamp(now - q, 0, 1);
      const [down, across] = QUARTERS[q];
      if (lifted === 0) {
        outline(ctx, frame, look.faint, [4, 4]);
        continue;
      }
      for (let i = 0; i < high / 2; i++) {
        for (let j = 0; j < wide / 2; j++) {
          const start = square(areas.picture, 2 * i + down, 2 * j + across, 0.5);
          const end = square(frame, i, j, 0.5);
          const fill = colourOf(2 * i + down, 2 * j + across);
          const sides = end.map((side, k) => mix(start[k], side, lifted));
          box(ctx, sides, { fill, alpha: ctx.globalAlpha });
        }
      }
      if (lifted === 1) outline(ctx, frame, shades[q], []);
      if (lifted === 1 && stacked === 0) title(ctx, look, q, frame, window);
      if (window > 0) ring(ctx, look, frame, high / 2, wide / 2, 1, window);
    }
    if (stacked === 1) {
      const words = `${folded.length} channels of ${high / 2} × ${wide / 2}`;
      write(ctx, words, areas.left + areas.cell, areas.top + TITLE, { colour: look.ink, weight: 600 });
    }
  }

  function outline(ctx, frame, line, dash) {
    box(ctx, halfIn(frame), { line, width: 2.5, dash });
  }

  // Close to its quarter, or above the zeros around it.
  function title(ctx, look, q, frame, window) {
    const [down, across] = QUARTERS[q];
    const words = `x[${down}::2, ${across}::2]`;
    const room = (wide / 2) * frame.side;
    const y = frame.top - 6 - window * (frame.side - 1);
    const taken = write(ctx, words, frame.left, y, { colour: look.ink, size: 12.5, weight: 600, fit: room });
    const rest = `channels ${3 * q}–${3 * q + 2}`;
    const quiet = { colour: look.muted, size: 12, align: "right" };
    if (room - taken > 100) write(ctx, rest, frame.left + room, y, quiet);
  }

  // Both maps of the chosen kernel in grey, the higher the brighter.
  function drawOutputs(ctx, look) {
    const { maps, low, high: top } = both();
    ["Focus: fold, then 3×3", "one 6×6, stride 2"].forEach((words, k) => {
      const frame = outputFrame(k);
      for (let i = 0; i < high / 2; i++) {
        for (let j = 0; j < wide / 2; j++) {
          const grey = Math.round((255 * (maps[k][i][j] - low)) / (top - low || 1));
          const fill = `rgb(${grey}, ${grey}, ${grey})`;
          box(ctx, square(frame, i, j, 0.5), { fill, alpha: ctx.globalAlpha });
        }
      }
      const [, , right, bottom] = halfIn(frame);
      const head = { colour: look.ink, size: 12.5, weight: 600, fit: right - frame.left };
      write(ctx, words, frame.left, frame.top - 7, head);
      const [row, column] = place();
      const y = bottom + 18;
      write(ctx, `here ${shown(maps[k][row][column], 4)}`, frame.left, y, { colour: look.ink, size: 12.5 });
    });
    const below = areas.quarters[2].top;
    const words = ["Conv, BatchNorm and activation as layers", `of the package: difference ${difference}`];
    words.forEach((line, k) => {
      write(ctx, line, areas.left + areas.cell, below + 18 * k, { colour: look.ink, weight: k ? 600 : 400 });
    });
  }

  const outputFrame = (k) => areas.quarters[k];

  // The chosen pixel and where it went; later the windows that meet there.
  function drawChosen(ctx, look, now) {
    const [y, x] = pixel();
    const [row, column] = place();
    const shades = shadeOf(look);
    if (now !== step()) return;  // not while pixels are on their way
    if (step() >= 6) {
      drawWindows(ctx, look, shades, row, column);
      for (const k of step() === 7 ? [0, 1] : []) {
        marked(ctx, square(outputFrame(k), row, column), look.vermillion);
      }
      return;
    }
    const q = quarterOf(y, x);
    const corner = square(areas.picture, 2 * row, 2 * column).slice(0, 2);
    box(ctx, [...corner, ...corner.map((k) => k + 2 * areas.picture.side)], { line: look.ink, width: 1.5 });
    marked(ctx, square(areas.picture, y, x), shades[q]);
    if (step() <= q) return;
    const frame = step() === 5 ? areas.stack[q] : areas.quarters[q];
    marked(ctx, square(frame, row, column), shades[q]);
  }

  function marked(ctx, sides, colour) {
    box(ctx, sides, { line: "#fff", width: 4.5 });
    box(ctx, sides, { line: colour, width: 2.5 });
  }

  // The same 36 places: 6×6 on the picture, 3×3 on each quarter.
  function drawWindows(ctx, look, shades, row, column) {
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        const colour = shades[quarterOf(i, j)];
        const [y, x] = [2 * row - 2 + i, 2 * column - 2 + j];
        const outside = y < 0 || x < 0 || y >= high || x >= wide;
        const frames = [[areas.picture, y, x], [areas.quarters[quarterOf(i, j)], y >> 1, x >> 1]];
        for (const place of step() === 6 ? frames : frames.slice(0, 1)) {
          const sides = square(...place, 1.5);
          box(ctx, sides, { line: colour, width: 2.5 });
          if (outside) zero(ctx, look, sides);
        }
      }
    }
  }

  function zero(ctx, look, [x0, y0, x1, y1]) {
    const middle = { colour: look.muted, size: 12, align: "center", base: "middle" };
    write(ctx, "0", (x0 + x1) / 2, (y0 + y1) / 2, middle);
  }

  function words() {
    const [y, x] = pixel();
    const [row, column] = place();
    const q = quarterOf(y, x);
    const [down, across] = QUARTERS[q];
    const went = `The pixel in row ${y}, column ${x} goes to x[${down}::2, ${across}::2], `
      + `row ${row}, column ${column}`;
    if (step() === 0) return `3 channels of ${high} × ${wide} pixels, in patches of 2×2. ${went}.`;
    if (step() < 5) {
      const [lines, columns] = QUARTERS[step() - 1];
      return `Quarter ${step()} of 4, x[${lines}::2, ${columns}::2]: `
        + `${high / 2} × ${wide / 2} pixels. ${went}.`;
    }
    const total = 3 * high * wide;
    if (step() === 5) {
      return `${total} numbers before and after, none lost. ${went}, channels ${3 * q} to ${3 * q + 2}.`;
    }
    const { maps, kernel } = both();
    const [focus, single] = maps.map((one) => shown(one[row][column], 4));
    if (step() === 6) {
      return `Kernel ${kernel} at row ${row}, column ${column}. `
        + `Folded: 12 channels × 3×3 = 108 products, sum ${focus}. `
        + `On the picture: 3 channels × 6×6 = 108 products, sum ${single}.`;
    }
    return `Kernel ${kernel} at all ${high / 2} × ${wide / 2} places, both ways; `
      + `at row ${row}, column ${column}: ${focus} and ${single}. `
      + `Largest difference between the package's two layers: ${difference}.`;
  }

  // The pixel under a point of the picture, of a quarter or of a result.
  function pixelAt(point) {
    const found = (frame, rows, columns) => {
      const i = Math.floor((point.y - frame.top) / frame.side);
      const j = Math.floor((point.x - frame.left) / frame.side);
      return i >= 0 && j >= 0 && i < rows && j < columns ? [i, j] : null;
    };
    const direct = found(areas.picture, high, wide);
    if (direct) return direct;
    for (let q = 0; q < 4; q++) {
      const seen = step() === 7 ? q < 2 : q < step();
      const there = seen && found(step() === 5 ? areas.stack[q] : areas.quarters[q], high / 2, wide / 2);
      if (there) return there.map((k, axis) => 2 * k + (step() < 6 ? QUARTERS[q][axis] : 0));
    }
    return null;
  }

  const STEP = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  function key(name) {
    if (STEP[name]) {
      const by = step() >= 6 ? 2 : 1;  // from place to place of the convolution
      const [y, x] = pixel().map((k, axis) => clamp(k + by * STEP[name][axis], 0, (axis ? wide : high) - 1));
      near = null;
      put(model, { row: y, column: x });
    } else if (["+", "-", "Enter", " "].includes(name)) {
      put(model, { step: clamp(step() + (name === "-" ? -1 : 1), 0, LAST) });
    } else return false;
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Arrow keys choose a pixel; + or Enter goes a step on, − a step back. "
      + "Mouse: point at a pixel, click keeps it.",
    height: (across) => layout(across).height,
    draw,
    status: words,
    watch: ["step", "kernel", "row", "column"],
    hover: (point) => (near = point && areas ? pixelAt(point) : null),
    press(point) {
      const found = pixelAt(point);
      if (found) put(model, { row: found[0], column: found[1] });
    },
    key,
  });
  return () => scene.remove();
}

export default { render };
