// Blocks: a network as a tree that is opened here and there, laid out on rows of equal stride.
// The tree, its leaves and what each leaf reads come from yoloexplain/widgets/block_tree.py.

// The items of a table as Python wrote it with few bytes (block_facts.compact).
export function expandedItems({ items, words, usual }) {
  const word = (number) => words[number];
  return items.map((item) => ({
    ...usual, ...item, type: word(item.type), in: item.in.map(word), out: item.out.map(word),
  }));
}

// Numbers of the items that are drawn: the image, and the outermost ones that are not opened.
export function visibleItems(items, opened) {
  const open = new Set(opened);
  const found = [];
  const see = (index) => {
    if (items[index].kids.length && open.has(index)) items[index].kids.forEach(see);
    else found.push(index);
  };
  see(0);
  if (items.length > 1) see(1);
  return found;
}

// Blocks that are open when all are down to a depth; what is laid together stays so.
export function openedTo(items, level) {
  const found = [];
  const go = (index, depth) => {
    const { kids, kind } = items[index];
    if (depth >= level || !kids.length || kind !== "block") return;
    found.push(index);
    for (const kid of kids) go(kid, depth + 1);
  };
  go(1, 0);
  return found.sort((a, b) => a - b);
}

// Pairs of places in `shown`, source first: what reads what, when leaves are hidden in them.
export function lifted(items, shown, edges) {
  const home = new Map();
  shown.forEach((index, place) => {
    for (let leaf = items[index].span[0]; leaf < items[index].span[1]; leaf++) home.set(leaf, place);
  });
  const seen = new Set();
  const pairs = [];
  for (const [source, target] of edges) {
    const pair = [home.get(source), home.get(target)];
    const key = pair.join(">");
    if (pair.includes(undefined) || pair[0] === pair[1] || seen.has(key)) continue;
    seen.add(key);
    pairs.push(pair);
  }
  return pairs;
}

// Column of each node: the longest way to it. Nodes come in order of execution.
export function columnsOf(count, pairs) {
  const columns = new Array(count).fill(0);
  const byTarget = [...pairs].sort((a, b) => a[1] - b[1]);
  for (const [source, target] of byTarget) {
    columns[target] = Math.max(columns[target], columns[source] + 1);
  }
  return columns;
}

// Place of each node: column, row, and lane within the row where several would collide. A node
// takes its source's lane where that is free, so that a branch runs straight.
export function arranged(rows, pairs) {
  const columns = columnsOf(rows.length, pairs);
  const taken = new Set();
  const lanes = [];
  const counts = new Map();
  rows.forEach((row, i) => {
    const source = pairs.find(([from, to]) => to === i && rows[from] === row)?.[0];
    const wish = source === undefined ? 0 : lanes[source];
    const free = (lane) => !taken.has(`${row},${columns[i]},${lane}`);
    let lane = free(wish) ? wish : 0;
    while (!free(lane)) lane += 1;
    taken.add(`${row},${columns[i]},${lane}`);
    lanes.push(lane);
    counts.set(row, Math.max(counts.get(row) ?? 0, lane + 1));
  });
  const order = [...counts.keys()].sort((a, b) => (a < 0 ? Infinity : a) - (b < 0 ? Infinity : b));
  return { columns, rows, lanes, order, counts, width: Math.max(...columns) + 1 };
}

// How each connection runs: "near" to the next column; "late" along its source's lane, turning
// before the target; "early", turning at once; or on a "track" of its own above the target's row.
// Lines of one source may lie on one another, others may not.
export function planned({ columns, rows, lanes }, pairs) {
  const boxes = new Set(rows.map((row, i) => `${row},${lanes[i]},${columns[i]}`));
  const lines = new Map();  // lane or track → stretches that are taken: [from, to, source]
  const meets = (key, from, to, source) =>
    (lines.get(key) ?? []).some(([a, b, other]) => other !== source && a < to && from < b);
  const take = (key, from, to, source) => lines.set(key, [...(lines.get(key) ?? []), [from, to, source]]);
  const tracks = new Map();
  const plan = pairs.map(([source, target]) => {
    const [from, to] = [columns[source], columns[target]];
    if (to <= from + 1) return { kind: "near" };
    const clear = (i) => {
      for (let column = from + 1; column < to; column++) {
        if (boxes.has(`${rows[i]},${lanes[i]},${column}`)) return false;
      }
      return !meets(`${rows[i]},${lanes[i]}`, from, to, source);
    };
    for (const [kind, i] of [["late", source], ["early", target]]) {
      if (clear(i)) {
        take(`${rows[i]},${lanes[i]}`, from, to, source);
        return { kind };
      }
    }
    let track = 0;
    while (meets(`${rows[target]}:${track}`, from, to, source)) track += 1;
    take(`${rows[target]}:${track}`, from, to, source);
    tracks.set(rows[target], Math.max(tracks.get(rows[target]) ?? 0, track + 1));
    return { kind: "track", track };
  });
  return { plan, tracks };
}

// Lengths in pixels. size: { left, first, pitch, gap, box: (i) => [wide, high], lane, track, top }:
// the labels' width, the first column's, the others' with the gap behind them, each node's box, the
// distance of lanes and of tracks, and where the rows begin. Gives boxes, bands and lines.
export function measured(place, pairs, { plan, tracks }, size) {
  const x = (column) => (column ? size.left + size.first + (column - 1) * size.pitch : size.left);
  const middle = (column) => x(column) + ((column ? size.pitch : size.first) - size.gap) / 2;
  const bands = new Map();
  let y = size.top;
  for (const row of place.order) {
    const inside = place.rows.map((_, i) => i).filter((i) => place.rows[i] === row);
    const high = Math.max(...inside.map((i) => size.box(i)[1]));
    const gutter = 7 + (tracks.get(row) ?? 0) * size.track;
    const count = place.counts.get(row);
    const bottom = y + gutter + count * high + (count - 1) * size.lane + 7;
    bands.set(row, { top: y, bottom, first: y + gutter, step: high + size.lane, high });
    y = bottom + 4;
  }
  const centres = place.rows.map((row, i) => {
    const band = bands.get(row);
    return [middle(place.columns[i]), band.first + place.lanes[i] * band.step + band.high / 2];
  });
  const boxes = centres.map(([cx, cy], i) => {
    const [wide, high] = size.box(i);
    return [cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2];
  });
  const slots = slotsOf(place, pairs, plan, centres);
  const turn = (gap, source) => {
    const [count, slot] = [slots.get(gap).length, slots.get(gap).indexOf(source)];
    return x(gap + 1) - size.gap + (size.gap * (slot + 1)) / (count + 1);
  };
  const lines = pairs.map(([source, target], k) => {
    const [x0, y0] = [boxes[source][2], centres[source][1]];
    const [x1, y1] = [boxes[target][0], centres[target][1]];
    const [from, before] = [place.columns[source], place.columns[target] - 1];
    const { kind, track } = plan[k];
    const reach = Math.min(7, size.box(target)[1] / 4);
    const port = (y) => y1 + Math.sign(y - y1) * reach;  // lines from above arrive above
    if (kind === "track") {
      const band = bands.get(place.rows[target]);
      const height = band.first - 6 - track * size.track;
      const [a, b] = [turn(from, source), turn(before, source)];
      return [[x0, y0], [a, y0], [a, height], [b, height], [b, port(height)], [x1, port(height)]];
    }
    if (Math.abs(y0 - y1) < 0.5) return [[x0, y0], [x1, y1]];
    const a = turn(kind === "late" ? before : from, source);
    return [[x0, y0], [a, y0], [a, port(y0)], [x1, port(y0)]];
  });
  return { boxes, bands, lines, x, width: x(place.width) - size.gap, height: y };
}

// Which sources turn up or down in the gap behind each column, in order.
function slotsOf(place, pairs, plan, centres) {
  const slots = new Map();
  pairs.forEach(([source, target], k) => {
    const [from, before] = [place.columns[source], place.columns[target] - 1];
    const { kind } = plan[k];
    const flat = Math.abs(centres[source][1] - centres[target][1]) < 0.5;
    const gaps = kind === "track" ? [from, before] : flat ? [] : [kind === "late" ? before : from];
    for (const gap of gaps) {
      const there = slots.get(gap) ?? [];
      if (!there.includes(source)) slots.set(gap, [...there, source]);
    }
  });
  return slots;
}

// Rows of brackets above the map: opened items, each above what it holds, none on another.
// Each is { index, from, to } in columns; an outer one lies above an inner one.
export function brackets(items, shown, columns, opened) {
  const found = [];
  for (const index of opened) {
    if (index === 1) continue;
    const inside = shown.map((_, i) => i).filter((i) => isWithin(items, shown[i], index));
    if (!inside.length) continue;
    const own = inside.map((i) => columns[i]);
    found.push({ index, depth: depthOf(items, index), from: Math.min(...own), to: Math.max(...own) });
  }
  found.sort((a, b) => a.depth - b.depth || a.from - b.from || a.index - b.index);
  const rows = [];
  const rowOf = new Map();
  for (const one of found) {
    let row = 0;
    for (let at = items[one.index].parent; at > 0; at = items[at].parent) {
      if (rowOf.has(at)) row = Math.max(row, rowOf.get(at) + 1);
    }
    while ((rows[row] ?? []).some((other) => other.from <= one.to && one.from <= other.to)) row += 1;
    (rows[row] ??= []).push(one);
    rowOf.set(one.index, row);
  }
  return rows.map((row) => row ?? []);
}

export function isWithin(items, index, outer) {
  for (let at = index; at >= 0; at = items[at].parent) if (at === outer) return true;
  return false;
}

export function depthOf(items, index) {
  let depth = 0;
  for (let at = items[index].parent; at >= 0; at = items[at].parent) depth += 1;
  return depth;
}

// The item to select when `index` is not drawn: what it lies in, or the first of what it holds.
export function nearestShown(items, shown, index) {
  for (let at = index; at >= 0; at = items[at].parent) if (shown.includes(at)) return at;
  return shown.find((one) => isWithin(items, one, index)) ?? shown[0];
}

// The box next to one in a direction, "Up" or "Down": the nearest whose middle lies that way.
export function beside(boxes, at, direction) {
  const middle = ([x0, y0, x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2];
  const [x, y] = middle(boxes[at]);
  const sign = direction === "Up" ? -1 : 1;
  let best = at;
  let least = Infinity;
  boxes.forEach((box, i) => {
    const [bx, by] = middle(box);
    if (sign * (by - y) < 4) return;
    const far = Math.abs(by - y) + 2 * Math.abs(bx - x);
    if (far < least) [best, least] = [i, far];
  });
  return best;
}
