"""EMA: a second network, the running mean of the one in training.

It stands beside the weights; it is the one that is judged, kept and shipped.
Source: Polyak and Juditsky (1992), "Acceleration of Stochastic Approximation by Averaging", as an
exponential moving average; the ramp as in YOLOv5 (Jocher et al. 2020–2022), facts only.

Single steps jump about a good place, and their mean lies nearer to it than any of them. The first
means would be made of bad beginnings, so the memory starts short and grows.
"""

import math
from copy import deepcopy

import torch
from torch import nn


class EMA:
    """A moving average of a network's weights and BatchNorm statistics.

    Parameters
    ----------
    model
        The network in training; a copy of it is made here.
    decay
        Share of the mean that survives a step, in the end.
    ramp
        Steps over which it climbs there: decay · (1 − exp(−step / ramp)).

    Attributes
    ----------
    model
        The mean, in eval mode and without gradients.
    updates
        How many steps went into it.
    """

    def __init__(self, model: nn.Module, decay: float = 0.998, ramp: float = 200.0) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"an EMA's decay must lie from 0 to below 1, got {decay}; pass 0.998")
        if ramp <= 0:
            raise ValueError(f"an EMA's ramp must be above 0 steps, got {ramp}; pass 200")
        self.model = deepcopy(model).eval().requires_grad_(False)
        self.decay, self.ramp = decay, ramp
        self.updates = 0

    def survives(self) -> float:
        """Share of the mean that survives the present step."""
        return self.decay * (1 - math.exp(-self.updates / self.ramp))

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the weights after one more step; whole numbers, such as counters, are copied."""
        self.updates += 1
        fresh = model.state_dict()
        for name, mean in self.model.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(fresh[name].to(mean), 1 - self.survives())
            else:
                mean.copy_(fresh[name])
