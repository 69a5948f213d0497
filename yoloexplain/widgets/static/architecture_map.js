import { beside, brackets, expandedItems, isWithin, lifted, nearestShown, openedTo, visibleItems } from "./core/blocks.js";
import { drawLegend, legendLines } from "./block_legend.js";
import { boxAt, drawBlocks, furthest, laidOut, scrollBar } from "./block_map.js";
import { blockPanel } from "./block_panel.js";
import { bytes, photo } from "./maps.js";
import { box, counted, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const BRACKET = 20;  // pixels of a row of brackets
const MOST_ROWS = 6;
const SHARES = [null, "params", "work", "field"];

function render({ model, el }) {
  const table = model.get("table");
  const { edges } = table;
  const items = expandedItems(table);
  const picture = bytes(model, "photo").length ? photo(model, "photo", () => scene.redraw()) : { bitmap: null };
  let shift = 0;
  let near = -1;
  let grip = null;  // where the mouse went down: { x, shift, moved, place }
  let wanted = -1;  // item that is to be moved into sight
  let map = null;
  let made = "";  // what `map` was laid out for

  const shown = () => visibleItems(items, model.get("opened"));
  const selected = () => model.get("selected");

  // Lay the map out again if what is open, or the width, has changed.
  function layOut(width) {
    const key = `${width}|${model.get("opened")}|${model.get("shade")}`;
    if (key === made) return map;
    made = key;
    const drawn = shown();
    const pairs = lifted(items, drawn, edges);
    const nodes = drawn.map((index) => node(index, drawn));
    const first = Math.round(44 * Math.min(1, table.image[1] / table.image[0]));
    const flat = laidOut(nodes, pairs, width, { first });
    const rows = brackets(items, drawn, flat.place.columns, model.get("opened")).slice(0, MOST_ROWS);
    map = { ...laidOut(nodes, pairs, width, { above: rows.length * BRACKET, first }), drawn, rows };
    shift = clamp(shift, 0, furthest(map, width));
    return map;
  }

  function node(index, drawn) {
    const item = items[index];
    const shade = model.get("shade");
    const made = { ...item, row: item.row, second: item.form.length ? String(channels(item)) : "" };
    if (!shade || item.kind === "image") return made;
    const most = Math.max(...drawn.map((one) => measure(items[one], shade)), 1);
    const value = measure(item, shade);
    return { ...made, role: ["", "conv", "activation", "concat"][shade], alpha: 0.04 + 0.66 * Math.sqrt(value / most), second: portion(item, shade) };
  }

  function measure(item, shade) {
    const value = item[SHARES[shade]];
    return shade === 3 ? Math.min(value?.[0] ?? 0, 2 * table.image[0]) : value;
  }

  function portion(item, shade) {
    if (shade === 3) return item.field ? String(item.field[0]) : "";
    return share(item[SHARES[shade]], shade === 1 ? table.params : table.work);
  }

  function names(row) {
    if (row < 0) return ["vectors", ""];
    const sizes = map.drawn.map((index) => items[index]).filter((item) => item.row === row && item.form.length === 3);
    if (!sizes.length) return [`stride ${2 ** row}`, ""];
    const { stride, form } = sizes.at(0);
    const same = sizes.every((item) => item.form[1] === form[1]);
    return [`stride ${Number.isInteger(stride) || !same ? Math.round(stride) : stride.toFixed(1)}`, `${form[1]} × ${form[2]}${same ? "" : " …"}`];
  }

  function draw(ctx, { width, look }) {
    layOut(width);
    if (wanted >= 0) bring(wanted, width);
    wanted = -1;
    const at = map.drawn.indexOf(selected());
    drawBlocks(ctx, map, look, { width, shift, selected: at, near, names, picture: picture.bitmap });
    drawBrackets(ctx, look, width);
    scrollBar(ctx, map, look, { width, shift, y: map.height + 2 });
    drawLegend(ctx, map, look, { width, y: map.height + 25, shade: model.get("shade") });
    panel.show(selected(), look);
  }

  function bring(index, width) {
    const place = map.drawn.indexOf(index);
    if (place < 0) return;
    const [x0, , x1] = map.boxes[place];
    const margin = map.pitch;
    shift = clamp(shift, x1 + margin - width, x0 - map.left - margin);
    shift = clamp(shift, 0, furthest(map, width));
  }

  function bracketBox(row, { from, to }) {
    const [x0, x1] = [map.x(from), map.x(to + 1) - map.gap];
    return [x0 - shift, 4 + row * BRACKET, x1 - shift, 4 + (row + 1) * BRACKET];
  }

  function drawBrackets(ctx, look, width) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(map.left - 8, 0, width - map.left + 8, map.rows.length * BRACKET + 8);
    ctx.clip();
    map.rows.forEach((row, k) => {
      for (const one of row) {
        const [x0, y0, x1, y1] = bracketBox(k, one);
        const on = isWithin(items, selected(), one.index);
        const colour = on ? look.ink : look.muted;
        box(ctx, [x0, y1 - 4, x1, y1 - 2], { fill: colour });
        const name = groupName(items[one.index]);
        const seen = [Math.max(x0, map.left - 4), Math.min(x1, width)];
        if (seen[1] - seen[0] > 26) {
          const words = shortened(ctx, name, seen[1] - seen[0] - 2);
          write(ctx, words, (seen[0] + seen[1]) / 2, y1 - 7, { colour, size: 12.5, weight: on ? 600 : 400, align: "center" });
        }
      }
    });
    ctx.restore();
  }

  function bracketAt({ x, y }) {
    for (const [k, row] of map.rows.entries()) {
      for (const one of row) {
        const [x0, y0, x1, y1] = bracketBox(k, one);
        if (x > x0 && x < x1 && y >= y0 && y < y1 && x > map.left - 8) return one.index;
      }
    }
    return -1;
  }

  function select(index) {
    put(model, { selected: index });
    wanted = index;
    scene.redraw();
  }

  function open(index) {
    if (!items[index].kids.length) return false;
    const opened = [...model.get("opened"), index].sort((a, b) => a - b);
    put(model, { opened, selected: items[index].kids[0] });
    wanted = items[index].kids[0];
    scene.redraw();
    return true;
  }

  // Fold an opened item, with all that was open in it.
  function fold(index) {
    if (index < 1 || !model.get("opened").includes(index)) return false;
    const opened = model.get("opened").filter((one) => !isWithin(items, one, index));
    put(model, { opened, selected: index });
    wanted = index;
    scene.redraw();
    return true;
  }

  function words() {
    const item = items[selected()];
    const where = item.path || table.name;
    if (item.kind === "image") return `The image: ${item.out[0]}.${table.note ? ` ${table.note}` : ""}`;
    if (item.kind === "stop") return table.failure;
    const said = [`${where === item.label ? "" : `${where}: `}${item.label}${item.count > 1 ? ` ×${item.count}` : ""}`];
    said[0] += item.out.length ? `, makes ${item.out[0]}` : "";
    if (item.stride > 0) said[0] += ` at stride ${item.stride}`;
    said.push(`${counted(item.params)} parameters (${share(item.params, table.params)})`);
    said.push(`${share(item.work, table.work)} of the multiply-adds`);
    if (item.field) said.push(`sees ${item.field.join(" × ")} pixels`);
    const failure = table.failure ? ` ${table.failure}` : "";
    return `${said.join(" · ")}.${failure}`;
  }

  function key(name) {
    const drawn = shown();
    const at = drawn.indexOf(selected());
    if (name === "ArrowRight" || name === "ArrowLeft") {
      select(drawn[clamp(at + (name === "ArrowRight" ? 1 : -1), 0, drawn.length - 1)]);
    } else if (name === "ArrowUp" || name === "ArrowDown") {
      select(drawn[beside(map.boxes, Math.max(at, 0), name.slice(5))]);
    } else if (name === "Enter" || name === " " || name === "+") {
      open(selected());
    } else if (name === "-" || name === "Backspace") {
      fold(items[selected()].parent);
    } else {
      return false;
    }
    return true;
  }

  const scene = stage({ model, el }, {
    keys: "Arrow keys choose, Enter opens, − folds the block around. Mouse: click to choose, again to open; a stack opens at once; a bracket folds; drag to move.",
    height: (width) => layOut(width).height + 15 + 18 * legendLines(layOut(width), width, model.get("shade")) + 4,
    draw,
    status: words,
    watch: ["opened", "selected", "shade"],
    hover(point) {
      near = point && map ? boxAt(map, point, shift) : -1;
      const over = near >= 0 || (point && map && bracketAt(point) >= 0);
      scene.canvas.style.cursor = over ? "pointer" : "";
    },
    press(point) {
      grip = { x: point.x, shift, moved: false, place: boxAt(map, point, shift), bracket: bracketAt(point) };
    },
    drag(point) {
      if (!grip) return;
      if (Math.abs(point.x - grip.x) > 4) grip.moved = true;
      if (grip.moved) shift = clamp(grip.shift + grip.x - point.x, 0, furthest(map, scene.canvas.clientWidth));
    },
    release() {
      const held = grip;
      grip = null;
      if (!held || held.moved) return;
      if (held.bracket >= 0) fold(held.bracket);
      const index = map.drawn[held.place];
      if (index === undefined) return;
      const stack = items[index].kind === "run";
      if ((!stack && index !== selected()) || !open(index)) select(index);
    },
    key,
  });
  scene.canvas.classList.remove("yx-grab");
  const panel = blockPanel({ model, el, table, items, share, groupName, open, fold });
  const onLevel = () => {
    const opened = openedTo(items, model.get("level"));
    const drawn = visibleItems(items, opened);
    put(model, { opened, selected: nearestShown(items, drawn, selected()) });
    wanted = selected();
    scene.redraw();
  };
  model.on("change:level", onLevel);
  return () => {
    model.off("change:level", onLevel);
    scene.remove();
  };
}

const channels = (item) => (item.form.length === 2 ? item.form[1] : item.form[0]);

// What a bracket is called: the module's own name, unless that is only a number.
function groupName(item) {
  const name = item.kind === "block" ? item.path.split(".").pop() : "";
  if (name && !/^\d+$/.test(name)) return name;
  return item.count > 1 ? `${item.label} ×${item.count}` : item.label;
}

function shortened(ctx, name, room) {
  ctx.font = '600 12.5px system-ui, "DejaVu Sans", sans-serif';
  let words = name;
  while (words.length > 1 && ctx.measureText(words).width > room) words = `${words.replace(/…$/, "").slice(0, -1)}…`;
  return words.length > 1 ? words : "";
}

// A part of a whole for people: "6.2 %", "< 0.1 %", "0 %".
function share(part, whole) {
  if (!part || !whole) return "0 %";
  const percent = (100 * part) / whole;
  return percent < 0.1 ? "< 0.1 %" : `${percent >= 99.95 ? 100 : percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

export default { render };
