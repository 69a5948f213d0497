"""Schedule: how large a step is allowed to be, from the first to the last.

It stands between the gradient and the weights.
Sources: warm-up from "Accurate, Large Minibatch SGD" (Goyal et al. 2017, arXiv 1706.02677); cosine
decay from SGDR (Loshchilov and Hutter 2016, arXiv 1608.03983), without its restarts.

First steps are small, for the gradients of a fresh network point anywhere; last steps are small, so
that it can settle. The rate depends on the number of the step and on nothing else, neither on the
clock nor on what came before, so a training that goes on after a break steps as if there was none.
"""

import math
from dataclasses import dataclass

from ..layers.check import check_choice, check_count

SHAPES = ("constant", "cosine", "linear")
WARMUP_MOMENTUM = 0.8


@dataclass(frozen=True)
class Schedule:
    """Learning rate and momentum of every step.

    Attributes
    ----------
    total
        Steps of the whole training.
    warmup
        Steps over which the rate climbs to its peak, from almost nothing.
    peak
        Highest rate.
    final
        Last rate, as a share of the peak.
    shape
        Of the way down: ``"linear"``, ``"cosine"`` or ``"constant"``, which does not go down.

    Raises
    ------
    ValueError
        For a value out of range.
    """

    total: int
    warmup: int
    peak: float
    final: float = 0.01
    shape: str = "linear"

    def __post_init__(self) -> None:
        check_count("total", self.total)
        check_choice("shape", self.shape, SHAPES)
        if not 0 <= self.warmup <= self.total:
            raise ValueError(
                f"warmup must lie from 0 to the training's {self.total} steps, got {self.warmup}; "
                "warm up for a shorter time, or train longer"
            )

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        return self.peak * self.climb(step) * self.decay(step)

    def momentum(self, step: int, full: float) -> float:
        """Momentum of a step: with few gradients behind it, a mean should not reach far back."""
        start = min(WARMUP_MOMENTUM, full)
        return start + (full - start) * self.climb(step)

    def climb(self, step: int) -> float:
        """Share of the warm-up that is done after this step, up to 1."""
        return min((step + 1) / self.warmup, 1.0) if self.warmup else 1.0

    def decay(self, step: int) -> float:
        """Share of the peak that the way down has left, from 1 to ``final``."""
        if self.shape == "constant" or self.total == 1:
            return 1.0
        done = min(step / (self.total - 1), 1.0)
        left = 1 - done if self.shape == "linear" else (1 + math.cos(math.pi * done)) / 2
        return self.final + (1 - self.final) * left
