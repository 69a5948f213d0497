"""The whole of SOLO: its counts, its shapes, and what it refuses."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from yoloexplain.catalog import create_model
from yoloexplain.solo import (
    GRIDS,
    SOLO,
    DecoupledSOLOOutput,
    SOLOOutput,
    solo_r50_fpn,
    solo_r50_fpn_decoupled,
    solo_r50_fpn_table,
)

BUILDERS = [solo_r50_fpn, solo_r50_fpn_decoupled, solo_r50_fpn_table]


def on_meta(build=solo_r50_fpn, **options) -> SOLO:
    with torch.device("meta"):
        return build(**options)


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("build", "num_classes", "parameters"),
    [
        (solo_r50_fpn, 80, 36_301_232),
        (solo_r50_fpn, 79, 36_298_927),
        (solo_r50_fpn, 81, 36_303_537),
        (solo_r50_fpn_decoupled, 80, 40_028_560),
        (solo_r50_fpn_table, 79, 36_892_591),
        (solo_r50_fpn_table, 80, 36_894_896),
        (solo_r50_fpn_table, 81, 36_897_201),
    ],
)
def test_parameters_are_the_published_number(build, num_classes, parameters):
    assert count(on_meta(build, num_classes=num_classes)) == parameters


def test_the_printed_table_is_the_published_network_and_three_differences():
    extra_convolution = 256 * 256 * 9 + 256
    biases = 2 * 7 * 256
    one_class = 256 * 9 + 1
    published = count(on_meta(solo_r50_fpn))
    assert published + extra_convolution + biases - one_class == count(on_meta(solo_r50_fpn_table))


@pytest.mark.parametrize(
    ("build", "backbone", "neck", "head"),
    [
        (solo_r50_fpn, 23_508_032, 3_344_384, 9_448_816),
        (solo_r50_fpn_table, 23_508_032, 3_934_464, 9_450_095),
    ],
)
def test_backbone_neck_and_head_have_their_share(build, backbone, neck, head):
    model = on_meta(build)
    assert [name for name, _ in model.named_children()] == ["backbone", "neck", "head"]
    assert [count(part) for part in model.children()] == [backbone, neck, head]


def true_multiply_adds(model: nn.Module, height: int, width: int) -> int:
    """Weights times output positions, over every call of every convolution."""
    counted = 0

    def add(module, _inputs, output):
        nonlocal counted
        counted += module.weight.numel() * output.shape[2] * output.shape[3]

    hooks = [m.register_forward_hook(add) for m in model.modules() if isinstance(m, nn.Conv2d)]
    model(torch.empty(1, 3, height, width, device="meta"))
    for hook in hooks:
        hook.remove()
    return counted


def test_the_printed_tables_network_takes_381_giga_multiply_adds_at_its_size():
    assert true_multiply_adds(on_meta(solo_r50_fpn_table), 1333, 800) / 1e9 == pytest.approx(
        381.28, abs=0.005
    )


def test_the_printed_296_giga_leave_out_what_lies_below_the_fourth_level():
    # The tool that printed the table descended to depth 4. A convolution it met counts in full; any
    # other module counts each weight below it once a call. So the towers are counted (depth 4), and
    # of the ResNet's stages, whose convolutions lie at depth 5, next to nothing is.
    model, total = on_meta(solo_r50_fpn_table), 0

    def add(module, _inputs, output):
        nonlocal total
        weights = sum(p.numel() for name, p in module.named_parameters() if "weight" in name)
        conv = isinstance(module, nn.Conv2d)
        total += weights * (output.shape[2] * output.shape[3] if conv else 1)

    for path, module in model.named_modules():
        if 1 <= len(path.split(".")) <= 4 and path:
            module.register_forward_hook(add)
    model(torch.empty(1, 3, 1333, 800, device="meta"))
    assert total / 1e9 == pytest.approx(296.58, abs=0.005)


@pytest.mark.parametrize("build", BUILDERS)
def test_a_photograph_shaped_batch_gives_five_grids_and_five_stacks(build):
    model = on_meta(build)
    out = model(torch.empty(2, 3, 256, 384, device="meta"))
    classes = 79 if build is solo_r50_fpn_table else 80
    assert [tuple(x.shape) for x in out.categories] == [(2, classes, s, s) for s in GRIDS]
    stacks = [out.masks] if isinstance(out, SOLOOutput) else [out.masks_x, out.masks_y]
    assert isinstance(out, DecoupledSOLOOutput) == (build is solo_r50_fpn_decoupled)
    sides = [(64, 96), (64, 96), (32, 48), (16, 24), (16, 24)]
    for stack in stacks:
        depths = [s**2 if isinstance(out, SOLOOutput) else s for s in GRIDS]
        assert [tuple(x.shape) for x in stack] == [
            (2, depth, *side) for depth, side in zip(depths, sides, strict=True)
        ]


@settings(max_examples=12)
@given(height=st.integers(32, 400), width=st.integers(32, 400))
def test_any_size_from_32_pixels_goes(height, width):
    out = on_meta()(torch.empty(2, 3, height, width, device="meta"))
    for x, stride in zip(out.masks, (8, 8, 16, 32, 32), strict=True):
        assert tuple(x.shape[2:]) == (2 * -(-height // stride), 2 * -(-width // stride))


def test_a_real_forward_gives_finite_logits_in_both_modes():
    model, image = solo_r50_fpn(num_classes=4), torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        for mode in (True, False):
            out = model.train(mode)(image)
            assert isinstance(out, SOLOOutput)
            assert all(x.isfinite().all() for maps in out for x in maps)


def test_every_parameter_learns():
    model = solo_r50_fpn_decoupled(num_classes=4)
    out = model(torch.rand(2, 3, 64, 96))
    sum(x.square().mean() for maps in out for x in maps).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_other_channels_can_be_asked_for():
    model = on_meta(in_channels=1)
    assert count(on_meta()) - count(model) == 2 * 64 * 49
    assert model(torch.empty(2, 1, 64, 96, device="meta")).masks[0].shape == (2, 1600, 16, 24)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.zeros(3, 64, 96), "must have 4 axes .* got 3"),
        (torch.zeros(2, 1, 64, 96), r"takes 3 channel\(s\), got 1"),
        (torch.zeros(2, 3, 64, 96, dtype=torch.uint8), "floating-point values .* torch.uint8"),
        (torch.zeros(2, 3, 31, 96), "at least 32 pixels, got 31x96"),
    ],
)
def test_an_image_that_does_not_fit_is_refused_with_the_mend(image, message):
    with pytest.raises(ValueError, match=message):
        on_meta()(image)


@pytest.mark.parametrize("option", ["num_classes", "in_channels"])
@pytest.mark.parametrize("name", ["solo-r50-fpn", "solo-r50-fpn-decoupled", "solo-r50-fpn-table"])
def test_options_below_one_are_refused(name, option):
    with pytest.raises(ValueError, match=f"{option} must be a positive integer, got 0"):
        create_model(name, **{option: 0})


@pytest.mark.parametrize("name", ["solo-small", "solo-small-decoupled"])
def test_the_small_networks_draw_masks_twice_as_finely_as_they_read(name: str) -> None:
    model = create_model(name).eval()
    with torch.no_grad():
        out = model(torch.rand(2, 3, 96, 160))
    grids = [20, 14, 8]
    assert [tuple(x.shape) for x in out.categories] == [(2, 8, s, s) for s in grids]
    maps = out.masks if isinstance(out, SOLOOutput) else out.masks_x
    assert [tuple(x.shape[-2:]) for x in maps] == [(48, 80), (24, 40), (24, 40)]
    depths = [s**2 if isinstance(out, SOLOOutput) else s for s in grids]
    assert [x.shape[1] for x in maps] == depths
    assert model.head.strides == (4, 8, 8)
    assert model.backbone.channels == {"c2": 32, "c3": 64, "c4": 128}
