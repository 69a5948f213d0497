import { encodeBoxes, slotOf } from "./core/yolov1.js";
import { gripAt, handlesOf, movedBox } from "./core/grips.js";
import { photo } from "./maps.js";
import { box, counted, dot, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const PARTS = ["x", "y", "w", "h", "confidence"];
const MEANING = [
  "where in the cell the centre lies, from its left edge",
  "where in the cell the centre lies, from its top edge",
  "width of the box, as a share of the image",
  "height of the box, as a share of the image",
  "1: there is something of mine (in training, the IoU)",
];
const SMALLEST = 0.02;  // share of the photo that a side keeps
const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [GAP, PAD] = [26, 5];

function render({ model, el }) {
  const { size: [high, wide], classes, num_boxes: numBoxes, most } = model.get("table");
  const depth = 5 * numBoxes + classes.length;
  const perRow = Math.min(classes.length, 10, Math.max(5, Math.ceil(classes.length / 2)));
  let grip = null;  // what the mouse holds
  let zones = [];  // where the slots were drawn, to be found again
  let frame = { x: 0, y: 0, w: 1, h: 1 };  // where the photo was drawn

  const sides = () => model.get("boxes");
  const kinds = () => model.get("kinds");
  const chosen = () => clamp(model.get("chosen"), 0, sides().length - 1);
  const slot = () => clamp(model.get("slot"), 0, depth - 1);
  const nameOf = (i) => classes[kinds()[i]];
  const shade = (look, i) =>
    [look.blue, look.orange, look.green, look.purple, look.sky, look.vermillion, look.yellow][i % 7];

  function encoded() {
    const S = model.get("grid");
    const listed = sides().map(
      ([x0, y0, x1, y1], i) => [kinds()[i], (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0],
    );
    return encodeBoxes(listed, S, S, numBoxes, classes.length);
  }

  // --- layout: the photo left and the target right, or one above the other on a narrow page
  function plan(width) {
    const narrow = width < 640;
    const left = (narrow ? width : Math.round((width - GAP) * 0.54)) - 2 * PAD;
    const tall = Math.min((left * high) / wide, narrow ? 420 : 520);
    const rows = Math.ceil(classes.length / perRow);
    const target = 30 + numBoxes * 62 + 22 + rows * 34 + 24 + 150;
    return {
      photo: { x: PAD, y: PAD, w: Math.min(left, (tall * wide) / high), h: tall },
      target: narrow ? { x: PAD, y: tall + GAP, w: width - 2 * PAD } : {
        x: left + GAP, y: PAD, w: width - left - GAP - PAD,
      },
      height: (narrow ? tall + GAP + target : Math.max(tall, target)) + 2 * PAD,
    };
  }

  function draw(ctx, { width, look }) {
    const places = plan(width);
    frame = places.photo;
    const found = encoded();
    drawPhoto(ctx, look, found);
    drawTarget(ctx, look, found, places.target);
  }

  const across = (share) => frame.x + share * frame.w;
  const down = (share) => frame.y + share * frame.h;
  const onPhoto = ([x0, y0, x1, y1]) => [across(x0), down(y0), across(x1), down(y1)];

  function drawPhoto(ctx, look, { cells, kept }) {
    const S = model.get("grid");
    if (picture.bitmap) ctx.drawImage(picture.bitmap, frame.x, frame.y, frame.w, frame.h);
    for (let k = 1; k < S; k++) {
      const line = { colour: "rgba(255,255,255,0.62)", width: 1 };
      path(ctx, [[across(k / S), down(0)], [across(k / S), down(1)]], line);
      path(ctx, [[across(0), down(k / S)], [across(1), down(k / S)]], line);
    }
    cells.forEach(({ row, column }, i) => {
      if (!kept[i]) return;
      const cell = onPhoto([column / S, row / S, (column + 1) / S, (row + 1) / S]);
      box(ctx, cell, { fill: shade(look, i), alpha: 0.62, line: "#fff", width: 1.5 });
    });
    sides().forEach((one, i) => {
      if (i !== chosen()) drawBox(ctx, look, one, i, kept[i]);
    });
    drawBox(ctx, look, sides()[chosen()], chosen(), kept[chosen()]);
    sides().forEach((one, i) => {
      const [x, y] = onPhoto(one);
      tag(ctx, look, `${nameOf(i)}${kept[i] ? "" : " · lost"}`, x + 5, y + 5, shade(look, i));
    });
  }

  function drawBox(ctx, look, one, i, free) {
    const colour = shade(look, i);
    const mine = i === chosen();
    const [x0, y0, x1, y1] = onPhoto(one);
    const dash = free ? [] : [6, 4];
    box(ctx, [x0, y0, x1, y1], { line: "rgba(0,0,0,0.55)", width: mine ? 5 : 3.5 });
    box(ctx, [x0, y0, x1, y1], { line: colour, width: mine ? 3 : 2, dash });
    dot(ctx, [(x0 + x1) / 2, (y0 + y1) / 2], mine ? 6 : 4.5, "#fff", "#1b1f24");
    if (mine) for (const corner of handlesOf([x0, y0, x1, y1])) dot(ctx, corner, 5, colour, "#fff");
  }

  function tag(ctx, look, words, x, y, colour) {
    ctx.font = '600 12.5px system-ui, "DejaVu Sans", sans-serif';
    const w = ctx.measureText(words).width + 12;
    const [left, top] = [clamp(x, frame.x, frame.x + frame.w - w), clamp(y, frame.y, frame.y + frame.h - 19)];
    box(ctx, [left, top, left + w, top + 19], {
      fill: look.paper, alpha: 0.94, line: colour, width: 1.5, radius: 4,
    });
    write(ctx, words, left + 6, top + 10, { colour: look.ink, size: 12.5, weight: 600, base: "middle" });
  }

  // --- the target of the chosen box's cell
  function drawTarget(ctx, look, found, { x, y, w }) {
    const S = model.get("grid");
    const { row, column } = found.cells[chosen()];
    const cell = row * S + column;
    const owner = found.keeper[cell];
    const values = found.values.slice(cell * depth, (cell + 1) * depth);
    zones = [];
    const colour = shade(look, owner);
    write(ctx, `Target of row ${row}, column ${column}: ${nameOf(owner)}`, x, y + 14, {
      colour: look.ink, weight: 600, size: 15, fit: w,
    });
    let top = y + 30;
    for (let b = 0; b < numBoxes; b++, top += 62) {
      write(ctx, `box ${b + 1}`, x, top + 11, { colour: look.muted, size: 12 });
      for (let k = 0; k < 5; k++) {
        const left = x + (k * (w + 6)) / 5;
        const place = [left, top + 16, left + (w + 6) / 5 - 6, top + 44];
        drawSlot(ctx, look, 5 * b + k, shown(values[5 * b + k]), place, colour, true);
        const middle = (place[0] + place[2]) / 2;
        const name = k === 4 && w < 420 ? "conf." : PARTS[k];
        write(ctx, name, middle, top + 57, { colour: look.muted, size: 12, align: "center" });
      }
    }
    write(ctx, `classes, shared by the ${numBoxes > 1 ? "boxes" : "one box"}`, x, top + 11, {
      colour: look.muted, size: 12,
    });
    top += 18;
    for (let k = 0; k < classes.length; k++) {
      const [i, j] = [Math.floor(k / perRow), k % perRow];
      const left = x + (j * (w + 4)) / perRow;
      const place = [left, top + 34 * i, left + (w + 4) / perRow - 4, top + 34 * i + 28];
      const value = values[5 * numBoxes + k];
      drawSlot(
        ctx, look, 5 * numBoxes + k, perRow > 5 ? shown(value, 0) : classes[k], place, colour, value > 0,
      );
    }
    top += 34 * Math.ceil(classes.length / perRow) + 14;
    drawPlane(ctx, look, found, x, top, w, values);
  }

  function drawSlot(ctx, look, index, words, place, colour, lit) {
    const on = index === slot();
    box(ctx, place, {
      fill: lit ? colour : look.faint,
      alpha: lit ? 0.3 : 0.45,
      line: on ? look.ink : lit ? colour : look.faint,
      width: on ? 2.5 : 1.2,
      radius: 4,
    });
    const [x, y] = [(place[0] + place[2]) / 2, (place[1] + place[3]) / 2 + 0.5];
    write(ctx, words, x, y, {
      colour: look.ink,
      size: 13,
      weight: lit ? 600 : 400,
      align: "center",
      base: "middle",
      fit: place[2] - place[0] - 6,
    });
    zones.push({ index, place });
  }

  // The same slot in all cells, and its name and meaning beside it.
  function drawPlane(ctx, look, found, x, y, w, values) {
    const S = model.get("grid");
    const side = Math.min(140, 0.42 * w);
    const one = side / S;
    for (let cell = 0; cell < S * S; cell++) {
      const [row, column] = [Math.floor(cell / S), cell % S];
      const place = [x + column * one, y + row * one, x + (column + 1) * one, y + (row + 1) * one];
      const value = found.values[cell * depth + slot()];
      if (value > 0) box(ctx, place, { fill: shade(look, found.keeper[cell]), alpha: 0.2 + 0.8 * value });
      box(ctx, place, { line: look.faint, width: 0.8 });
    }
    const left = x + side + 16;
    const room = w - side - 16;
    const filled = found.keeper.filter((i) => i >= 0).length;
    const rest = S * S - filled;
    const { title, meaning } = named();
    write(ctx, `slot ${slot()} of ${depth}: ${title}`, left, y + 13, {
      colour: look.ink, weight: 600, size: 13.5, fit: room,
    });
    let top = y + 33;
    const lines = [
      ...wrap(ctx, meaning, room),
      "",
      `${shown(values[slot()], 3)} in this cell.`,
      ...wrap(ctx, `0 in the ${rest} ${rest === 1 ? "cell" : "cells"} without an object.`, room),
      "",
      ...wrap(
        ctx,
        `${S}·${S}·(${numBoxes}·5 + ${classes.length}) = ${counted(S * S * depth)} numbers`,
        room,
      ),
    ];
    for (const words of lines) {
      write(ctx, words, left, top, { colour: look.muted, size: 12.5 });
      top += words ? 16 : 6;
    }
  }

  function wrap(ctx, words, room) {
    ctx.font = '400 12.5px system-ui, "DejaVu Sans", sans-serif';
    const lines = [""];
    for (const word of words.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (ctx.measureText(longer).width > room && lines.at(-1)) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  function named() {
    const { box: owner, part } = slotOf(slot(), numBoxes);
    const name = classes[part];
    if (owner < 0) return { title: `class ${name}`, meaning: `1 if the cell's object is of class ${name}, else 0` };
    return { title: `${PARTS[part]} of box ${owner + 1}`, meaning: MEANING[part] };
  }

  function words() {
    const S = model.get("grid");
    const found = encoded();
    const i = chosen();
    const { row, column } = found.cells[i];
    const owner = found.keeper[row * S + column];
    const value = found.values[(row * S + column) * depth + slot()];
    const { title, meaning } = named();
    const lost = sides().map((_, k) => k).filter((k) => !found.kept[k]).map((k) => {
      const at = found.cells[k];
      const winner = nameOf(found.keeper[at.row * S + at.column]);
      return `Lost: the ${nameOf(k)}, because the ${winner}, listed first, has the cell.`;
    });
    const whose = owner === i ? "" : ` (holding the ${nameOf(owner)})`;
    const fate = lost.join(" ") || "All boxes are kept.";
    return `Box ${i + 1} of ${sides().length}, ${nameOf(i)}: centre in row ${row}, column ${column} `
      + `of ${S}×${S}${whose}. Slot ${slot()}, ${title}: ${shown(value, 3)}, ${meaning}. ${fate}`;
  }

  // --- moving, adding and taking away
  function select(i, more = {}) {
    put(model, { chosen: i, kind: (more.kinds ?? kinds())[i], ...more });
  }

  function change(i, one) {
    put(model, { boxes: sides().map((old, k) => (k === i ? one : old)) });
  }

  function add(one) {
    if (sides().length >= most) return false;
    const all = [...kinds(), model.get("kind")];
    put(model, { boxes: [...sides(), one], kinds: all });
    select(all.length - 1);
    return true;
  }

  function remove(i) {
    if (sides().length === 1) return;
    const keep = (list) => list.filter((_, k) => k !== i);
    const left = keep(kinds());
    const next = Math.min(i, left.length - 1);
    put(model, { chosen: next, boxes: keep(sides()), kinds: left, kind: left[next] });
  }

  const slotAt = ({ x, y }) => zones.find(
    ({ place: [x0, y0, x1, y1] }) => x >= x0 && x <= x1 && y >= y0 && y <= y1,
  );
  const share = ({ x, y }) => [(x - frame.x) / frame.w, (y - frame.y) / frame.h];
  const within = (point) => share(point).every((part) => part > 0 && part < 1);

  function press(point) {
    const zone = slotAt(point);
    if (zone) return put(model, { slot: zone.index });
    if (!within(point)) return null;
    const handle = gripAt(sides().map(onPhoto), chosen(), point);
    if (handle) {
      select(handle.i);
      grip = { ...handle, from: share(point), one: sides()[handle.i] };
    } else {
      grip = { fresh: true, from: share(point) };
    }
    return null;
  }

  function drag(point) {
    if (!grip) return;
    const [px, py] = share(point).map((part) => clamp(part, 0, 1));
    const [fx, fy] = grip.from;
    if (grip.fresh && Math.abs(px - fx) > SMALLEST && Math.abs(py - fy) > SMALLEST) {
      const one = [Math.min(px, fx), Math.min(py, fy), Math.max(px, fx), Math.max(py, fy)];
      if (!add(one)) return;
      const corner = px < fx ? (py < fy ? 0 : 3) : py < fy ? 1 : 2;
      grip = { i: sides().length - 1, corner, from: [px, py], one };
    } else if (!grip.fresh) {
      change(grip.i, movedBox(grip.one, grip.corner, px - fx, py - fy, SMALLEST));
    }
  }

  function key(name, event) {
    if (STEP[name]) {
      const [dx, dy] = STEP[name].map((by) => by * 0.01);
      change(chosen(), movedBox(sides()[chosen()], event.shiftKey ? 2 : 4, dx, dy, SMALLEST));
    } else if (name === "Enter" || name === " ") select((chosen() + 1) % sides().length);
    else if (name === "+" || name === "=") add([0.41, 0.41, 0.61, 0.61]);
    else if (name === "-") remove(chosen());
    else return false;
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Arrow keys move the box, with Shift they change its size. Enter: next box. + adds a box, "
      + "− takes it away. Mouse: drag boxes and corners, draw a new box beside the others, point at a "
      + "slot. The slider names slots by keyboard.",
    height: (width) => plan(width).height,
    draw,
    status: words,
    watch: ["boxes", "kinds", "grid", "chosen", "slot"],
    hover(point) {
      const zone = point && slotAt(point);
      if (zone && zone.index !== slot()) put(model, { slot: zone.index });
    },
    press,
    drag,
    release: () => (grip = null),
    key,
  });
  const picture = photo(model, "photo", scene.redraw);
  // The list of classes speaks for the chosen box.
  const follow = () => {
    const kind = model.get("kind");
    if (kinds()[chosen()] !== kind) put(model, {
      kinds: kinds().map((old, k) => (k === chosen() ? kind : old)),
    });
  };
  model.on("change:kind", follow);
  return () => {
    model.off("change:kind", follow);
    scene.remove();
  };
}

export default { render };
