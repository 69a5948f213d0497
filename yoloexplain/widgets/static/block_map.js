import { arranged, measured, planned } from "./core/blocks.js";
import { box, path, write } from "./pencil.js";

// Block map: how the boxes of a network are drawn, for every view that shows one.
// A node is { row, label, count, second, role, alpha, mark, failed }; `picture` is a bitmap instead.

const LETTER = 6.9;  // pixels of a letter of 12.5 pixels, on average
const SIZE = 12.5;
const TOP = 6;
const PLUS = 17;  // diameter of a joint
export const JOINTS = { add: "+", multiply: "×", subtract: "−" };

const isJoint = (node) => node.kind === "op" && node.label in JOINTS;
const words = (node) => (node.count > 1 ? `${node.label} ×${node.count}` : node.label);

// Everything that does not depend on the theme: places, boxes, lines, and how boxes are written on.
export function laidOut(nodes, pairs, width, { above = 0, first = 0 } = {}) {
  const place = arranged(nodes.map((node) => node.row), pairs);
  const plan = planned(place, pairs);
  const left = width < 560 ? 74 : 84;
  const head = first || 30;
  const room = width - left - head - 12;
  const each = room / Math.max(place.width - 1, 1);
  const longest = Math.max(0, ...nodes.filter((node) => !isJoint(node)).map((node) => words(node).length));
  const upright = each < 88;
  const pitch = upright ? Math.min(Math.max(each, 33), 52) : Math.min(each, Math.max(132, longest * LETTER + 44));
  const gap = upright ? Math.max(12, pitch * 0.28) : 24;
  const high = upright ? Math.min(Math.max(longest * LETTER + 14, 46), 116) : 44;
  const size = {
    left, first: head + gap, pitch, gap, lane: 9, track: 6, top: TOP + above,
    box: (i) => {
      if (nodes[i].kind === "image") return [head, Math.min(high, 44)];
      return isJoint(nodes[i]) ? [PLUS, PLUS] : [pitch - gap, high];
    },
  };
  const made = measured(place, pairs, plan, size);
  return { ...made, place, pairs, nodes, upright, left, pitch, gap, wide: pitch - gap };
}

// Draw bands, lines and boxes; `shift` is how far the map is moved to the left. Options: selected,
// near (places), names: (row) => [words, words], picture: bitmap of the image.
export function drawBlocks(ctx, map, look, { width, shift = 0, selected = -1, near = -1, names, picture }) {
  const { bands, boxes, lines, pairs, nodes, place, left } = map;
  for (const { top, bottom } of bands.values()) {
    box(ctx, [0, top, width, bottom], { fill: look.faint, alpha: look.dark ? 0.3 : 0.35, radius: 4 });
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(left - 8, 0, width - left + 8, map.height + 4);
  ctx.clip();
  ctx.translate(-shift, 0);
  const touches = ([a, b]) => a === selected || b === selected;
  const far = ([a, b]) => place.columns[b] > place.columns[a] + 1;
  const order = pairs.map((_, k) => k).sort((i, j) => rank(pairs[i]) - rank(pairs[j]));
  function rank(pair) {
    return (touches(pair) ? 2 : 0) + (far(pair) ? 1 : 0);
  }
  for (const k of order) {
    const bold = touches(pairs[k]);
    const colour = far(pairs[k]) ? look[joinColour(nodes[pairs[k][1]])] : look.muted;
    connect(ctx, lines[k], bold ? look.ink : colour, bold ? 2.6 : far(pairs[k]) ? 1.9 : 1.3, look);
  }
  nodes.forEach((node, i) => drawNode(ctx, map, look, i, { selected: i === selected, near: i === near, picture }));
  ctx.restore();
  for (const [row, { top, bottom }] of bands) {
    const [first, second] = names(row);
    const y = (top + bottom) / 2;
    write(ctx, first, 6, y - (second ? 8 : 0), { colour: look.ink, weight: 600, size: 12.5, base: "middle", fit: left - 12 });
    if (second) write(ctx, second, 6, y + 8, { colour: look.muted, size: 12, base: "middle", fit: left - 12 });
  }
}

// A way that leaves something out is drawn in the colour of what it meets again in.
export function joinColour(node) {
  if (node.role === "concat" || /concat/i.test(node.label)) return "green";
  return node.role === "add" ? "vermillion" : "purple";
}

function connect(ctx, points, colour, width, look) {
  const [x1, y1] = points.at(-1);
  ctx.save();
  ctx.beginPath();
  ctx.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [before, here, after] = [points[i - 1], points[i], points[i + 1]];
    const span = Math.min(Math.hypot(here[0] - before[0], here[1] - before[1]), Math.hypot(after[0] - here[0], after[1] - here[1]));
    ctx.arcTo(...here, ...after, Math.min(5, span / 2));
  }
  ctx.lineTo(x1 - 4, y1);
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke();
  ctx.restore();
  const half = width > 1.5 ? 3.6 : 3;
  path(ctx, [[x1, y1], [x1 - 6, y1 - half], [x1 - 6, y1 + half]], { fill: colour });
}

export function roleColour(role) {
  const known = {
    conv: "blue", linear: "vermillion", pool: "purple", norm: "sky", activation: "orange",
    concat: "green", add: "vermillion", changed: "orange", added: "green", stop: "vermillion",
  };
  return known[role] ?? "muted";
}

function drawNode(ctx, map, look, i, { selected, near, picture }) {
  const node = map.nodes[i];
  const [x0, y0, x1, y1] = map.boxes[i];
  const shade = look[node.failed ? "vermillion" : roleColour(node.role)];
  const line = selected ? look.ink : shade;
  const thick = selected ? 3 : near ? 2.4 : node.failed ? 2.4 : 1.3;
  if (node.count > 1) {
    for (const off of [5, 2.5]) box(ctx, [x0 + off, y0 - off, x1 + off, y1 - off], { fill: look.paper, line: shade, width: 1, radius: 3 });
  }
  const round = isJoint(node) ? (x1 - x0) / 2 : 4;
  if (node.kind === "image" && picture) {
    const scale = Math.min((x1 - x0) / picture.width, (y1 - y0) / picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
    ctx.drawImage(picture, cx - w / 2, cy - h / 2, w, h);
    box(ctx, [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], { line, width: selected ? 3 : 1 });
    return;
  }
  box(ctx, [x0, y0, x1, y1], { fill: look.paper, radius: round });
  const dash = node.failed ? [4, 3] : [];
  box(ctx, [x0, y0, x1, y1], { fill: shade, alpha: node.alpha ?? 0.16, line, width: thick, radius: round, dash });
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  if (isJoint(node)) {
    write(ctx, JOINTS[node.label], cx, cy + 0.5, { colour: look.ink, weight: 700, size: 14, align: "center", base: "middle" });
  } else {
    inscribe(ctx, map, look, node, [x1 - x0, y1 - y0], [cx, cy]);
  }
}

function inscribe(ctx, map, look, node, [wide, high], [cx, cy]) {
  const length = map.upright ? high - 8 : wide - 8;
  const two = node.second && (map.upright ? wide >= 29 : true);
  ctx.save();
  ctx.translate(cx, cy);
  if (map.upright) ctx.rotate(-Math.PI / 2);
  const bold = node.mark ? 700 : 500;
  write(ctx, words(node), 0, two ? -7.5 : 0.5, { colour: look.ink, weight: bold, size: SIZE, align: "center", base: "middle", fit: length });
  if (two) write(ctx, node.second, 0, 8, { colour: look.ink, size: 12, align: "center", base: "middle", fit: length });
  ctx.restore();
}

// Which box lies under a point of the canvas; -1 for none.
export function boxAt(map, { x, y }, shift) {
  const reach = map.gap / 3;
  return map.boxes.findIndex(([x0, y0, x1, y1]) =>
    x >= map.left - 8 && x + shift > x0 - reach && x + shift < x1 + reach && y > y0 - 5 && y < y1 + 5);
}

// A slim bar that tells which part of a wide map is seen.
export function scrollBar(ctx, map, look, { width, shift, y }) {
  const [seen, all] = [width - map.left, map.width + 8 - map.left];
  if (all <= seen) return;
  box(ctx, [map.left, y, width, y + 6], { fill: look.faint, radius: 3 });
  const from = map.left + (seen * shift) / all;
  box(ctx, [from, y, from + (seen * seen) / all, y + 6], { fill: look.muted, radius: 3 });
}

export function furthest(map, width) {
  return Math.max(0, map.width + 8 - width);
}
