"""Parallel: several processes that step as one would with all their pictures together.

It stands between the processes; with one alone nothing here does anything.
Source: BatchNorm over a whole batch wherever it lies, "MegDet: A Large Mini-Batch Object Detector"
(Peng et al. 2017, arXiv 1711.07240).

Two things in a detector look at the batch as a whole. BatchNorm takes means over it: here the means
are summed over the processes. The loss divides by the number of objects, which differs from process
to process: here each process hears the raw values of all others, measures the loss of the joint
batch, and sends back its own share of the gradient. The shares then add up to the gradient that one
process would have had, whatever the loss does with its batch.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F

from .batches import Batch


class Sum(torch.autograd.Function):
    """Sum over the processes; so is its gradient, for each one's input counts in every output."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        """Add up what the processes have."""
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Add up what they are asked for."""
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


class JointBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm whose statistics in training are those of all processes' pictures.

    PyTorch's own works on a GPU only. Every process must have as many pictures of the same size.

    Shape: (B, C, H, W) → (B, C, H, W).
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise by the joint mean and variance."""
        if not self.training:
            return super().forward(x)
        processes = dist.get_world_size()
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        mean = Sum.apply(wide.mean(dim=(0, 2, 3))) / processes
        centred = wide - mean[:, None, None]
        variance = Sum.apply(centred.square().mean(dim=(0, 2, 3))) / processes
        self.remember(mean.detach(), variance.detach(), x.numel() // x.shape[1] * processes)
        scaled = centred * (variance + self.eps).rsqrt()[:, None, None]
        return (scaled * self.weight[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    def remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics; the variance kept is the unbiased one."""
        if self.running_mean is None or self.running_var is None:
            return
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        share = 0.1 if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * count / max(count - 1, 1), share)


def joint_norms(model: nn.Module) -> None:
    """Let every BatchNorm of a network look at all processes, in place.

    Only the class changes, so weights, names and the order of parameters stay as they are. Frozen
    ones that are always in eval mode go on as before.
    """
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = JointBatchNorm2d


def everyones(raw: Any) -> Any:
    """Bring the raw values of all processes together; gradients flow into one's own only."""
    return mapped(raw, gathered)


def gathered(values: Tensor) -> Tensor:
    """Lay the processes' values (B, …) one behind the other: (processes · B, …)."""
    parts = [torch.empty_like(values, memory_format=torch.contiguous_format)
             for _ in range(dist.get_world_size())]  # fmt: skip
    dist.all_gather(parts, values.detach().contiguous())
    parts[dist.get_rank()] = values
    return torch.cat(parts)


def mapped(raw: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to every tensor of a network's output, whatever its form."""
    if isinstance(raw, Tensor):
        return change(raw)
    if isinstance(raw, dict):
        return {name: mapped(part, change) for name, part in raw.items()}
    parts = [mapped(part, change) for part in raw]
    return type(raw)(*parts) if hasattr(raw, "_fields") else type(raw)(parts)


def joint_batch(batch: Batch) -> Batch:
    """Bring the labels of all processes together; the pictures stay one's own."""
    own = replace(batch, images=batch.images[:0]).to(torch.device("cpu"))
    parts: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(parts, (own.targets, own.masks, own.numbers))
    count, rows, masks = 0, [], []
    numbers: tuple[int, ...] = ()
    for targets, part_masks, part_numbers in parts:
        rows.append(F.pad(targets[:, :1] + count, (0, 5)) + F.pad(targets[:, 1:], (1, 0)))
        count += len(part_numbers)
        numbers += part_numbers
        masks.append(part_masks)
    known = all(part is not None for part in masks)
    device = batch.images.device
    joined = tuple(mask.to(device) for part in masks for mask in part) if known else None
    shape = (count, *batch.images.shape[1:])
    images = batch.images.new_zeros(1).expand(shape)  # only the shape is looked at
    return Batch(images, torch.cat(rows).to(device), joined, numbers)
