"""Which old places each new place looks at, along one axis: convolution, pooling and resizing.

Each function returns what ``Span.window`` takes: the old places by (new place, tap), which may
lie beyond the border; old places for one new place; and which taps count (None for all).
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Windows = tuple[Ints, Fraction, npt.NDArray[np.bool_] | None]


def sliding(after: int, kernel: int, stride: int, padding: int, dilation: int) -> Windows:
    """Places of a convolution or a pooling: every ``stride`` places one window."""
    index = np.arange(after)[:, None] * stride - padding + np.arange(kernel) * dilation
    return index, Fraction(stride), None


def transposed(after: int, kernel: int, stride: int, padding: int, dilation: int) -> Windows:
    """Places of a transposed convolution: those whose own window reaches the new place."""
    reach = np.arange(after)[:, None] + padding - np.arange(kernel) * dilation
    return reach // stride, Fraction(1, stride), reach % stride == 0


def adaptive(after: int, before: int) -> Windows:
    """Places of an adaptive pooling: ``after`` windows that cover all, some overlapping."""
    new = np.arange(after)
    start, stop = new * before // after, -(-(new + 1) * before // after)
    index = start[:, None] + np.arange((stop - start).max())
    return index, Fraction(before, after), index < stop[:, None]


def resized(after: int, before: int, kind: str, scale: float | None, aligned: bool) -> Windows:
    """Places of an interpolation, those with a weight of zero left out.

    Parameters
    ----------
    after, before
        New and old length.
    kind
        "nearest", "nearest_exact", "linear" or "cubic".
    scale
        Factor that was asked for, if one was.
    aligned
        Whether the outermost places keep their centres (``align_corners``).
    """
    step = Fraction(before, after) if not scale else Fraction(1 / scale).limit_denominator(4096)
    ratio = 1 / scale if scale else before / after
    new = np.arange(after)
    if kind.startswith("nearest"):
        half = 0.5 if kind == "nearest_exact" else 0.0
        source = np.floor((new + half).astype(np.float32) * np.float32(ratio)).astype(np.int64)
        return np.minimum(source, before - 1)[:, None], step, None
    if aligned:
        ratio = (before - 1) / (after - 1) if after > 1 else 0.0
        step = Fraction(before - 1, after - 1) if after > 1 else step
    place = new * ratio if aligned else (new + 0.5) * ratio - 0.5
    source = np.floor(place).astype(np.int64)
    between = (place > source)[:, None]
    taps = np.arange(2) if kind == "linear" else np.arange(-1, 3)
    # Beyond the border PyTorch repeats the edge, which is among the taps already.
    return source[:, None] + taps, step, between | (taps == 0)
