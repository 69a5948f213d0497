import { bytes, paintMap } from "./maps.js";
import { counted, write } from "./pencil.js";

// Block panel: what a map tells about the block that is selected: facts, feature maps and code.
// It is plain page content, so that text can be selected, scrolled and read aloud.

const STYLE = `
.yx-block { display: grid; grid-template-columns: minmax(270px, 5fr) 7fr; gap: 4px 20px; margin: 10px 2px 0;
  padding-top: 10px; border-top: 1px solid var(--yx-faint); font-size: 14px; line-height: 1.4; }
.yx-block > * { min-width: 0; }
.yx-block .yx-block-title { grid-column: 1 / -1; margin: 0; font-size: 15px; font-weight: 600; overflow-wrap: anywhere; }
.yx-block-way { grid-column: 1 / -1; margin: 0; font-size: 13px; overflow-wrap: anywhere; }
.yx-block button { font: inherit; font-size: 13px; color: inherit; background: transparent; padding: 1px 8px;
  border: 1px solid currentColor; border-radius: 4px; cursor: pointer; margin: 0 6px 2px 0; opacity: 0.9; }
.yx-block button:hover { background: var(--yx-faint); }
.yx-block button:focus-visible, .yx-block pre:focus-visible { outline: 3px solid #56b4e9; outline-offset: 1px; }
.yx-block dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 6px 0 8px; }
.yx-block dt { opacity: 0.75; }
.yx-block dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.yx-block canvas { width: 100%; }
.yx-block p { margin: 0 0 4px; }
.yx-block pre { margin: 6px 0 0; padding: 8px 10px; max-height: 340px; overflow: auto; font-size: 12.5px;
  line-height: 1.45; background: var(--yx-field); border: 1px solid var(--yx-faint); border-radius: 4px;
  color: inherit; white-space: pre; tab-size: 4; }
.yx-block-code > p { font-size: 13px; opacity: 0.75; overflow-wrap: anywhere; margin: 6px 0 0; }
.yx-block-note { grid-column: 1 / -1; }
@container (max-width: 690px) { .yx-block { grid-template-columns: 1fr; } }
.yx-block-room { container-type: inline-size; }
`;

export function blockPanel({ model, el, table, items, share, groupName, open, fold }) {
  const { sources } = table;
  const room = made("div", "yx-block-room");
  const style = document.createElement("style");
  style.textContent = STYLE;
  const panel = made("div", "yx-block");
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "The block that is selected");
  room.append(style, panel);
  el.append(room);
  let last = "";

  // Show an item; nothing is touched unless it, the width or the theme has changed.
  function show(index, look) {
    const key = `${index}|${room.clientWidth}|${look.dark}|${model.get("opened")}`;
    if (key === last) return;
    const same = last.split("|")[0] === String(index);
    const code = panel.querySelector("pre");
    const [scrolled, focused] = [same && code ? code.scrollTop : 0, panel.contains(document.activeElement)];
    last = key;
    const item = items[index];
    panel.replaceChildren(...parts(item, index, look));
    const now = panel.querySelector("pre");
    if (now) now.scrollTop = scrolled;
    if (focused) panel.querySelector("button, pre")?.focus();
    const maps = panel.querySelector("canvas");
    if (maps) drawMaps(maps, item.maps, look);
  }

  function parts(item, index, look) {
    const title = made("p", "yx-block-title", item.kind === "image" ? "image" : `${item.label}${item.count > 1 ? ` ×${item.count}` : ""}`);
    const left = made("div", "");
    left.append(facts(item));
    if (item.maps) {
      left.append(made("p", "", mapWords(item.maps)), picture(item.maps));
    }
    const right = made("div", "yx-block-code");
    const source = sources[item.source];
    if (source) {
      const code = made("pre", "", source.code);
      code.tabIndex = 0;
      code.setAttribute("aria-label", `Source code of ${source.name}`);
      right.append(made("p", "", item.kind === "op" ? `in the forward of ${source.name}` : source.name), code);
    }
    const notes = [item.note, item.kind === "image" ? table.note : "", item.kind === "image" ? table.failure : ""].filter(Boolean);
    const note = notes.length ? [made("p", "yx-block-note", notes.join(" "))] : [];
    if (note.length && item.failed) note[0].style.cssText = `border-left: 4px solid ${look.vermillion}; padding-left: 8px;`;
    return [title, way(item, index), ...note, left, right];
  }

  // Where the block lies, with a button that opens it and one for each block around it.
  function way(item, index) {
    const line = made("p", "yx-block-way");
    const around = [];
    for (let at = item.parent; at > 0; at = items[at].parent) around.unshift(at);
    if (item.kids.length) line.append(button(`Open: ${inside(item)}`, () => open(index)));
    for (const one of around.slice(1)) {
      line.append(button(`Fold ${groupName(items[one])}`, () => fold(one)));
    }
    if (!line.children.length && !item.failed) line.hidden = true;
    return line;
  }

  function inside(item) {
    const named = item.kids.slice(0, 5).map((kid) => `${items[kid].label}${items[kid].count > 1 ? ` ×${items[kid].count}` : ""}`);
    return named.join(", ") + (item.kids.length > 5 ? ", …" : "");
  }

  function facts(item) {
    const list = document.createElement("dl");
    const add = (name, words) => list.append(made("dt", "", name), made("dd", "", words));
    if (item.kind !== "image") add("module", item.path || "the network");
    if (item.kind !== "image") add("class", item.type);
    if (item.in.length) add(item.in.length > 1 ? "inputs" : "input", several(item.in));
    if (item.out.length) add(item.out.length > 1 ? "outputs" : "output", several(item.out));
    if (item.stride > 0) add("stride", `${item.stride} pixels`);
    if (item.kind !== "image") {
      add("parameters", `${counted(item.params)}, ${share(item.params, table.params)} of all`);
      add("multiply-adds", `${counted(item.work)}, ${share(item.work, table.work)} of all`);
      add("receptive field", item.field ? fieldWords(item.field) : "not known");
    }
    return list;
  }

  function fieldWords([high, wide]) {
    if (high === 0 || wide === 0) return "none: no pixel reaches it";
    const all = high >= table.image[0] && wide >= table.image[1];
    return `${counted(high)} × ${counted(wide)} pixels${all ? ", as large as the image" : ""}`;
  }

  function mapWords({ channels, count, cells }) {
    const many = channels.length === count ? "All" : channels.length === 1 ? "The strongest" : `The ${channels.length} strongest`;
    return `${many} of ${count} channels, ${cells[0]} × ${cells[1]}:`;
  }

  function picture(maps) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    const told = maps.channels.map((channel, k) => `channel ${channel} ${rangeWords(maps.ranges[k])}`);
    canvas.setAttribute("aria-label", `Feature maps: ${told.join("; ")}`);
    return canvas;
  }

  function drawMaps(canvas, { start, size, channels, ranges }, look) {
    const [data, colours] = [bytes(model, "maps"), bytes(model, "colours")];
    const [width, scale, gap] = [canvas.clientWidth, window.devicePixelRatio || 1, 8];
    const wide = Math.min((width - gap * 3) / Math.min(4, channels.length), 132, (150 * size[1]) / size[0]);
    const high = (wide * size[0]) / size[1];
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round((high + 38) * scale);
    canvas.style.height = `${high + 38}px`;
    const ctx = canvas.getContext("2d");
    ctx.scale(scale, scale);
    channels.forEach((channel, k) => {
      const x = k * (wide + gap);
      paintMap(ctx, data, start + k * size[0] * size[1], size, colours, [x, 0, x + wide, high]);
      write(ctx, String(channel), x, high + 15, { colour: look.ink, weight: 600, size: 12.5, fit: wide });
      write(ctx, rangeWords(ranges[k]), x, high + 31, { colour: look.muted, size: 12, fit: wide });
    });
  }

  return { show };
}

function rangeWords(range) {
  if (!range) return "no numbers";
  const [low, high] = range.map((value) => String(value).replace("-", "−"));
  return low === high ? `all ${low}` : `${low} to ${high}`;
}

function several(shapes) {
  const shown = shapes.slice(0, 4).join(", ");
  return shapes.length > 4 ? `${shown} and ${shapes.length - 4} more` : shown;
}

function made(name, kind, words = "") {
  const node = document.createElement(name);
  if (kind) node.className = kind;
  if (words) node.textContent = words;
  return node;
}

function button(words, act) {
  const node = made("button", "", words);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}
