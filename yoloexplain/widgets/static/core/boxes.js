// Boxes: the IoU family, its slopes, and greedy NMS. A box is [x0, y0, x1, y1] in any unit.
// Sources: GIoU, arXiv 1902.09630; DIoU and CIoU, arXiv 1911.08287. As in yoloexplain/boxes.py.

const EPSILON = 1e-7;

export function areaOf([x0, y0, x1, y1]) {
  return Math.max(x1 - x0, 0) * Math.max(y1 - y0, 0);
}

export function shared(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return Math.max(width, 0) * Math.max(height, 0);
}

export function enclosing(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

export function iou(a, b) {
  const both = shared(a, b);
  return both / Math.max(areaOf(a) + areaOf(b) - both, EPSILON);
}

export function giou(a, b) {
  const both = shared(a, b);
  const joint = areaOf(a) + areaOf(b) - both;
  const frame = enclosing(a, b);
  const around = (frame[2] - frame[0]) * (frame[3] - frame[1]);
  return both / Math.max(joint, EPSILON) - (around - joint) / Math.max(around, EPSILON);
}

export function diou(a, b) {
  const frame = enclosing(a, b);
  const diagonal = (frame[2] - frame[0]) ** 2 + (frame[3] - frame[1]) ** 2;
  const apart = ((a[0] + a[2] - b[0] - b[2]) ** 2 + (a[1] + a[3] - b[1] - b[3]) ** 2) / 4;
  return iou(a, b) - apart / Math.max(diagonal, EPSILON);
}

// How far the proportions differ (v), and how much that counts (alpha).
export function shapePenalty(a, b) {
  const angle = (box) => Math.atan((box[2] - box[0]) / Math.max(box[3] - box[1], EPSILON));
  const v = (4 / Math.PI ** 2) * (angle(b) - angle(a)) ** 2;
  return { v, alpha: v / Math.max(1 - iou(a, b) + v, EPSILON) };
}

export function ciou(a, b) {
  const { v, alpha } = shapePenalty(a, b);
  return diou(a, b) - alpha * v;
}

export const MEASURES = [iou, giou, diou, ciou];

// Slope of a measure (0 to 3, as in MEASURES) in each side of `a`: central differences. CIoU's
// alpha counts as a constant, as the paper asks. On a kink it is the mean of both sides' slopes.
export function slopes(measure, a, b, step = 1e-4) {
  const { alpha } = shapePenalty(a, b);
  const value = (box) =>
    measure === 3 ? diou(box, b) - alpha * shapePenalty(box, b).v : MEASURES[measure](box, b);
  return [0, 1, 2, 3].map((i) => {
    const moved = (by) => value(a.map((side, j) => (i === j ? side + by : side)));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

// Greedy NMS: indices of the boxes that stay, best first; `by[i]` is the box that dropped box i.
export function greedyNMS(boxes, scores, threshold, labels = null) {
  const order = scores.map((_, i) => i).sort((i, j) => scores[j] - scores[i] || i - j);
  const by = boxes.map(() => -1);
  const kept = [];
  for (const [rank, i] of order.entries()) {
    if (by[i] >= 0) continue;
    kept.push(i);
    for (const j of order.slice(rank + 1)) {
      const rivals = !labels || labels[i] === labels[j];
      if (by[j] < 0 && rivals && iou(boxes[i], boxes[j]) > threshold) by[j] = i;
    }
  }
  return { kept, by };
}
