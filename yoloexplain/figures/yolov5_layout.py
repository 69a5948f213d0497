"""YOLOv5's layout as records for the architecture map, for any release and size.

Source: YOLOv5 releases 1.0 to 7.0 (Jocher et al. 2020-2022). The order of the blocks is the
published one; channels, sizes and parameters follow from the two multiples. Three networks hide
behind ten release numbers, and they differ in the block, the stem and the pyramid pooling.

Departure: release 1.0 keeps its three output convolutions among the neck's blocks and detects from
coarse to fine; they are drawn in the head here, where 2.0 moved them.
"""

from dataclasses import replace

from .architecture import Block
from .check import Number, check_positive

MULTIPLES = {
    "n": (0.33, 0.25),
    "s": (0.33, 0.50),
    "m": (0.67, 0.75),
    "l": (1.00, 1.00),
    "x": (1.33, 1.25),
}
WIDTHS = {5: (64, 128, 256, 512, 1024), 6: (64, 128, 256, 512, 768, 1024)}


def yolov5_layout(
    size: str = "s",
    release: str = "7.0",
    *,
    image_size: tuple[int, int] = (640, 640),
    num_classes: int = 80,
) -> list[Block]:
    """List the blocks of a size ("n" … "x", or "n6" … "x6") in a release, in execution order."""
    check_positive("num_classes", num_classes)
    letter, top = size[:1], 6 if size.endswith("6") else 5
    if letter not in MULTIPLES or size not in (letter, f"{letter}6"):
        raise ValueError(
            f"size must be one of {', '.join(MULTIPLES)}, with or without 6; got {size!r}"
        )
    try:
        number = float(release)
    except ValueError as error:
        raise ValueError(f'release must be "1.0" to "7.0", got {release!r}') from error
    if any(side % 2**top for side in image_size):
        raise ValueError(
            f"both sides must be multiples of the stride {2**top}, got {image_size}; "
            f"pass for example ({10 * 2**top}, {10 * 2**top})"
        )
    return _Layout(letter, number, top, image_size).build(3 * (5 + num_classes))


class _Layout:
    """Collects the blocks; ``here`` is the name of the one that runs last."""

    def __init__(self, letter: str, release: Number, top: int, size: tuple[int, int]) -> None:
        self.depth, width = MULTIPLES[letter]
        self.widths = [-int(-channels * width // 8) * 8 for channels in WIDTHS[top]]
        self.modern, self.top, self.size = release >= 6, top, size
        self.csp = "C3" if release >= 4 else "CSP"
        self.blocks: list[Block] = []

    def build(self, outputs: int) -> list[Block]:
        """Stem, backbone, the way down, the way up, and one output convolution a level."""
        features = self._backbone()
        laterals, x = {}, features[self.top]
        for level in range(self.top, 3, -1):
            finer = self.widths[level - 2]
            laterals[level] = self._conv(finer, level, [x], "neck", kernel=1)
            up = self._add("Upsample", finer, level - 1, [laterals[level]], "neck", 0)
            joined = self._add("Concat", 2 * finer, level - 1, [up, features[level - 1]], "neck", 0)
            x = self._csp(finer, level - 1, joined, "neck", 3)
        heads = {3: x}
        for level in range(4, self.top + 1):
            finer = self.widths[level - 2]
            down = self._conv(finer, level, [x], "neck")
            joined = self._add("Concat", 2 * finer, level, [down, laterals[level]], "neck", 0)
            x = heads[level] = self._csp(self.widths[level - 1], level, joined, "neck", 3)
        for level, source in heads.items():
            params = self.widths[level - 1] * outputs + outputs
            self._add("Detect", outputs, level, [source], "head", params)
        return self.blocks

    def _backbone(self) -> dict[int, str]:
        depths = (3, 6, 9, 3, 3) if self.modern else (3, 9, 9, 3, 3)
        kernel, channels = (6, 3) if self.modern else (3, 12)
        stem = self.widths[0] * channels * kernel**2 + 2 * self.widths[0]
        x = self._add(
            "Conv 6×6" if self.modern else "Focus", self.widths[0], 1, [], "backbone", stem
        )
        features = {}
        for level in range(2, self.top + 1):
            width = self.widths[level - 1]
            x = self._conv(width, level, [x], "backbone")
            last = level == self.top
            if last and not self.modern:
                x = self._pool("SPP", width, level, x)
            x = self._csp(width, level, x, "backbone", depths[level - 2])
            if last and self.modern:
                x = self._pool("SPPF", width, level, x)
            features[level] = x
        return features

    def _add(
        self, kind: str, channels: int, level: int, inputs: list[str], part: str, params: int
    ) -> str:
        name, stride = str(len(self.blocks)), 2**level
        shape = (channels, self.size[0] // stride, self.size[1] // stride)
        one = Block(name, kind, stride, shape, tuple(inputs), part, params=params)
        self.blocks.append(one)
        return name

    def _conv(
        self, channels: int, level: int, inputs: list[str], part: str, kernel: int = 3
    ) -> str:
        before = self.blocks[int(inputs[0])].shape[0]
        params = _conv(before, channels, kernel)
        return self._add(f"Conv {kernel}×{kernel}", channels, level, inputs, part, params)

    def _pool(self, kind: str, channels: int, level: int, source: str) -> str:
        half = channels // 2
        params = _conv(channels, half) + _conv(4 * half, channels)
        return self._add(kind, channels, level, [source], "backbone", params)

    def _csp(self, channels: int, level: int, source: str, part: str, repeats: int) -> str:
        before, half = self.blocks[int(source)].shape[0], channels // 2
        repeats = max(round(repeats * self.depth), 1)
        params = repeats * (_conv(half, half) + _conv(half, half, 3))
        params += _conv(before, half) + before * half + _conv(2 * half, channels)
        # BottleneckCSP: one more bare 1×1 and a norm over both halves; C3: a norm for the bypass.
        params += half * half + 4 * half if self.csp == "CSP" else 2 * half
        name = self._add(self.csp, channels, level, [source], part, params)
        self.blocks[-1] = replace(self.blocks[-1], repeats=repeats)
        return name


def _conv(before: int, after: int, kernel: int = 1) -> int:
    """Count a convolution without bias and its BatchNorm."""
    return before * after * kernel * kernel + 2 * after
