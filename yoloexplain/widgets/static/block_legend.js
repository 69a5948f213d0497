import { joinColour, roleColour } from "./block_map.js";
import { box, write } from "./pencil.js";

// Block legend: what the colours on a map mean, as far as they are there.

const KINDS = [
  ["conv", "convolution"], ["linear", "linear, attention"], ["norm", "normalisation"],
  ["activation", "activation"], ["pool", "pooling"], ["concat", "concatenation"], ["add", "addition"],
];
const WAYS = [
  ["green", "skip to a concatenation"], ["vermillion", "skip to an addition"], ["purple", "skip to another block"],
];
const DARKER = [
  "", "The stronger the colour, the more of the parameters.", "The stronger the colour, the more of the multiply-adds.",
  "The stronger the colour, the more of the image a position sees.",
];

// [colour's role or name, words, whether it fills boxes], of kinds and then of lines.
function entries(map) {
  const { nodes, pairs, place } = map;
  const far = pairs.filter(([a, b]) => place.columns[b] > place.columns[a] + 1);
  const met = new Set(far.map(([, b]) => joinColour(nodes[b])));
  const kinds = KINDS.filter(([role]) => nodes.some((node) => node.role === role));
  const ways = WAYS.filter(([colour]) => met.has(colour));
  return [...kinds.map((one) => [...one, true]), ...ways.map((one) => [...one, false])];
}

// Each entry with its place: [x, line, entry].
function spread(map, width) {
  let [x, line] = [6, 0];
  return entries(map).map((entry) => {
    const wide = 34 + entry[1].length * 7;
    if (x + wide > width && x > 6) [x, line] = [6, line + 1];
    x += wide;
    return [x - wide, line, entry];
  });
}

export function legendLines(map, width, shade = 0) {
  return shade ? 1 : 1 + (spread(map, width).at(-1)?.[1] ?? 0);
}

export function drawLegend(ctx, map, look, { width, y, shade = 0 }) {
  if (shade) {
    write(ctx, DARKER[shade], 6, y, { colour: look.muted, size: 12.5, fit: width - 12 });
    return;
  }
  for (const [x, line, [role, words, filled]] of spread(map, width)) {
    const at = y + 18 * line;
    const colour = look[filled ? roleColour(role) : role];
    if (filled) box(ctx, [x, at - 10, x + 12, at + 2], { fill: colour, alpha: 0.3, line: colour, width: 1.2, radius: 3 });
    else box(ctx, [x, at - 5, x + 13, at - 3], { fill: colour });
    write(ctx, words, x + 18, at, { colour: look.muted, size: 12.5 });
  }
}
