"""What the pictures compute: held against the package's own networks and against plain loops."""

import numpy as np
import pytest
import torch
from torch import nn

from yoloexplain import boxes
from yoloexplain.figures import box_overlap, nms, solo, yolov1, yolov5_head
from yoloexplain.figures.csp import FUSIONS, c3_parameters, csp_channels, csp_parameters
from yoloexplain.figures.losses import ACTIVATIONS
from yoloexplain.figures.pooling import bin_maxima
from yoloexplain.layers.activations import Hardswish, LeakyReLU, Mish
from yoloexplain.layers.csp import C3, BottleneckCSP, CSPDenseBlock
from yoloexplain.layers.focus import space_to_depth
from yoloexplain.solo.matrix_nms import mask_iou, matrix_nms
from yoloexplain.solo.targets import centre_cells


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize(("channels", "ratio"), [(64, 0.5), (96, 0.25), (50, 0.7)])
def test_csp_channels_are_those_of_the_real_block(channels: int, ratio: float, fusion: str) -> None:
    real = CSPDenseBlock(channels, 16, 3, split_ratio=ratio, fusion=fusion)
    counted = csp_channels(channels, 16, 3, ratio, fusion)
    assert counted.bypass == real.bypass_channels
    assert counted.dense == real.block.out_channels
    assert counted.out == real.out_channels


@pytest.mark.parametrize(("channels", "bottlenecks"), [(64, 1), (128, 3)])
def test_csp_and_c3_parameters_are_those_of_the_real_blocks(
    channels: int, bottlenecks: int
) -> None:
    assert c3_parameters(channels, bottlenecks) == count(C3(channels, channels, bottlenecks))
    real = BottleneckCSP(channels, channels, bottlenecks)
    assert csp_parameters(channels, bottlenecks) == count(real)


@pytest.mark.parametrize(("height", "width"), [(13, 20), (7, 5), (4, 4)])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_bins_are_those_of_an_adaptive_max_pool(height: int, width: int, size: int) -> None:
    values = np.random.default_rng(0).standard_normal((height, width))
    pooled = nn.functional.adaptive_max_pool2d(torch.from_numpy(values)[None], size)[0]
    np.testing.assert_array_equal(bin_maxima(values, size), pooled.numpy())


def test_focus_is_drawn_in_the_order_of_the_layer() -> None:
    slices = space_to_depth(torch.arange(24.0).reshape(1, 1, 4, 6))[0]
    drawn = [text.get_text() for text in yolov5_head.focus(4, 6).axes[0].texts]
    numbers = [int(text) for text in drawn if text.isdigit()]
    assert numbers == [*range(24), *(int(value) for value in slices.flatten())]


BOXES = [
    ((60, 40, 130, 190), (90, 60, 270, 140)),
    ((0, 0, 10, 10), (20, 30, 50, 40)),
    ((5, 5, 25, 15), (5, 5, 25, 15)),
    ((0, 0, 100, 20), (40, 5, 50, 15)),
]


@pytest.mark.parametrize(("first", "second"), BOXES)
def test_the_iou_family_is_that_of_the_package(first: tuple, second: tuple) -> None:
    found = box_overlap.overlap(first, second)
    a, b = (torch.tensor([box], dtype=torch.float64) for box in (first, second))
    for name in ("iou", "giou", "diou", "ciou"):
        assert getattr(found, name) == pytest.approx(float(getattr(boxes, name)(a, b)), abs=1e-6)


def test_matrix_nms_scores_are_those_of_the_package() -> None:
    generator = torch.Generator().manual_seed(3)
    masks = torch.rand(7, 9, 12, generator=generator) > 0.4
    scores = torch.rand(7, generator=generator).sort(descending=True).values
    expected = matrix_nms(masks, scores, torch.zeros(7, dtype=torch.long))
    found = nms.matrix_nms_scores(mask_iou(masks).numpy(), scores.numpy())
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)


@pytest.mark.parametrize("grid", [5, 12, 40])
@pytest.mark.parametrize("sigma", [0.2, 0.6])
def test_lit_cells_are_those_that_the_network_is_trained_on(grid: int, sigma: float) -> None:
    generator = np.random.default_rng(grid)
    for _ in range(20):
        mask = np.zeros((60, 90), bool)
        top, left = generator.integers(0, 40), generator.integers(0, 60)
        mask[top : top + generator.integers(1, 20), left : left + generator.integers(1, 30)] = True
        mask[top, left : left + 3] = False if mask.sum() > 10 else mask[top, left : left + 3]
        cells = [row * grid + column for row, column in solo.centre_cells(mask, grid, sigma)]
        assert cells == centre_cells(torch.from_numpy(mask), grid, sigma)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("LeakyReLU 0.1", LeakyReLU()),
        ("SiLU", nn.SiLU()),
        ("Mish", Mish()),
        ("Hardswish", Hardswish()),
        ("sigmoid", nn.Sigmoid()),
    ],
)
def test_activation_curves_are_the_layers(name: str, module: nn.Module) -> None:
    x = np.linspace(-8, 8, 81)
    expected = module(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(ACTIVATIONS[name](x), expected, atol=1e-7)


@pytest.mark.parametrize(
    ("box", "cell", "inside"),
    [
        ((0, 0, 20, 20), (0, 0), (0.35, 0.7)),
        ((190, 80, 200, 100), (6, 6), (0.825, 0.3)),
        ((100, 50, 200, 100), (5, 5), (0.25, 0.25)),
        ((200, 100, 200, 100), (6, 6), (1.0, 1.0)),  # a centre on the far border stays inside
    ],
)
def test_a_cell_answers_for_the_box_whose_centre_it_holds(
    box: tuple, cell: tuple[int, int], inside: tuple[float, float]
) -> None:
    row, column, x, y, w, h = yolov1.cell_target(np.array(box, float), (100, 200), 7)
    assert (row, column) == cell
    assert (x, y) == pytest.approx(inside)
    assert (w, h) == pytest.approx(((box[2] - box[0]) / 200, (box[3] - box[1]) / 100))


def test_decoding_curves_end_at_the_limits_that_the_head_has() -> None:
    left, right = yolov5_head.decode_curves(12).axes
    centre, size = left.lines[0].get_ydata(), right.lines[0].get_ydata()
    assert (centre[0], centre[-1]) == pytest.approx((-0.5, 1.5), abs=1e-4)
    assert (size[0], size[-1]) == pytest.approx((0, 4), abs=1e-3)
    assert centre[120] == 0.5  # a raw zero: the middle of the cell, one anchor wide
    assert size[120] == 1
