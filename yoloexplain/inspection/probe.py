"""The probe: a copy of a network in which nothing can cancel, to see which pixels reach a cell.

A gradient can vanish on a pixel that does reach a cell: two ways may cancel, a maximum may be won
elsewhere, a saturated activation may pass nothing. With weights that average, averages for maxima
and no normalisation, every way adds a little, so a gradient above zero means that there is one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


def positive(name: str, tensor: Tensor) -> Tensor:
    """What the probe has for a tensor: weights that average, no biases, and all else as it is.

    Each weight is one number spread over its shape, so that it takes no memory.
    """
    if not tensor.is_floating_point():
        return torch.zeros(tensor.shape, dtype=tensor.dtype) if tensor.is_meta else tensor.clone()
    if name.endswith(("bias", "running_mean")):
        value = 0.0
    elif tensor.ndim >= 2 and name:
        value = 0.5 * len(tensor) / max(tensor.numel(), 1)
    elif name or tensor.is_meta:
        value = 1.0
    else:
        return tensor.detach().double()
    return torch.full((), value, dtype=torch.float64).expand(tensor.shape)


class Averages(TorchFunctionMode):
    """While it is on, maxima are averages, normalisation does nothing and no gradient vanishes."""

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in INSTEAD:
            return INSTEAD[name](*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _even(x: Tensor) -> Tensor:
    """Leave a tensor as it is, and scale the gradient that comes back to at most 1."""
    if not x.requires_grad:
        return x
    same = x.view_as(x)
    same.register_hook(lambda g: g / g.abs().max().clamp_min(torch.finfo(g.dtype).tiny))
    return same


def _unchanged(x: Tensor, *_args: Any, **_kwargs: Any) -> Tensor:
    return x.clone()  # a new tensor, as from any other layer: the next may work in place


def _average_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Even weights make all channels of a group alike, so one of them is enough to convolve."""
    mean = _even(x).unflatten(1, (groups, -1)).mean(2)
    window = x.new_full((groups, 1, *weight.shape[2:]), 0.5 / weight[0, 0].numel())
    one = F.conv2d(mean, window, None, stride, padding, dilation, groups)
    return one.repeat_interleave(len(weight) // groups, dim=1)


def _average_pool(
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    if dilation in (1, (1, 1), [1, 1]):
        return F.avg_pool2d(x, kernel_size, stride or kernel_size, padding, ceil_mode)
    sides = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
    window = x.new_full((x.shape[1], 1, *sides), 1 / (sides[0] * sides[1]))
    return F.conv2d(x, window, None, stride or kernel_size, padding, dilation, x.shape[1])


def _average_all(x: Tensor, output_size: Any, return_indices: bool = False) -> Tensor:
    return F.adaptive_avg_pool2d(x, output_size)


def _average_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    mean = 0.5 * _even(x).mean(-1, keepdim=True)
    return mean.expand(*x.shape[:-1], len(weight))


INSTEAD: dict[str, Callable[..., Tensor]] = {
    **dict.fromkeys("batch_norm group_norm layer_norm instance_norm".split(), _unchanged),
    "conv2d": _average_convolution,
    "max_pool2d": _average_pool,
    "adaptive_max_pool2d": _average_all,
    "linear": _average_linear,
}
