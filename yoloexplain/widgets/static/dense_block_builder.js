import { denseBlock, transition } from "./core/dense.js";
import { bytes } from "./maps.js";
import { roundUp, short } from "./core/numbers.js";
import { arrow, box, counted, dot, path, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const [GAP, PAD] = [34, 6];
const STAIRS = 330;  // height of the stripes with all that is written around them
const NUMBERS = 132;  // height of the table
const CURVE = 200;
const SERIES = ["blue", "orange", "green", "purple", "sky", "vermillion", "yellow", "ink"];

function render({ model, el }) {
  const { size: [high, wide], most, measures } = model.get("table");
  const scale = bytes(model, "colours");
  let columns = [];  // where the stacks were drawn: { left, right }

  const count = () => model.get("layers");
  const chosen = () => clamp(model.get("chosen"), 1, count() + 1);  // L + 1 is the transition
  const build = (L, bottleneck) =>
    denseBlock(model.get("in_channels"), model.get("growth_rate"), L, bottleneck, high * wide);

  function settings() {
    const block = build(count(), model.get("bottleneck"));
    return { block, after: transition(block.channels, model.get("compression"), high * wide) };
  }

  // Colour of a source: the palette's own up to eight, then a graded scale, as in figures/dense.py.
  function shade(look, source) {
    if (count() < SERIES.length) return look[SERIES[source]];
    const at = 3 * Math.round((254 * source) / count());
    const lift = (part) => (look.dark ? Math.round(part + (255 - part) / 4) : part);
    return `rgb(${[0, 1, 2].map((i) => lift(scale[at + i])).join(",")})`;
  }

  function plan(width) {
    const narrow = width < 640;
    const left = narrow ? width : Math.round(0.56 * width);
    const side = { x: narrow ? PAD : left + GAP - 10, y: narrow ? STAIRS + 14 : PAD };
    return {
      stairs: { x: PAD, y: PAD, w: left - 2 * PAD },
      side: { ...side, w: width - side.x - PAD },
      height: (narrow ? STAIRS + 14 : 0) + NUMBERS + CURVE + 2 * PAD,
    };
  }

  function draw(ctx, { width, look }) {
    const { stairs, side } = plan(width);
    const now = settings();
    drawStairs(ctx, look, now, stairs);
    drawNumbers(ctx, look, now, side);
    drawCurve(ctx, look, { ...side, y: side.y + NUMBERS });
  }

  // --- the stripes
  function drawStairs(ctx, look, { block, after }, { x, y, w }) {
    const L = count();
    const [floor, ceiling] = [y + STAIRS - 46, y + 44];
    const top = roundUp(block.channels);
    const tall = (channels) => ((floor - ceiling) * channels) / top;
    const left = x + 40;
    const step = (w - 40 - 62) / (L + 1);
    const thick = clamp(0.5 * step, 5, 26);
    const at = (column) => left + column * step;
    const last = at(L) + thick;
    const low = (source) => floor - tall(source ? block.layers[source - 1].reads : 0);
    const height = (source) => tall(source ? model.get("growth_rate") : model.get("in_channels"));
    columns = Array.from(
      { length: L + 1 }, (_, c) => ({ left: at(c) - (step - thick) / 2, right: at(c) + (step + thick) / 2 }),
    );
    columns.push({ left: last + 14, right: x + w });

    for (const share of [0, 0.5, 1]) {
      const level = floor - tall(share * top);
      path(ctx, [[left - 6, level], [last + 4, level]], { colour: look.faint, width: 1 });
      write(ctx, counted(share * top), left - 10, level, {
        colour: look.muted, size: 12, align: "right", base: "middle",
      });
    }
    write(ctx, "channels", x, y + 12, { colour: look.muted, size: 12 });
    for (let source = 0; source <= L; source++) {
      const [bottom, tallness] = [low(source), height(source)];
      const inset = tallness > 4 ? 0.5 : 0;
      box(ctx, [at(source), bottom - tallness + inset, last, bottom], {
        fill: shade(look, source), alpha: 0.28,
      });
      for (let c = source; c <= L; c++) box(ctx, [at(c), bottom - tallness + inset, at(c) + thick, bottom], {
        fill: shade(look, source),
      });
    }
    const every = Math.ceil(24 / step);
    for (let c = 0; c <= L; c++) {
      const on = c === Math.min(chosen(), L);
      if (c % every && !on) continue;
      if (!on && Math.abs(c - chosen()) < every && every > 1) continue;
      write(ctx, c ? `${c}` : "in", at(c) + thick / 2, floor + 16, {
        colour: on ? look.ink : look.muted, weight: on ? 700 : 400, size: 12, align: "center",
      });
    }
    write(ctx, "after layer", left, floor + 34, { colour: look.muted, size: 12 });
    drawTransition(ctx, look, after, { last, right: x + w, floor, tall });
    if (chosen() <= L) drawReading(ctx, look, block, { at, thick, floor, low, height, right: x + w });
  }

  function drawTransition(ctx, look, after, { last, right, floor, tall }) {
    const on = chosen() > count();
    const top = floor - tall(after.channels);
    const place = [right - 30, top, right - 6, floor];
    arrow(ctx, [last + 5, floor - 10], [right - 34, floor - 10], { colour: look.muted, width: 1.5, head: 7 });
    box(ctx, place, { fill: look.muted, alpha: 0.75, line: on ? look.ink : null, width: 2.5 });
    write(ctx, `${after.channels}`, right - 18, top - 7, {
      colour: look.ink, size: 12.5, weight: 600, align: "center",
    });
    write(ctx, "mixed", right - 18, floor + 16, {
      colour: on ? look.ink : look.muted, weight: on ? 700 : 400, size: 12, align: "center",
    });
  }

  // The chosen layer: all of the stack goes in, one new stripe comes out on top.
  function drawReading(ctx, look, block, { at, thick, floor, low, height, right }) {
    const layer = chosen();
    const [x0, x1] = [at(layer - 1), at(layer)];
    box(ctx, [x0 - 2, low(layer), x0 + thick + 2, floor + 2], { line: look.ink, width: 2 });
    const top = low(layer) - height(layer);
    box(ctx, [x1 - 2, top - 1, x1 + thick + 2, low(layer) + 1], { line: look.ink, width: 2 });
    const inner = model.get("bottleneck") ? `1×1 to ${4 * model.get("growth_rate")}, 3×3` : "3×3";
    const words = `reads ${block.layers[layer - 1].reads}, ${inner}, adds ${model.get("growth_rate")}`;
    ctx.font = '600 12.5px system-ui, "DejaVu Sans", sans-serif';
    const half = ctx.measureText(words).width / 2 + 8;
    const middle = clamp(x1 + thick / 2, at(0) - 30 + half, right - half - 2);
    const level = Math.min(top - 26, low(layer) - 40);
    box(ctx, [middle - half, level - 11, middle + half, level + 10], {
      fill: look.paper, line: look.ink, width: 1.2, radius: 5,
    });
    write(ctx, words, middle, level, {
      colour: look.ink, size: 12.5, weight: 600, align: "center", base: "middle",
    });
    arrow(ctx, [x1 + thick / 2, level + 11], [x1 + thick / 2, top - 2], {
      colour: look.ink, width: 1.5, head: 6,
    });
  }

  // --- numbers
  function rows({ block, after }, exact) {
    const layer = chosen() <= count() ? block.layers[chosen() - 1] : null;
    const growth = model.get("growth_rate");
    const written = exact ? counted : short;
    const three = (name) => [(layer ?? after)[name], block[name], block[name] + after[name]];
    return [
      ["", layer ? `layer ${chosen()}` : "transition", "block", "both"],
      [
        "channels",
        layer ? `${layer.reads}, +${growth}` : `${after.channels}`,
        `${block.channels}`,
        `${after.channels}`,
      ],
      ["parameters", ...three("params").map(written)],
      ["multiply-adds", ...three("macs").map(short)],
    ];
  }

  function drawNumbers(ctx, look, now, { x, y, w }) {
    const column = (w - 92) / 3;
    rows(now, w > 360).forEach((row, i) => {
      const level = y + 18 + 26 * i;
      if (i) path(ctx, [[x, level - 18], [x + w, level - 18]], { colour: look.faint, width: 1 });
      row.forEach((words, k) => {
        const head = i === 0 || k === 0;
        const style = { colour: head ? look.muted : look.ink, weight: head ? 400 : 600, size: 13 };
        write(ctx, words, k ? x + 92 + k * column : x, level, { ...style, align: k ? "right" : "left" });
      });
    });
    const note = `both: block and transition; maps of ${high}×${wide}`;
    write(ctx, note, x, y + 18 + 26 * 4 - 4, { colour: look.muted, size: 12, fit: w });
  }

  // --- the curve over L, with and without the bottleneck
  function drawCurve(ctx, look, { x, y, w }) {
    const name = ["channels", "params", "macs"][model.get("measure")];
    const ours = model.get("bottleneck");
    const line = (bottleneck) => Array.from({ length: most }, (_, i) => build(i + 1, bottleneck)[name]);
    const [mine, other] = [line(ours), line(!ours)];
    const top = roundUp(Math.max(mine.at(-1), other.at(-1)));
    const [left, right, floor, ceiling] = [x + 52, x + w - 8, y + CURVE - 40, y + 34];
    const place = (L, value) => [
      left + ((right - left) * (L - 1)) / (most - 1), floor - ((floor - ceiling) * value) / top,
    ];
    write(ctx, `${measures[model.get("measure")]} of the block`, x, y + 12, {
      colour: look.ink, size: 13, weight: 600,
    });
    for (const share of [0, 0.5, 1]) {
      const [, level] = place(1, share * top);
      path(ctx, [[left, level], [right, level]], { colour: look.faint, width: 1 });
      write(ctx, short(share * top), left - 7, level, {
        colour: look.muted, size: 12, align: "right", base: "middle",
      });
    }
    for (const L of [1, 6, 12, 18, 24]) {
      write(ctx, L === 1 ? "L = 1" : `${L}`, place(L, 0)[0], floor + 16, {
        colour: look.muted, size: 12, align: "center",
      });
    }
    if (name !== "channels") path(ctx, other.map((value, i) => place(i + 1, value)), {
      colour: look.muted, width: 2, dash: [5, 4],
    });
    path(ctx, mine.map((value, i) => place(i + 1, value)), { colour: look.blue, width: 2.5 });
    dot(ctx, place(count(), mine[count() - 1]), 6, look.blue, look.paper);
    if (name === "channels") return;
    const [yes, no] = ["with bottleneck", "without"];
    const first = write(ctx, `— ${ours ? yes : no}`, x + 12, y + CURVE - 6, {
      colour: look.blue, size: 12.5, weight: 600,
    });
    write(ctx, `- -  ${ours ? no : yes}`, x + 26 + first, y + CURVE - 6, { colour: look.muted, size: 12.5 });
  }

  function words() {
    const { block, after } = settings();
    const layer = block.layers[chosen() - 1];
    const part = layer
      ? `Layer ${chosen()} of ${count()} reads ${layer.reads} channels and adds ${model.get("growth_rate")}`
      : `The transition mixes ${block.channels} channels into ${after.channels}`;
    const other = build(count(), !model.get("bottleneck"));
    const without = model.get("bottleneck") ? "without" : "with";
    return `${part}, with ${counted((layer ?? after).params)} parameters. `
      + `Block: ${model.get("in_channels")} → ${block.channels} channels, ${counted(block.params)} `
      + `parameters (${counted(other.params)} ${without} bottleneck), ${counted(block.macs)} multiply-adds at `
      + `${high}×${wide}; then ${after.channels} channels after the transition.`;
  }

  const choose = (layer) => put(model, { chosen: clamp(layer, 1, count() + 1) });
  const columnAt = ({ x, y }) =>
    y < STAIRS ? columns.findIndex(({ left, right }) => x >= left && x <= right) : -1;
  const scene = stage({ model, el }, {
    keys: "Left and right arrows choose a layer, behind the last one the transition. + adds a layer, "
      + "− takes one away. Mouse: click a stack.",
    height: (width) => plan(width).height,
    draw,
    status: words,
    watch: ["in_channels", "growth_rate", "layers", "bottleneck", "compression", "measure", "chosen"],
    press(point) {
      const found = columnAt(point);
      if (found >= 0) choose(found);
    },
    key(name) {
      if (name === "ArrowLeft" || name === "ArrowRight") choose(chosen() + (name === "ArrowLeft" ? -1 : 1));
      else if (name === "+" || name === "=" || name === "-") {
        const layers = clamp(count() + (name === "-" ? -1 : 1), 1, most);
        put(model, { layers, chosen: Math.min(chosen(), layers + 1) });
      } else return false;
      return true;
    },
  });
  return () => scene.remove();
}

export default { render };
