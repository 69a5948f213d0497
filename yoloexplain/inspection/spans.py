"""Which pixels a value can depend on, along one side of the image: the arithmetic of intervals.

A span holds, for every place in a tensor, the first and the last pixel row (or column) that the
value there depends on. Each operation of a network turns the spans of what it takes into those of
what it makes: a convolution joins its window, a slice picks, a concatenation lays side by side.

Spans come in two kinds. One lets the map go on beyond its border, for the size that papers state,
which no border cuts. The other sees nothing there, and is exact for a real image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

FAR = 1 << 40  # beyond any pixel: from -FAR to FAR all is seen, from FAR to -FAR nothing
NONE = Fraction(0)


@dataclass(frozen=True)
class Span:
    """First and last pixel for every place of a tensor.

    Attributes
    ----------
    shape
        Of the tensor.
    first, last
        One entry a place; 1 long on every axis along which nothing changes.
    rates
        By axis, how many pixels one step leads on, where the map may go on beyond its border.
    bounded
        Whether there is nothing beyond the border, which makes the span exact for the image.
    """

    shape: tuple[int, ...]
    first: Ints
    last: Ints
    rates: tuple[Fraction, ...]
    bounded: bool

    @classmethod
    def of_image(cls, shape: Sequence[int], axis: int, *, bounded: bool) -> "Span":
        """Span of the image itself: each pixel depends on itself."""
        places = [1] * len(shape)
        places[axis] = shape[axis]
        pixels = np.arange(shape[axis]).reshape(places)
        rates = tuple(Fraction(int(place == axis)) for place in range(len(shape)))
        return cls(tuple(shape), pixels, pixels, rates, bounded)

    def nothing(self, shape: Sequence[int]) -> "Span":
        """Span of a tensor of that shape that depends on no pixel."""
        ones = np.ones([1] * len(shape), dtype=np.int64)
        rates = (NONE,) * len(shape)
        return replace(self, shape=tuple(shape), first=FAR * ones, last=-FAR * ones, rates=rates)

    def everything(self, shape: Sequence[int]) -> "Span":
        """Span of a tensor that mixes all there is, however far the map goes on."""
        ones = np.ones([1] * len(shape), dtype=np.int64)
        first, last = (self.first.min(), self.last.max()) if self.bounded else (-FAR, FAR)
        rates = (NONE,) * len(shape)
        return replace(self, shape=tuple(shape), first=first * ones, last=last * ones, rates=rates)

    # Along one axis

    def window(
        self, axis: int, index: Ints, step: Fraction, inside: npt.NDArray[np.bool_] | None = None
    ) -> "Span":
        """Join, for each new place, the spans at the old places ``index[new]``.

        Parameters
        ----------
        axis
            Where the windows lie.
        index
            Old places by (new place, tap); they may lie beyond the border.
        step
            Old places for one new place, on average.
        inside
            Which taps count; all unless given.
        """
        length = self.shape[axis]
        rate = self.rates[axis]
        on_map = (index >= 0) & (index < length)
        counts = np.ones_like(on_map) if inside is None else inside
        if self.bounded:
            counts = counts & on_map
        shape = (*self.shape[:axis], len(index), *self.shape[axis + 1 :])
        rates = (*self.rates[:axis], rate * step, *self.rates[axis + 1 :])
        if self.first.shape[axis] == 1 and rate == 0 and counts.any(axis=1).all():
            return replace(self, shape=shape, rates=rates)  # nothing changes along this axis
        periods, places = np.divmod(index, length)
        led = _floor(periods, rate * length), -_floor(-periods, rate * length)  # rounded outwards
        first = self._taps(self.first, axis, places) + self._along(led[0], axis)
        last = self._taps(self.last, axis, places) + self._along(led[1], axis)
        kept = self._along(counts, axis)
        first = np.where(kept, first, FAR).min(axis=axis + 1)
        last = np.where(kept, last, -FAR).max(axis=axis + 1)
        return replace(self, shape=shape, first=first, last=last, rates=rates)

    @staticmethod
    def _taps(values: Ints, axis: int, place: Ints) -> Ints:
        if values.shape[axis] == 1:
            place = np.zeros_like(place)
        return np.take(values, place, axis=axis)

    def _along(self, values: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
        """Lay (new place, tap) at the axis where a window is taken."""
        return values.reshape((1,) * axis + values.shape + (1,) * (len(self.shape) - axis - 1))

    def take(self, axis: int, index: Sequence[int] | Ints, step: Fraction = NONE) -> "Span":
        """Pick one old place for each new one."""
        return self.window(axis, np.asarray(index, dtype=np.int64)[:, None], step)

    def join(self, axis: int, *, keep: bool = True) -> "Span":
        """Join all places of an axis, as a sum over it does; to length 1, or without the axis.

        Mixing all rows of the map is seeing the whole input.
        """
        shape = (*self.shape[:axis], 1, *self.shape[axis + 1 :])
        rates = (*self.rates[:axis], NONE, *self.rates[axis + 1 :])
        if self.rates[axis] and not self.bounded:
            joined = self.everything(shape)
        else:
            first = self.first.min(axis=axis, keepdims=True)
            last = self.last.max(axis=axis, keepdims=True)
            joined = replace(self, shape=shape, first=first, last=last, rates=rates)
        return joined if keep else joined.drop(axis)

    def drop(self, axis: int) -> "Span":
        """Leave out an axis of length 1."""
        axis %= len(self.shape)
        return replace(
            self,
            shape=_without(self.shape, axis),
            first=self.first.squeeze(axis),
            last=self.last.squeeze(axis),
            rates=(*self.rates[:axis], *self.rates[axis + 1 :]),
        )

    # Of the whole tensor

    def joined_with(self, other: "Span") -> "Span":
        """Join with the span of a tensor of the same shape."""
        return join_all([self, other], self.shape)

    def expand(self, shape: Sequence[int]) -> "Span":
        """Repeat along axes of length 1 and along new ones in front."""
        new = (1,) * (len(shape) - len(self.shape))
        old = new + self.shape
        kept = zip((NONE,) * len(new) + self.rates, old, shape, strict=True)
        rates = tuple(rate if before == after else NONE for rate, before, after in kept)
        first = self.first.reshape(new + self.first.shape)
        last = self.last.reshape(new + self.last.shape)
        return replace(self, shape=tuple(shape), first=first, last=last, rates=rates)

    def permute(self, order: Sequence[int]) -> "Span":
        """Exchange axes."""
        order = [axis % len(self.shape) for axis in order]
        return replace(
            self,
            shape=tuple(self.shape[axis] for axis in order),
            first=self.first.transpose(order),
            last=self.last.transpose(order),
            rates=tuple(self.rates[axis] for axis in order),
        )

    def reshape(self, shape: Sequence[int]) -> "Span":
        """Merge and split axes in memory order, as a view does."""
        shape = tuple(shape)
        before: list[int] = []  # as the entries lie now, where they must be laid anew
        after: list[int] = []
        rates: list[Fraction | None] = []  # None: to be measured below
        for old, new in _groups(self.shape, shape):
            lengths = [self.shape[axis] for axis in old], [shape[axis] for axis in new]
            moving = any(self.rates[axis] for axis in old)
            if not new and not self.bounded and moving:
                return self.everything(shape)  # a map of one cell becomes a vector
            fixed = all(self.first.shape[axis] == 1 for axis in old)
            before += [1] * len(old) if fixed else lengths[0]
            after += [1] * len(new) if fixed else lengths[1]
            anew = [None if moving else NONE for _ in new]
            rates += [self.rates[axis] for axis in old] if lengths[0] == lengths[1] else anew
        first = np.broadcast_to(self.first, before).reshape(after)
        last = np.broadcast_to(self.last, before).reshape(after)
        first, last = _thin(first, last)
        known = tuple(_rate(first, a) if rate is None else rate for a, rate in enumerate(rates))
        return replace(self, shape=shape, first=first, last=last, rates=known)


def join_all(spans: Sequence[Span], shape: Sequence[int]) -> Span:
    """Join spans of tensors that are broadcast against one another, as in a sum of them."""
    wide = [span.expand(shape) for span in spans]
    first, last = wide[0].first, wide[0].last
    for span in wide[1:]:
        first = np.minimum(first, span.first)
        last = np.maximum(last, span.last)
    return replace(wide[0], first=first, last=last, rates=_common_rates(wide))


def lay_side_by_side(spans: Sequence[Span], axis: int) -> Span:
    """Concatenate along an axis."""
    length = sum(span.shape[axis] for span in spans)
    shape = (*spans[0].shape[:axis], length, *spans[0].shape[axis + 1 :])
    around = np.broadcast_shapes(*(_without(span.first.shape, axis) for span in spans))
    pairs = [(span, (*around[:axis], span.shape[axis], *around[axis:])) for span in spans]
    first = np.concatenate([np.broadcast_to(s.first, wide) for s, wide in pairs], axis=axis)
    last = np.concatenate([np.broadcast_to(s.last, wide) for s, wide in pairs], axis=axis)
    first, last = _thin(first, last)
    return replace(spans[0], shape=shape, first=first, last=last, rates=_common_rates(spans))


def _common_rates(spans: Sequence[Span]) -> tuple[Fraction, ...]:
    """By axis, the rate of the first span that has one."""
    by_axis = zip(*(span.rates for span in spans), strict=True)
    return tuple(next((rate for rate in rates if rate), NONE) for rates in by_axis)


def _without(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :])


def _thin(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Keep one place of each axis along which nothing changes."""
    for axis in range(first.ndim):
        one = np.take(first, [0], axis=axis), np.take(last, [0], axis=axis)
        if (first == one[0]).all() and (last == one[1]).all():
            first, last = one
    return first, last


def _rate(first: Ints, axis: int) -> Fraction:
    """Pixels that one step along an axis leads on, as long as it leads the same way."""
    line = first[tuple(slice(None) if place == axis else 0 for place in range(first.ndim))]
    steps = np.diff(line)
    moving = np.flatnonzero(steps)
    if not len(moving):
        return NONE
    back = np.flatnonzero(steps * steps[moving[0]] < 0)  # merged axes begin anew
    half = max((back[0] + 1 if len(back) else len(line)) // 2, 1)
    return Fraction(int(line[half] - line[0]), int(half))


def _floor(count: Ints, each: Fraction) -> Ints:
    return count * each.numerator // each.denominator


def _groups(old: tuple[int, ...], new: tuple[int, ...]) -> list[tuple[list[int], list[int]]]:
    """Pair the fewest neighbouring axes, old and new, that hold equally many places."""
    pairs: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(old) or j < len(new):
        ones = old[i : i + 1] == (1,), new[j : j + 1] == (1,)
        left = [] if ones == (False, True) else [i]
        right = [] if ones == (True, False) else [j]
        while prod(old[a] for a in left) != prod(new[a] for a in right):
            if prod(old[a] for a in left) < prod(new[a] for a in right):
                left.append(i + len(left))
            else:
                right.append(j + len(right))
        i, j = i + len(left), j + len(right)
        pairs.append((left, right))
    return pairs
