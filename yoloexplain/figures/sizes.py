"""Sizes in pictures: how tensors shrink in space and grow in channels, and where parameters live.

The stages and rows are given by whoever built or summarised a network; nothing here knows one.
"""

from collections.abc import Mapping, Sequence
from math import log2
from typing import NamedTuple

from matplotlib.axes import Axes

from .check import Number, check_positive
from .drawing import MARGIN, arrow, bar, page, write
from .picture import Picture
from .style import MUTED, SMALL, colour, style, tint


class Stage(NamedTuple):
    """A tensor: what made it, its (channels, height, width) or (length,), and the parameters."""

    name: str
    shape: tuple[int, ...]
    params: int = 0


@style()
def tensor_sizes(networks: Mapping[str, Sequence[Stage]]) -> Picture:
    """Draw one to four networks as rows of slabs: as high as the map, as thick as its channels.

    Parameters
    ----------
    networks
        Name → the stages in order, at most twelve; a stage that is a vector is drawn as a line.
        Heights go with the square root of the side, thickness with the logarithm of the channels.
    """
    _check(networks)
    row_height = 2.3
    height = 0.95 + row_height * len(networks)
    picture, axes = page(
        10,
        height,
        "From image to output: maps shrink, channels grow",
        "A slab's height stands for the map's side, its thickness for the channels. "
        "Bold: share of the parameters on that step.",
    )
    tallest = max(stage.shape[-1] for row in networks.values() for stage in row if _is_map(stage))
    for row, (name, stages) in enumerate(networks.items()):
        base = height - 0.85 - row_height * (row + 1) + 0.62
        total = sum(stage.params for stage in stages)
        write(axes, MARGIN, base + 1.5, name, weight="bold", ha="left")
        if total:
            words = f"{total:,} parameters"
            write(axes, 9.75, base + 1.5, words, size=SMALL, colour=MUTED, ha="right")
        _row(axes, base, stages, tallest, total)
    picture.alt = "Slabs for the tensors of each network. " + " ".join(
        f"{name}: {' to '.join(_label(stage) for stage in (stages[0], stages[-1]))}."
        for name, stages in networks.items()
    )
    return picture


def _check(networks: Mapping[str, Sequence[Stage]]) -> None:
    if not 1 <= len(networks) <= 4:
        raise ValueError(
            f"networks must hold 1 to 4 networks, got {len(networks)}; draw some apart"
        )
    for name, stages in networks.items():
        if not 1 <= len(stages) <= 12:
            raise ValueError(
                f"a network must have 1 to 12 stages to be drawn, got {len(stages)} in {name!r}; "
                "keep those where the size changes"
            )
        for stage in stages:
            if len(stage.shape) not in (1, 3):
                raise ValueError(
                    "a stage must be a map (channels, height, width) or a vector (length,), got "
                    f"{stage.shape} in {stage.name!r}"
                )
            for side in stage.shape:
                check_positive("a stage's size", side)


def _is_map(stage: Stage) -> bool:
    return len(stage.shape) == 3


def _label(stage: Stage) -> str:
    if not _is_map(stage):
        return f"{stage.shape[0]:,}"
    channels, height, width = stage.shape
    side = f"{height}²" if height == width else f"{height}×{width}"
    return f"{channels:,} × {side}"


def _row(axes: Axes, base: Number, stages: Sequence[Stage], tallest: int, total: int) -> None:
    step = 9.5 / len(stages)
    middle = base + 0.6
    for index, stage in enumerate(stages):
        x = MARGIN + (index + 0.5) * step
        thick = min(0.1 + 0.055 * log2(stage.shape[0]), 0.62 * step)
        high = _high(stage, tallest)
        shade = colour("conv") if _is_map(stage) else colour("linear")
        thick = thick if _is_map(stage) else 0.09
        bar(axes, x - thick / 2, middle - high / 2, thick, high, tint(shade, 0.35))
        if index:
            before = _half(stages[index - 1], step)
            arrow(axes, (x - step + before + 0.04, middle), (x - thick / 2 - 0.03, middle), width=1)
        write(axes, x, base - 0.12, _label(stage), size=SMALL, fit=0.9 * step)
        write(axes, x, base - 0.32, stage.name, size=SMALL, colour=MUTED, fit=0.9 * step)
        if total and stage.params > 0.05 * total:
            share = f"{100 * stage.params / total:.0f} %"
            # Over the arrow where there is room, else over the higher of its two slabs.
            gap = step - thick / 2 - _half(stages[index - 1], step) if index else 0
            before_high = _high(stages[index - 1], tallest) if index else 0
            lift = 0.16 if gap > 0.42 else max(high, before_high) / 2 + 0.12
            write(axes, x - step / 2, middle + lift, share, size=SMALL, weight="bold")


def _high(stage: Stage, tallest: int) -> float:
    """Height of a stage's slab: by the root of the side, and full for a vector."""
    return 1.15 * (stage.shape[-1] / tallest) ** 0.5 if _is_map(stage) else 1.15


def _half(stage: Stage, step: Number) -> float:
    """Half the thickness of a stage's slab."""
    return min(0.1 + 0.055 * log2(stage.shape[0]), 0.62 * step) / 2 if _is_map(stage) else 0.045
