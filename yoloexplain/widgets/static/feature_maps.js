import { cellUnder, fieldBox } from "./core/fields.js";
import { holds, listWindow, panesOf } from "./core/panes.js";
import { bytes, paintMap, photo, valueOf } from "./maps.js";
import { box, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const RAMP = Uint8Array.from({ length: 255 }, (_, i) => i);  // every colour of the scale

// Three digits that count, and a power of ten where a number is tiny or huge.
function worth(value) {
  if (Number.isNaN(value)) return "no number";
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-3)) return value.toExponential(1).replaceAll("-", "−");
  return shown(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

// A name no wider than `room`: without its first parts, or else without letters in its middle.
function shortened(ctx, name, room) {
  const fits = (words) => ctx.measureText(words).width <= room;
  if (fits(name)) return name;
  const parts = name.split(".");
  for (let i = 1; i < parts.length; i++) {
    const words = `…${parts.slice(i).join(".")}`;
    if (fits(words)) return words;
  }
  const last = parts.at(-1);
  let kept = last.length - 1;
  const cut = () => `${last.slice(0, Math.ceil(kept / 2))}…${last.slice(last.length - Math.floor(kept / 2))}`;
  while (kept > 3 && !fits(cut())) kept -= 1;
  return cut();
}

function render({ model, el }) {
  const { size, layers, notes, order } = model.get("table");
  const data = bytes(model, "maps");
  const colours = bytes(model, "colours");
  const picture = photo(model, "photo", () => scene.redraw());
  const painted = new Map();  // small canvases, by where their bytes begin
  const veils = new Map();
  const peaks = new Map();
  let active = 0;  // which of two layers the keys move
  let hovered = null;  // a place on the photo under the mouse, as shares [x, y]
  let pinned = null;
  let plan = panesOf(900, 1, [1], 1);

  // What is shown: one view of a layer, or two.
  function views() {
    const one = viewOf(model.get("layer"), "rank");
    const beside = model.get("beside");
    return beside > 0 ? [one, viewOf(beside - 1, "beside_rank")] : [one];
  }

  function viewOf(index, trait) {
    const place = clamp(index, 0, layers.length - 1);
    const layer = layers[place];
    const other = model.get("untrained") && layer.sheets.length > 1;
    const sheet = layer.sheets[other ? 1 : 0];
    const rank = clamp(model.get(trait), 0, sheet.channels.length - 1);
    const [h, w] = sheet.cells;
    const start = sheet.start + rank * h * w;
    return { place, layer, sheet, rank, trait, other, start, state: sheet.states[rank], low: sheet.lows[rank], high: sheet.highs[rank] };
  }

  function tile(start, [h, w]) {
    if (!painted.has(start)) {
      const small = document.createElement("canvas");
      small.width = w;
      small.height = h;
      paintMap(small.getContext("2d"), data, start, [h, w], colours, [0, 0, w, h]);
      painted.set(start, small);
    }
    return painted.get(start);
  }

  // The same for laying over the photo: the least value is clear, the largest covers it.
  function veil(start, [h, w]) {
    if (!veils.has(start)) {
      const small = document.createElement("canvas");
      small.width = w;
      small.height = h;
      const ctx = small.getContext("2d");
      ctx.drawImage(tile(start, [h, w]), 0, 0);
      const image = ctx.getImageData(0, 0, w, h);
      for (let i = 0; i < h * w; i++) image.data[4 * i + 3] = data[start + i];
      ctx.putImageData(image, 0, 0);
      veils.set(start, small);
    }
    return veils.get(start);
  }

  // Shares [x, y] of the middle of the cell with the largest value.
  function peakOf({ start, sheet, state }) {
    if (state) return null;
    if (!peaks.has(start)) {
      const [h, w] = sheet.cells;
      let best = -1;
      for (let i = 0; i < h * w; i++) {
        const value = data[start + i];
        if (value !== 255 && (best < 0 || value > data[start + best])) best = i;
      }
      peaks.set(start, [((best % w) + 0.5) / w, (Math.floor(best / w) + 0.5) / h]);
    }
    return peaks.get(start);
  }

  const place = (views_) => hovered ?? pinned ?? peakOf(views_[0]);

  // The cell of a view at a place: where it is, its value, and what it sees.
  function read({ layer, sheet, start, low, high }, at) {
    if (!at) return null;
    const [h, w] = sheet.cells;
    const [row, column] = [cellUnder(at[1], h, 1), cellUnder(at[0], w, 1)];
    const value = valueOf(data[start + row * w + column], low, high);
    return { row, column, value, field: layer.rows ? fieldBox(layer, [row, column], size) : null };
  }

  function draw(ctx, { width, look }) {
    const now = views();
    plan = panesOf(width, size[0] / size[1], now.map((one) => one.sheet.channels.length), layers.length);
    const at = place(now);
    const found = now.map((one) => read(one, at));
    const shades = [look.vermillion, look.blue];
    if (plan.list) list(ctx, look, now, shades);
    photograph(ctx, look, now, found, shades);
    now.forEach((one, k) => {
      map(ctx, look, one, plan.maps[k], found[k], shades[k], now.length > 1 && active === k);
      tiles(ctx, look, one, plan.tiles[k], shades[k], width);
    });
  }

  function list(ctx, look, now, shades) {
    const { x, w, row, rows, y: top } = plan.list;
    const [first, end] = listWindow(layers.length, rows, now[0].place);
    for (let i = first; i < end; i++) {
      const y = top + (i - first) * row;
      const chosen = now.map((one) => one.place).lastIndexOf(i);
      const main = now[0].place === i;
      if (main) box(ctx, [x, y, x + w, y + row], { fill: look.faint, alpha: 0.6, radius: 3 });
      if (chosen >= 0) box(ctx, [x, y + 2, x + 4, y + row - 2], { fill: main ? shades[0] : shades[1] });
      const hidden = i === first ? first : i === end - 1 ? layers.length - end : 0;
      const cells = hidden ? `+${hidden}` : w < 160 ? "" : layers[i].sheets[0].shape.slice(1).join("×");
      const taken = write(ctx, cells, x + w - 6, y + row / 2, { size: 12, align: "right", base: "middle", colour: look.muted });
      ctx.font = '13px system-ui, "DejaVu Sans", sans-serif';
      const name = shortened(ctx, layers[i].name, w - taken - (taken ? 24 : 14));
      write(ctx, name, x + 10, y + row / 2, { size: 13, base: "middle", colour: look.ink, weight: main ? 600 : 400 });
    }
  }

  function photograph(ctx, look, now, found, shades) {
    const { x, y, w, h } = plan.photo;
    const share = model.get("opacity") / 100;
    write(ctx, "photo", x, y - 24, { weight: 600, colour: look.ink });
    const under = share ? `with channel ${now[0].sheet.channels[now[0].rank]}` : "as the network saw it";
    write(ctx, under, x, y - 8, { size: 12, colour: look.muted, fit: w });
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, w, h);
    ctx.clip();
    if (picture.bitmap) ctx.drawImage(picture.bitmap, x, y, w, h);
    if (share) {
      ctx.globalCompositeOperation = "saturation";  // a colour of its own would mix with the map's
      box(ctx, [x, y, x + w, y + h], { fill: "#808080" });
      ctx.globalCompositeOperation = "source-over";
      ctx.globalAlpha = share;
      ctx.imageSmoothingEnabled = false;
      if (!now[0].state) ctx.drawImage(veil(now[0].start, now[0].sheet.cells), x, y, w, h);
    }
    ctx.restore();
    for (const k of now.keys()) if (found[k]?.field) frame(ctx, found[k].field, shades[k]);
    if (found[0]) mark(ctx, cellBox(now[0], found[0], plan.photo));
  }

  function frame(ctx, [x0, y0, x1, y1], shade) {
    if (x1 <= x0) return;
    const { x, y, w, h } = plan.photo;
    const [sx, sy] = [w / size[1], h / size[0]];
    const sides = [x + x0 * sx + 1.5, y + y0 * sy + 1.5, x + x1 * sx - 1.5, y + y1 * sy - 1.5];
    box(ctx, sides, { line: "#FFFFFF", width: 5, radius: 2 });
    box(ctx, sides, { line: shade, width: 2.5, radius: 2 });
  }

  function cellBox({ sheet }, { row, column }, { x, y, w, h }) {
    const [rows, columns] = sheet.cells;
    return [x + (column * w) / columns, y + (row * h) / rows, x + ((column + 1) * w) / columns, y + ((row + 1) * h) / rows];
  }

  function mark(ctx, [x0, y0, x1, y1]) {
    const grow = Math.max(0, (5 - (x1 - x0)) / 2);
    const sides = [x0 - grow, y0 - grow, x1 + grow, y1 + grow];
    box(ctx, sides, { line: "#FFFFFF", width: 3.5 });
    box(ctx, sides, { line: "#1B1F24", width: 1.5 });
  }

  function map(ctx, look, one, pane, found, shade, keyed) {
    const { x, y, w, h } = pane;
    const { layer, sheet, rank, state } = one;
    box(ctx, [x, y - 37, x + 4, y - 5], { fill: shade });
    ctx.font = '600 13px system-ui, "DejaVu Sans", sans-serif';
    const name = shortened(ctx, layer.name, w - 10);
    const taken = write(ctx, name, x + 10, y - 24, { weight: 600, colour: look.ink });
    if (keyed) box(ctx, [x + 10, y - 20, x + 10 + taken, y - 18.5], { fill: shade });
    const [count, high, wide] = sheet.shape;
    const words = `${one.other ? "untrained, " : ""}channel ${sheet.channels[rank]} of ${count}`;
    ctx.font = '12px system-ui, "DejaVu Sans", sans-serif';
    const more = `${words}, ${high} × ${wide}`;
    const line = ctx.measureText(more).width <= w - 10 ? more : words;
    write(ctx, line, x + 10, y - 7, { size: 12, colour: look.muted, fit: w - 10 });
    surface(ctx, look, one.start, sheet.cells, state, pane, 15);
    if (found) mark(ctx, cellBox(one, found, pane));
    if (!state) scale(ctx, look, one, pane, found);
  }

  // A map in its colours, or grey with a word where it says nothing.
  function surface(ctx, look, start, cells, state, { x, y, w, h }, letters) {
    if (state) {
      box(ctx, [x, y, x + w, y + h], { fill: look.faint });
      const lines = h >= 28 && w < 70 ? state.split(" ") : [state];
      lines.forEach((line, i) => write(ctx, line, x + w / 2, y + h / 2 + (i - (lines.length - 1) / 2) * 14, {
        size: letters, align: "center", base: "middle", colour: look.ink, fit: w - 4,
      }));
      return;
    }
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(tile(start, cells), x, y, w, h);
  }

  // Least and largest value under a map, and where the cell that is read lies between them.
  function scale(ctx, look, { low, high }, { x, y, w, h }, found) {
    const top = y + h + 7;
    const [from, to] = [x, x + w];
    paintMap(ctx, RAMP, 0, [1, 255], colours, [from, top, to, top + 7]);
    write(ctx, worth(low), from, top + 21, { size: 12, colour: look.muted });
    write(ctx, worth(high), to, top + 21, { size: 12, align: "right", colour: look.muted });
    if (!found || Number.isNaN(found.value)) return;
    const at = from + (to - from) * clamp((found.value - low) / (high - low), 0, 1);
    const mid = clamp(at, from + 1, to - 1);
    box(ctx, [mid - 1.5, top - 3, mid + 1.5, top + 10], { fill: look.ink, line: look.paper, width: 1 });
    const words = worth(found.value);
    ctx.font = '600 12px system-ui, "DejaVu Sans", sans-serif';
    const half = ctx.measureText(words).width / 2;
    const side = 52;  // room for the two ends
    if (at > from + side + half && at < to - side - half) {
      write(ctx, words, at, top + 21, { size: 12, weight: 600, align: "center", colour: look.ink });
    }
  }

  function tiles(ctx, look, one, { label, places }, shade, width) {
    const { sheet, layer, rank } = one;
    const kept = sheet.channels.length;
    const all = sheet.shape[0];
    const which = kept === all ? `all ${all} channels` : `${kept} of ${all} channels`;
    const first = order === "strength" ? "strongest first" : "best agreement first";
    const words = all === 1 ? "its only channel" : `${which}, ${first}`;
    ctx.font = '12px system-ui, "DejaVu Sans", sans-serif';
    const room = width - 2 * places[0].x - ctx.measureText(`${words}: `).width;
    write(ctx, `${shortened(ctx, layer.name, room)}: ${words}`, places[0].x, label, { size: 12, colour: look.muted });
    const [h, w] = sheet.cells;
    places.forEach((pane, i) => {
      surface(ctx, look, sheet.start + i * h * w, sheet.cells, sheet.states[i], pane, 12);
      const on = i === rank;
      if (on) box(ctx, [pane.x - 1.5, pane.y - 1.5, pane.x + pane.w + 1.5, pane.y + pane.h + 1.5], { line: shade, width: 3 });
      write(ctx, String(sheet.channels[i]), pane.x + pane.w / 2, pane.y + pane.h + 14, {
        size: 12, align: "center", colour: on ? look.ink : look.muted, weight: on ? 600 : 400,
      });
    });
  }

  function words() {
    const now = views();
    const at = place(now);
    const parts = now.map((one, k) => sentence(one, read(one, at), k === 0 && !hovered && !pinned));
    return [...parts, ...notes].join(" ");
  }

  function sentence(one, found, isPeak) {
    const { layer, sheet, rank, state, low, high } = one;
    const range = state === "constant" ? `is constant at ${worth(low)}` : state ? "holds no number" : `goes from ${worth(low)} to ${worth(high)}`;
    const start = `${layer.name} (${layer.kind})${one.other ? ", untrained" : ""}, channel ${sheet.channels[rank]} (${rank + 1} of ${sheet.channels.length} by ${order}), ${range}.`;
    if (!found) return start;
    const { block } = sheet;
    const cell = block > 1 ? `Square row ${found.row}, column ${found.column} (mean of ${block} × ${block} values)` : `Row ${found.row}, column ${found.column}`;
    return `${start} ${isPeak ? "Its largest: " : ""}${isPeak ? cell.toLowerCase() : cell}: ${worth(found.value)}; ${sight(layer, found)}.`;
  }

  function sight(layer, { field }) {
    if (!field) return `its receptive field is not known: ${layer.untold}`;
    const [x0, y0, x1, y1] = field;
    if (x1 <= x0) return "it sees nothing of the photo";
    const all = x1 - x0 === size[1] && y1 - y0 === size[0];
    const where = all ? "the whole photo" : `x ${x0} to ${x1}, y ${y0} to ${y1}`;
    return `its field of ${layer.size[0]} × ${layer.size[1]} pixels covers ${where}`;
  }

  // A place on the photo, as shares, for a point on one of the panes.
  function shares(point) {
    const pane = [plan.photo, ...plan.maps].find((one) => holds(one, point));
    return pane ? [(point.x - pane.x) / pane.w, (point.y - pane.y) / pane.h] : null;
  }

  function press(point) {
    const now = views();
    now.forEach((one, k) => {
      const rank = plan.tiles[k].places.findIndex((pane) => holds(pane, point));
      if (rank >= 0) {
        active = k;
        put(model, { [one.trait]: rank });
      }
    });
    if (plan.list && point.x < plan.list.x + plan.list.w) {
      const [first, end] = listWindow(layers.length, plan.list.rows, now[0].place);
      const index = first + Math.floor((point.y - plan.list.y) / plan.list.row);
      if (index >= first && index < end) put(model, { layer: index });
    }
    const at = shares(point);
    if (at) pinned = pinned && sameCell(now[0], pinned, at) ? null : at;
  }

  function sameCell(one, a, b) {
    const [p, q] = [read(one, a), read(one, b)];
    return p.row === q.row && p.column === q.column;
  }

  function step(dx, dy) {
    const now = views()[active] ?? views()[0];
    if (dx) put(model, { [now.trait]: clamp(now.rank + dx, 0, now.sheet.channels.length - 1) });
    if (dy && now.trait === "rank") put(model, { layer: clamp(now.place + dy, 0, layers.length - 1) });
    else if (dy) put(model, { beside: clamp(now.place + dy, 0, layers.length - 1) + 1 });
  }

  // Move the cell that is read, by one cell of the layer that the keys move.
  function moveCell(dx, dy) {
    const now = views();
    const one = now[active] ?? now[0];
    const found = read(one, place(now) ?? [0.5, 0.5]);
    const [h, w] = one.sheet.cells;
    hovered = null;
    pinned = [(clamp(found.column + dx, 0, w - 1) + 0.5) / w, (clamp(found.row + dy, 0, h - 1) + 0.5) / h];
  }

  function key(name, event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[name];
    if (by) (event.shiftKey ? moveCell : step)(...by);
    else if (name === "+" || name === "=") put(model, { opacity: clamp(model.get("opacity") + 10, 0, 100) });
    else if (name === "-") put(model, { opacity: clamp(model.get("opacity") - 10, 0, 100) });
    else if (name === " " && layers[0].sheets.length > 1) put(model, { untrained: !model.get("untrained") });
    else if (name === "Enter" && model.get("beside") > 0) active = 1 - active;
    else if (name === "Escape" && pinned) pinned = null;
    else return false;
    return true;
  }

  const scene = stage({ model, el }, {
    keys:
      "Left and right change the channel, up and down the layer; with Shift they move the position. " +
      "+ and − lay the map over the photo. Enter: the other layer, if there are two. " +
      "Space: untrained, if there is a second network. Mouse: point at a position, click to keep it, once more to let go (Escape).",
    height: (width) => panesOf(width, size[0] / size[1], views().map((one) => one.sheet.channels.length), layers.length).height,
    draw,
    status: words,
    watch: ["layer", "rank", "untrained", "opacity", "beside", "beside_rank"],
    hover: (point) => (hovered = point && shares(point)),
    press,
    key,
  });
  return () => scene.remove();
}

export default { render };
