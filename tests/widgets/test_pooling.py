"""The browser pools as ``layers.spp`` does, to the bit."""

import numpy as np
import pytest
import torch
from torch import nn

from yoloexplain.figures.pooling import bin_maxima
from yoloexplain.layers import SPP, SPPF, SpatialPyramidPooling
from yoloexplain.widgets import Pooling

SIZES = [(4, 4), (5, 9), (14, 20), (13, 13), (20, 7)]


def maps() -> list[torch.Tensor]:
    return [torch.randn(size) for size in SIZES]


@pytest.mark.parametrize("size", [3, 5, 9, 13])
def test_windows_are_those_of_spp(size, javascript) -> None:
    pool = SPP(2, 2, (size,)).pools[0]
    given = maps()
    calls = [("maxPool", [one.flatten().tolist(), one.shape, size]) for one in given]
    for one, found in zip(given, javascript("pooling", calls), strict=True):
        assert torch.equal(torch.tensor(found).reshape(one.shape), pool(one[None])[0])


def test_a_window_again_and_again_is_sppf(javascript) -> None:
    fives, given = SPPF(2, 2).pool, maps()
    calls = [("pooledAgain", [one.flatten().tolist(), one.shape, 5, 3]) for one in given]
    for one, found in zip(given, javascript("pooling", calls), strict=True):
        expected = one[None]
        for made in found:
            expected = fives(expected)
            assert torch.equal(torch.tensor(made).reshape(one.shape), expected[0])


def test_the_whole_layer_follows_from_these_pools(javascript) -> None:
    spp = SPP(8, 8, activation=nn.Identity).eval()
    x = torch.randn(1, 8, 11, 14)
    with torch.no_grad():
        reduced = spp.reduce(x)
        calls = [
            ("maxPool", [one.flatten().tolist(), one.shape, k])
            for k in (5, 9, 13)
            for one in reduced[0]
        ]
        pooled = torch.tensor(javascript("pooling", calls)).reshape(1, 12, 11, 14)
        assert torch.equal(spp.fuse(torch.cat([reduced, pooled], dim=1)), spp(x))


def test_bins_are_those_of_the_original_spp(javascript) -> None:
    pool, given = SpatialPyramidPooling((1, 2, 3, 4)), maps()
    calls = [("pyramidVector", [one.flatten().tolist(), one.shape, [1, 2, 3, 4]]) for one in given]
    for one, found in zip(given, javascript("pooling", calls), strict=True):
        assert torch.equal(torch.tensor(found), pool(one[None, None])[0])
        np.testing.assert_array_equal(bin_maxima(one.numpy(), 4).ravel(), np.float32(found[-16:]))


def test_the_bin_of_a_cell_holds_it(javascript) -> None:
    cases = [(place, side, m) for side in (4, 7, 20) for m in (1, 2, 4) for place in range(side)]
    edges = javascript("pooling", [("binEdges", [side, m]) for _, side, m in cases])
    for (place, _, _), index, pairs in zip(
        cases, javascript("pooling", [("binOf", case) for case in cases]), edges, strict=True
    ):
        assert pairs[index][0] <= place < pairs[index][1]


def test_bits_are_compared_as_bits(javascript) -> None:
    near = float(np.nextafter(np.float32(0.1), np.float32(1)))
    calls = [("sameBits", [[0.1, 2, 3], [0.1, 2, 4]]), ("sameBits", [[0.1], [near]])]
    assert javascript("pooling", calls) == [2, 0]


def test_it_names_its_maps_and_draws_each_pooling() -> None:
    shown = {show: Pooling({"a": np.eye(8), "b": np.eye(6, 9)}, show) for show in ("bins", "spp")}
    words = "Pooling: maps a 8×8, b 6×9; 21 bins; windows 5, 9, 13; 5 after 5 after 5"
    assert repr(shown["bins"]) == words
    assert "21 values" in shown["bins"].picture().alt
    assert "5, 9 and 13" in shown["spp"].picture().alt or "windows of" in shown["spp"].picture().alt
    assert "after" in Pooling([np.eye(8)], "sppf").picture().alt


def test_its_own_maps_are_real_and_of_several_sizes() -> None:
    widget = Pooling()
    assert "rocket 20×14, coins 10×12, coffee 14×20" in repr(widget)
    values = np.frombuffer(widget.view.values, np.float32)
    assert len(values) == 20 * 14 + 10 * 12 + 14 * 20
    assert np.ptp(values) > 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"maps": []}, "1 to 6"),
        ({"maps": [np.zeros((3, 8))]}, "3×8"),
        ({"maps": [np.zeros((8, 80))]}, "8×80"),
        ({"maps": [np.full((8, 8), np.nan)]}, "NaN"),
        ({"maps": [np.zeros((2, 8, 8))]}, "two axes"),
        ({"maps": [np.eye(8)], "show": "mean"}, "'mean'"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        Pooling(**options)
