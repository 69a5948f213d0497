// Training: which of the boxes found are right. A result is [x0, y0, x1, y1, score, label], best
// first; a truth is [x0, y0, x1, y1, label]. As in the chapter: the right class, and an IoU of at
// least one half with an object that nobody found before.
import { iou } from "./boxes.js";

// The truth that each result finds, −1 for none.
export function foundTruths(results, truths, threshold = 0.5) {
  const free = truths.map(() => true);
  return results.map((result) => {
    let [best, at] = [threshold, -1];
    truths.forEach((truth, i) => {
      const overlap = free[i] && truth[4] === result[5] ? iou(result, truth) : -1;
      if (overlap >= best && (at < 0 || overlap > best)) [best, at] = [overlap, i];
    });
    if (at >= 0) free[at] = false;
    return at;
  });
}
