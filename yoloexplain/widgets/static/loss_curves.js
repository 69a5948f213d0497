import {
  crossEntropy, crossEntropySlope, focal, focalFactor, focalSlope, sigmoid, smoothed,
} from "./core/curves.js";
import { box, dot, path, shown, write } from "./pencil.js";
import {
  drawAxes, drawCurve, drawReading, plotIn, precise, readingLine, within,
} from "./plots.js";
import { clamp, stage } from "./stage.js";

const BROAD = 620;  // from here on the plots stand side by side
const PLOT = 250;  // their height
const TICKS = [-6, -4, -2, 0, 2, 4, 6];
const LINE = 21;

function render({ model, el }) {
  const { reach } = model.get("table");
  const state = { near: null, plots: null };  // near: the raw value under the mouse

  const at = () => state.near ?? clamp(model.get("at"), -reach, reach);

  // The losses in question: always cross-entropy, the others where their numbers do something.
  function losses(look) {
    const truth = model.get("truth");
    const [gamma, epsilon] = [model.get("gamma"), model.get("smoothing")];
    const asked = smoothed(truth, epsilon);
    const made = [{
      name: "cross-entropy", colour: look.muted, dash: [],
      value: (t) => crossEntropy(t, truth), slope: (t) => crossEntropySlope(t, truth),
    }];
    if (epsilon > 0) {
      made.push({
        name: `smoothed, asked for ${asked.toFixed(2).replace(/0$/, "")}`, colour: look.green, dash: [7, 4],
        value: (t) => crossEntropy(t, asked), slope: (t) => crossEntropySlope(t, asked),
        least: Math.log(asked / (1 - asked)),
      });
    }
    if (gamma > 0 || model.get("weighted")) {
      made.push({
        name: focalName(gamma), colour: look.blue, dash: [],
        value: (t) => weigh() * focal(t, asked, gamma, alpha()),
        slope: (t) => weigh() * focalSlope(t, asked, gamma, alpha()),
      });
    }
    return made;
  }

  const alpha = () => (model.get("weighted") ? model.get("alpha") : 0.5);
  // Without α both sides count whole: one half would be one half of each.
  const weigh = () => (model.get("weighted") ? 1 : 2);
  const focalName = (gamma) =>
    `focal, γ ${shown(gamma, 1)}${model.get("weighted") ? `, α ${shown(model.get("alpha"), 2)}` : ""}`;

  function layout(across) {
    const beside = across >= BROAD;
    const wide = beside ? (across - 118) / 2 : across - 56;
    const first = [34, 34, 34 + wide, 34 + PLOT];
    const top = beside ? 34 : first[3] + 92;
    const second = [across - 20 - wide, top, across - 20, top + PLOT];
    const list = second[3] + 96;
    return { first, second, list, height: list + 2 * LINE + 10 };
  }

  function draw(ctx, { width, look }) {
    const areas = layout(width);
    const value = plotIn(areas.first, [-reach, reach], [-0.2, 6]);
    const slope = plotIn(areas.second, [-reach, reach], [-1.4, 1.4]);
    state.plots = [value, slope];
    const words = { xTicks: TICKS, xWords: "raw value t, and below it p = σ(t)", second: chance };
    drawAxes(ctx, look, value, { ...words, yTicks: [0, 1, 2, 3, 4, 5, 6], title: "loss" });
    const title = "slope in t: how hard it pushes";
    drawAxes(ctx, look, slope, { ...words, yTicks: [-1, -0.5, 0, 0.5, 1], title });
    const found = losses(look);
    for (const plot of state.plots) drawReading(ctx, look, plot, at());
    for (const loss of found) {
      drawCurve(ctx, value, loss.value, loss);
      drawCurve(ctx, slope, loss.slope, loss);
      if (loss.least !== undefined && Math.abs(loss.least) < reach) {
        const [x, y] = [value.x(loss.least), value.y(loss.value(loss.least))];
        path(ctx, [[x, y], [x, value.y(0)]], { colour: loss.colour, width: 1.5, dash: [2, 3] });
        dot(ctx, [x, y], 3.5, look.paper, loss.colour);
      }
    }
    for (const loss of found) {
      for (const [plot, of] of [[value, loss.value(at())], [slope, loss.slope(at())]]) {
        if (within(plot, of)) dot(ctx, [plot.x(at()), plot.y(of)], 4.5, loss.colour, look.paper);
      }
    }
    list(ctx, look, found, areas.list, width);
  }

  function chance(t) {
    const p = sigmoid(t);
    return p > 0.99 ? p.toFixed(3) : p < 0.01 ? p.toFixed(3) : p.toFixed(2);
  }

  // What the line crosses, loss by loss.
  function list(ctx, look, found, top, width) {
    const places = [30, Math.min(300, 0.55 * width), Math.min(430, 0.78 * width)];
    const head = { colour: look.muted, size: 12 };
    write(ctx, `at t = ${shown(at(), 2)}`, places[0], top - 22, head);
    write(ctx, "loss", places[1], top - 22, head);
    write(ctx, "slope", places[2], top - 22, head);
    found.forEach(({ name, colour, value, slope }, k) => {
      const y = top + LINE * k;
      box(ctx, [8, y - 6, 24, y - 3], { fill: colour });
      const ink = { colour: look.ink, fit: places[1] - places[0] - 8 };
      write(ctx, name, places[0], y, ink);
      write(ctx, precise(value(at())), places[1], y, { colour: look.ink });
      write(ctx, precise(slope(at())), places[2], y, { colour: look.ink });
    });
  }

  function words() {
    const t = at();
    const [truth, gamma] = [model.get("truth"), model.get("gamma")];
    const asked = smoothed(truth, model.get("smoothing"));
    const given = truth ? sigmoid(t) : sigmoid(-t);
    const parts = [`cross-entropy ${precise(crossEntropy(t, truth))}`];
    if (asked !== truth) {
      const least = crossEntropy(Math.log(asked / (1 - asked)), asked);
      parts.push(`smoothed ${precise(crossEntropy(t, asked))} (never below ${precise(least)})`);
    }
    if (gamma > 0 || model.get("weighted")) {
      const factor = weigh() * focalFactor(t, asked, gamma, alpha());
      const value = precise(factor * crossEntropy(t, asked));
      parts.push(`${focalName(gamma)}: ${value}, which is ${share(factor)} of it`);
    }
    return `t = ${shown(t, 2)} gives the truth a probability of ${given.toFixed(3)}: ${parts.join("; ")}.`;
  }

  function share(factor) {
    const percent = 100 * factor;
    const words = percent >= 10 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : precise(percent);
    return `${words}\u00a0%`;
  }

  const scene = stage({ model, el }, {
    ...readingLine(model, state, at, [-reach, reach]),
    height: (across) => layout(across).height,
    draw,
    status: words,
    watch: ["truth", "gamma", "weighted", "alpha", "smoothing", "at"],
  });
  return () => scene.remove();
}

export default { render };
