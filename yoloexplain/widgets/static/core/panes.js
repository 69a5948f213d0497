// Panes: where everything lies on the canvas of the feature maps. Rectangles are
// { x, y, w, h }; `ratio` is height over width of the image.

const GAP = 12;
const HEAD = 42;  // two lines of words above a pane
const FOOT = 34;  // the scale below a map
const TALLEST = 400;
const TILE = 72;  // the broadest thumbnail
const SPACE = 6;  // between thumbnails
const ROW = 22;  // a line of the list of layers
const TOP = 6;
const PAD = 6;  // at the sides, for the frame around a canvas that has the focus

// `counts`: how many thumbnails each shown layer has; one entry, or two where two are compared.
// A list stands at the left if there is room and there are layers enough.
export function panesOf(width, ratio, counts, layers) {
  const inner = width - 2 * PAD;
  const two = counts.length > 1;
  const listed = inner >= 590 && layers > 1;
  const list = listed ? Math.round(Math.min(Math.max(inner * 0.2, 136), 190)) : 0;
  const left = PAD + (listed ? list + GAP : 0);
  const made = two && !listed ? stacked(inner, ratio) : inRow(width - left - PAD, left, ratio, two ? 3 : 2);
  let y = made.bottom;
  const tiles = counts.map((count) => {
    const found = tilesOf(inner, y, ratio, count);
    y = found.bottom;
    return found;
  });
  const rows = Math.max(Math.floor((made.bottom - TOP) / ROW), 1);
  const shown = listed ? { x: PAD, y: TOP, w: list, row: ROW, rows } : null;
  return { photo: made.photo, maps: made.maps, tiles, list: shown, height: y + PAD };
}

function inRow(width, left, ratio, count) {
  const w = Math.floor(Math.min((width - GAP * (count - 1)) / count, TALLEST / ratio));
  const h = Math.round(w * ratio);
  const panes = Array.from({ length: count }, (_, i) => ({ x: left + i * (w + GAP), y: HEAD, w, h }));
  return { photo: panes[0], maps: panes.slice(1), bottom: HEAD + h + FOOT };
}

// Narrow paper: the photo above, the two maps below it.
function stacked(width, ratio) {
  const high = Math.round(Math.min(width * ratio, 240));
  const photo = { x: PAD, y: HEAD, w: Math.round(high / ratio), h: high };
  const top = HEAD + high + GAP + HEAD;
  const w = Math.floor((width - GAP) / 2);
  const h = Math.round(w * ratio);
  const maps = [0, 1].map((i) => ({ x: PAD + i * (w + GAP), y: top, w, h }));
  return { photo, maps, bottom: top + h + FOOT };
}

// Rows of thumbnails, each as long as the others as far as that can be.
function tilesOf(width, top, ratio, count) {
  const most = Math.min(Math.max(Math.floor((width + SPACE) / 58), 1), 16);
  const across = Math.max(Math.ceil(count / Math.ceil(count / most)), Math.min(most, 8));
  const w = Math.floor(Math.min((width - SPACE * (across - 1)) / across, TILE));
  const h = Math.round(w * Math.min(Math.max(ratio, 0.5), 1.5));
  const y = top + 24;
  const places = Array.from({ length: count }, (_, i) => ({
    x: PAD + (i % across) * (w + SPACE), y: y + Math.floor(i / across) * (h + 22), w, h,
  }));
  return { label: top + 14, places, bottom: y + Math.ceil(count / across) * (h + 22) };
}

// Which lines of a long list are shown so that one of them is among them: [first, after the last].
export function listWindow(length, rows, current) {
  if (length <= rows) return [0, length];
  const first = Math.min(Math.max(current - Math.floor(rows / 2), 0), length - rows);
  return [first, first + rows];
}

export function holds({ x, y, w, h }, point) {
  return point.x >= x && point.x < x + w && point.y >= y && point.y < y + h;
}
