import { iou } from "./core/boxes.js";
import { suppress } from "./core/yolov5.js";
import { bytes, photo } from "./maps.js";
import { arrow, box, dot, path, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const GAP = 28;  // between the picture and the scores
const BROAD = 760;  // from here on, scores and list stand beside the picture
const MIDDLE = 540;  // and from here on, the list does
const BARS = 160;  // height of the scores
const LINE = 21;  // of the list of what stays
const LISTED = 8;
const NAMED = 12;  // so many boxes have their names on the picture
const REACH = 24;  // pixels within which the mouse finds a box's cell

function render({ model, el }) {
  const { image: [high, wide], names, levels, strides } = model.get("table");
  const floats = (name) => new Float32Array(bytes(model, name).slice().buffer);
  const flat = floats("boxes");
  const scores = Array.from(floats("scores"));
  const boxes = scores.map((_, i) => Array.from(flat.subarray(4 * i, 4 * i + 4)));
  const kinds = Array.from(new Uint16Array(bytes(model, "kinds").slice().buffer));
  const cells = new Uint16Array(bytes(model, "cells").slice().buffer);  // level, anchor, row, column
  let pointed = -1;  // the box under the mouse
  let areas = null;
  let tags = [];  // names written on the picture
  let held = { key: "" };  // what was found last, for as long as no threshold moves

  function found() {
    const rule = [model.get("confidence"), model.get("iou"), model.get("agnostic")];
    const key = rule.join();
    if (held.key !== key) held = { key, ...suppress(boxes, scores, kinds, ...rule) };
    return held;
  }

  // The box that is looked at: under the mouse, or chosen by click or key; −1 for none.
  function watched() {
    const one = pointed >= 0 ? pointed : model.get("chosen");
    return one < found().count ? one : -1;
  }

  const droppedBy = (i) => found().by.flatMap((owner, j) => (owner === i ? [j] : []));
  const named = (i) => `${names[kinds[i]]} ${scores[i].toFixed(2)}`;

  function layout(across) {
    const share = across >= BROAD ? 0.48 : across >= MIDDLE ? 0.58 : 1;
    const scale = Math.min((across * share) / wide, (across >= BROAD ? 470 : 420) / high);
    const picture = [0, 0, wide * scale, high * scale];
    const beside = picture[2] + GAP;
    const left = across >= BROAD ? beside : 4;
    const top = across >= BROAD ? 30 : picture[3] + 40;
    const bars = [left + 30, top, across - 6, top + BARS];
    const aside = across >= MIDDLE && across < BROAD;  // the list has the place beside the picture
    const list = aside ? [beside, 20, across] : [left, bars[3] + 70, across];
    list.push(list[1] + LINE * (LISTED + 1) + 28);
    return { scale, picture, bars, list, height: Math.max(list[3], bars[3] + 50, picture[3]) };
  }

  function draw(ctx, { width, look }) {
    areas = layout(width);
    drawPicture(ctx, look);
    drawBars(ctx, look);
    drawList(ctx, look);
  }

  const onCanvas = (sides) => sides.map((side) => side * areas.scale);
  const cellOf = (i) => cells.subarray(4 * i, 4 * i + 4);

  // Where a candidate speaks from: its cell, a little to the side for each anchor. The boxes of one
  // thing all but coincide; their cells do not.
  function spot(i) {
    const [level, anchor, row, column] = cellOf(i);
    const stride = strides[level];
    return onCanvas([(column + 0.5 + 0.26 * (anchor - 1)) * stride, (row + 0.5) * stride]);
  }

  const radius = (i) => 1.6 + 0.7 * cellOf(i)[0];  // coarser levels, larger dots

  function drawPicture(ctx, look) {
    const { kept, by, count } = found();
    const one = watched();
    ctx.save();
    ctx.beginPath();
    ctx.rect(...areas.picture);
    ctx.clip();
    if (shot.bitmap) ctx.drawImage(shot.bitmap, ...areas.picture);
    box(ctx, areas.picture, { fill: "#000", alpha: 0.3 });
    ctx.globalAlpha = one < 0 ? 0.8 : 0.25;
    for (let i = 0; i < count; i++) {
      if (by[i] >= 0) box(ctx, onCanvas(boxes[i]), { line: look.vermillion, width: 1 });
    }
    ctx.globalAlpha = 1;
    for (const i of kept) framed(ctx, i, look.blue, one < 0 || one === i ? 2.5 : 1.5);
    for (let i = count - 1; i >= 0; i--) {
      if (by[i] < 0) continue;
      dot(ctx, spot(i), radius(i) + 1, "#fff");
      dot(ctx, spot(i), radius(i), look.vermillion);
    }
    for (const i of kept) dot(ctx, spot(i), radius(i) + 2, look.blue, "#fff");
    tags = [];
    if (one >= 0) drawReason(ctx, look, one);
    else for (const i of kept.slice(0, NAMED)) tag(ctx, i, named(i), look.blue);
    ctx.restore();
  }

  // The box looked at, and the one that dropped it or those that it dropped.
  function drawReason(ctx, look, one) {
    const owner = found().by[one];
    if (owner < 0) {
      for (const i of droppedBy(one)) {
        box(ctx, onCanvas(boxes[i]), { line: look.vermillion, width: 1.2 });
        path(ctx, [spot(i), spot(one)], { colour: "#fff", width: 1.4 });
        dot(ctx, spot(i), radius(i) + 1, look.vermillion, "#fff");
      }
      framed(ctx, one, look.blue, 3);
      dot(ctx, spot(one), radius(one) + 2.5, look.blue, "#fff");
      tag(ctx, one, named(one), look.blue);
      return;
    }
    framed(ctx, owner, look.blue, 3);
    framed(ctx, one, look.vermillion, 3);
    arrow(ctx, spot(one), spot(owner), { colour: "#fff", width: 3, head: 11 });
    dot(ctx, spot(owner), radius(owner) + 2.5, look.blue, "#fff");
    dot(ctx, spot(one), radius(one) + 2.5, look.vermillion, "#fff");
    tag(ctx, owner, named(owner), look.blue);
    tag(ctx, one, `${named(one)}, IoU ${iou(boxes[one], boxes[owner]).toFixed(2)}`, look.vermillion);
  }

  function framed(ctx, i, colour, thick) {
    box(ctx, onCanvas(boxes[i]), { line: "#fff", width: thick + 2 });
    box(ctx, onCanvas(boxes[i]), { line: colour, width: thick });
  }

  // A name above a box, or below it or inside, wherever no other name is yet.
  function tag(ctx, i, words, colour) {
    const [x0, y0, , y1] = onCanvas(boxes[i]);
    ctx.font = '600 12.5px system-ui, "DejaVu Sans", sans-serif';
    const across = ctx.measureText(words).width + 10;
    const x = clamp(x0, 0, areas.picture[2] - across);
    const places = [y0 - 20, y1 + 3, y0 + 3, y1 - 20].map((y) => clamp(y, 1, areas.picture[3] - 18));
    const clash = (y) => tags.some((t) => x < t.x + t.across && t.x < x + across && Math.abs(t.y - y) < 19);
    const y = places.find((place) => !clash(place)) ?? places[0];
    tags.push({ x, y, across });
    box(ctx, [x, y, x + across, y + 17], { fill: "#fff", alpha: 0.92, line: colour, width: 1.5, radius: 2 });
    write(ctx, words, x + 5, y + 13, { colour: "#1B1F24", size: 12.5, weight: 600 });
  }

  // One bar a candidate, best first: who comes further left drops who comes further right.
  function drawBars(ctx, look) {
    const [left, top, right, bottom] = areas.bars;
    const { by, count } = found();
    const one = watched();
    const step = (right - left) / Math.max(scores.length, 1);
    const height = (score) => score * (bottom - top);
    const head = { colour: look.ink, weight: 600, fit: right - left + 30 };
    write(ctx, "all candidates, best first, with their scores", left - 30, top - 14, head);
    for (const value of [0, 0.5, 1]) {
      const y = bottom - height(value);
      path(ctx, [[left, y], [right, y]], { colour: look.faint, width: 1 });
      const beside = { colour: look.muted, size: 12, align: "right", base: "middle" };
      write(ctx, String(value), left - 6, y, beside);
    }
    const thick = Math.max(step > 3 ? step - 1 : step, 1);
    const bar = (i, colour, alpha) => {
      const x = left + i * step;
      box(ctx, [x, bottom - height(scores[i]), x + thick, bottom], { fill: colour, alpha });
    };
    for (let i = 0; i < scores.length; i++) {
      if (i >= count) bar(i, look.muted, 0.35);
      else if (by[i] >= 0) bar(i, look.vermillion, one < 0 || by[i] === one || i === one ? 0.75 : 0.3);
    }
    for (const i of found().kept) {
      bar(i, look.blue, 1);
      dot(ctx, [left + i * step + thick / 2, bottom + 7], 3, look.blue);
    }
    const line = bottom - height(model.get("confidence"));
    path(ctx, [[left, line], [right, line]], { colour: look.ink, width: 1.2, dash: [5, 4] });
    if (one >= 0) drawArcs(ctx, look, one, (i) => left + i * step + thick / 2, bottom + 8);
    const legend = bottom + 38;
    const key = (x, colour, words) => {
      box(ctx, [x, legend - 9, x + 9, legend], { fill: colour });
      return x + 30 + write(ctx, words, x + 14, legend, { colour: look.muted, size: 12 });
    };
    key(key(key(left - 30, look.blue, "stays"), look.vermillion, "dropped"), look.muted, "not sure enough");
  }

  // Below the bars: from each dropped one to the one that dropped it.
  function drawArcs(ctx, look, one, x, y) {
    const { by } = found();
    const pairs = by[one] >= 0 ? [[one, by[one]]] : droppedBy(one).map((i) => [i, one]);
    for (const [from, to] of pairs) {
      const sag = Math.min(4 + Math.abs(x(from) - x(to)) * 0.12, 18);
      const points = Array.from({ length: 17 }, (_, k) => {
        const share = k / 16;
        return [x(from) + (x(to) - x(from)) * share, y + sag * 4 * share * (1 - share)];
      });
      path(ctx, points, { colour: look.muted, width: 1.2 });
    }
    dot(ctx, [x(one), y - 1], 4.5, by[one] >= 0 ? look.vermillion : look.blue, look.paper);
  }

  function drawList(ctx, look) {
    const [left, top, right] = areas.list;
    const { kept, count } = found();
    const rows = kept.slice(0, kept.length > LISTED ? LISTED - 1 : LISTED);
    write(ctx, `${kept.length} of ${count} stay`, left, top, { colour: look.ink, weight: 600 });
    rows.forEach((i, k) => {
      const y = top + LINE * (k + 1);
      const many = droppedBy(i).length;
      const here = i === watched();
      if (here) box(ctx, [left - 4, y - 15, right, y + 5], { fill: look.faint, alpha: 0.55, radius: 3 });
      const ink = { colour: look.ink, weight: here ? 600 : 400 };
      box(ctx, [left, y - 9, left + 9, y], { fill: look.blue });
      write(ctx, named(i), left + 16, y, ink);
      write(ctx, many ? `drops ${many}` : "drops none", left + 160, y, { ...ink, colour: look.muted });
    });
    if (rows.length < kept.length) {
      const more = `and ${kept.length - rows.length} more`;
      write(ctx, more, left + 16, top + LINE * (rows.length + 1), { colour: look.muted });
    }
    const last = top + LINE * (Math.min(kept.length, LISTED) + 1) + 6;
    const note = { colour: look.muted, size: 12 };
    write(ctx, "Dots are the cells that speak for boxes,", left, last, note);
    write(ctx, "larger on coarser levels.", left, last + 16, note);
  }

  function words() {
    const { kept, by, count } = found();
    const one = watched();
    if (one < 0) {
      const rule = model.get("agnostic") ? "across classes" : "class by class";
      const list = kept.slice(0, 8).map(named).join(", ") + (kept.length > 8 ? ", …" : "");
      const sum = `${count} boxes above ${model.get("confidence").toFixed(2)}, `
        + `${kept.length} stay at an IoU of ${model.get("iou").toFixed(2)} (${rule})`;
      return kept.length ? `${sum}: ${list}.` : `${sum}.`;
    }
    const [level, anchor, row, column] = cellOf(one);
    const who = `${levels[level]}, row ${row}, column ${column}, anchor ${anchor + 1}`;
    const start = `Box ${one + 1} of ${count}, ${named(one)} (${who})`;
    if (by[one] < 0) return `${start}, stays and drops ${droppedBy(one).length}.`;
    const shared = iou(boxes[one], boxes[by[one]]).toFixed(2);
    return `${start}, is dropped by box ${by[one] + 1}, ${named(by[one])}: `
      + `their IoU is ${shared}, above ${model.get("iou").toFixed(2)}.`;
  }

  function nearest(point) {
    if (!areas || !point) return -1;
    const { count } = found();
    const [left, top, right, bottom] = areas.bars;
    if (point.x >= left && point.x < right && point.y >= top && point.y <= bottom + 14) {
      const i = Math.floor(((point.x - left) / (right - left)) * scores.length);
      return i < count ? i : -1;
    }
    const line = Math.floor((point.y - areas.list[1] + 15) / LINE) - 1;
    if (point.x >= areas.list[0] && line >= 0 && point.y > areas.list[1]) return found().kept[line] ?? -1;
    let [best, least] = [-1, REACH];
    for (let i = 0; i < count; i++) {
      const [x, y] = spot(i);
      const away = Math.hypot(x - point.x, y - point.y);
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }

  function key(name) {
    const { kept, by, count } = found();
    const one = watched();
    pointed = -1;
    const choose = (i) => put(model, { chosen: i });
    if (!count) return false;
    if (name === "ArrowRight" || name === "ArrowLeft") {
      choose(one < 0 ? 0 : clamp(one + (name === "ArrowRight" ? 1 : -1), 0, count - 1));
    } else if (name === "ArrowDown") choose(kept.find((i) => i > one) ?? kept.at(-1));
    else if (name === "ArrowUp") choose(kept.findLast((i) => i < one) ?? kept[0]);
    else if (name === "Enter") choose(one >= 0 && by[one] >= 0 ? by[one] : one);
    else if (name === " ") choose(-1);
    else return false;
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Left and right go from box to box, best first; up and down among those that stay. Enter goes "
      + "to the one that dropped this box, Space to none. Mouse: point at a dot, a bar or a line of the "
      + "list; click keeps it.",
    height: (across) => layout(across).height,
    draw,
    status: words,
    watch: ["confidence", "iou", "agnostic", "chosen"],
    hover: (point) => (pointed = nearest(point)),
    press: (point) => put(model, { chosen: nearest(point) }),
    key,
  });
  const shot = photo(model, "photo", scene.redraw);
  return () => scene.remove();
}

export default { render };
