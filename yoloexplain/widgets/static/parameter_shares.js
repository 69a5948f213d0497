import { roundUp, short } from "./core/numbers.js";
import { box, counted, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const PAD = 6;
const [CHART, STRIP] = [250, 30];
const KINDS = { conv: "convolutions", linear: "linear layers", other: "other layers" };
const kindOf = (name) => (/conv/i.test(name) ? "conv" : name === "Linear" ? "linear" : "other");
const MEGA = 4 / 1e6;  // four bytes a value, in megabytes

function render({ model, el }) {
  const { measures, networks, size: [high, wide] } = model.get("table");
  let chart = { left: 0, right: 1, strip: [] };

  const network = () => networks[clamp(model.get("network"), 0, networks.length - 1)];
  const measure = () => model.get("measure");
  const layers = () => network().layers.map(
    ([name, kind, shape, ...amounts]) => ({
      name, kind: kindOf(kind), type: kind, shape, amount: amounts[measure()],
    }),
  );
  const chosen = () => clamp(model.get("chosen"), 0, network().layers.length - 1);
  const sumOf = (list) => list.reduce((sum, { amount }) => sum + amount, 0);
  const percent = (part, whole) => `${shown(whole ? (100 * part) / whole : 0, 1)} %`;
  const shade = (look, kind) => ({ conv: look.blue, linear: look.vermillion, other: look.purple })[kind];

  const height = () => 62 + CHART + 46 + STRIP + 30 + 2 * PAD;

  function draw(ctx, { width, look }) {
    const all = layers();
    const whole = sumOf(all);
    drawHead(ctx, look, all, whole, width);
    const [left, right] = [PAD + 52, width - PAD - 44];
    drawArea(ctx, look, all, whole, [left, right]);
    drawStrip(ctx, look, all, whole, [left, right]);
  }

  // What is shown, the whole of it, and each kind's share.
  function drawHead(ctx, look, all, whole, width) {
    const unit = measure() === 2 ? ` (${shown(whole * MEGA, 1)} MB at 4 bytes each)` : "";
    const words = `${network().name}: ${counted(whole)} ${measures[measure()]}${unit}`;
    write(ctx, words, PAD, PAD + 15, { colour: look.ink, size: 15, weight: 600, fit: width - 2 * PAD });
    let x = PAD;
    for (const [kind, long] of Object.entries(KINDS)) {
      const name = width < 480 ? long.split(" ")[0] : long;
      const mine = all.filter((layer) => layer.kind === kind);
      if (!mine.length) continue;
      box(ctx, [x, PAD + 29, x + 11, PAD + 40], { fill: shade(look, kind), radius: 2 });
      x += 17 + write(ctx, `${mine.length} ${name}: ${percent(sumOf(mine), whole)}`, x + 17, PAD + 39, {
        colour: look.ink, size: 13,
      }) + 18;
    }
  }

  // One step a layer; the dashed line adds up what has been passed so far.
  function drawArea(ctx, look, all, whole, [left, right]) {
    const [floor, ceiling] = [PAD + 62 + CHART, PAD + 74];
    const top = roundUp(Math.max(...all.map(({ amount }) => amount)));
    const step = (right - left) / all.length;
    const x = (i) => left + i * step;
    const y = (share) => floor - (floor - ceiling) * share;
    chart = { ...chart, left, right };
    for (const share of [0, 0.5, 1]) {
      path(ctx, [[left, y(share)], [right, y(share)]], { colour: look.faint, width: 1 });
      write(ctx, short(share * top), left - 8, y(share), {
        colour: look.muted, size: 12, align: "right", base: "middle",
      });
      write(ctx, `${100 * share} %`, right + 7, y(share), { colour: look.muted, size: 12, base: "middle" });
    }
    all.forEach(({ amount, kind }, i) => {
      const inset = step > 7 ? 0.6 : 0;
      const place = [
        x(i) + inset,
        Math.min(y(amount / top), floor - (amount ? 1 : 0)),
        x(i + 1) - inset + (inset ? 0 : 0.4),
        floor,
      ];
      box(ctx, place, { fill: shade(look, kind), alpha: i === chosen() ? 1 : 0.72 });
    });
    let sum = 0;
    const passed = [
      [left, floor], ...all.map(({ amount }, i) => [x(i + 1), y((sum += amount) / (whole || 1))]),
    ];
    path(ctx, passed, { colour: look.ink, width: 1.6, dash: [5, 4] });
    const on = [x(chosen()), y(1) - 4, x(chosen() + 1), floor + 3];
    box(ctx, on, { line: look.ink, width: 1.6, radius: 2 });
    const every = Math.ceil(44 / step);
    all.forEach((_, i) => {
      if (i !== chosen() && ((i + 1) % every || Math.abs(i - chosen()) < every)) return;
      const style = {
        colour: i === chosen() ? look.ink : look.muted,
        weight: i === chosen() ? 700 : 400,
        size: 12,
        align: "center",
      };
      write(ctx, `${i + 1}`, x(i + 0.5), floor + 18, style);
    });
    const note = `${right - left > 330 ? "layer, in the order of execution; " : ""}dashed: share so far`;
    write(ctx, note, left, floor + 36, { colour: look.muted, size: 12 });
  }

  // The whole as one strip, cut into the layers' shares.
  function drawStrip(ctx, look, all, whole, [left, right]) {
    const top = PAD + 62 + CHART + 48;
    let x = left;
    chart.strip = all.map(({ amount, kind }, i) => {
      const next = x + ((right - left) * amount) / (whole || 1);
      const place = [x, top, next, top + STRIP];
      const inset = next - x > 3 ? 0.6 : 0;
      box(ctx, [x + inset, top, next - inset, top + STRIP], {
        fill: shade(look, kind), alpha: i === chosen() ? 1 : 0.72,
      });
      x = next;
      return place;
    });
    const [x0, , x1] = chart.strip[chosen()];
    box(ctx, [x0, top - 2, Math.max(x1, x0 + 1.5), top + STRIP + 2], { line: look.ink, width: 1.6 });
    const { name, amount } = all[chosen()];
    const words = `${name}: ${percent(amount, whole)}`;
    ctx.font = '600 12.5px system-ui, "DejaVu Sans", sans-serif';
    const half = ctx.measureText(words).width / 2;
    write(ctx, words, clamp((x0 + x1) / 2, left + half, right - half), top + STRIP + 19, {
      colour: look.ink, size: 12.5, weight: 600, align: "center",
    });
  }

  function words() {
    const all = layers();
    const whole = sumOf(all);
    const { name, type, shape, amount } = all[chosen()];
    const linear = all.filter(({ kind }) => kind === "linear");
    const out = shape ? ` → ${shape}` : "";
    const both = `${counted(sumOf(linear))}, ${percent(sumOf(linear), whole)}`;
    const heads = linear.length ? ` The ${linear.length} linear layers together: ${both}.` : "";
    const passed = percent(sumOf(all.slice(0, chosen() + 1)), whole);
    return `${network().name} at ${high}×${wide}, layer ${chosen() + 1} of ${all.length}, ${name}, `
      + `${type}${out}: ${counted(amount)} of ${counted(whole)} ${measures[measure()]}, `
      + `${percent(amount, whole)}; ${passed} so far.${heads}`;
  }

  // The layer under a point, in the chart or in the strip.
  function layerAt({ x, y }) {
    const top = PAD + 62 + CHART + 46;
    if (y >= top) return chart.strip.findIndex(([x0, , x1]) => x >= x0 && x < x1);
    const i = Math.floor(((x - chart.left) / (chart.right - chart.left)) * network().layers.length);
    return y > PAD + 62 && i >= 0 && i < network().layers.length ? i : -1;
  }

  function choose(i) {
    if (i >= 0 && i < network().layers.length && i !== chosen()) put(model, { chosen: i });
  }

  const scene = stage({ model, el }, {
    keys: "Left and right arrows choose a layer, with Shift as far as the kind stays the same. "
      + "Mouse: point at a layer, in the chart or in the strip.",
    height,
    draw,
    status: words,
    watch: ["network", "measure", "chosen"],
    hover: (point) => point && choose(layerAt(point)),
    press: (point) => choose(layerAt(point)),
    key(name, event) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[name];
      if (!by) return false;
      const all = layers();
      let next = chosen() + by;
      while (event.shiftKey && all[next + by] && all[next + by].kind === all[next].kind) next += by;
      choose(next);
      return true;
    },
  });
  return () => scene.remove();
}

export default { render };
