"""The second way up, step by step."""

import torch
from torch.nn import functional as F

from yoloexplain.layers import PAN


def pyramid():
    sides = {"p2": (16, 24), "p3": (8, 12), "p4": (4, 6), "p5": (2, 3)}
    return {name: torch.randn(2, 8, *side) for name, side in sides.items()}


def test_each_level_adds_the_halved_one_below():
    pan, levels = PAN(8, 4), pyramid()
    out = pan(levels)
    assert torch.equal(out["p2"], levels["p2"])
    for i, (below, name) in enumerate([("p2", "p3"), ("p3", "p4"), ("p4", "p5")]):
        summed = F.relu(pan.down[i](out[below])) + levels[name]
        torch.testing.assert_close(out[name], F.relu(pan.out[i](summed)))


def test_detail_of_the_finest_level_reaches_the_coarsest():
    torch.manual_seed(0)
    pan, levels = PAN(8, 4), pyramid()
    levels["p2"].requires_grad_()
    pan(levels)["p5"].sum().backward()
    assert levels["p2"].grad.abs().sum() > 0


def test_odd_sides_are_rounded_up_as_the_fpn_rounds_them():
    levels = {"p3": torch.randn(2, 8, 25, 42), "p4": torch.randn(2, 8, 13, 21)}
    assert PAN(8, 2)(levels)["p4"].shape == (2, 8, 13, 21)
