from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.inspection.spans import Span, join_all, lay_side_by_side


def span(shape=(1, 2, 6, 8), axis=2, *, bounded=False) -> Span:
    return Span.of_image(shape, axis, bounded=bounded)


def dense(values: Span) -> tuple[np.ndarray, np.ndarray]:
    return np.broadcast_to(values.first, values.shape), np.broadcast_to(values.last, values.shape)


@st.composite
def reshapes(draw):
    """A shape and another that holds as many places."""
    factors = draw(st.lists(st.sampled_from([1, 2, 3, 5]), min_size=1, max_size=5))

    def grouped() -> tuple[int, ...]:
        cuts = sorted(draw(st.lists(st.integers(0, len(factors)), max_size=4)))
        edges = [0, *cuts, len(factors)]
        return tuple(int(np.prod(factors[a:b])) for a, b in pairwise(edges))

    return grouped(), grouped()


@given(reshapes(), st.data())
def test_a_reshape_moves_spans_as_it_moves_values(shapes, data):
    old, new = shapes
    axes = data.draw(st.sets(st.integers(0, len(old) - 1)))
    places = tuple(n if axis in axes else 1 for axis, n in enumerate(old))
    first = np.arange(int(np.prod(places))).reshape(places)
    before = Span(old, first, first + 3, (Fraction(0),) * len(old), True)
    after = before.reshape(new)
    for ours, theirs in zip(dense(after), dense(before), strict=True):
        assert np.array_equal(ours, theirs.reshape(new))


@given(st.permutations(range(4)))
def test_a_permutation_moves_spans_and_rates(order):
    after = span().permute(order)
    assert after.shape == tuple((1, 2, 6, 8)[axis] for axis in order)
    assert after.rates[order.index(2)] == 1
    assert np.array_equal(dense(after)[0], dense(span())[0].transpose(order))


def test_a_map_goes_on_beyond_its_border_only_when_it_may():
    index = np.array([[-1, 0], [5, 6]])
    free = span().window(2, index, Fraction(1))
    assert free.first.ravel().tolist() == [-1, 5]
    assert free.last.ravel().tolist() == [0, 6]
    bounded = span(bounded=True).window(2, index, Fraction(1))
    assert bounded.first.ravel().tolist() == [0, 5]
    assert bounded.last.ravel().tolist() == [0, 5]


def test_a_fraction_of_a_pixel_beyond_the_border_is_rounded_outwards():
    places = np.array([[[[0], [2], [5]]]])
    uneven = Span(
        (1, 1, 3, 1), places, places, (Fraction(0), Fraction(0), Fraction(5, 2), Fraction(0)), False
    )
    beyond = uneven.window(2, np.array([[-3], [3]]), Fraction(1))  # 7.5 pixels on either side
    assert beyond.first.ravel().tolist() == [-8, 7]
    assert beyond.last.ravel().tolist() == [-7, 8]


def test_mixing_all_rows_is_seeing_all_of_them_and_no_column_more():
    assert span().join(2).last.item() - span().join(2).first.item() > 1_000_000
    assert span(bounded=True).join(2).last.item() == 5
    assert np.array_equal(dense(span().join(3))[0], dense(span())[0][..., :1])


def test_side_by_side_keeps_what_differs_and_nothing_more():
    wide = span().window(2, np.arange(6)[:, None] + np.array([-1, 0, 1]), Fraction(1))
    joined = lay_side_by_side([span(), wide], axis=1)
    assert joined.shape == (1, 4, 6, 8)
    assert joined.first.shape == (1, 4, 6, 1)
    assert joined.first[0, :, 0, 0].tolist() == [0, 0, -1, -1]
    assert lay_side_by_side([span(), span()], axis=1).first.shape == (1, 1, 6, 1)


def test_joining_broadcasts():
    row = span((1, 1, 6, 1))
    both = join_all([row, span()], (1, 2, 6, 8))
    assert both.shape == (1, 2, 6, 8)
    assert both.rates == (0, 0, 1, 0)


@pytest.mark.parametrize("new", [(1, 2, 6, 8), (2, 6, 8), (1, 1, 2, 6, 8), (1, 2, 48), (12, 8)])
def test_rates_survive_where_the_axis_does(new):
    after = span().reshape(new).reshape((1, 2, 6, 8))
    assert after.rates == (0, 0, 1, 0)
