import { followPoint, inAny, undoPoint } from "./core/augment.js";
import { photo } from "./maps.js";
import { box, dot, path, shown, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const GREY = "rgb(114,114,114)";
const [PAD, GAP, STRIP] = [3, 22, 30];  // STRIP: the words under a small picture
const LISTED = 10;  // objects that are listed beside the picture
const MOVE = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function render({ model, el }) {
  const { kinds, names } = model.get("table");
  let places = { big: null, small: [] };  // where things were drawn, to be found again
  let held = false;
  let paper = null;  // the sheet's pixels, for the colour under the point

  const kind = () => kinds[model.get("kind")];
  const throws = () => kind().throws;
  const throwNow = () => Math.min(model.get("throw"), throws().length) - 1;
  const frames = () => throws()[throwNow()];
  const step = () => Math.min(model.get("step"), frames().length - 1);
  const SHADES = ["blue", "orange", "green", "purple", "sky", "vermillion", "yellow"];
  const shade = (look, label) => look[SHADES[label % 8]] ?? "#FFFFFF";

  // --- layout
  function plan(width) {
    const beside = width >= 600;
    const count = frames().length;
    const side = beside ? Math.min(400, width * 0.46) : Math.min(width - 2 * PAD, 420);
    const room = beside ? width - side - GAP - 2 * PAD : width - 2 * PAD;
    const big = { x: PAD, y: PAD, w: side, h: side };
    const words = beside ? { x: side + GAP, y: PAD, w: room } : { x: PAD, y: side + 14, w: room };
    const wordsHigh = beside ? side : 250;
    const top = (beside ? side : side + 14 + wordsHigh) + 18;
    const small = Math.min(116, (width - 2 * PAD - 12 * (count - 1)) / count);
    return { big, words, top, small, height: top + small + STRIP + PAD };
  }

  // Tallest plan of all, so that the page does not jump when another augmentation is chosen.
  function heightOf(width) {
    const { height, top } = plan(width);
    return Math.max(height, top + Math.min(116, (width - 2 * PAD - 24) / 3) + STRIP + PAD);
  }

  // The rectangle that a frame takes within a square place: its own shape, as large as it goes.
  function fitted({ at: [, , w, h] }, place) {
    const zoom = Math.min(place.w / w, place.h / h);
    const [wide, high] = [w * zoom, h * zoom];
    return { x: place.x + (place.w - wide) / 2, y: place.y + (place.h - high) / 2, w: wide, h: high, zoom };
  }

  function draw(ctx, { width, look }) {
    const { big, words, top, small } = plan(width);
    const now = frames()[step()];
    const spot = fitted(now, big);
    paint(ctx, look, now, spot, true);
    drawPoint(ctx, look, now, spot);
    drawWords(ctx, look, now, words);
    places = { big: spot, small: [] };
    frames().forEach((frame, i) => {
      const place = { x: PAD + i * (small + 12), y: top, w: small, h: small };
      const inner = fitted(frame, place);
      paint(ctx, look, frame, inner, false);
      const on = i === step();
      const edges = [place.x, place.y, place.x + small, place.y + small];
      box(ctx, edges, { line: on ? look.vermillion : look.faint, width: on ? 3 : 1 });
      write(ctx, frame.name, place.x + small / 2, place.y + small + 17, {
        colour: on ? look.ink : look.muted, weight: on ? 600 : 400,
        size: 12.5, align: "center", fit: small + 8,
      });
      places.small.push(place);
    });
  }

  // A frame's picture, what is still empty, outlines and boxes.
  function paint(ctx, look, frame, { x, y, w, h, zoom }, large) {
    const [left, top, wide, high] = frame.at;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, w, h);
    ctx.clip();
    ctx.imageSmoothingEnabled = kind().name !== "DropBlock";
    if (sheet.bitmap) ctx.drawImage(sheet.bitmap, left, top, wide, high, x, y, w, h);
    const onPage = (sides) => sides.map((side, k) => (k % 2 ? y : x) + side * zoom);
    for (const one of frame.hidden) box(ctx, onPage(one), { fill: GREY, line: GREY, width: 1 });
    const width = large ? 2 : 1;
    frame.boxes.forEach((sides, i) => {
      const colour = shade(look, frame.labels[i]);
      for (const outline of model.get("masks") ? frame.outlines[i] : []) {
        const points = [];
        for (let k = 0; k < outline.length; k += 2) {
          points.push([x + outline[k] * zoom, y + outline[k + 1] * zoom]);
        }
        path(ctx, points, { fill: colour, alpha: 0.28 });
        if (large) path(ctx, points, { colour, width: 1.6 });
      }
      if (large) box(ctx, onPage(sides), { line: "rgba(255,255,255,0.85)", width: width + 2 });
      box(ctx, onPage(sides), { line: colour, width });
    });
    for (const one of frame.marked) {
      box(ctx, onPage(one), { line: "#fff", width: width + 1.5 });
      box(ctx, onPage(one), { line: "#1b1f24", width: width - 0.5, dash: [6, 4] });
    }
    ctx.restore();
  }

  // The marked point: of the first picture, wherever it has come to lie.
  function pointNow(frame) {
    const [, , wide, high] = frames()[0].at;
    const [px, py] = model.get("point");
    const start = [px * wide, py * high];
    const here = followPoint(frame.matrix, start);
    const inside = here[0] >= 0 && here[1] >= 0 && here[0] < frame.at[2] && here[1] < frame.at[3];
    return { start, here, inside, empty: inAny(frame.hidden, here) };
  }

  function drawPoint(ctx, look, frame, spot) {
    const { here, inside } = pointNow(frame);
    if (!inside) return;
    const at = [spot.x + here[0] * spot.zoom, spot.y + here[1] * spot.zoom];
    ctx.save();
    ctx.beginPath();
    ctx.arc(...at, 8, 0, 2 * Math.PI);
    ctx.lineWidth = 4;
    ctx.strokeStyle = "#fff";
    ctx.stroke();
    ctx.lineWidth = 2;
    ctx.strokeStyle = "#1b1f24";
    ctx.stroke();
    ctx.restore();
    dot(ctx, at, 2, "#1b1f24", "#fff");
  }

  function colourAt(frame, { here, inside, empty }) {
    if (!inside || !sheet.bitmap) return null;
    if (empty) return [114, 114, 114];
    if (!paper) {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [sheet.bitmap.width, sheet.bitmap.height];
      paper = canvas.getContext("2d", { willReadFrequently: true });
      paper.drawImage(sheet.bitmap, 0, 0);
    }
    const [x, y] = here.map((place, k) => frame.at[k] + Math.floor(place));
    return [...paper.getImageData(x, y, 1, 1).data].slice(0, 3);
  }

  function wrapped(ctx, said, room, font) {
    ctx.font = font;
    const lines = [""];
    for (const word of said.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (ctx.measureText(longer).width > room && lines.at(-1)) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  function drawWords(ctx, look, frame, { x, y, w }) {
    let top = y + 16;
    const say = (said, size, weight, colour, leading) => {
      const family = 'system-ui, "DejaVu Sans", sans-serif';
      for (const line of wrapped(ctx, said, w, `${weight} ${size}px ${family}`)) {
        write(ctx, line, x, top, { colour, size, weight });
        top += leading;
      }
    };
    say(`${kind().name}, step ${step()} of ${frames().length - 1}: ${frame.name}`, 16, 600, look.ink, 22);
    top += 4;
    say(frame.said, 14, 400, look.ink, 20);
    top += 10;
    frame.boxes.forEach(([x0, y0, x1, y1], i) => {
      if (i > LISTED) return;
      if (i === LISTED) {
        write(ctx, `and ${frame.boxes.length - LISTED} more`, x, top, { colour: look.muted, size: 13 });
        top += 19;
        return;
      }
      box(ctx, [x, top - 10, x + 12, top + 2], {
        fill: shade(look, frame.labels[i]), line: look.muted, width: 0.8,
      });
      write(ctx, names[frame.labels[i]], x + 20, top, { colour: look.ink, size: 13 });
      write(ctx, `${shown(x1 - x0, 0)}×${shown(y1 - y0, 0)}`, x + 130, top, {
        colour: look.muted, size: 13,
      });
      top += 19;
    });
    top += frame.boxes.length ? 12 : 0;
    say(kind().about, 13, 400, look.muted, 18);
  }

  function words() {
    const frame = frames()[step()];
    const found = pointNow(frame);
    const number = frame.boxes.length;
    const kinds = frame.labels.map((label) => names[label]).join(", ");
    const listed = number ? `${number} ${number === 1 ? "object" : "objects"}: ${kinds}. ` : "";
    const at = ([x, y]) => `(${shown(x, 0)}, ${shown(y, 0)})`;
    const colour = colourAt(frame, found);
    const shades = colour ? `, red ${colour[0]}, green ${colour[1]}, blue ${colour[2]}` : "";
    const there = found.inside ? `is at ${at(found.here)}${shades}` : "has left it";
    const where = `The point ${at(found.start)} of the first picture ${there}.`;
    const steps = `step ${step()} of ${frames().length - 1}, ${frame.name}`;
    return `${kind().name}, throw ${throwNow() + 1} of ${throws().length}, ${steps}: `
      + `${frame.said} ${listed}${where}`;
  }

  // --- moving
  function mark(point) {
    const { big } = places;
    const [, , wide, high] = frames()[0].at;
    const here = [(point.x - big.x) / big.zoom, (point.y - big.y) / big.zoom];
    const start = undoPoint(frames()[step()].matrix, here);
    if (start) put(model, { point: [clamp(start[0] / wide, 0, 0.9999), clamp(start[1] / high, 0, 0.9999)] });
  }

  const inside = ({ x, y, w, h }, point) =>
    point.x >= x && point.x < x + w && point.y >= y && point.y < y + h;

  function key(name, event) {
    const by = MOVE[name];
    if (by && event.shiftKey) {
      const [x, y] = model.get("point");
      put(model, { point: [clamp(x + 0.02 * by[0], 0, 0.9999), clamp(y + 0.02 * by[1], 0, 0.9999)] });
    } else if (by && by[0]) put(model, { step: clamp(step() + by[0], 0, frames().length - 1) });
    else if (by) put(model, { kind: (model.get("kind") + by[1] + kinds.length) % kinds.length });
    else if (name === "Enter" || name === " ") {
      put(model, { throw: ((throwNow() + 1) % throws().length) + 1 });
    }
    else return false;
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Left and right: one step. Up and down: another augmentation. Enter: throw the dice again. "
      + "Shift and arrows move the point. Mouse: click a step, drag the point in the picture.",
    height: heightOf,
    draw,
    status: words,
    watch: ["kind", "step", "throw", "masks", "point"],
    press(point) {
      const i = places.small.findIndex((place) => inside(place, point));
      if (i >= 0) put(model, { step: i });
      held = inside(places.big, point);
      if (held) mark(point);
    },
    drag: (point) => held && mark(point),
    release: () => (held = false),
    key,
  });
  const sheet = photo(model, "sheet", scene.redraw);
  // An augmentation of fewer steps, or of one throw only, takes the sliders back with it.
  const follow = () => {
    const [last, most] = [frames().length - 1, throws().length];
    if (model.get("step") > last) put(model, { step: last });
    if (model.get("throw") > most) put(model, { throw: most });
  };
  for (const name of ["kind", "step", "throw"]) model.on(`change:${name}`, follow);
  return () => {
    for (const name of ["kind", "step", "throw"]) model.off(`change:${name}`, follow);
    scene.remove();
  };
}

export default { render };
