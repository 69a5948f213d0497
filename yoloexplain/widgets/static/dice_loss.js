import { diceOf, focalOf, guessFrom } from "./core/solo.js";
import { bytes, paintMap } from "./maps.js";
import { box, counted, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const GAP = 22;
const HEAD = 24;  // pixels of the words above a pane
const WIDE = 640;  // from here on the panes stand side by side
const SUMS = 108;

function render({ model, el }) {
  const { size, steps, alpha } = model.get("table");
  const [high, wide] = size;
  const colours = bytes(model, "colours");
  const held = bytes(model, "distances");
  const signed = new Int8Array(held.buffer, held.byteOffset, held.length);
  const distances = Float64Array.from(signed, (value) => value / steps);
  const truth = Float64Array.from(distances, (value) => (value > 0 ? 1 : 0));
  let grip = null;  // where the mouse took hold, and the shift then
  let plan = null;

  const shift = () => [model.get("dx"), model.get("dy")];
  const guess = () => guessFrom(distances, size, shift(), model.get("grow"), model.get("soft"));

  function layout(width) {
    const beside = width >= WIDE;
    const side = beside ? (width - 8 - GAP) / 2 : width - 8;
    const tall = (side * high) / wide;
    const masks = [4, HEAD, 4 + side, HEAD + tall];
    const pixels = beside
      ? [4 + side + GAP, HEAD, width - 4, HEAD + tall]
      : [4, masks[3] + HEAD + 8, 4 + side, masks[3] + HEAD + 8 + tall];
    return { masks, pixels, sums: pixels[3] + 30, right: width - 4, height: pixels[3] + 30 + SUMS };
  }

  function draw(ctx, { width, look }) {
    plan = layout(width);
    const p = guess();
    const costs = focalOf(p, truth, model.get("gamma"), alpha);
    title(ctx, look, plan.masks, "Drag the prediction (blue) over the truth (green)");
    box(ctx, plan.masks, { line: look.faint, width: 1 });
    layers(ctx, look, p);
    const most = Math.max(...costs, 1e-9);
    const gamma = shown(model.get("gamma"), 1);
    title(ctx, look, plan.pixels, `Focal loss of each pixel, γ ${gamma}: up to ${shown(most)}`);
    const coded = Uint8Array.from(costs, (value) => Math.round((value / most) * 254));
    paintMap(ctx, coded, 0, size, colours, plan.pixels);
    sums(ctx, look, diceOf(p, truth));
  }

  function title(ctx, look, [x0, y0, x1], words) {
    write(ctx, words, x0, y0 - 7, { colour: look.ink, weight: 600, fit: x1 - x0 });
  }

  // Truth and prediction, each as dense as it is sure; where both are, both colours lie.
  function layers(ctx, look, p) {
    const [x0, y0, x1, y1] = plan.masks;
    for (const [values, shade] of [[truth, look.green], [p, look.blue]]) {
      ctx.drawImage(sheet(values, size, shade), x0, y0, x1 - x0, y1 - y0);
    }
  }

  // The sums that make the loss, as bars on one scale.
  function sums(ctx, look, { shared, predicted, truth: real, loss }) {
    const [left, right] = [4 + 118, plan.right - 12];
    const longest = Math.max(predicted + real, 2 * shared, 1);
    const along = (value) => (value / longest) * (right - left);
    const rows = [
      ["2 · Σ p·q", [[2 * shared, look.orange]]],
      ["Σ p² + Σ q²", [[predicted, look.blue], [real, look.green]]],
    ];
    rows.forEach(([name, parts], k) => {
      const y = plan.sums + k * 34;
      write(ctx, name, 4, y + 12, { colour: look.ink, base: "middle" });
      let x = left;
      for (const [value, shade] of parts) {
        box(ctx, [x, y, x + along(value), y + 24], { fill: shade, alpha: 0.75 });
        if (along(value) > 46) {
          write(ctx, shown(value, 0), x + along(value) / 2, y + 12.5,
            { colour: look.ink, weight: 600, align: "center", base: "middle" });
        }
        x += along(value);
      }
    });
    path(ctx, [[left, plan.sums - 4], [left, plan.sums + 62]], { colour: look.muted, width: 1 });
    const parts = `${counted(2 * shared)} / ${counted(predicted + real)}`;
    const words = `Dice loss = 1 − ${parts} = ${shown(loss, 3)}`;
    write(ctx, words, 4, plan.sums + 90, { colour: look.ink, weight: 600, size: 15, fit: plan.right - 8 });
  }

  function words() {
    const p = guess();
    const { shared, predicted, truth: real, loss } = diceOf(p, truth);
    const costs = focalOf(p, truth, model.get("gamma"), alpha);
    const mean = costs.reduce((sum, value) => sum + value, 0) / p.length;
    const off = shift().map((value) => shown(value, 0)).join(", ");
    return `Prediction off by (${off}): Σ p·q ${shown(shared, 1)}, Σ p² ${shown(predicted, 1)}, `
      + `Σ q² ${shown(real, 0)}; Dice loss ${shown(loss, 3)}. `
      + `Judged pixel by pixel, the focal loss would be ${shown(mean, 4)} on average.`;
  }

  const move = (dx, dy) => put(model, {
    dx: clamp(Math.round(dx), 1 - wide, wide - 1),
    dy: clamp(Math.round(dy), 1 - high, high - 1),
  });

  const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const scene = stage({ model, el }, {
    keys: "Arrow keys move the prediction, with Shift by five; Enter puts it back. Mouse: drag it.",
    height: (width) => layout(width).height,
    draw,
    status: words,
    watch: ["dx", "dy", "grow", "soft", "gamma"],
    press(at) {
      const [x0, y0, x1, y1] = plan.masks;
      const inside = at.x >= x0 && at.x <= x1 && at.y >= y0 && at.y <= y1;
      grip = inside ? { from: at, shift: shift() } : null;
    },
    drag(at) {
      if (!grip) return;
      const zoom = (plan.masks[2] - plan.masks[0]) / wide;
      move(grip.shift[0] + (at.x - grip.from.x) / zoom, grip.shift[1] + (at.y - grip.from.y) / zoom);
    },
    release: () => (grip = null),
    key(name, event) {
      const step = STEP[name];
      const far = event.shiftKey ? 5 : 1;
      if (step) move(model.get("dx") + far * step[0], model.get("dy") + far * step[1]);
      else if (name === "Enter") move(0, 0);
      else return false;
      return true;
    },
  });
  return () => scene.remove();
}

// Probabilities as a sheet of one colour, clear where they are 0.
function sheet(values, [h, w], shade) {
  const made = document.createElement("canvas");
  [made.width, made.height] = [w, h];
  const ctx = made.getContext("2d");
  const image = new ImageData(w, h);
  values.forEach((value, i) => (image.data[4 * i + 3] = 140 * value));
  ctx.putImageData(image, 0, 0);
  ctx.globalCompositeOperation = "source-in";  // the colour, as dense as the sheet was
  ctx.fillStyle = shade;
  ctx.fillRect(0, 0, w, h);
  return made;
}

export default { render };
