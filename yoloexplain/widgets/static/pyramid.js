import { bytes, paintMap, photo } from "./maps.js";
import { arrow, box, path, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const LEVELS = ["p3", "p4", "p5"];
const TRAITS = { "top-down": "top_down", "bottom-up": "bottom_up", lateral: "lateral" };
const HONEST = "Off means zeros in place of the map. The network never met such zeros in training: you see what it "
  + "relies on, not what one trained without the link would do.";
const INSET = 6;  // pixels that the photo keeps from the canvas's edge

function render({ model, el }) {
  const table = model.get("table");
  const { image: [high, wide], links: names, maps, own, channels, found, things } = table;
  const all = 2 ** names.length - 1;
  const data = bytes(model, "maps");
  const colours = bytes(model, "colours");
  const held = photo(model, "photo", () => scene.redraw());
  let near = -1;  // link under the mouse
  let plan = null;

  const on = (k) => Boolean((model.get("switched") >> k) & 1);
  const bitsOf = (group) => names.reduce((sum, [, kind], k) => sum + (kind === group ? 1 << k : 0), 0);
  const roles = (look) => ({ 3: look.sky, 4: look.green, 5: look.orange });

  // Switch single links; each box to tick follows: on as long as any of its links is.
  function setLinks(bits) {
    const values = { switched: bits };
    for (const [group, trait] of Object.entries(TRAITS)) values[trait] = Boolean(bits & bitsOf(group));
    put(model, values);
  }

  // A box was ticked or cleared by hand: all links of its group follow.
  const followers = Object.entries(TRAITS).map(([group, trait]) => {
    const follow = () => {
      const [bits, group_bits, wanted] = [model.get("switched"), bitsOf(group), model.get(trait)];
      if (Boolean(bits & group_bits) !== wanted) put(model, { switched: wanted ? bits | group_bits : bits & ~group_bits });
    };
    model.on(`change:${trait}`, follow);
    return () => model.off(`change:${trait}`, follow);
  });

  // Where everything stands, from the width alone.
  function arrange(width) {
    const narrow = width < 760;
    const photoRoom = (narrow ? Math.min(width, 420) : Math.min(width * 0.4, 400)) - INSET;
    const zoom = Math.min(photoRoom / wide, 420 / high);
    const left = narrow ? INSET : wide * zoom + 42;
    const room = width - left - INSET;
    const top = narrow ? high * zoom + 68 : 4;
    const ratio = high / wide;
    const side = Math.min(room * 0.23, 118);
    const columns = [left + side / 2, left + room * 0.47, left + room - side / 2];
    const sizes = { 5: side * 0.56, 4: side * 0.75, 3: side };
    const y = {};
    y[5] = top + 24 + (sizes[5] * ratio) / 2;
    y[4] = y[5] + ((sizes[5] + sizes[4]) * ratio) / 2 + 64;
    y[3] = y[4] + ((sizes[4] + sizes[3]) * ratio) / 2 + 64;
    const node = (column, level, name) => {
      const [w, h] = [sizes[level], sizes[level] * ratio];
      return { name, level, x: columns[column], y: y[level], box: [columns[column] - w / 2, y[level] - h / 2, columns[column] + w / 2, y[level] + h / 2] };
    };
    const nodes = Object.fromEntries([
      ["c5", node(0, 5, "c5")], ["c4", node(0, 4, "c4")], ["c3", node(0, 3, "c3")],
      ["t5", node(1, 5, "t5")], ["t4", node(1, 4, "t4")],
      ["p3", node(2, 3, "p3")], ["p4", node(2, 4, "p4")], ["p5", node(2, 5, "p5")],
    ]);
    const knots = [
      [nodes.t4.box[0] - 30, y[4]], [columns[1], y[3]],
      [nodes.p4.box[0] - 30, y[4]], [nodes.p5.box[0] - 30 - (sizes[4] - sizes[5]) / 2, y[5]],
    ];
    plan = { zoom, narrow, left, room, top, nodes, knots, lines: linesOf(nodes, knots) };
    return Math.max(nodes.p3.box[3] + 26, narrow ? 0 : high * zoom + 54);
  }

  // The eight links as lines, in the order of their bits; each ends at the knot of its meeting.
  function linesOf({ c3, c4, t5, t4, p3, p4 }, [k0, k1, k2, k3]) {
    const gap = 10;
    const down = (from, x, knot, to) => {
      const bend = to.box[1] - 20;
      return [[x, from.box[3] + 17], [x, bend], [knot[0], bend], [knot[0], knot[1] - gap]];
    };
    const up = (from, x, knot) => {
      const bend = from.box[1] - 22;
      return [[x, from.box[1]], [x, bend], [knot[0], bend], [knot[0], knot[1] + gap]];
    };
    return [
      down(t5, t5.x, k0, t4),
      [[c4.box[2], c4.y], [k0[0] - gap, k0[1]]],
      [[t4.x, t4.box[3] + 17], [t4.x, k1[1] - gap]],
      [[c3.box[2], c3.y], [k1[0] - gap, k1[1]]],
      up(p3, p3.x, k2),
      [[t4.box[2], t4.y], [k2[0] - gap, k2[1]]],
      up(p4, p4.x, k3),
      [[t5.box[2], t5.y], [k3[0] - gap, k3[1]]],
    ];
  }

  function draw(ctx, { width, look }) {
    arrange(width);
    drawPhoto(ctx, look);
    const { nodes, knots, lines } = plan;
    const always = [
      [[nodes.c5.box[2], nodes.c5.y], [nodes.t5.box[0], nodes.t5.y]],
      [[knots[0][0] + 10, knots[0][1]], [nodes.t4.box[0], nodes.t4.y]],
      [[knots[1][0] + 10, knots[1][1]], [nodes.p3.box[0], nodes.p3.y]],
      [[knots[2][0] + 10, knots[2][1]], [nodes.p4.box[0], nodes.p4.y]],
      [[knots[3][0] + 10, knots[3][1]], [nodes.p5.box[0], nodes.p5.y]],
    ];
    for (const [from, to] of always) arrow(ctx, from, to, { colour: look.muted, width: 1.5, head: 7 });
    lines.forEach((line, k) => drawLink(ctx, look, line, k));
    for (const [x, y] of knots) {
      box(ctx, [x - 10, y - 10, x + 10, y + 10],
        { fill: look.paper, line: look.ink, width: 1.5, radius: 10 });
      write(ctx, "C", x, y + 0.5,
        { colour: look.ink, size: 12, weight: 600, align: "center", base: "middle" });
    }
    Object.values(nodes).forEach((node) => drawNode(ctx, look, node));
    heads(ctx, look);
  }

  function drawLink(ctx, look, line, k) {
    const shade = { "top-down": look.blue, "bottom-up": look.vermillion, lateral: look.ink }[names[k][1]];
    const chosen = k === near || k === model.get("pick");
    if (chosen) {
      ctx.globalAlpha = k === near ? 0.75 : 0.5;
      path(ctx, line, { colour: look.yellow, width: 10 });
      ctx.globalAlpha = 1;
    }
    const colour = on(k) ? shade : look.muted;
    if (on(k)) {
      path(ctx, line.slice(0, -1), { colour, width: 3 });
      arrow(ctx, line.at(-2), line.at(-1), { colour, width: 3, head: 9 });
    } else {
      path(ctx, line, { colour, width: 1.5, dash: [2, 5] });
      const [x, y] = middleOf(line);
      for (const by of [1, -1]) path(ctx, [[x - 5, y - 5 * by], [x + 5, y + 5 * by]], { colour: look.ink, width: 2 });
    }
  }

  // The middle of the longest stretch of a line.
  function middleOf(line) {
    const longest = line.slice(1).map((to, i) => [line[i], to])
      .sort((a, b) => Math.hypot(b[1][0] - b[0][0], b[1][1] - b[0][1]) - Math.hypot(a[1][0] - a[0][0], a[1][1] - a[0][1]))[0];
    return [(longest[0][0] + longest[1][0]) / 2, (longest[0][1] + longest[1][1]) / 2];
  }

  // A level with its map for the links that are on.
  function drawNode(ctx, look, { name, level, box: place }) {
    const kind = LEVELS.includes(name) ? model.get("shown") : 1;
    const { start, side: [h, w] } = maps[`${name} ${kind}`];
    const index = own[name] ? model.get("switched") & (own[name] - 1) : 0;
    paintMap(ctx, data, start + index * h * w, [h, w], colours, place);
    const shade = roles(look)[level];
    box(ctx, [place[0] - 1.5, place[1] - 1.5, place[2] + 1.5, place[3] + 1.5],
      { line: shade, width: 3, radius: 2 });
    const middle = (place[0] + place[2]) / 2;
    write(ctx, `${name}: ${h}×${w}`, middle, place[3] + 11,
      { colour: look.ink, size: 12, weight: 600, align: "center", base: "middle" });
  }

  // What each column is, above it.
  function heads(ctx, look) {
    const { nodes, top } = plan;
    const words = [["backbone", nodes.c5.x], ["top-down", nodes.t5.x], ["bottom-up", nodes.p5.x]];
    const shades = [look.ink, look.blue, look.vermillion];
    words.forEach(([word, x], k) => write(ctx, word, x, top + 12, { colour: shades[k], size: 13, weight: 600, align: "center" }));
  }

  const boxes = () => found[model.get("switched") & all];

  function drawPhoto(ctx, look) {
    const { zoom } = plan;
    const w = wide * zoom;
    ctx.save();
    ctx.translate(INSET, INSET);
    if (held.bitmap) ctx.drawImage(held.bitmap, 0, 0, w, high * zoom);
    for (const [x0, y0, x1, y1, , , level, fits] of [...boxes()].reverse()) {
      const sides = [x0, y0, x1, y1].map((side) => side * zoom);
      const wrong = things !== null && fits < 0;
      box(ctx, sides, { line: "#000000", width: 4.5, dash: [] });
      box(ctx, sides, { line: Object.values(roles(look))[level], width: 2.5, dash: wrong ? [5, 3] : [] });
    }
    for (const [x0, y0, , , score, label] of [...boxes()].reverse()) {
      const words = `${table.names[label] ?? label} ${score}`;
      ctx.font = "600 12px system-ui, sans-serif";
      const long = ctx.measureText(words).width + 8;
      const x = clamp(x0 * zoom, 0, Math.max(0, w - long));
      const y = Math.max(y0 * zoom, 16);
      box(ctx, [x, y - 16, x + long, y], { fill: "#000000", alpha: 0.72 });
      write(ctx, words, x + 4, y - 4, { colour: "#ffffff", size: 12, weight: 600 });
    }
    legend(ctx, look, w);
    ctx.restore();
  }

  function legend(ctx, look, w) {
    const counts = LEVELS.map((_, level) => boxes().filter((each) => each[6] === level).length);
    let x = 0;
    const y = high * plan.zoom + 20;
    write(ctx, "boxes from", x, y, { colour: look.muted, size: 13 });
    x += 80;
    LEVELS.forEach((name, k) => {
      box(ctx, [x, y - 10, x + 14, y + 1], { line: roles(look)[k + 3], width: 2.5 });
      x += 20 + write(ctx, `${name}: ${counts[k]}`, x + 20, y, { colour: look.ink, size: 13 }) + 16;
    });
    if (things !== null) write(ctx, "dashed: fits nothing that is there", 0, y + 19, { colour: look.muted, size: 13, fit: w });
  }

  function words() {
    const off = names.filter((_, k) => !on(k)).map(([name]) => name);
    const links = off.length === names.length ? "All links are off" : off.length ? `Off: ${off.join(", ")}` : `All ${names.length} links are on`;
    const now = boxes();
    const right = new Set(now.map((each) => each[7]).filter((fits) => fits >= 0)).size;
    const wrong = now.filter((each) => each[7] < 0).length;
    const boxWord = (count) => `${count} ${count === 1 ? "box" : "boxes"}`;
    const outcome = things === null ? `${boxWord(now.length)} found` : `${right} of ${things} things found, ${boxWord(wrong)} that ${wrong === 1 ? "fits" : "fit"} nothing`;
    const picked = names[model.get("pick")];
    const one = near >= 0 ? names[near] : picked;
    const shown = model.get("shown") === 2 ? ` Maps: ${LEVELS.map((name) => `${name} channel ${channels[name]}`).join(", ")}.` : "";
    const which = `${near >= 0 ? "Under the mouse" : "Chosen"}: ${one[0]} (${one[1]}).`;
    return `${links}. ${outcome}.${shown} ${which}${off.length ? ` ${HONEST}` : ""}`;
  }

  function linkAt({ x, y }) {
    const far = plan.lines.map((line) => Math.min(...line.slice(1).map((to, i) => distance([x, y], line[i], to))));
    const best = far.indexOf(Math.min(...far));
    return far[best] < 12 ? best : -1;
  }

  function distance([x, y], [x0, y0], [x1, y1]) {
    const long = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    const t = long ? clamp(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / long, 0, 1) : 0;
    return Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0));
  }

  const flip = (k) => setLinks(model.get("switched") ^ (1 << k));
  const scene = stage({ model, el }, {
    keys: "Arrow keys choose one of the eight links (yellow), Enter or Space switches it; + "
      + "switches all on. Mouse: click a link.",
    height: arrange,
    draw,
    status: words,
    watch: ["switched", "pick", "shown", "top_down", "bottom_up", "lateral"],
    hover: (point) => (near = point ? linkAt(point) : -1),
    press(point) {
      const k = linkAt(point);
      if (k < 0) return;
      put(model, { pick: k });
      flip(k);
    },
    key(name) {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[name];
      if (step) put(model, { pick: (model.get("pick") + step + names.length) % names.length });
      else if (name === "Enter" || name === " ") flip(model.get("pick"));
      else if (name === "+" || name === "=") setLinks(all);
      else return false;
      return true;
    },
  });
  return () => {
    followers.forEach((stop) => stop());
    scene.remove();
  };
}

export default { render };
