import { MEASURES, ciou, diou, enclosing, giou, iou, shared, slopes } from "./core/boxes.js";
import { handlesOf, movedBox } from "./core/grips.js";
import { arrow, box, dot, path, shown, write } from "./pencil.js";
import { put, stage } from "./stage.js";

const RATE = 150;  // how far a step of descent goes
const SMALLEST = 6;  // a box keeps a side to hold it by
const FLAT = 1e-9;  // a slope that is none
const LONGEST = 48;  // pixels of the steepest side's arrow
const NAMES = ["IoU", "GIoU", "DIoU", "CIoU"];

// Follow the slope of a measure from a box; the trail has one box a step.
function descend(measure, start, truth, steps) {
  const trail = [start];
  for (let i = 0; i < steps; i++) {
    const now = trail.at(-1);
    const by = slopes(measure, now, truth);
    const next = now.map((side, k) => side + RATE * by[k]);
    for (const k of [0, 1]) next[k + 2] = Math.max(next[k + 2], next[k] + 1);
    trail.push(next);
  }
  return trail;
}

function render({ model, el }) {
  const [wide, high] = model.get("table").world;
  let grip = null;  // what the mouse holds: { name, corner, from, box }
  let near = null;
  let zoom = 1;

  const truth = () => model.get("truth");
  const start = () => model.get("prediction");
  const onPaper = (sides) => sides.map((side) => side * zoom);

  // The handle under a point: a corner (0 to 3), or the middle (4), of the box that is on top.
  function handleAt({ x, y }) {
    for (const name of ["prediction", "truth"]) {
      const [x0, y0, x1, y1] = onPaper(model.get(name));
      const corner = handlesOf([x0, y0, x1, y1]).findIndex(([cx, cy]) => Math.hypot(cx - x, cy - y) < 12);
      if (corner >= 0) return { name, corner };
      if (x > x0 && x < x1 && y > y0 && y < y1) return { name, corner: 4 };
    }
    return null;
  }

  function move(name, sides, corner, dx, dy) {
    put(model, { [name]: movedBox(sides, corner, dx, dy, SMALLEST, [wide, high]) });
  }

  function draw(ctx, { width, look }) {
    zoom = width / wide;
    const measure = model.get("measure");
    const trail = descend(measure, start(), truth(), model.get("steps"));
    const now = trail.at(-1);
    box(ctx, [1, 1, width - 1, high * zoom - 1], { line: look.faint, width: 1, radius: 4 });
    const frame = onPaper(enclosing(now, truth()));
    if (measure > 0) box(ctx, frame, { line: look.muted, width: 1, dash: [5, 4] });
    box(ctx, onPaper(truth()), { fill: look.green, line: look.green, alpha: 0.16 });
    box(ctx, onPaper(now), { fill: look.blue, line: look.blue, alpha: 0.16 });
    if (shared(now, truth()) > 0) {
      const [a, b] = [now, truth()];
      const both = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
      box(ctx, onPaper(both), { fill: look.orange, alpha: 0.35 });
    }
    const middle = (sides) => [(sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2];
    if (measure > 1) path(ctx, [onPaper(middle(now)), onPaper(middle(truth()))], { colour: look.muted, width: 1.5, dash: [2, 3] });
    if (trail.length > 1) {
      box(ctx, onPaper(start()), { line: look.blue, width: 1.5, dash: [3, 4] });
      path(ctx, trail.map((sides) => onPaper(middle(sides))), { colour: look.blue, width: 1.5 });
    }
    pushes(ctx, look, now, slopes(measure, now, truth()));
    corners(ctx, look, start(), look.blue, "prediction");
    corners(ctx, look, truth(), look.green, "truth");
    write(ctx, "prediction", now[0] * zoom + 4, now[1] * zoom - 6, { colour: look.ink, weight: 600 });
    write(ctx, "truth", truth()[0] * zoom + 4, truth()[1] * zoom - 6, { colour: look.ink, weight: 600 });
  }

  // An arrow at the middle of each side: where growing the measure would move it.
  function pushes(ctx, look, [x0, y0, x1, y1], by) {
    const steepest = Math.max(...by.map(Math.abs));
    if (steepest < FLAT) return;
    const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
    const feet = [[x0, cy], [cx, y0], [x1, cy], [cx, y1]];
    feet.forEach((foot, k) => {
      const length = (by[k] / steepest) * LONGEST;
      const at = onPaper(foot);
      const to = k % 2 ? [at[0], at[1] + length] : [at[0] + length, at[1]];
      arrow(ctx, at, to, { colour: look.vermillion, width: 2.5 });
    });
  }

  function corners(ctx, look, sides, shade, name) {
    handlesOf(onPaper(sides)).forEach((corner, k) => {
      const on = near?.name === name && near.corner === k;
      dot(ctx, corner, on ? 6 : 4, shade, look.paper);
    });
  }

  function words() {
    const steps = model.get("steps");
    const measure = model.get("measure");
    const now = descend(measure, start(), truth(), steps).at(-1);
    const values = MEASURES.map((one, k) => `${NAMES[k]} ${shown(one(now, truth()), 3)}`).join(" · ");
    const slope = Math.max(...slopes(measure, now, truth()).map(Math.abs));
    const where = steps ? `After ${steps} steps along ${NAMES[measure]}: ` : "";
    const push = slope < FLAT ? "has no slope here" : `rises by up to ${slope.toFixed(4)} a pixel`;
    return `${where}${values}. ${NAMES[measure]} ${push}.`;
  }

  const STEP = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] };
  const scene = stage({ model, el }, {
    keys: "Arrow keys move the prediction, with Shift they change its size. Mouse: drag boxes or corners.",
    height: (width) => (width * high) / wide,
    draw,
    status: words,
    watch: ["prediction", "truth", "measure", "steps"],
    hover: (point) => (near = point && handleAt(point)),
    press(point) {
      const found = handleAt(point);
      grip = found && { ...found, from: point, box: model.get(found.name) };
    },
    drag(point) {
      if (grip) move(grip.name, grip.box, grip.corner, (point.x - grip.from.x) / zoom, (point.y - grip.from.y) / zoom);
    },
    release: () => (grip = null),
    key(name, event) {
      const step = STEP[name];
      if (step) move("prediction", start(), event.shiftKey ? 2 : 4, ...step);
      return Boolean(step);
    },
  });
  return () => scene.remove();
}

export default { render };
