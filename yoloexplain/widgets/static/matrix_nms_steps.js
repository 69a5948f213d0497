import { KERNELS, decayFactor, greedyByOverlap, maskOverlaps, matrixNMS } from "./core/matrix_nms.js";
import { bytes, photo } from "./maps.js";
import { arrow, box, dot, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const WIDE = 720;  // from here on the table stands beside the photograph
const GAP = 26;
const MARK = 30;  // width of the row's number
const BARS = 74;
const CURVE = 170;

function render({ model, el }) {
  const { size, shape, scores, labels, names } = model.get("table");
  const [count, h, w] = shape;
  const masks = unpacked(bytes(model, "masks"), shape);
  const overlaps = maskOverlaps(masks);
  let plan = null;
  const tints = new Map();  // masks on canvases, by number and colour

  const chosen = () => clamp(model.get("candidate"), 1, count) - 1;
  const kernel = () => KERNELS[model.get("kernel")];
  const sigma = () => model.get("sigma");
  const decayed = () => matrixNMS(overlaps, scores, labels, kernel(), sigma());
  const removed = () => greedyByOverlap(overlaps, scores, labels, model.get("threshold"));
  // The better one that is compared with the chosen: what was picked, else what decides; −1 if no
  // better one overlaps.
  const rivalOf = (found) => {
    const picked = model.get("rival");
    if (picked >= 0 && picked < chosen()) return picked;
    return found.worst[chosen()] > 0 ? found.from[chosen()] : -1;
  };

  function layout(width) {
    const beside = width >= WIDE;
    const side = beside ? 262 : (width - 24) / 2;
    const photoHigh = (side * size[0]) / size[1];
    const curve = beside
      ? [4, photoHigh + 38, 4 + side, photoHigh + 38 + CURVE]
      : [side + 20, 22, width - 4, 22 + Math.max(photoHigh, 150)];
    const left = beside ? side + GAP : 0;
    const top = beside ? 22 : 22 + Math.max(photoHigh, 150) + 38;
    const cell = Math.min((width - left - MARK - 5) / count, 58);
    const thumb = (cell * size[0]) / size[1];
    const row = clamp(cell, 22, 32);
    const matrix = top + thumb + 6;
    const bars = matrix + (count - 1) * row + 34;
    const end = bars + BARS + 62;
    const height = Math.max(end, curve[3] + 20);
    const place = [4, 22, 4 + side, 22 + photoHigh];
    return { photo: place, curve, left, top, cell, thumb, row, matrix, bars, height };
  }

  const columnOf = (j) => plan.left + MARK + j * plan.cell;

  function draw(ctx, { width, look }) {
    plan = layout(width);
    const found = decayed();
    const by = removed();
    onPhoto(ctx, look, rivalOf(found));
    curve(ctx, look, found);
    band(ctx, look);
    for (let j = 0; j < count; j++) thumbnail(ctx, look, j);
    for (let i = 0; i < count - 1; i++) rowOf(ctx, look, found, i);
    for (let j = 0; j < count; j++) outcome(ctx, look, found, by, j);
    words(ctx, look);
  }

  function picture(ctx, [x0, y0, x1, y1], veil) {
    if (photograph.bitmap) ctx.drawImage(photograph.bitmap, x0, y0, x1 - x0, y1 - y0);
    box(ctx, [x0, y0, x1, y1], { fill: "#000", alpha: veil });
  }

  function lay(ctx, [x0, y0, x1, y1], k, shade) {
    const name = `${k} ${shade}`;
    if (!tints.has(name)) tints.set(name, tinted(masks[k], [h, w], shade));
    ctx.drawImage(tints.get(name), x0, y0, x1 - x0, y1 - y0);
  }

  function onPhoto(ctx, look, rival) {
    picture(ctx, plan.photo, 0.4);
    ctx.save();
    ctx.globalAlpha = 0.62;
    if (rival >= 0) lay(ctx, plan.photo, rival, look.orange);
    lay(ctx, plan.photo, chosen(), look.blue);
    ctx.restore();
    const wide = plan.photo[2] - plan.photo[0];
    const used = write(ctx, `candidate ${chosen() + 1}`, 4, 15,
      { colour: look.blue, weight: 600, fit: wide });
    if (rival >= 0) {
      write(ctx, wide > 200 ? ` over better ${rival + 1}` : ` over ${rival + 1}`, 4 + used, 15,
        { colour: look.dark ? look.orange : look.ink, weight: 600, fit: wide - used });
    }
  }

  // What is left of a score, by overlap: the kernel, greedy NMS, and where the chosen pair lies.
  function curve(ctx, look, found) {
    const [x0, y0, x1, y1] = plan.curve;
    const [left, right, bottom, top] = [x0 + 24, x1 - 8, y1 - 18, y0 + 16];
    const at = (overlap, factor) => [left + overlap * (right - left), bottom - factor * (bottom - top)];
    const title = x1 - x0 > 230 ? "factor, by overlap with a better one" : "factor, by overlap";
    write(ctx, title, x0, y0 + 4, { colour: look.ink, weight: 600, size: 12.5, fit: x1 - x0 });
    for (const value of [0, 1]) {
      path(ctx, [at(0, value), at(1, value)], { colour: look.faint, width: 1 });
      write(ctx, String(value), left - 6, at(0, value)[1],
        { colour: look.muted, size: 12, align: "right", base: "middle" });
      write(ctx, String(value), at(value, 0)[0], bottom + 14,
        { colour: look.muted, size: 12, align: "center" });
    }
    const cut = model.get("threshold");
    path(ctx, [at(0, 1), at(cut, 1), at(cut, 0), at(1, 0)],
      { colour: look.vermillion, width: 2, dash: [5, 4] });
    const steps = Array.from({ length: 51 }, (_, k) => k / 50);
    path(ctx, steps.map((overlap) => at(overlap, decayFactor(kernel(), overlap, 0, sigma()))),
      { colour: look.blue, width: 2.5 });
    const late = cut >= 0.4;
    write(ctx, right - left > 200 ? "greedy NMS" : "greedy", at(cut, 0)[0] + (late ? -6 : 6), bottom - 6,
      { colour: look.ink, size: 12, align: late ? "right" : "left" });
    const rival = rivalOf(found);
    if (rival < 0) return;
    const overlap = found.counted[rival][chosen()];
    const alone = at(overlap, decayFactor(kernel(), overlap, 0, sigma()));
    const eased = at(overlap, Math.min(found.factors[rival][chosen()], 1));
    arrow(ctx, alone, eased, { colour: look.ink, width: 2 });
    dot(ctx, alone, 4, look.blue, look.paper);
    dot(ctx, eased, 5.5, look.ink, look.paper);
  }

  // The chosen candidate's column through the whole table.
  function band(ctx, look) {
    const x = columnOf(chosen());
    box(ctx, [x, plan.top - 20, x + plan.cell, plan.height - 1],
      { fill: look.faint, alpha: 0.55, radius: 5 });
  }

  function thumbnail(ctx, look, j) {
    const x = columnOf(j);
    const place = [x + 2, plan.top, x + plan.cell - 2, plan.top + plan.thumb - 2];
    write(ctx, String(j + 1), x + plan.cell / 2, plan.top - 6,
      { colour: look.ink, weight: 600, align: "center" });
    picture(ctx, place, 0.62);
    lay(ctx, place, j, "#ffffff");
    if (j === chosen()) box(ctx, place, { line: look.blue, width: 2.5 });
  }

  function rowOf(ctx, look, found, i) {
    const y = plan.matrix + i * plan.row;
    const rival = rivalOf(found);
    write(ctx, String(i + 1), plan.left + MARK - 9, y + plan.row / 2,
      { colour: look.ink, weight: 600, align: "right", base: "middle" });
    for (let j = i + 1; j < count; j++) {
      const place = [columnOf(j) + 1, y + 1, columnOf(j) + plan.cell - 1, y + plan.row - 1];
      const [x, middle] = [columnOf(j) + plan.cell / 2, y + plan.row / 2 + 0.5];
      if (labels[i] !== labels[j]) {
        write(ctx, "–", x, middle, { colour: look.muted, size: 12, align: "center", base: "middle" });
      } else {
        const overlap = found.counted[i][j];
        const value = model.get("shown") ? found.factors[i][j] : overlap;
        const strength = model.get("shown") ? 1 - Math.min(value, 1) : value;
        box(ctx, place, { fill: look.paper });
        box(ctx, place, { fill: look.blue, alpha: 0.06 + (look.dark ? 0.5 : 0.62) * strength });
        write(ctx, brief(value), x, middle,
          { colour: look.ink, size: 12, align: "center", base: "middle" });
      }
      if (found.from[j] === i && found.counted[i][j] > 0) {
        box(ctx, place, { line: look.vermillion, width: 2, radius: 2 });
      }
      if (j === chosen() && i === rival && found.from[j] !== i) {
        box(ctx, place, { line: look.ink, width: 1.5, dash: [3, 2], radius: 2 });
      }
    }
  }

  // Scores before and after, and what greedy NMS makes of the candidate.
  function outcome(ctx, look, found, by, j) {
    const x = columnOf(j);
    const [bottom, middle] = [plan.bars + BARS, x + plan.cell / 2];
    const bar = (score, share, fill) => {
      const half = (plan.cell * share) / 2;
      box(ctx, [middle - half, bottom - score * BARS, middle + half, bottom], { fill });
    };
    bar(scores[j], 0.72, look.muted);
    bar(scores[j], 0.72 - 2 / plan.cell, look.faint);
    bar(found.after[j], 0.4, look.blue);
    path(ctx, [[x, bottom], [x + plan.cell, bottom]], { colour: look.muted, width: 1 });
    write(ctx, brief(scores[j]), middle, bottom + 15, { colour: look.muted, size: 12, align: "center" });
    write(ctx, brief(found.after[j]), middle, bottom + 31,
      { colour: look.ink, weight: 600, size: 12, align: "center" });
    const stays = by[j] < 0;
    const said = stays ? "kept" : `by ${by[j] + 1}`;
    if (!stays) {
      box(ctx, [x + 2, bottom + 38, x + plan.cell - 2, bottom + 56],
        { fill: look.vermillion, alpha: 0.3, radius: 3 });
    }
    write(ctx, said, middle, bottom + 51,
      { colour: look.ink, size: 12, align: "center", fit: plan.cell - 2 });
  }

  // What the numbers are, in the empty half of the table and above the bars.
  function words(ctx, look) {
    const value = model.get("shown") ? "factor on the score" : "overlap (IoU)";
    const lines = ["column: a candidate", "row: a better one", `value: ${value}`, "framed: it decides"];
    const last = plan.matrix + plan.row * (count - 1) - 8;
    const room = plan.cell * (count - 4.5) - 4;  // between the rows' numbers and the diagonal
    if (count >= 8) {
      lines.forEach((line, k) => write(ctx, line, plan.left + MARK + 4, last - 17 * (lines.length - 1 - k),
        { colour: look.muted, size: 12.5, fit: room }));
    }
    const wide = plan.cell * count;
    const above = wide > 400
      ? "score before (wide) and after Matrix NMS (narrow); below, greedy NMS"
      : "scores before, after; greedy NMS";
    write(ctx, above, plan.left + MARK, plan.bars - 8, { colour: look.muted, size: 12, fit: wide });
  }

  function status() {
    const found = decayed();
    const j = chosen();
    const cut = shown(model.get("threshold"));
    const by = removed()[j];
    const greedy = `Greedy NMS at ${cut}: ${by < 0 ? "kept" : `removed by ${by + 1}`}.`;
    const who = `Candidate ${j + 1} (${names[j]}, ${shown(scores[j])})`;
    if (j === 0) return `${who} is the best: nothing is better, so its score stays. ${greedy}`;
    const i = rivalOf(found);
    if (i < 0) return `${who}: no better one of its class overlaps it, so its score stays. ${greedy}`;
    const [overlap, worst] = [found.counted[i][j], found.worst[i]];
    const pair = labels[i] === labels[j]
      ? `IoU ${shown(overlap, 3)}`
      : `of another class (${names[i]}), so the overlap counts as 0`;
    const sum = kernel() === "linear"
      ? `(1 − ${shown(overlap, 3)}) / (1 − ${shown(worst, 3)})`
      : `exp(${shown(sigma())}·(${shown(worst, 3)}² − ${shown(overlap, 3)}²))`;
    const decides = found.from[j] === i
      ? "the least"
      : `the least is ${shown(found.factors[found.from[j]][j], 3)}, from ${found.from[j] + 1}`;
    return `${who} and better ${i + 1}: ${pair}. `
      + `Factor ${sum} = ${shown(found.factors[i][j], 3)}, ${decides}; `
      + `its score goes from ${shown(scores[j])} to ${shown(found.after[j], 3)}. ${greedy}`;
  }

  function press({ x, y }) {
    const j = Math.floor((x - plan.left - MARK) / plan.cell);
    if (j < 0 || j >= count || y < plan.top - 20) return;
    const i = Math.floor((y - plan.matrix) / plan.row);
    put(model, { candidate: j + 1, rival: i >= 0 && i < j ? i : -1 });
  }

  function key(name) {
    const j = chosen();
    if (name === "ArrowLeft" || name === "ArrowRight") {
      put(model, { candidate: clamp(j + (name === "ArrowLeft" ? 0 : 2), 1, count), rival: -1 });
    } else if (name === "ArrowUp" || name === "ArrowDown") {
      const now = rivalOf(decayed());
      put(model, { rival: clamp(now + (name === "ArrowUp" ? -1 : 1), 0, Math.max(j - 1, 0)) });
    } else if (name === "Enter" || name === " ") put(model, { shown: 1 - model.get("shown") });
    else return false;
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Left and right choose a candidate, up and down a better one to compare it with, Enter "
      + "switches between overlaps and factors. Mouse: click the table.",
    height: (width) => layout(width).height,
    draw,
    status,
    watch: ["candidate", "rival", "kernel", "sigma", "threshold", "shown"],
    press,
    key,
  });
  const photograph = photo(model, "photo", scene.redraw);
  const forget = () => put(model, { rival: -1 });  // what was picked belongs to one candidate
  model.on("change:candidate", forget);
  return () => {
    model.off("change:candidate", forget);
    scene.remove();
  };
}

// 0.84 → ".84", so that a narrow column has room; 1 stays "1".
function brief(value) {
  const words = value.toFixed(2);
  return words === "1.00" ? "1" : words.replace(/^0/, "");
}

// N masks of 0 and 1 from bits, the highest of each byte first.
function unpacked(data, [count, h, w]) {
  return Array.from({ length: count }, (_, k) =>
    Uint8Array.from({ length: h * w }, (__, i) => {
      const at = k * h * w + i;
      return (data[at >> 3] >> (7 - (at & 7))) & 1;
    }));
}

// A mask in one colour, clear elsewhere.
function tinted(mask, [h, w], shade) {
  const made = document.createElement("canvas");
  [made.width, made.height] = [w, h];
  const ctx = made.getContext("2d");
  ctx.fillStyle = shade;
  mask.forEach((on, i) => on && ctx.fillRect(i % w, Math.floor(i / w), 1, 1));
  return made;
}

export default { render };
