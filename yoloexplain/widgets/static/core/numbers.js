// Numbers for axes and narrow tables.

// The next round number above a value, of which half is round too.
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].find((times) => times * power >= value) * power;
}

// 1234567 → "1.23 M", for where a long number has no room.
export function short(value) {
  const [unit, size] = [["G", 1e9], ["M", 1e6], ["k", 1e3]].find(([, one]) => value >= one) ?? ["", 1];
  return `${Number((value / size).toPrecision(3))} ${unit}`.trim();
}
