import { boxAt, drawBlocks, furthest, laidOut, roleColour, scrollBar } from "./block_map.js";
import { beside } from "./core/blocks.js";
import { box, counted, write } from "./pencil.js";
import { clamp, put, stage } from "./stage.js";

const STYLE = `
.yx-versions { width: 100%; overflow-x: auto; margin-top: 10px; }
.yx-versions table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.yx-versions th, .yx-versions td { text-align: left; padding: 3px 14px 3px 6px; border: 0; border-bottom: 1px solid var(--yx-faint);
  background: transparent; color: inherit; }
.yx-versions thead th { font-weight: 500; opacity: 0.8; }
.yx-versions .yx-number { text-align: right; }
.yx-versions tr.yx-on > * { background: var(--yx-faint); }
.yx-versions .yx-new { font-weight: 700; }
.yx-versions button { font: inherit; color: inherit; background: transparent; border: 0; padding: 0 4px; cursor: pointer;
  text-decoration: underline; text-underline-offset: 2px; }
.yx-versions button:focus-visible { outline: 3px solid #56b4e9; }
`;
const LEGEND = [
  ["changed", "built otherwise than in the release before"], ["norm", "same build, other activation or ε"], ["other", "as before"],
];

function render({ model, el }) {
  const table = model.get("table");
  const { versions } = table;
  let shift = 0;
  let near = -1;
  let grip = null;
  let maps = [];
  let made = 0;  // width that the maps were laid out for

  const release = () => clamp(model.get("release"), 0, versions.length - 1);
  const now = () => versions[release()];
  const chosen = () => clamp(model.get("selected"), 0, now().blocks.length - 1);

  // All maps at once, and the height of the highest, so that nothing jumps while one slides.
  function layOut(width) {
    if (made === width) return maps[release()];
    made = width;
    maps = versions.map(({ blocks }) => {
      const nodes = blocks.map((block) => node(block));
      const pairs = blocks.flatMap(({ reads }, target) => reads.map((source) => [source, target]));
      return laidOut(nodes, pairs, width);
    });
    shift = clamp(shift, 0, furthest(maps[release()], width));
    return maps[release()];
  }

  function node(block) {
    const role = block.build.length ? "changed" : block.settings.length ? "norm" : "other";
    const alpha = block.build.length ? 0.34 : block.settings.length ? 0.22 : 0.08;
    const row = Math.round(Math.log2(table.image / block.shape[1]));
    return { ...block, row, kind: "block", role, alpha, mark: role === "changed", second: String(block.shape[0]) };
  }

  function names(row) {
    const found = now().blocks.find((block) => Math.round(Math.log2(table.image / block.shape[1])) === row);
    return [`stride ${2 ** row}`, found ? `${found.shape[1]} × ${found.shape[2]}` : ""];
  }

  const lines = (width) => (width < 720 ? 3 : 1);
  const highest = (width) => {
    layOut(width);
    return Math.max(...maps.map((map) => map.height));
  };

  function draw(ctx, { width, look }) {
    const map = layOut(width);
    drawBlocks(ctx, map, look, { width, shift, selected: chosen(), near, names });
    scrollBar(ctx, map, look, { width, shift, y: map.height + 2 });
    let [x, y] = [6, highest(width) + 25];
    for (const [role, words] of LEGEND) {
      const colour = look[roleColour(role)];
      box(ctx, [x, y - 10, x + 12, y + 2], { fill: colour, alpha: 0.3, line: colour, width: 1.2, radius: 3 });
      const wide = 18 + write(ctx, words, x + 18, y, { colour: look.muted, size: 12.5 }) + 18;
      if (lines(width) > 1) y += 18;
      else x += wide;
    }
    mark();
  }

  function words() {
    const one = now();
    const block = one.blocks[chosen()];
    const what = [...block.build, ...block.settings].join("; ");
    const said = `${block.path}: ${block.label}${block.count > 1 ? ` ×${block.count}` : ""}, ${block.shape.join(" × ")}`;
    if (!release()) return `Release ${one.name}, ${totals(one)}. ${said}.`;
    const before = versions[release() - 1];
    const changes = one.changed ? `${one.changed} of ${one.blocks.length} blocks differ from ${before.name}` : `the same map as ${before.name}`;
    return `Release ${one.name}: ${changes}; ${totals(one, before)}. ${said}${what ? `: ${what}` : ", as before"}.`;
  }

  function totals(one, before) {
    const work = (version) => (2 * version.work) / 1e9;
    const more = (value, digits) => `${value < 0 ? "−" : "+"}${digits ? Math.abs(value).toFixed(digits) : counted(Math.abs(value))}`;
    const since = (value, digits) => (before && value ? ` (${more(value, digits)})` : "");
    const params = `${counted(one.params)} parameters${since(one.params - (before?.params ?? 0))}`;
    return `${params}, ${work(one).toFixed(2)} GFLOPs${since(before && work(one) - work(before), 2)}`;
  }

  // What has changed, in words, and the table of all releases; made once, then only marked.
  const below = document.createElement("div");
  const style = document.createElement("style");
  style.textContent = STYLE;
  const told = document.createElement("p");
  told.className = "yx-told";
  told.style.cssText = "margin: 8px 2px 0; font-size: 14px; line-height: 1.45;";
  const sheet = document.createElement("div");
  sheet.className = "yx-versions";
  sheet.append(tableOf());
  below.append(style, told, sheet);

  function tableOf() {
    const made = document.createElement("table");
    const caption = made.createCaption();
    caption.textContent = `All releases at ${table.image} × ${table.image}; bold is what differs from the line above`;
    caption.style.cssText = "text-align: left; font-size: 13px; padding: 0 6px 4px; color: inherit;";
    const head = made.createTHead().insertRow();
    for (const [k, name] of ["release", ...table.columns].entries()) head.append(cell("th", name, k > 5 ? "yx-number" : ""));
    const body = made.createTBody();
    versions.forEach(({ name, row }, i) => {
      const line = body.insertRow();
      const first = cell("th", "", "");
      first.scope = "row";
      const go = document.createElement("button");
      go.type = "button";
      go.textContent = name;
      go.addEventListener("click", () => put(model, { release: i }));
      first.append(go);
      line.append(first);
      row.forEach((words, k) => {
        const fresh = i > 0 && versions[i - 1].row[k] !== words;
        line.append(cell("td", words, `${k > 4 ? "yx-number" : ""} ${fresh ? "yx-new" : ""}`));
      });
    });
    return made;
  }

  function mark() {
    const { summary, gone, name } = now();
    const listed = [...summary];
    for (const path of gone) listed.push(`${path} is gone`);
    if (table.hint[name]) listed.push(table.hint[name].replace(/\.$/, ""));
    const sentence = listed.length ? `New in ${name}: ${listed.join("; ")}.` : release() ? `Nothing new in the network of ${name}.` : `Release ${name} is the first.`;
    if (told.textContent !== sentence) told.textContent = sentence;
    sheet.querySelectorAll("tbody tr").forEach((line, i) => line.classList.toggle("yx-on", i === release()));
  }

  function select(place, width) {
    put(model, { selected: place });
    const [x0, , x1] = maps[release()].boxes[place];
    const margin = maps[release()].pitch;
    shift = clamp(clamp(shift, x1 + margin - width, x0 - maps[release()].left - margin), 0, furthest(maps[release()], width));
    scene.redraw();
  }

  const scene = stage({ model, el }, {
    keys: "Left and right arrow choose a block, up and down the row; + and − change the release. Mouse: click a block, drag the map.",
    height: (width) => highest(width) + 15 + 18 * lines(width) + 4,
    draw,
    status: words,
    watch: ["release", "selected"],
    hover(point) {
      near = point && made ? boxAt(maps[release()], point, shift) : -1;
      scene.canvas.style.cursor = near >= 0 ? "pointer" : "";
    },
    press(point) {
      grip = { x: point.x, shift, moved: false, place: boxAt(maps[release()], point, shift) };
    },
    drag(point) {
      if (!grip) return;
      if (Math.abs(point.x - grip.x) > 4) grip.moved = true;
      if (grip.moved) shift = clamp(grip.shift + grip.x - point.x, 0, furthest(maps[release()], scene.canvas.clientWidth));
    },
    release() {
      if (grip && !grip.moved && grip.place >= 0) put(model, { selected: grip.place });
      grip = null;
    },
    key(name) {
      const width = scene.canvas.clientWidth;
      if (name === "ArrowRight" || name === "ArrowLeft") {
        select(clamp(chosen() + (name === "ArrowRight" ? 1 : -1), 0, now().blocks.length - 1), width);
      } else if (name === "ArrowUp" || name === "ArrowDown") {
        select(beside(maps[release()].boxes, chosen(), name.slice(5)), width);
      } else if (name === "+" || name === "-") {
        put(model, { release: clamp(release() + (name === "+" ? 1 : -1), 0, versions.length - 1) });
      } else {
        return false;
      }
      return true;
    },
  });
  scene.canvas.classList.remove("yx-grab");
  el.append(below);
  return () => scene.remove();
}

function cell(name, words, kind) {
  const made = document.createElement(name);
  made.textContent = words;
  made.className = kind.trim();
  return made;
}

export default { render };
