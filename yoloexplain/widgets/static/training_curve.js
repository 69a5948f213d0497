import { foundTruths } from "./core/training.js";
import { photo } from "./maps.js";
import { box, dot, path, shown, write } from "./pencil.js";
import { drawAxes, plotIn } from "./plots.js";
import { calm, clamp, put, stage } from "./stage.js";

const PACE = 900;  // milliseconds from one moment to the next
const GAP = 22;
const SURE = 0.5;  // a wrong box less sure than this gets no words
const KNOWN = { map50: "mAP50", map50_95: "mAP50-95" };

function render({ model, el }) {
  const { names, places, truths, moments, losses, scores } = model.get("table");
  const last = moments.length - 1;
  let plots = [];
  let button = null;
  let timer = 0;

  const at = () => clamp(model.get("moment") - 1, 0, last);  // people count from 1
  const goTo = (index) => put(model, { moment: index + 1 });
  const SHADES = ["blue", "orange", "green", "purple", "sky", "vermillion", "yellow"];
  const shade = (look, label) => look[SHADES[label % 8]] ?? "#FFFFFF";
  const lineShade = (look, k) => look[SHADES[k % 6]];

  // What is found in a scene by now, above the confidence, and which of it is right.
  function foundIn(scene) {
    const results = moments[at()].found[scene].filter((one) => one[4] > model.get("confidence"));
    return { results, hits: foundTruths(results, truths[scene]) };
  }

  // --- layout: curves left and scenes right, or below one another
  function plan(width) {
    const beside = width >= 640;
    const left = beside ? Math.round(width * 0.47) : width;
    const room = beside ? width - left - GAP : width;
    const columns = places.length > 1 ? 2 : 1;
    const rows = Math.ceil(places.length / columns);
    const side = Math.min((room - 8 * (columns - 1)) / columns, columns === 1 ? 420 : 240);
    const charts = scores.length && losses.length ? 2 : 1;
    const tall = beside ? Math.max(rows * side + 8 * (rows - 1), 380) : 400;
    const plot = (tall - 44) / charts;
    return {
      charts: Array.from({ length: charts }, (_, k) => [46, k * plot + 30, left - 10, (k + 1) * plot - 38]),
      button: [46, tall - 34, 130, tall - 6],
      scenes: places.map((_, i) => ({
        x: (beside ? left + GAP : 0) + (i % columns) * (side + 8),
        y: (beside ? 0 : tall + 14) + Math.floor(i / columns) * (side + 8), side,
      })),
      height: (beside ? tall : tall + 14 + rows * (side + 8)) + 2,
    };
  }

  function draw(ctx, { width, look }) {
    const { charts, button: place, scenes } = plan(width);
    plots = [];
    if (scores.length) drawChart(ctx, look, charts[0], scores, 1, "How good on unseen scenes");
    if (losses.length) drawChart(ctx, look, charts.at(-1), losses, 0, "What the training pays: losses");
    drawButton(ctx, look, place);
    scenes.forEach((spot, i) => drawScene(ctx, look, spot, i));
  }

  function nice(most) {
    const ten = 10 ** Math.floor(Math.log10(most));
    return [1, 2, 2.5, 5, 10].map((k) => k * ten).find((top) => top >= most);
  }

  function drawChart(ctx, look, sides, columns, top, title) {
    const values = moments.flatMap(({ row }) => columns.map((name) => row[name] ?? 0));
    const most = top || nice(Math.max(1e-6, ...values));
    const steps = moments.map(({ step }) => step);
    const plot = plotIn(sides, [0, steps.at(-1) || 1], [0, most]);
    const yTicks = [0, most / 2, most];
    drawAxes(ctx, look, plot, { xTicks: [0, steps.at(-1)], yTicks, title: "", xWords: "steps" });
    write(ctx, title, sides[0], sides[1] - 12, { colour: look.ink, weight: 600, fit: sides[2] - sides[0] });
    plots.push({ plot });
    const x = plot.x(steps[at()]);
    path(ctx, [[x, sides[1]], [x, sides[3]]], { colour: look.muted, width: 1.5, dash: [4, 3] });
    columns.forEach((name, k) => {
      const known = moments.filter(({ row }) => Number.isFinite(row[name]));
      const points = known.map(({ step, row }) => [plot.x(step), plot.y(row[name])]);
      path(ctx, points, { colour: lineShade(look, k), width: 2.2 });
      points.forEach((point, i) => {
        const radius = known[i].step === steps[at()] ? 5 : 2.5;
        dot(ctx, point, radius, lineShade(look, k), look.paper);
      });
    });
    drawLegend(ctx, look, sides, columns);
  }

  // Names of the lines: in the corner where they leave room, upper right for losses, lower for scores.
  function drawLegend(ctx, look, [left, top, right, bottom], columns) {
    const high = columns === losses ? top + 4 : bottom - 17 * columns.length - 4;
    columns.forEach((name, k) => {
      const y = high + 17 * k + 10;
      const words = KNOWN[name] ?? name.replace("loss_", "");
      const w = write(ctx, words, right - 6, y, { colour: look.ink, size: 12.5, align: "right" });
      path(ctx, [[right - w - 30, y - 4], [right - w - 12, y - 4]], {
        colour: lineShade(look, k), width: 2.5,
      });
    });
  }

  function drawButton(ctx, look, place) {
    button = place;
    const [x0, y0, x1, y1] = place;
    box(ctx, place, { line: look.muted, width: 1.2, radius: 4 });
    write(ctx, timer ? "stop" : "play", (x0 + x1) / 2, (y0 + y1) / 2 + 0.5, {
      colour: look.ink, weight: 600, align: "center", base: "middle",
    });
    const by = `after ${moments[at()].step.toLocaleString("en")} steps`;
    write(ctx, by, x1 + 14, (y0 + y1) / 2 + 0.5, { colour: look.ink, base: "middle" });
  }

  function drawScene(ctx, look, { x, y, side }, i) {
    const [left, top, wide, high] = places[i];
    const zoom = side / Math.max(wide, high);
    const onPage = ([x0, y0, x1, y1]) => [x + x0 * zoom, y + y0 * zoom, x + x1 * zoom, y + y1 * zoom];
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, wide * zoom, high * zoom);
    ctx.clip();
    if (sheet.bitmap) ctx.drawImage(sheet.bitmap, left, top, wide, high, x, y, wide * zoom, high * zoom);
    if (model.get("truth")) {
      for (const one of truths[i]) {
        box(ctx, onPage(one), { line: "rgba(0,0,0,0.6)", width: 3 });
        box(ctx, onPage(one), { line: "#fff", width: 1.4 });
      }
    }
    const { results, hits } = foundIn(i);
    const marks = results.map((one, k) => ({ one, right: hits[k] >= 0 }))
      .sort((a, b) => a.right - b.right || a.one[4] - b.one[4]);
    for (const { one, right } of marks) {
      box(ctx, onPage(one), { line: "rgba(255,255,255,0.8)", width: right ? 4.5 : 3 });
      box(ctx, onPage(one), {
        line: shade(look, one[5]), width: right ? 2.5 : 1.5, dash: right ? [] : [5, 4],
      });
    }
    for (const { one, right } of marks) {
      if (right || one[4] >= SURE) tag(ctx, look, one, onPage(one), [x, y, x + wide * zoom]);
    }
    ctx.restore();
  }

  function tag(ctx, look, [, , , , score, label], [x0, y0], [left, top, right]) {
    const words = `${names[label]} ${shown(score)}`;
    ctx.font = '600 12px system-ui, "DejaVu Sans", sans-serif';
    const w = ctx.measureText(words).width + 8;
    const [x, y] = [clamp(x0, left, right - w), Math.max(y0, top)];
    box(ctx, [x, y, x + w, y + 16], { fill: look.paper, line: shade(look, label), width: 1.4, radius: 2 });
    write(ctx, words, x + 4, y + 8.5, { colour: look.ink, size: 12, weight: 600, base: "middle" });
  }

  function words() {
    const { step, row } = moments[at()];
    const judged = scores.filter((name) => Number.isFinite(row[name]))
      .map((name) => `${KNOWN[name]} ${shown(row[name])}`);
    const paid = losses.map((name) => `${name.replace("loss_", "")} ${shown(row[name])}`);
    const all = places.map((_, i) => foundIn(i));
    const right = all.reduce((sum, { hits }) => sum + hits.filter((hit) => hit >= 0).length, 0);
    const wrong = all.reduce((sum, { hits }) => sum + hits.filter((hit) => hit < 0).length, 0);
    const there = truths.reduce((sum, one) => sum + one.length, 0);
    const pays = paid.length ? `losses: ${paid.join(", ")}` : "";
    const said = [judged.join(", "), pays].filter(Boolean).join("; ");
    const boxes = `${wrong} wrong ${wrong === 1 ? "box" : "boxes"}`;
    const steps = step.toLocaleString("en");
    return `Moment ${at() + 1} of ${last + 1}, after ${steps} steps${said ? `: ${said}` : ""}. `
      + `Above ${shown(model.get("confidence"))}: ${right} of ${there} objects found, ${boxes}.`;
  }

  // --- playing: one moment after the other, from the start if it had ended
  function stop() {
    clearTimeout(timer);
    timer = 0;
  }

  function advance() {
    timer = 0;
    if (at() < last) goTo(at() + 1);
    if (at() < last) timer = setTimeout(advance, PACE);
    scene.redraw();
  }

  function play() {
    if (timer) stop();
    else if (calm()) goTo((at() + 1) % (last + 1));  // nothing moves by itself
    else {
      if (at() === last) goTo(0);
      timer = setTimeout(advance, at() ? 0 : PACE);
    }
  }

  function toStep(point) {
    const found = plots.find(({ plot }) => plot.holds(point));
    if (!found) return;
    const step = found.plot.at(point.x);
    const apart = moments.map((moment) => Math.abs(moment.step - step));
    goTo(apart.indexOf(Math.min(...apart)));
  }

  const scene = stage({ model, el }, {
    keys: "Left and right: one moment. Enter plays the training or stops it. "
      + "Mouse: click or drag along the curves.",
    height: (width) => plan(width).height,
    draw,
    status: words,
    watch: ["moment", "confidence", "truth"],
    press(point) {
      const [x0, y0, x1, y1] = button;
      if (point.x >= x0 && point.x <= x1 && point.y >= y0 && point.y <= y1) play();
      else toStep(point);
    },
    drag: toStep,
    key(name) {
      if (name === "ArrowLeft" || name === "ArrowRight") {
        stop();
        goTo(clamp(at() + (name === "ArrowRight" ? 1 : -1), 0, last));
      } else if (name === "Enter" || name === " ") play();
      else return false;
      return true;
    },
  });
  const sheet = photo(model, "sheet", scene.redraw);
  return () => {
    stop();
    scene.remove();
  };
}

export default { render };
