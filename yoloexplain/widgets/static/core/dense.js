// Dense blocks counted: channels, parameters and multiply-adds, as yoloexplain/layers/dense.py
// builds them; and whose maps a layer's weights draw on. Source: arXiv 1608.06993, sections 3 and 4.
// A BatchNorm has two parameters a channel; a multiply-add is one weight applied at one position.

// One layer that reads n channels and adds `growth`; with a bottleneck a 1×1 to 4·growth comes first.
export function denseLayer(n, growth, bottleneck, positions) {
  const narrow = 4 * growth;
  const weights = bottleneck ? n * narrow + 9 * narrow * growth : 9 * n * growth;
  return { params: weights + 2 * n + (bottleneck ? 2 * narrow : 0), macs: weights * positions };
}

// A whole block: its layers, and their sums.
export function denseBlock(inChannels, growth, count, bottleneck, positions) {
  const layers = Array.from({ length: count }, (_, i) => {
    const reads = inChannels + i * growth;
    return { reads, ...denseLayer(reads, growth, bottleneck, positions) };
  });
  const sum = (name) => layers.reduce((total, layer) => total + layer[name], 0);
  return { layers, channels: inChannels + count * growth, params: sum("params"), macs: sum("macs") };
}

// The transition behind it keeps a share of the channels, at least one, rounded down.
export function transition(channels, compression, positions) {
  const kept = Math.max(1, Math.floor(compression * channels + 1e-9));
  return { channels: kept, params: channels * kept + 2 * channels, macs: channels * kept * positions };
}

// Mean of |weight| over each source's channels, 1 being the mean over all that the layer reads.
// `weights` has one mean of |weight| a channel; `counts` the channels of each source, in order.
export function drawnOn(weights, counts) {
  const mean = (list) => list.reduce((total, one) => total + one, 0) / list.length;
  const all = mean(weights);
  let start = 0;
  return counts.map((count) => {
    const part = weights.slice(start, start + count);
    start += count;
    return mean(part) / all;
  });
}
