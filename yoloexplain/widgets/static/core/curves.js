// Curves: the activations with their slopes, and the losses over a logit. As in
// yoloexplain/layers/activations.py, yolov5/loss.py and solo/loss.py.
// Sources: Mish, arXiv 1908.08681; Swish or SiLU, arXiv 1710.05941; Hardswish, arXiv 1905.02244;
// focal loss, arXiv 1708.02002; label smoothing, arXiv 1512.00567.

const LEAK = 0.1;  // Darknet's slope left of zero
const LEAST = 1e-7;  // keeps the slope of a power below 1 finite, as in YOLOv5's loss

export function sigmoid(t) {
  return 1 / (1 + Math.exp(-t));
}

// log(1 + e^t), without overflow.
export function softplus(t) {
  return Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
}

function mish(x) {
  return x * Math.tanh(softplus(x));
}

function mishSlope(x) {
  const bend = Math.tanh(softplus(x));
  return bend + x * (1 - bend * bend) * sigmoid(x);
}

// Each activation: its value, and its slope. On a corner it is the one that autograd gives.
const BENDS = {
  "ReLU": [(x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)],
  "LeakyReLU": [(x) => (x > 0 ? x : LEAK * x), (x) => (x > 0 ? 1 : LEAK)],
  "Hardswish": [
    (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
  ],
  "SiLU": [(x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  "Mish": [mish, mishSlope],
  "sigmoid": [sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
};

export function activation(name, x) {
  return BENDS[name][0](x);
}

export function activationSlope(name, x) {
  return BENDS[name][1](x);
}

// What is asked of a class: ε/2 less than certain, or ε/2 more than impossible.
export function smoothed(truth, epsilon) {
  return truth * (1 - epsilon) + epsilon / 2;
}

// Binary cross-entropy of a logit with what is asked, which may lie between 0 and 1.
export function crossEntropy(t, asked) {
  return softplus(t) - asked * t;
}

// Its slope in the logit.
export function crossEntropySlope(t, asked) {
  return sigmoid(t) - asked;
}

// What the focal loss multiplies the cross-entropy by: p is the probability given to what is asked.
export function focalFactor(t, asked, gamma, alpha) {
  const p = sigmoid(t);
  const weight = asked * alpha + (1 - asked) * (1 - alpha);
  if (gamma === 0) return weight;
  const wrong = asked * (1 - p) + (1 - asked) * p;  // 1 − right, where nothing cancels
  return weight * Math.max(wrong, LEAST) ** gamma;
}

export function focal(t, asked, gamma, alpha) {
  return focalFactor(t, asked, gamma, alpha) * crossEntropy(t, asked);
}

// Its slope in the logit, by the product rule.
export function focalSlope(t, asked, gamma, alpha) {
  const p = sigmoid(t);
  const factor = focalFactor(t, asked, gamma, alpha);
  const wrong = asked * (1 - p) + (1 - asked) * p;
  const turn = gamma && wrong > LEAST ? (gamma / wrong) * (1 - 2 * asked) * p * (1 - p) : 0;
  return factor * (crossEntropySlope(t, asked) + turn * crossEntropy(t, asked));
}
