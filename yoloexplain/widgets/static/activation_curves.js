import { activation, activationSlope } from "./core/curves.js";
import { dot, path, shown, write } from "./pencil.js";
import {
  drawAxes, drawCurve, drawReading, plotIn, readingLine, within,
} from "./plots.js";
import { clamp, stage } from "./stage.js";

const BROAD = 620;  // from here on the plots stand side by side
const PLOT = 270;  // their height
const LINE = 21;
const STYLES = {  // as in the figures: a colour and a dash each
  LeakyReLU: ["blue", []], SiLU: ["orange", [8, 4]], Mish: ["green", []],
  Hardswish: ["purple", [2, 4]], sigmoid: ["sky", [9, 4, 2, 4]], ReLU: ["vermillion", [12, 3]],
};

function render({ model, el }) {
  const { reach, kinds } = model.get("table");
  const ticks = Array.from({ length: 5 }, (_, k) => Math.round(10 * reach * (k / 2 - 1)) / 10);
  const state = { near: null, plots: null };  // near: the input under the mouse

  const at = () => state.near ?? clamp(model.get("at"), -reach, reach);
  const ticked = () => kinds.filter((name) => model.get(name.toLowerCase()));

  function layout(across) {
    const beside = across >= BROAD;
    const wide = beside ? (across - 100) / 2 : across - 50;
    const first = [34, 34, 34 + wide, 34 + PLOT];
    const top = beside ? 34 : first[3] + 72;
    const second = [across - 8 - wide, top, across - 8, top + PLOT];
    const columns = across >= 760 ? 3 : across >= 500 ? 2 : 1;
    const list = second[3] + 62;
    const lines = Math.ceil(kinds.length / columns);
    return { first, second, columns, list, height: list + LINE * (lines - 1) + 8 };
  }

  function draw(ctx, { width, look }) {
    const areas = layout(width);
    const top = Math.min(reach, 3);
    const value = plotIn(areas.first, [-reach, reach], [-1, top]);
    const slope = plotIn(areas.second, [-reach, reach], [-0.6, 1.6]);
    state.plots = [value, slope];
    const below = { xTicks: ticks, xWords: "x" };
    const yTicks = [-1, 0, 1, 2, 3].filter((y) => y <= top);
    drawAxes(ctx, look, value, { ...below, yTicks, title: "f(x)" });
    drawAxes(ctx, look, slope, { ...below, yTicks: [-0.5, 0, 0.5, 1, 1.5], title: "its slope f′(x)" });
    for (const plot of state.plots) drawReading(ctx, look, plot, at());
    for (const name of ticked()) {
      const [colour, dash] = [look[STYLES[name][0]], STYLES[name][1]];
      drawCurve(ctx, value, (x) => activation(name, x), { colour, dash });
      drawCurve(ctx, slope, (x) => activationSlope(name, x), { colour, dash });
      for (const [plot, of] of [[value, activation(name, at())], [slope, activationSlope(name, at())]]) {
        if (within(plot, of)) dot(ctx, [plot.x(at()), plot.y(of)], 4.5, colour, look.paper);
      }
    }
    list(ctx, look, areas, width);
  }

  // A line for each curve: how it looks, and what it gives here.
  function list(ctx, look, { columns, list: top }, width) {
    const wide = width / columns;
    kinds.forEach((name, k) => {
      const [x, y] = [4 + (k % columns) * wide, top + LINE * Math.floor(k / columns)];
      const on = ticked().includes(name);
      const [shade, dash] = STYLES[name];
      path(ctx, [[x, y - 4], [x + 30, y - 4]], { colour: on ? look[shade] : look.faint, width: 2.5, dash });
      write(ctx, name, x + 38, y, { colour: on ? look.ink : look.muted });
      if (on) write(ctx, told(name), x + 116, y, { colour: look.ink, fit: wide - 124 });
    });
  }

  const told = (name) =>
    `f ${shown(activation(name, at()), 3)}, f′ ${shown(activationSlope(name, at()), 3)}`;

  function words() {
    const list = ticked().map((name) =>
      `${name} ${shown(activation(name, at()), 3)} (slope ${shown(activationSlope(name, at()), 3)})`);
    return `x = ${shown(at(), 2)}: ${list.join(", ") || "tick a curve above"}.`;
  }

  const scene = stage({ model, el }, {
    ...readingLine(model, state, at, [-reach, reach]),
    height: (across) => layout(across).height,
    draw,
    status: words,
    watch: [...kinds.map((name) => name.toLowerCase()), "at"],
  });
  return () => scene.remove();
}

export default { render };
