"""What the two heads see, share and say."""

import math

import pytest
import torch
from torch import nn

from yoloexplain.solo import (
    GRIDS,
    STRIDES,
    DecoupledSOLOHead,
    DecoupledSOLOOutput,
    SOLOHead,
    SOLOOutput,
)
from yoloexplain.solo.head import at_strides

CHANNELS, CLASSES = 32, 3  # GroupNorm's 32 groups need no more


def pyramid(height: int = 64, width: int = 96) -> dict[str, torch.Tensor]:
    """p2 … p6 of an image of 4·height by 4·width pixels."""
    return {
        f"p{level}": torch.randn(2, CHANNELS, height >> i, width >> i)
        for i, level in enumerate(range(2, 7))
    }


def enliven(head: nn.Module) -> nn.Module:
    """Weights that keep the signal alive; the published start hides it behind the prior."""
    for module in head.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    return head.requires_grad_(False)


def test_the_five_levels_have_strides_8_8_16_32_32() -> None:
    levels = at_strides(pyramid())
    assert [(256 // x.shape[2], 384 // x.shape[3]) for x in levels] == [(s, s) for s in STRIDES]


def test_p2_is_averaged_down_and_p6_enlarged() -> None:
    maps = pyramid()
    levels = at_strides(maps)
    quads = maps["p2"].unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2))
    torch.testing.assert_close(levels[0], quads)  # bilinear at exactly one half is the mean of four
    for i, name in enumerate(["p3", "p4", "p5"]):
        assert levels[i + 1] is maps[name]
    corners = levels[4][:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert torch.equal(corners, maps["p6"][:, :, [0, 0, -1, -1], [0, -1, 0, -1]])


def test_each_level_answers_for_its_grid_with_masks_of_twice_its_sides() -> None:
    out = SOLOHead(CLASSES, CHANNELS, depth=2)(pyramid())
    assert isinstance(out, SOLOOutput)
    sides = [(64, 96), (64, 96), (32, 48), (16, 24), (16, 24)]
    assert [tuple(x.shape) for x in out.categories] == [(2, CLASSES, s, s) for s in GRIDS]
    assert [tuple(x.shape) for x in out.masks] == [
        (2, grid**2, *side) for grid, side in zip(GRIDS, sides, strict=True)
    ]


def test_the_decoupled_head_needs_256_channels_where_the_vanilla_one_needs_3872() -> None:
    maps = pyramid()
    vanilla = SOLOHead(CLASSES, CHANNELS, depth=1)(maps)
    decoupled = DecoupledSOLOHead(CLASSES, CHANNELS, depth=1)(maps)
    assert isinstance(decoupled, DecoupledSOLOOutput)
    assert sum(x.shape[1] for x in vanilla.masks) == sum(s**2 for s in GRIDS) == 3_872
    both = [*decoupled.masks_x, *decoupled.masks_y]
    assert sum(x.shape[1] for x in both) == sum(2 * s for s in GRIDS) == 256
    for x, y, mask in zip(decoupled.masks_x, decoupled.masks_y, vanilla.masks, strict=True):
        assert x.shape == y.shape
        assert x.shape[2:] == mask.shape[2:]


def flipped(maps: dict[str, torch.Tensor], axis: int) -> dict[str, torch.Tensor]:
    return {name: x.flip(axis) for name, x in maps.items()}


def mirrored(head: nn.Module, axis: int) -> nn.Module:
    """Kernels that do the same on a mirrored image; only coordinates can tell the sides apart."""
    for module in head.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = (module.weight.data + module.weight.data.flip(axis)) / 2
    return head


def test_the_vanilla_mask_branch_knows_top_from_bottom_and_left_from_right() -> None:
    maps = pyramid()
    for axis in (2, 3):
        head = mirrored(enliven(SOLOHead(CLASSES, CHANNELS, depth=2)), axis)
        straight, turned = head(maps), head(flipped(maps, axis))
        assert (turned.masks[2].flip(axis) - straight.masks[2]).abs().mean() > 0.01
        # the category branch has no coordinates
        torch.testing.assert_close(
            turned.categories[2].flip(axis), straight.categories[2], rtol=1e-3, atol=1e-4
        )


def test_each_decoupled_tower_knows_its_own_axis_only() -> None:
    maps = pyramid()
    for axis, blind in ((2, "masks_x"), (3, "masks_y")):
        head = mirrored(enliven(DecoupledSOLOHead(CLASSES, CHANNELS, depth=2)), axis)
        straight, turned = head(maps), head(flipped(maps, axis))
        for name in ("masks_x", "masks_y"):
            gap = (getattr(turned, name)[2].flip(axis) - getattr(straight, name)[2]).abs()
            assert gap.max() < 1e-3 if name == blind else gap.mean() > 0.01


def test_the_category_branch_is_resized_to_the_grid_before_its_first_convolution() -> None:
    head = SOLOHead(CLASSES, CHANNELS, depth=2)
    seen: list[tuple[int, ...]] = []
    hook = head.category_tower[0].register_forward_pre_hook(
        lambda _module, inputs: seen.append(tuple(inputs[0].shape))
    )
    head(pyramid())
    hook.remove()
    assert seen == [(2, CHANNELS, s, s) for s in GRIDS]


def test_all_levels_share_the_towers_and_each_has_its_own_mask_convolution() -> None:
    head = SOLOHead(CLASSES, CHANNELS, depth=2)
    for level in range(5):
        head.zero_grad()
        out = head(pyramid())
        (out.masks[level].square().sum() + out.categories[level].square().sum()).backward()
        towers = [*head.mask_tower, *head.category_tower, head.category_output]
        assert all(p.grad.abs().sum() > 0 for part in towers for p in part.parameters())
        reached = [conv.weight.grad is not None for conv in head.mask_outputs]
        assert reached == [i == level for i in range(5)]


@pytest.mark.parametrize("head", [SOLOHead, DecoupledSOLOHead])
def test_every_score_and_every_pixel_starts_at_probability_one_hundredth(
    head: type[SOLOHead | DecoupledSOLOHead],
) -> None:
    model = head(CLASSES, CHANNELS)
    outputs = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.bias is not None]
    for conv in outputs:
        torch.testing.assert_close(conv.bias.sigmoid(), torch.full_like(conv.bias, 0.01))
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    weights = torch.cat([conv.weight.detach().flatten() for conv in convolutions])
    assert weights.std().item() == pytest.approx(0.01, rel=0.01)
    for maps in model(pyramid()):
        for x in maps:
            assert x.sigmoid().mean().item() == pytest.approx(0.01, rel=0.15)


def test_the_mode_changes_nothing() -> None:
    head, maps = enliven(SOLOHead(CLASSES, CHANNELS, depth=2)), pyramid()
    trained, evaluated = head.train()(maps), head.eval()(maps)
    assert type(trained) is type(evaluated) is SOLOOutput
    for before, after in zip(trained, evaluated, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert min(x.min().item() for x in evaluated.categories) < 0  # logits, not probabilities


def test_a_channel_of_the_mask_branch_is_one_row_of_its_last_convolution() -> None:
    head, maps = enliven(SOLOHead(CLASSES, CHANNELS, depth=1)), pyramid()
    before = head(maps).masks[4]
    cell = 5 * GRIDS[4] + 7
    head.mask_outputs[4].weight[cell] = 0
    head.mask_outputs[4].bias[cell] = math.pi
    after = head(maps).masks[4]
    torch.testing.assert_close(after[:, cell], torch.full_like(after[:, cell], math.pi))
    others = [i for i in range(GRIDS[4] ** 2) if i != cell]
    assert torch.equal(after[:, others], before[:, others])


@pytest.mark.parametrize("num_classes", [0, -1])
@pytest.mark.parametrize("head", [SOLOHead, DecoupledSOLOHead])
def test_a_class_count_below_one_is_refused(
    head: type[SOLOHead | DecoupledSOLOHead], num_classes: int
) -> None:
    with pytest.raises(ValueError, match="num_classes must be a positive integer"):
        head(num_classes)
