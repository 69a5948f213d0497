// Maps: bytes from Python (widgets/data.py) become pixels. Byte 255 is a value that is no number.

// The bytes of a trait, whatever window of a buffer they came in.
export function bytes(model, name) {
  const view = model.get(name);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

// Paint one map (h × w bytes from `start`) into a rectangle, each value a crisp square.
export function paintMap(ctx, data, start, [h, w], colours, [x0, y0, x1, y1], alpha = 1) {
  const image = new ImageData(w, h);
  for (let i = 0; i < h * w; i++) {
    const c = 3 * data[start + i];
    image.data[4 * i] = colours[c];
    image.data[4 * i + 1] = colours[c + 1];
    image.data[4 * i + 2] = colours[c + 2];
    image.data[4 * i + 3] = 255;
  }
  const small = document.createElement("canvas");
  small.width = w;
  small.height = h;
  small.getContext("2d").putImageData(image, 0, 0);
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(small, x0, y0, x1 - x0, y1 - y0);
  ctx.restore();
}

// The value that a byte stands for; NaN for the byte of no number.
export function valueOf(byte, low, high) {
  return byte === 255 ? NaN : low + ((high - low) * byte) / 254;
}

// Decode a photograph held in a trait; `ready` is called when it can be drawn. The answer's
// `bitmap` is null until then.
export function photo(model, name, ready) {
  const held = { bitmap: null };
  createImageBitmap(new Blob([bytes(model, name)])).then((bitmap) => {
    held.bitmap = bitmap;
    ready();
  });
  return held;
}
