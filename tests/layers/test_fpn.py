"""The way down: what each level is made of."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.layers import FPN

WIDTHS = {"c2": 6, "c3": 10, "c4": 14, "c5": 18}
SIDES = {"c2": (17, 24), "c3": (9, 12), "c4": (5, 6), "c5": (3, 3)}


def features(sides=SIDES):
    return {name: torch.randn(2, WIDTHS[name], *side) for name, side in sides.items()}


def enlarge(x, height, width):
    """Nearest neighbour, one position at a time."""
    large = torch.empty(*x.shape[:2], height, width)
    for row in range(height):
        for column in range(width):
            source = row * x.shape[2] // height, column * x.shape[3] // width
            large[:, :, row, column] = x[:, :, *source]
    return large


def test_each_level_is_its_own_map_plus_the_enlarged_one_above_smoothed():
    fpn, maps = FPN(WIDTHS, 8), features()
    out = fpn(maps)
    above = None
    for i, name in enumerate(["c5", "c4", "c3", "c2"]):
        merged = fpn.laterals[i](maps[name])
        if above is not None:
            merged = merged + enlarge(above, *SIDES[name])
        torch.testing.assert_close(out[f"p{name[1]}"], fpn.outputs[i](merged))
        above = merged


def test_levels_are_named_from_fine_to_coarse_and_keep_their_sides():
    out = FPN(WIDTHS, 8)(features())
    shapes = {name: tuple(x.shape) for name, x in out.items()}
    assert list(shapes) == ["p2", "p3", "p4", "p5", "p6"]
    assert shapes == {
        "p2": (2, 8, 17, 24),
        "p3": (2, 8, 9, 12),
        "p4": (2, 8, 5, 6),
        "p5": (2, 8, 3, 3),
        "p6": (2, 8, 2, 2),
    }


def test_the_pooled_extra_level_is_every_second_position_of_the_coarsest():
    fpn = FPN(WIDTHS, 8, extra="pool")
    out = fpn(features())
    assert torch.equal(out["p6"], out["p5"][:, :, ::2, ::2])
    assert not list(fpn.extra.parameters())


def test_the_convolved_extra_level_has_the_same_sides_and_weights_of_its_own():
    fpn, pooled = FPN(WIDTHS, 8, extra="conv"), FPN(WIDTHS, 8)
    maps = features()
    assert fpn(maps)["p6"].shape == pooled(maps)["p6"].shape
    torch.testing.assert_close(fpn(maps)["p6"], fpn.extra[0](fpn(maps)["p5"]))
    extra = sum(p.numel() for p in fpn.parameters()) - sum(p.numel() for p in pooled.parameters())
    assert extra == 8 * 8 * 9 + 8


def test_it_can_do_without_an_extra_level_and_start_at_c3():
    maps = features()
    del maps["c2"]
    out = FPN({name: WIDTHS[name] for name in maps}, 8, extra=None)(maps)
    assert list(out) == ["p3", "p4", "p5"]


@pytest.mark.parametrize(("extra", "parameters"), [("pool", 3_344_384), ("conv", 3_934_464)])
def test_over_resnet_50_it_has_the_printed_number_of_parameters(extra, parameters):
    with torch.device("meta"):
        fpn = FPN({"c2": 256, "c3": 512, "c4": 1024, "c5": 2048}, 256, extra=extra)
    assert sum(p.numel() for p in fpn.parameters()) == parameters


def test_meaning_of_the_coarsest_map_reaches_the_finest_level_and_not_the_other_way():
    fpn, maps = FPN(WIDTHS, 8), features()
    for x in maps.values():
        x.requires_grad_()
    from_coarse, from_fine = torch.autograd.grad(
        fpn(maps)["p2"].sum(), [maps["c5"], maps["c2"]], allow_unused=True
    )
    assert from_coarse.abs().sum() > 0
    assert from_fine.abs().sum() > 0
    assert torch.autograd.grad(fpn(maps)["p5"].sum(), maps["c2"], allow_unused=True) == (None,)


@given(height=st.integers(1, 200), width=st.integers(1, 200))
def test_any_sides_fit_whether_odd_or_even(height, width):
    sides, side = {}, (height, width)
    for name in WIDTHS:
        sides[name] = side
        side = -(-side[0] // 2), -(-side[1] // 2)  # a convolution with stride 2 rounds up
    with torch.device("meta"):
        maps = {name: torch.empty(2, WIDTHS[name], *sides[name]) for name in WIDTHS}
        out = FPN(WIDTHS, 8)(maps)
    assert [tuple(x.shape[2:]) for x in out.values()] == [*sides.values(), side]


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match=r"extra must be one of 'pool', 'conv', None; got 'pol'"):
        FPN(WIDTHS, extra="pol")
    with pytest.raises(ValueError, match=r"channels must be a positive integer, got 0"):
        FPN(WIDTHS, 0)
