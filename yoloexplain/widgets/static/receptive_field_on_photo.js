import { bytes, photo } from "./maps.js";
import { box, dot, path, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const ROW = 34;  // pixels of a level's row in the list
const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Role of a level: one colour a stride, as everywhere.
function shadeOf(look, name) {
  const roles = { 2: look.purple, 3: look.sky, 4: look.green, 5: look.orange, 6: look.vermillion };
  return (/^[cpn][2-6]$/.test(name) && roles[name[1]]) || look.blue;
}

function render({ model, el }) {
  const { image: [high, wide], levels } = model.get("table");
  const light = bytes(model, "light");
  let near = null;  // pixel under the mouse
  let frame = { x: 0, y: 0, zoom: 1, list: { x: 0, y: 0, width: 0 } };
  const held = photo(model, "photo", () => scene.redraw());
  const glowing = document.createElement("canvas");

  const level = () => levels[clamp(model.get("level"), 0, levels.length - 1)];
  // Cell of a level under a pixel of the photo: (row, column).
  const cellAt = (one, x, y) => [
    clamp(Math.floor(y / one.stride[0]), 0, one.cells[0] - 1),
    clamp(Math.floor(x / one.stride[1]), 0, one.cells[1] - 1),
  ];
  const chosen = () => cellAt(level(), model.get("x"), model.get("y"));
  // Index of the measured cell that lies nearest.
  function nearest(one, [row, column]) {
    const far = one.places.map(([r, c]) => (r - row) ** 2 + (c - column) ** 2);
    return far.indexOf(Math.min(...far));
  }
  const fieldOf = (one, [row, column]) => [
    one.columns[column][0], one.rows[row][0], one.columns[column][1], one.rows[row][1],
  ];
  const onPaper = ([x0, y0, x1, y1]) => [
    frame.x + x0 * frame.zoom, frame.y + y0 * frame.zoom, frame.x + x1 * frame.zoom, frame.y + y1 * frame.zoom,
  ];
  const tile = (one, [row, column]) => [
    column * one.stride[1], row * one.stride[0], (column + 1) * one.stride[1], (row + 1) * one.stride[0],
  ];

  function arrange(width) {
    const narrow = width < 620;
    const room = narrow ? width : Math.min(width * 0.56, 540);
    const zoom = Math.min(room / wide, 540 / high);
    const list = narrow
      ? { x: 0, y: high * zoom + 20, width }
      : { x: wide * zoom + 28, y: 2, width: width - wide * zoom - 28 };
    frame = { x: 0, y: 0, zoom, list };
    const under = list.y + 52 + ROW * levels.length + 76;
    return Math.max(high * zoom, under);
  }

  function draw(ctx, { width, look }) {
    arrange(width);
    const one = level();
    const cell = chosen();
    const index = nearest(one, cell);
    const lit = model.get("lit");
    const whole = onPaper([0, 0, wide, high]);
    if (held.bitmap) ctx.drawImage(held.bitmap, whole[0], whole[1], whole[2] - whole[0], whole[3] - whole[1]);
    if (lit) {
      darken(ctx, whole);
      glow(ctx, one, index);
      measuredCells(ctx, one, cell, index);
    }
    if (near) box(ctx, onPaper(tile(one, cellAt(one, near.x, near.y))), { line: "#ffffff", width: 1 });
    theory(ctx, one, cell, look);
    const own = onPaper(tile(one, cell));
    box(ctx, own, { line: "#000000", width: 4 });
    box(ctx, own, { line: "#ffffff", width: 2 });
    listLevels(ctx, one, look);
  }

  // The photograph in grey and dark, for the light to be seen on.
  function darken(ctx, whole) {
    ctx.save();
    ctx.globalCompositeOperation = "saturation";
    box(ctx, whole, { fill: "#808080" });
    ctx.restore();
    box(ctx, whole, { fill: "#0b0d10", alpha: 0.5 });
  }

  // Light in squares; the measured cell's own field begins at its corner.
  function glow(ctx, one, index) {
    const { side, block } = one;
    const [x0, y0] = fieldOf(one, one.places[index]);
    const shine = new ImageData(side, side);
    const start = one.offset + index * side * side;
    for (let i = 0; i < side * side; i++) {
      // The bytes are roots of the shares; a share close to linear lets bright places stand out.
      shine.data.set([255, 176, 32, 240 * (light[start + i] / 254) ** 1.7], 4 * i);
    }
    glowing.width = glowing.height = side;
    glowing.getContext("2d").putImageData(shine, 0, 0);
    ctx.save();
    ctx.beginPath();
    const whole = onPaper([0, 0, wide, high]);
    ctx.rect(whole[0], whole[1], whole[2] - whole[0], whole[3] - whole[1]);
    ctx.clip();
    ctx.imageSmoothingEnabled = false;
    const [left, top, right, bottom] = onPaper([x0, y0, x0 + side * block, y0 + side * block]);
    ctx.drawImage(glowing, left, top, right - left, bottom - top);
    ctx.restore();
    const half = one.seen[index][4] / 2;
    const middle = fieldMiddle(one, one.places[index]);
    if (half) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(whole[0], whole[1], whole[2] - whole[0], whole[3] - whole[1]);
      ctx.clip();
      const square = [middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half];
      box(ctx, onPaper(square), { line: "#ffffff", width: 1.5, dash: [4, 3] });
      ctx.restore();
    }
  }

  // Dots on the measured cells, and a ring on the one whose light is shown if it is a neighbour.
  function measuredCells(ctx, one, cell, index) {
    one.places.forEach((place, i) => {
      const [x0, y0, x1, y1] = onPaper(tile(one, place));
      const middle = [(x0 + x1) / 2, (y0 + y1) / 2];
      const other = i === index && (place[0] !== cell[0] || place[1] !== cell[1]);
      dot(ctx, middle, other ? 4 : 1.6, other ? "rgba(255,176,32,0.9)" : "rgba(255,255,255,0.7)", other ? "#ffffff" : null);
    });
  }

  const fieldMiddle = (one, [row, column]) => [one.middle[1] + column * one.stride[1], one.middle[0] + row * one.stride[0]];

  // The frame: full where the field ends on the photo, dashed where the photo ends before it.
  function theory(ctx, one, cell, look) {
    const field = fieldOf(one, cell);
    const shade = shadeOf(look, one.name);
    const [x0, y0, x1, y1] = onPaper(field).map((side, i) => side + (i < 2 ? 1.5 : -1.5));
    const sides = [
      [[x0, y0], [x0, y1], field[0] <= 0], [[x0, y0], [x1, y0], field[1] <= 0],
      [[x1, y0], [x1, y1], field[2] >= wide], [[x0, y1], [x1, y1], field[3] >= high],
    ];
    for (const [from, to, cut] of sides) {
      path(ctx, [from, to], { colour: "#ffffff", width: 4.5, dash: cut ? [7, 6] : [] });
      path(ctx, [from, to], { colour: shade, width: 3, dash: cut ? [7, 6] : [] });
    }
  }

  // One row a level: how far a cell sees, against the photo's side, and where half of it lies.
  function listLevels(ctx, one, look) {
    const { x, y, width } = frame.list;
    const farthest = Math.max(wide, high, ...levels.map((each) => Math.max(...each.size)));
    const left = x + 62;
    const room = width - 62 - 46;
    const scale = room / farthest;
    const mark = left + Math.max(wide, high) * scale;
    write(ctx, "How far does a position see?", x, y + 14, { colour: look.ink, weight: 600, size: 14 });
    write(ctx, "pixels a side, one row a level", x, y + 32, { colour: look.muted, size: 12.5, fit: width });
    levels.forEach((each, k) => {
      const top = y + 46 + k * ROW;
      const shade = shadeOf(look, each.name);
      const size = Math.max(...each.size);
      if (each === one) box(ctx, [x - 6, top - 1, x + width, top + ROW - 5], { fill: look.muted, alpha: 0.16, radius: 4 });
      write(ctx, each.name, x, top + 14,
        { colour: look.ink, weight: each === one ? 700 : 400, base: "middle", fit: 56 });
      box(ctx, [left, top + 5, left + size * scale, top + 23], { fill: shade, alpha: 0.35, radius: 2 });
      const halves = each.seen.map((seen) => seen[4]).sort((a, b) => a - b);
      const half = halves[Math.floor(halves.length / 2)];
      box(ctx, [left, top + 5, left + half * scale, top + 23], { fill: shade, radius: 2 });
      // Beside the bar, and not upon the mark of the photo's side.
      const end = left + size * scale + 6;
      const beside = end < mark + 4 && end + 30 > mark ? mark + 6 : end;
      write(ctx, String(size), beside, top + 14, { colour: look.ink, base: "middle", size: 13 });
    });
    const bottom = y + 46 + ROW * levels.length;
    path(ctx, [[mark, y + 42], [mark, bottom]], { colour: look.ink, width: 1.5, dash: [3, 3] });
    write(ctx, `photo: ${Math.max(wide, high)}`, mark, bottom + 13,
      { colour: look.ink, size: 12.5, align: "center" });
    const words = ["Pale: the theoretical field.", "Full: a square with half of the gradient", "(the median of those measured)."];
    words.forEach((line, k) => write(ctx, line, x, bottom + 34 + 17 * k, { colour: look.muted, size: 12.5 }));
  }

  function words() {
    const one = level();
    const cell = chosen();
    const field = fieldOf(one, cell);
    const sizes = ([h, w]) => (h === w ? `${h}×${h}` : `${w}×${h}`);
    const seen = [field[3] - field[1], field[2] - field[0]];
    const place = ([row, column]) => `row ${row}, column ${column}`;
    const theory = `${one.name}, ${place(cell)}: in theory it sees ${sizes(one.size)} pixels, ${sizes(seen)} of them on the photo.`;
    if (!model.get("lit")) return theory;
    const index = nearest(one, cell);
    const [x0, y0, x1, y1, half] = one.seen[index];
    const [row, column] = one.places[index];
    const same = row === cell[0] && column === cell[1];
    const who = same ? "Measured" : `Measured at the nearest dot (${place([row, column])})`;
    if (x1 <= x0) return `${theory} ${who}: no pixel moves it.`;
    return `${theory} ${who}: pixels from (${x0}, ${y0}) to (${x1}, ${y1}) count; half of the gradient lies in a square of ${half}.`;
  }

  const choose = (x, y) => put(model, { x: clamp(Math.round(x), 0, wide - 1), y: clamp(Math.round(y), 0, high - 1) });
  const toPhoto = ({ x, y }) => ({ x: (x - frame.x) / frame.zoom, y: (y - frame.y) / frame.zoom });
  const onPhoto = ({ x, y }) => x >= 0 && y >= 0 && x < wide && y < high;
  let dragging = false;

  // Middle of the cell that many cells on, or of the next measured one.
  function walk([across, down], far) {
    const one = level();
    let [row, column] = chosen();
    if (far) {
      const next = (now, list, by) => {
        const ahead = list.filter((at) => (by > 0 ? at > now : at < now));
        return by === 0 || !ahead.length ? now : by > 0 ? Math.min(...ahead) : Math.max(...ahead);
      };
      row = next(row, one.places.map((place) => place[0]), down);
      column = next(column, one.places.map((place) => place[1]), across);
    } else {
      [row, column] = [clamp(row + down, 0, one.cells[0] - 1), clamp(column + across, 0, one.cells[1] - 1)];
    }
    choose(Math.floor((column + 0.5) * one.stride[1]), Math.floor((row + 0.5) * one.stride[0]));
  }

  const scene = stage({ model, el }, {
    keys: "Arrow keys move the position, with Shift from dot to dot; + and − "
      + "change the level, Space the light. Mouse: click the photograph, or a row of the list.",
    height: arrange,
    draw,
    status: words,
    watch: ["level", "x", "y", "lit"],
    hover(point) {
      const at = point && toPhoto(point);
      near = at && onPhoto(at) ? at : null;
    },
    press(point) {
      const at = toPhoto(point);
      dragging = onPhoto(at);
      if (dragging) return choose(at.x, at.y);
      const row = Math.floor((point.y - frame.list.y - 46) / ROW);
      if (point.x >= frame.list.x - 6 && row >= 0 && row < levels.length) put(model, { level: row });
    },
    drag(point) {
      const at = toPhoto(point);
      if (dragging) choose(clamp(at.x, 0, wide - 1), clamp(at.y, 0, high - 1));
    },
    release: () => (dragging = false),
    key(name, event) {
      if (STEP[name]) walk(STEP[name], event.shiftKey);
      else if ("+=-_".includes(name)) put(model, { level: clamp(model.get("level") + ("+=".includes(name) ? 1 : -1), 0, levels.length - 1) });
      else if (name === " " || name === "Enter") put(model, { lit: !model.get("lit") });
      else return false;
      return true;
    },
  });
  return () => scene.remove();
}

export default { render };
