import { drawnOn } from "./core/dense.js";
import { bytes } from "./maps.js";
import { box, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const [GAP, PAD] = [36, 6];
const NAMES = 58;  // width of the readers' names
const BARS = 210;  // height of the pane with the channels

function render({ model, el }) {
  const { networks, blocks } = model.get("table");
  const all = new Float32Array(bytes(model, "weights").slice().buffer);
  const network = () => clamp(model.get("network"), 0, networks.length - 1);
  const block = () => blocks[clamp(model.get("block"), 0, blocks.length - 1)];
  const layers = () => block().channels.length;
  const reader = () => clamp(model.get("reader"), 1, layers());
  const source = () => clamp(model.get("source"), 0, reader() - 1);
  const nameOf = (i) => (i ? `layer ${i}` : "the input");
  let grid = { x: 0, y: 0, side: 1 };

  // Where the weights of a layer begin: network after network, block after block, layer after layer.
  const total = (list) => list.reduce((sum, one) => sum + one, 0);
  const whole = total(blocks.map(({ channels }) => total(channels)));
  function weights(which, one, layer) {
    const before = blocks.slice(0, blocks.indexOf(one)).map(({ channels }) => total(channels));
    const start = which * whole + total(before) + total(one.channels.slice(0, layer - 1));
    return Array.from(all.subarray(start, start + one.channels[layer - 1]));
  }

  // Channels of each source of a layer: the block's input first, then what each layer added.
  const counts = ({ channels }, layer) =>
    channels.slice(0, layer).map((now, i) => (i ? now - channels[i - 1] : now));
  const triangle = (which, one) =>
    one.channels.map((_, i) => drawnOn(weights(which, one, i + 1), counts(one, i + 1)));
  const every = networks.flatMap((_, n) => blocks.map((one) => triangle(n, one)));
  // One scale for all, so that networks and blocks can be compared.
  const furthest = Math.max(...every.flat(2).map((value) => Math.abs(value - 1)));
  const reach = clamp(Math.ceil(furthest * 20) / 20, 0.05, 1);
  const now = () => every[network() * blocks.length + blocks.indexOf(block())];

  function plan(width) {
    const narrow = width < 640;
    const left = narrow ? width : Math.round(0.54 * width);
    const side = Math.min((left - NAMES - 2 * PAD) / layers(), 48);
    const tall = side * layers() + 52;
    return {
      map: { x: PAD, y: PAD, side },
      bars: narrow ? { x: PAD, y: tall + 20, w: width - 2 * PAD } : {
        x: left + GAP, y: PAD, w: width - left - GAP - PAD,
      },
      height: (narrow ? tall + 20 + BARS + 60 : Math.max(tall, BARS + 60)) + 2 * PAD,
    };
  }

  function draw(ctx, { width, look }) {
    const { map, bars } = plan(width);
    drawTriangle(ctx, look, map);
    drawLegend(ctx, look);
    drawChannels(ctx, look, bars);
  }

  // Blue for more than the average, orange for less, paper for neither.
  function drawTriangle(ctx, look, { x, y, side }) {
    grid = { x: x + NAMES, y: y + 4, side };
    const every = Math.ceil(22 / side);
    now().forEach((row, i) => {
      row.forEach((value, j) => {
        const place = [
          grid.x + j * side, grid.y + i * side, grid.x + (j + 1) * side, grid.y + (i + 1) * side,
        ];
        const strength = Math.min(Math.abs(value - 1) / reach, 1);
        box(ctx, place, { fill: value < 1 ? look.orange : look.blue, alpha: 0.92 * strength });
        if (side > 9) box(ctx, place, { line: look.faint, width: 0.8 });
        if (side < 33) return;
        const strong = strength > 0.75 && (look.dark || value > 1);
        const style = { colour: strong ? look.paper : look.ink, size: 12, align: "center", base: "middle" };
        write(ctx, shown(value), (place[0] + place[2]) / 2, (place[1] + place[3]) / 2 + 1, style);
      });
      if (i + 1 === reader() || (i % every === 0 && Math.abs(i + 1 - reader()) >= every)) named(
        ctx, look, `layer ${i + 1}`, i + 1 === reader(), [grid.x - 8, grid.y + (i + 0.5) * side], "right",
      );
    });
    const below = grid.y + layers() * side;
    for (let j = 0; j < layers(); j++) {
      if (j === source() || (j % every === 0 && Math.abs(j - source()) >= every)) named(
        ctx, look, j ? `${j}` : "in", j === source(), [grid.x + (j + 0.5) * side, below + 13], "center",
      );
    }
    write(ctx, "draws on what these added", grid.x, below + 36, { colour: look.muted, size: 12.5 });
    const [row, column] = [reader() - 1, source()];
    const on = [
      grid.x + column * side, grid.y + row * side, grid.x + (column + 1) * side, grid.y + (row + 1) * side,
    ];
    box(ctx, on, { line: look.ink, width: 2.5 });
  }

  function named(ctx, look, words, on, [x, y], align) {
    write(ctx, words, x, y, {
      colour: on ? look.ink : look.muted, weight: on ? 700 : 400, size: 12, align, base: "middle",
    });
  }

  // The scale, in the empty half of the square.
  function drawLegend(ctx, look) {
    const right = grid.x + layers() * grid.side;
    const wide = Math.min(150, 0.5 * layers() * grid.side);
    const [left, top] = [right - wide, grid.y + 22];
    write(ctx, "1 = the layer's average", right, grid.y + 10, {
      colour: look.muted, size: 12, align: "right",
    });
    for (let k = 0; k < 30; k++) {
      const value = (k + 0.5) / 15 - 1;
      const place = [
        left + (k * wide) / 30, top, left + ((k + 1) * wide) / 30 + (k < 29 ? 0.4 : 0), top + 10,
      ];
      box(ctx, place, { fill: value < 0 ? look.orange : look.blue, alpha: 0.92 * Math.abs(value) });
    }
    box(ctx, [left, top, right, top + 10], { line: look.muted, width: 1 });
    [
      [left, 1 - reach, "left"], [(left + right) / 2, 1, "center"], [right, 1 + reach, "right"],
    ].forEach(([x, value, align]) => {
      write(ctx, shown(value), x, top + 24, { colour: look.muted, size: 12, align });
    });
  }

  // All channels that the layer reads; those of the chosen source in full colour.
  function drawChannels(ctx, look, { x, y, w }) {
    const list = weights(network(), block(), reader());
    const parts = counts(block(), reader());
    const value = now()[reader() - 1][source()];
    const from = total(parts.slice(0, source()));
    const mean = total(list) / list.length;
    const most = Math.max(...list);
    const [floor, ceiling] = [y + BARS, y + 64];
    const at = (i) => x + (w * i) / list.length;
    const up = (weight) => floor - ((floor - ceiling) * weight) / most;
    write(ctx, `Layer ${reader()} reads ${nameOf(source())}: ${shown(value, 3)}`, x, y + 15, {
      colour: look.ink, size: 15, weight: 600, fit: w,
    });
    write(ctx, `mean |weight| of each of its ${list.length} channels`, x, y + 38, {
      colour: look.muted, size: 12.5, fit: w,
    });
    // Steps in one stroke of the pen: bars side by side would show seams.
    const steps = (first, count, colour) => {
      const tops = list.slice(first, first + count).flatMap(
        (one, i) => [[at(first + i), up(one)], [at(first + i + 1), up(one)]],
      );
      path(ctx, [[at(first), floor], ...tops, [at(first + count), floor]], { fill: colour });
    };
    steps(0, list.length, look.faint);
    steps(from, parts[source()], value < 1 ? look.orange : look.blue);
    path(ctx, [[x, up(mean)], [x + w, up(mean)]], { colour: look.ink, width: 1.2, dash: [4, 3] });
    box(ctx, [x + w - 54, up(mean) - 19, x + w, up(mean) - 3], { fill: look.paper, alpha: 0.85, radius: 3 });
    write(ctx, "average", x + w - 2, up(mean) - 6, { colour: look.ink, size: 12, align: "right" });
    const [left, right] = [at(from), at(from + parts[source()])];
    path(ctx, [[left, floor + 5], [right, floor + 5]], { colour: look.ink, width: 3 });
    const words = `channels ${from} to ${from + parts[source()] - 1}`;
    const half = 62;
    write(ctx, words, clamp((left + right) / 2, x + half, x + w - half), floor + 22, {
      colour: look.ink, size: 12.5, weight: 600, align: "center",
    });
    write(ctx, `of ${list.length}, as they lie behind one another`, x, floor + 44, {
      colour: look.muted, size: 12.5, fit: w,
    });
  }

  function words() {
    const parts = counts(block(), reader());
    const from = total(parts.slice(0, source()));
    const row = now()[reader() - 1];
    const [least, most] = [row.indexOf(Math.min(...row)), row.indexOf(Math.max(...row))];
    const whose = networks.length > 1 ? `${networks[network()]}, ` : "";
    const told = (i) => `on ${nameOf(i)} (${shown(row[i])})`;
    const rank = reader() > 1 ? ` It draws least ${told(least)} and most ${told(most)}.` : "";
    return `${whose}${block().name}: layer ${reader()} draws ${shown(row[source()], 3)} times its average `
      + `on ${nameOf(source())}, channels ${from} to ${from + parts[source()] - 1} of the `
      + `${total(parts)} that it reads.${rank}`;
  }

  function choose(row, column) {
    const layer = clamp(row, 1, layers());
    put(model, { reader: layer, source: clamp(column, 0, layer - 1) });
  }

  const STEP = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const scene = stage({ model, el }, {
    keys: "Up and down arrows choose the layer that reads, left and right its source. Mouse: click a square.",
    height: (width) => plan(width).height,
    draw,
    status: words,
    watch: ["network", "block", "reader", "source"],
    press({ x, y }) {
      const [row, column] = [Math.floor((y - grid.y) / grid.side), Math.floor((x - grid.x) / grid.side)];
      if (row >= 0 && row < layers() && column >= 0 && column <= row) choose(row + 1, column);
    },
    key(name) {
      const step = STEP[name];
      if (step) choose(reader() + step[0], source() + step[1]);
      return Boolean(step);
    },
  });
  return () => scene.remove();
}

export default { render };
