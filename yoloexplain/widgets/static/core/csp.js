import { denseBlock, transition } from "./dense.js";

// CSP dense blocks counted, as yoloexplain/layers/csp.py builds them; and who reads which channels.
// Source: CSPNet, arXiv 1911.11929, figure 3. `around` channels of `inChannels` take the bypass.

export const FUSIONS = ["both", "first", "last"];

// Channels on the way through. Half of a plain dense block's channels leave, whatever the fusion.
export function cspChannels(inChannels, growth, count, around, fusion) {
  const entering = inChannels - around;
  const dense = entering + growth * count;
  const out = Math.floor((inChannels + growth * count) / 2);
  const mixed = fusion === "first" ? null : out - around;
  return { around, entering, dense, mixed, joined: around + (mixed ?? dense), out };
}

// A mixture: BatchNorm, ReLU, 1×1 convolution without bias.
export function mixture(inChannels, outChannels, positions) {
  const weights = inChannels * outChannels;
  return { params: weights + 2 * inChannels, macs: weights * positions };
}

// The whole block: parameters, multiply-adds, and channels read by the layers of its dense part.
export function cspBlock(inChannels, growth, count, around, fusion, positions) {
  const channels = cspChannels(inChannels, growth, count, around, fusion);
  const block = denseBlock(channels.entering, growth, count, true, positions);
  const parts = [block];
  if (fusion !== "first") parts.push(mixture(channels.dense, channels.mixed, positions));
  if (fusion !== "last") parts.push(mixture(channels.joined, channels.out, positions));
  const sum = (name) => parts.reduce((total, part) => total + part[name], 0);
  return { channels, params: sum("params"), macs: sum("macs"), reads: readBy(block) };
}

// What it is compared with: a dense block that all channels enter, and a 1×1 that keeps half.
export function plainBlock(inChannels, growth, count, positions) {
  const block = denseBlock(inChannels, growth, count, true, positions);
  const end = transition(block.channels, 0.5, positions);
  return { params: block.params + end.params, macs: block.macs + end.macs, reads: readBy(block) };
}

export function readBy(block) {
  return block.layers.reduce((total, layer) => total + layer.reads, 0);
}

// Who reads whom. Sources in order: what goes around, what enters, each layer's new maps, and the
// mixed dense part where there is one. Each reader lists the sources that it reads; to each of
// these it sends a gradient back.
export function readers(inChannels, growth, count, around, fusion) {
  const { entering, mixed } = cspChannels(inChannels, growth, count, around, fusion);
  const sources = [
    { name: "around", channels: around }, { name: "x0", channels: entering },
    ...Array.from({ length: count }, (_, i) => ({ name: `x${i + 1}`, channels: growth })),
    ...(mixed === null ? [] : [{ name: "mixed", channels: mixed }]),
  ];
  const upTo = (end) => Array.from({ length: end }, (_, i) => i + 1);
  const rows = upTo(count).map((i) => ({ name: `layer ${i}`, reads: upTo(i) }));
  if (mixed !== null) rows.push({ name: "mix dense", reads: upTo(count + 1) });
  const reads = mixed === null ? [0, ...upTo(count + 1)] : [0, count + 2];
  rows.push({ name: fusion === "last" ? "join" : "mix all", reads });
  return { sources, rows };
}
