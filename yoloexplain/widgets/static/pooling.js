import { binEdges, binOf, maxPool, placeOfMax, pooledAgain, pyramidVector, sameBits, windowAt } from "./core/pooling.js";
import { bytes, paintMap } from "./maps.js";
import { arrow, box, dot, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const STEP = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const [BINS, SPP, SPPF] = [0, 1, 2];
const HEAD = 26;  // pixels above a map, for its name

function render({ model, el }) {
  const { names, sizes, bins, kernel_sizes: kernels } = model.get("table");
  const colours = bytes(model, "colours");
  const maps = split(bytes(model, "values"));
  const pooled = new Map();  // what was computed once for a map
  let panels = [];  // where each map stands: { box, size }
  let vectors = { top: 0, height: 22, left: 0, cell: 0 };

  function split(raw) {
    const all = new Float32Array(raw.slice().buffer);
    let start = 0;
    return sizes.map(([h, w]) => all.subarray(start, (start += h * w)));
  }

  const chosen = () => clamp(model.get("map"), 0, maps.length - 1);
  const kind = () => clamp(model.get("kind"), 0, 2);
  function position() {
    const [h, w] = sizes[chosen()];
    return [clamp(model.get("row"), 0, h - 1), clamp(model.get("column"), 0, w - 1)];
  }

  // All poolings of a map: side by side, in a row, and how many of their numbers agree to the bit.
  function results(k) {
    if (!pooled.has(k)) {
      const [map, size] = [maps[k], sizes[k]];
      const side = kernels.map((kernel) => maxPool(map, size, kernel));
      const row = pooledAgain(map, size, kernels[0], kernels.length);
      pooled.set(k, { side, row, equal: side.map((one, i) => sameBits(one, row[i])), vector: pyramidVector(map, size, bins) });
    }
    return pooled.get(k);
  }

  const shades = (look) => [look.purple, look.green, look.blue];
  const rangeOf = (map) => [Math.min(...map), Math.max(...map)];

  function arrange(width) {
    const narrow = width < 620;
    const across = narrow ? 2 : 4;
    const gap = narrow ? 16 : 34;
    const room = (width - 8 - gap * (across - 1)) / across;
    const [h, w] = sizes[chosen()];
    const tallest = Math.min(Math.max(...sizes.map((size) => Math.min(size[0] / size[1], 1.35))) * room, 330);
    const scale = Math.min(room / w, tallest / h);
    const foot = kind() === SPPF ? 48 : 28;
    panels = [0, 1, 2, 3].map((k) => {
      const x = 4 + (k % across) * (room + gap);
      const y = HEAD + Math.floor(k / across) * (tallest + HEAD + foot);
      const m = bins[k - 1];
      const side = Math.min(room, tallest) * [0.34, 0.56, 0.8][k - 1];
      const [wide, high] = kind() === BINS && k ? [side, side] : [w * scale, h * scale];
      const [left, top] = [x + (room - wide) / 2, y + (tallest - high) / 2];
      return { box: [left, top, left + wide, top + high], size: kind() === BINS && k ? [m, m] : [h, w], x, y, room };
    });
    const bottom = (HEAD + tallest + foot) * (narrow ? 2 : 1);
    if (kind() !== BINS) return bottom;
    const label = narrow ? 92 : 150;
    const count = bins.reduce((sum, m) => sum + m * m, 0);
    vectors = { top: bottom + 34, height: 22, left: 4 + label, cell: (width - 8 - label) / count };
    return vectors.top + names.length * (vectors.height + 8) + 8;
  }

  // A map as colours between the two ends of the input map, for all panels the same.
  function paint(ctx, values, size, place) {
    const [low, high] = rangeOf(maps[chosen()]);
    const coded = Uint8Array.from(values, (value) => Math.round((254 * (value - low)) / (high - low || 1)));
    paintMap(ctx, coded, 0, size, colours, place);
  }

  const cellBox = ({ box: [x0, y0, x1, y1], size: [h, w] }, [row0, column0, row1, column1]) => {
    const [cw, ch] = [(x1 - x0) / w, (y1 - y0) / h];
    return [x0 + column0 * cw, y0 + row0 * ch, x0 + column1 * cw, y0 + row1 * ch];
  };

  function frameCells(ctx, panel, cells, colour, options = {}) {
    const place = cellBox(panel, cells);
    // White under a colour, black under white: to be seen on every colour of the map.
    box(ctx, place,
      { line: colour === "#ffffff" ? "#000000" : "#ffffff", width: (options.width ?? 2.5) + 2 });
    box(ctx, place, { line: colour, width: 2.5, ...options });
  }

  const middle = (panel, index) => {
    const [x0, y0, x1, y1] = cellBox(panel, [Math.floor(index / panel.size[1]), index % panel.size[1], Math.floor(index / panel.size[1]) + 1, (index % panel.size[1]) + 1]);
    return [(x0 + x1) / 2, (y0 + y1) / 2];
  };

  function draw(ctx, { width, look }) {
    arrange(width);
    [drawBins, drawSide, drawRow][kind()](ctx, look);
  }

  // Words above a panel, and a number below it.
  function caption(ctx, look, k, title, below, shade) {
    const { x, y, room, box: place } = panels[k];
    const centre = x + room / 2;
    write(ctx, title, centre, place[1] - 10,
      { colour: shade ?? look.ink, weight: 600, align: "center", size: 13.5, fit: room + 10 });
    write(ctx, below, centre, place[3] + 18, { colour: look.ink, align: "center", size: 13, fit: room + 10 });
    if (k && panels[k - 1].y === y) {
      const [from, to] = [panels[k - 1].box[2] + 6, place[0] - 6];
      const high = (panels[0].box[1] + panels[0].box[3]) / 2;
      if (kind() === SPPF || k === 1) arrow(ctx, [Math.max(from, to - 22), high], [to, high], { colour: look.muted, width: 2 });
    }
  }

  function drawInput(ctx, look, windows) {
    const map = maps[chosen()];
    const size = sizes[chosen()];
    const [row, column] = position();
    paint(ctx, map, size, panels[0].box);
    [...windows.entries()].reverse().forEach(([k, cells]) => frameCells(ctx, panels[0], cells, shades(look)[k]));
    windows.forEach((cells, k) => dot(ctx, middle(panels[0], placeOfMax(map, size[1], cells)), 4.5 - k * 0.5, shades(look)[k], "#ffffff"));
    frameCells(ctx, panels[0], [row, column, row + 1, column + 1], "#ffffff", { width: 1.5 });
    caption(ctx, look, 0, `${names[chosen()]}: ${size[0]}×${size[1]}`, `here: ${shown(map[row * size[1] + column], 3)}`);
  }

  function drawSide(ctx, look) {
    const { side } = results(chosen());
    const [row, column] = position();
    const size = sizes[chosen()];
    drawInput(ctx, look, kernels.map((kernel) => windowAt(row, column, kernel, size)));
    kernels.forEach((kernel, k) => {
      paint(ctx, side[k], size, panels[k + 1].box);
      frameCells(ctx, panels[k + 1], [row, column, row + 1, column + 1], "#ffffff", { width: 2 });
      caption(ctx, look, k + 1, `maximum of ${kernel}×${kernel}`, `here: ${shown(side[k][row * size[1] + column], 3)}`, shades(look)[k]);
    });
  }

  // In a row: in each map the window that the next one reads, and in the input what it comes to.
  function drawRow(ctx, look) {
    const { row: made, equal } = results(chosen());
    const [row, column] = position();
    const size = sizes[chosen()];
    drawInput(ctx, look, kernels.map((kernel) => windowAt(row, column, kernel, size)));
    const five = windowAt(row, column, kernels[0], size);
    made.forEach((map, k) => {
      paint(ctx, map, size, panels[k + 1].box);
      if (k < made.length - 1) frameCells(ctx, panels[k + 1], five, shades(look)[k + 1], { dash: [5, 3] });
      frameCells(ctx, panels[k + 1], [row, column, row + 1, column + 1], "#ffffff", { width: 2 });
      const times = ["once", "twice", "three times"][k] ?? `${k + 1} times`;
      caption(ctx, look, k + 1, `${kernels[0]}×${kernels[0]}, ${times}`, `here: ${shown(map[row * size[1] + column], 3)}`, shades(look)[k]);
      const { x, room, box: place } = panels[k + 1];
      const words = `= ${kernels[k]}×${kernels[k]}: ${equal[k]} of ${map.length}`;
      write(ctx, words, x + room / 2, place[3] + 37,
        { colour: look.muted, size: 12.5, align: "center", fit: room + 20 });
    });
  }

  // The bins in which the position lies: one a grid.
  function binsHere() {
    const [h, w] = sizes[chosen()];
    const [row, column] = position();
    return bins.map((m) => {
      const [i, j] = [binOf(row, h, m), binOf(column, w, m)];
      const [down, across] = [binEdges(h, m)[i], binEdges(w, m)[j]];
      return { index: i * m + j, cells: [down[0], across[0], down[1], across[1]] };
    });
  }

  function drawBins(ctx, look) {
    const { vector } = results(chosen());
    const here = binsHere();
    drawInput(ctx, look, here.map(({ cells }) => cells));
    let start = 0;
    bins.forEach((m, k) => {
      const panel = panels[k + 1];
      paint(ctx, vector.slice(start, start + m * m), [m, m], panel.box);
      for (let i = 0; i < m * m; i++) box(ctx, cellBox(panel, [Math.floor(i / m), i % m, Math.floor(i / m) + 1, (i % m) + 1]), { line: look.paper, width: 1.5 });
      const { index } = here[k];
      frameCells(ctx, panel, [Math.floor(index / m), index % m, Math.floor(index / m) + 1, (index % m) + 1], shades(look)[k]);
      caption(ctx, look, k + 1, m === 1 ? "1×1: one bin" : `${m}×${m} bins`, `here: ${shown(vector[start + index], 3)}`, shades(look)[k]);
      start += m * m;
    });
    drawVectors(ctx, look, here);
  }

  // One row a map: whatever its size, as many numbers.
  function drawVectors(ctx, look, here) {
    const { top, height, left, cell } = vectors;
    write(ctx, "One vector a map, of one length whatever its size", 4, top - 10,
      { colour: look.ink, weight: 600, size: 13.5, fit: cell * 21 + left - 12 });
    names.forEach((name, k) => {
      const y = top + k * (height + 8);
      const now = k === chosen();
      write(ctx, `${name} ${sizes[k][0]}×${sizes[k][1]}`, left - 8, y + height / 2, { colour: now ? look.ink : look.muted, weight: now ? 600 : 400, size: 13, align: "right", base: "middle", fit: left - 14 });
      const [low, high] = rangeOf(maps[k]);
      const { vector } = results(k);
      const coded = Uint8Array.from(vector, (value) => Math.round((254 * (value - low)) / (high - low || 1)));
      paintMap(ctx, coded, 0, [1, vector.length], colours, [left, y, left + cell * vector.length, y + height], now ? 1 : 0.55);
      let start = 0;
      bins.forEach((m, grid) => {
        if (now) {
          const at = start + here[grid].index;
          box(ctx, [left + at * cell, y, left + (at + 1) * cell, y + height],
            { line: "#ffffff", width: 4.5 });
          box(ctx, [left + at * cell, y, left + (at + 1) * cell, y + height],
            { line: shades(look)[grid], width: 2.5 });
        }
        start += m * m;
      });
    });
  }

  function words() {
    const [h, w] = sizes[chosen()];
    const [row, column] = position();
    const where = `Row ${row}, column ${column}: `;
    const { side, row: made, equal, vector } = results(chosen());
    const at = row * w + column;
    const values = (list) => list.map((value, k) => `${kernels[k]}×${kernels[k]} ${shown(value, 3)}`).join(", ");
    if (kind() === BINS) {
      let start = 0;
      const found = binsHere().map(({ index }, k) => {
        const value = vector[start + index];
        start += bins[k] ** 2;
        return `${bins[k]}×${bins[k]} ${shown(value, 3)}`;
      });
      return `${h}×${w} positions become ${vector.length} maxima. ${where}the bins that hold it have the maxima ${found.join(", ")}.`;
    }
    if (kind() === SPP) {
      const looked = kernels.reduce((sum, kernel) => sum + kernel * kernel, 0);
      return `${where}the maxima around it are ${values(side.map((one) => one[at]))}. ${h}×${w} positions stay ${h}×${w}; ${looked} values are compared for each.`;
    }
    const looked = kernels.length * kernels[0] ** 2;
    const same = equal.every((count) => count === h * w) ? "all equal to SPP's to the bit" : "not all equal to SPP's";
    return `${where}${kernels[0]} after ${kernels[0]} gives ${values(made.map((one) => one[at]))}. Of ${h * w} positions ${equal.join(", ")} agree: ${same}, with ${looked} values compared for each.`;
  }

  // The cell of the panel under the mouse, as one of the input's.
  function cellAt({ x, y }) {
    const k = panels.findIndex(({ box: [x0, y0, x1, y1] }) => x >= x0 && x < x1 && y >= y0 && y < y1);
    if (k < 0) return null;
    const [h, w] = sizes[chosen()];
    const { box: [x0, y0, x1, y1] } = panels[k];
    return { row: Math.floor((h * (y - y0)) / (y1 - y0)), column: Math.floor((w * (x - x0)) / (x1 - x0)) };
  }

  const choose = (point) => {
    const cell = cellAt(point);
    if (cell) put(model, cell);
  };
  const scene = stage({ model, el }, {
    keys: "Arrow keys move the position, with Shift by four; + and − change the map, Enter "
      + "the pooling. Mouse: click or drag on a map.",
    height: arrange,
    draw,
    status: words,
    watch: ["kind", "map", "row", "column"],
    press: choose,
    drag: choose,
    key(name, event) {
      const [h, w] = sizes[chosen()];
      const [row, column] = position();
      if (STEP[name]) {
        const by = event.shiftKey ? 4 : 1;
        put(model, { row: clamp(row + by * STEP[name][0], 0, h - 1), column: clamp(column + by * STEP[name][1], 0, w - 1) });
      } else if ("+=-_".includes(name)) {
        put(model, { map: (chosen() + ("+=".includes(name) ? 1 : names.length - 1)) % names.length });
      } else if (name === "Enter" || name === " ") put(model, { kind: (kind() + 1) % 3 });
      else return false;
      return true;
    },
  });
  return () => scene.remove();
}

export default { render };
