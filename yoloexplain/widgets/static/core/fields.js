// Fields: which pixels a cell of a map can see. One axis at a time, in input pixels; an interval
// is [first, last + 1]. Source: Araujo, Norris and Sim, "Computing Receptive Fields of
// Convolutional Neural Networks", Distill 2019. As in yoloexplain/inspection/receptive_field.py.
//
// An axis of a map is { jump, size, start }: pixels from one cell to the next, pixels that a cell
// sees, and where the field of cell 0 begins (before the image where padding was). Where the cells
// of a map do not keep one step and one size (behind a resize, say), it is { edges: [[a, b], …] },
// each cell's own interval.

// The axis of the image itself: each pixel sees itself.
export const IMAGE_AXIS = { jump: 1, size: 1, start: 0 };

// The axis behind a convolution or a pooling. The window grows by the old jump for each further
// tap, begins earlier by the padding, and the jump is multiplied by the stride.
export function throughWindow({ jump, size, start }, { kernel, stride = 1, padding = 0, dilation = 1 }) {
  return {
    jump: jump * stride,
    size: size + dilation * (kernel - 1) * jump,
    start: start - padding * jump,
  };
}

// The axis behind a row of layers, each { kernel, stride, padding, dilation }.
export function throughWindows(layers, axis = IMAGE_AXIS) {
  return layers.reduce(throughWindow, axis);
}

// The interval that a cell sees, as if the image went on for ever.
export function wholeField(axis, cell) {
  if (axis.edges) return axis.edges[cell];
  const first = axis.start + cell * axis.jump;
  return [first, first + axis.size];
}

// The interval kept to an image of `side` pixels; [0, 0] for a cell that sees nothing of it.
export function fieldOf(axis, cell, side) {
  const [first, last] = wholeField(axis, cell);
  const [a, b] = [Math.max(first, 0), Math.min(last, side)];
  return a < b ? [a, b] : [0, 0];
}

// The box (x0, y0, x1, y1) that a cell sees of an image of [height, width] pixels.
export function fieldBox({ rows, columns }, [row, column], [height, width]) {
  const [y0, y1] = fieldOf(rows, row, height);
  const [x0, x1] = fieldOf(columns, column, width);
  return y0 < y1 && x0 < x1 ? [x0, y0, x1, y1] : [0, 0, 0, 0];
}

// The cell whose own patch of the image (its share of `side` pixels) holds a place.
export function cellUnder(place, cells, side) {
  return Math.min(Math.max(Math.floor((place * cells) / side), 0), cells - 1);
}
