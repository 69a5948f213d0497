import { cellAt, channelCounts, productOfMaps } from "./core/solo.js";
import { bytes, paintMap, photo } from "./maps.js";
import { box, counted, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const GAP = 14;
const HEAD = 24;  // pixels of the words above a pane
const WIDEST = 300;
const VEIL = [16, 19, 24];  // what a mask leaves dark
const ORDERS = { 3: ["cells", "all", "own", "x", "y", "both"], 2: ["cells", "all", "own", "both", "x", "y"] };

// Bytes of a trait that Python has deflated; null until they are there.
function inflated(model, name, ready) {
  const held = { data: null };
  const flow = new Blob([bytes(model, name)]).stream().pipeThrough(new DecompressionStream("deflate"));
  new Response(flow).arrayBuffer().then((buffer) => {
    held.data = new Uint8Array(buffer);
    ready();
  });
  return held;
}

// Where each level's maps begin among all levels' bytes.
function beginnings(counts, shapes) {
  let at = 0;
  return counts.map((count, level) => {
    const start = at;
    at += count * shapes[level][0] * shapes[level][1];
    return start;
  });
}

function render({ model, el }) {
  const table = model.get("table");
  const { grids, shapes, names, size } = table;
  const colours = bytes(model, "colours");
  const ownStarts = beginnings(grids.map((grid) => grid * grid), shapes);
  const pairStarts = beginnings(grids.map((grid) => 2 * grid), shapes);
  const mosaics = [];  // one a level, painted when first asked for
  let panes = {};

  const level = () => model.get("level");
  const cell = () => cellAt(model.get("across"), model.get("down"), grids[level()]);
  const slice = (held, start, index) => {
    const [h, w] = shapes[level()];
    return held.data.subarray(start + index * h * w, start + (index + 1) * h * w);
  };
  const columnMap = (j) => slice(pair, pairStarts[level()], j);
  const rowMap = (i) => slice(pair, pairStarts[level()], grids[level()] + i);
  const ownMap = (i, j) => slice(own, ownStarts[level()], i * grids[level()] + j);

  function layout(width) {
    const columns = width >= 620 ? 3 : 2;
    const wide = Math.min(WIDEST, (width - 8 - GAP * (columns - 1)) / columns);  // room for the focus frame
    const high = (wide * size[0]) / size[1];
    const left = (width - columns * wide - (columns - 1) * GAP) / 2;
    const placed = {};
    ORDERS[columns].forEach((name, k) => {
      const x = left + (k % columns) * (wide + GAP);
      const y = HEAD + Math.floor(k / columns) * (high + HEAD + 6);
      placed[name] = [x, y, x + wide, y + high];
    });
    return { placed, height: (6 / columns) * (high + HEAD + 6) };
  }

  function draw(ctx, { width, look }) {
    panes = layout(width).placed;
    const { row, column } = cell();
    const grid = grids[level()];
    title(ctx, look, "cells", `Click a cell of ${grid} × ${grid}`);
    title(ctx, look, "all", `Vanilla: all ${grid * grid} channels`);
    title(ctx, look, "own", `Vanilla: channel ${row * grid + column}`);
    const head = panes.x[2] - panes.x[0] > 230 ? "Decoupled: " : "";
    title(ctx, look, "x", `${head}X map ${column} of ${grid}`);
    title(ctx, look, "y", `${head}Y map ${row} of ${grid}`);
    title(ctx, look, "both", `${head}X map ${column} · Y map ${row}`);
    scores(ctx, look);
    if (!own.data || !pair.data) return;
    all(ctx, look);
    const [x, y] = [columnMap(column), rowMap(row)];
    mask(ctx, "own", ownMap(row, column));
    mask(ctx, "x", x);
    mask(ctx, "y", y);
    mask(ctx, "both", productOfMaps(x, y));
    const [x0, y0, x1, y1] = square(panes.own, row, column);
    const [dx, dy] = [panes.x[0] - panes.own[0], panes.x[1] - panes.own[1]];
    const strip = [x0 + dx, panes.x[1], x1 + dx, panes.x[3]];
    box(ctx, strip, { line: look.orange, width: 1.5 });
    const down = dy + panes.y[1] - panes.x[1];
    const across = [panes.y[0], y0 + down, panes.y[2], y1 + down];
    box(ctx, across, { line: look.orange, width: 1.5 });
    for (const name of ["own", "both"]) {
      box(ctx, square(panes[name], row, column), { line: look.orange, width: 1.5 });
    }
  }

  function title(ctx, look, name, words) {
    const [x0, y0, x1] = panes[name];
    write(ctx, words, x0, y0 - 7, { colour: look.ink, weight: 600, fit: x1 - x0 });
  }

  // Where a cell lies in a pane.
  function square([x0, y0, x1, y1], row, column) {
    const [w, h] = [(x1 - x0) / grids[level()], (y1 - y0) / grids[level()]];
    return [x0 + column * w, y0 + row * h, x0 + (column + 1) * w, y0 + (row + 1) * h];
  }

  function picture(ctx, [x0, y0, x1, y1]) {
    if (photograph.bitmap) ctx.drawImage(photograph.bitmap, x0, y0, x1 - x0, y1 - y0);
  }

  // The photograph, each cell tinted by its best class's score.
  function scores(ctx, look) {
    const grid = grids[level()];
    picture(ctx, panes.cells);
    const [x0, y0, x1, y1] = panes.cells;
    box(ctx, panes.cells, { fill: "#000", alpha: 0.35 });
    table.vanilla[level()].scores.forEach((score, k) => {
      const place = square(panes.cells, Math.floor(k / grid), k % grid);
      if (score > 0.02) box(ctx, place, { fill: "#E69F00", alpha: 0.85 * score });
    });
    for (let k = 1; k < grid; k++) {
      const [x, y] = [x0 + ((x1 - x0) * k) / grid, y0 + ((y1 - y0) * k) / grid];
      path(ctx, [[x, y0], [x, y1]], { colour: "rgba(255,255,255,0.28)", width: 0.75 });
      path(ctx, [[x0, y], [x1, y]], { colour: "rgba(255,255,255,0.28)", width: 0.75 });
    }
    const { row, column } = cell();
    box(ctx, square(panes.cells, row, column), { line: "#fff", width: 3.5 });
    box(ctx, square(panes.cells, row, column), { line: look.vermillion, width: 2 });
  }

  // Every channel of the level, laid where its cell lies.
  function all(ctx, look) {
    const grid = grids[level()];
    const [x0, y0, x1, y1] = panes.all;
    mosaics[level()] ??= mosaic(grid, shapes[level()], own.data.subarray(ownStarts[level()]), colours);
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(mosaics[level()], x0, y0, x1 - x0, y1 - y0);
    for (let k = 1; k < grid; k++) {
      const [x, y] = [x0 + ((x1 - x0) * k) / grid, y0 + ((y1 - y0) * k) / grid];
      path(ctx, [[x, y0], [x, y1]], { colour: "rgba(255,255,255,0.3)", width: 0.75 });
      path(ctx, [[x0, y], [x1, y]], { colour: "rgba(255,255,255,0.3)", width: 0.75 });
    }
    const { row, column } = cell();
    box(ctx, square(panes.all, row, column), { line: look.vermillion, width: 2.5 });
  }

  // A map by its values, or as what it leaves light on the photograph.
  function mask(ctx, name, map) {
    const pane = panes[name];
    if (model.get("as_map")) return paintMap(ctx, map, 0, shapes[level()], colours, pane);
    picture(ctx, pane);
    ctx.save();
    ctx.imageSmoothingEnabled = true;
    ctx.drawImage(veil(map, shapes[level()]), pane[0], pane[1], pane[2] - pane[0], pane[3] - pane[1]);
    ctx.restore();
  }

  function words() {
    const { row, column } = cell();
    const grid = grids[level()];
    const k = row * grid + column;
    const said = (head) => {
      const { labels, scores: found } = table[head][level()];
      return `${shown(found[k])} (${names[labels[k]]})`;
    };
    const here = channelCounts(grids);
    const paper = channelCounts(table.published);
    return `Cell (row ${row}, column ${column}) of ${grid} × ${grid}: best score ${said("vanilla")}. `
      + `Its mask is channel ${row}·${grid} + ${column} = ${k} of ${grid * grid}, `
      + `or X map ${column} times Y map ${row} of 2·${grid} = ${2 * grid} `
      + `(best score there ${said("decoupled")}). All levels: ${counted(here.vanilla)} channels against `
      + `${counted(here.decoupled)}; on the published grids `
      + `${counted(paper.vanilla)} against ${counted(paper.decoupled)}.`;
  }

  function point({ x, y }) {
    const found = ["cells", "all"].map((name) => panes[name])
      .find(([x0, y0, x1, y1]) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
    if (!found) return;
    const [x0, y0, x1, y1] = found;
    put(model, { across: (x - x0) / (x1 - x0), down: (y - y0) / (y1 - y0) });
  }

  // To the middle of a neighbouring cell.
  function step(dx, dy) {
    const { row, column } = cell();
    const to = (place) => (clamp(place, 0, grids[level()] - 1) + 0.5) / grids[level()];
    put(model, { across: to(column + dx), down: to(row + dy) });
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let inPane = false;
  const scene = stage({ model, el }, {
    keys: "Arrow keys choose a cell, + and − the level, Enter switches between photo and values. "
      + "Mouse: click or drag over the cells or the channels.",
    height: (width) => layout(width).height,
    draw,
    status: words,
    watch: ["level", "across", "down", "as_map"],
    press(at) {
      inPane = ["cells", "all"].some((name) => at.x >= panes[name][0] && at.x <= panes[name][2]
        && at.y >= panes[name][1] && at.y <= panes[name][3]);
      point(at);
    },
    drag: (at) => inPane && point(at),
    key(name) {
      if (STEPS[name]) step(...STEPS[name]);
      else if (name === "+" || name === "-") {
        put(model, { level: clamp(level() + (name === "+" ? 1 : -1), 0, grids.length - 1) });
      } else if (name === "Enter" || name === " ") put(model, { as_map: !model.get("as_map") });
      else return false;
      return true;
    },
  });
  const photograph = photo(model, "photo", scene.redraw);
  const own = inflated(model, "vanilla", scene.redraw);
  const pair = inflated(model, "decoupled", scene.redraw);
  return () => scene.remove();
}

// All S² maps as one picture, map i·S + j in row i and column j.
function mosaic(grid, [h, w], data, colours) {
  const image = new ImageData(grid * w, grid * h);
  const pixels = new Uint32Array(image.data.buffer);  // one write a pixel, for there are many
  const inks = new Uint32Array(Uint8Array.from({ length: 1024 }, (_, i) =>
    (i % 4 === 3 ? 255 : colours[3 * (i >> 2) + (i % 4)])).buffer);
  for (let k = 0; k < grid * grid; k++) {
    const corner = Math.floor(k / grid) * h * grid * w + (k % grid) * w;
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) pixels[corner + y * grid * w + x] = inks[data[k * h * w + y * w + x]];
    }
  }
  return onCanvas(image);
}

// Darkness that a mask leaves: none where it is 1.
function veil(map, [h, w]) {
  const image = new ImageData(w, h);
  for (let i = 0; i < h * w; i++) {
    image.data[4 * i] = VEIL[0];
    image.data[4 * i + 1] = VEIL[1];
    image.data[4 * i + 2] = VEIL[2];
    image.data[4 * i + 3] = 0.86 * (255 - (map[i] * 255) / 254);
  }
  return onCanvas(image);
}

function onCanvas(image) {
  const made = document.createElement("canvas");
  made.width = image.width;
  made.height = image.height;
  made.getContext("2d").putImageData(image, 0, 0);
  return made;
}

export default { render };
