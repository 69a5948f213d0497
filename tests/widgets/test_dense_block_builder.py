"""The builder's numbers are those of the package's blocks, built and counted."""

import random

import pytest
import torch

from yoloexplain.inspection import summarize
from yoloexplain.layers.dense import DenseBlock, DenseLayer, Transition
from yoloexplain.widgets import DenseBlockBuilder


def settings(count: int) -> list[tuple[int, int, int, bool, float, int, int]]:
    draw = random.Random(4)
    return [
        (
            draw.randint(1, 300),
            draw.randint(1, 64),
            draw.randint(1, 9),
            draw.random() < 0.5,
            draw.randint(1, 20) / 20,
            2 * draw.randint(1, 20),
            2 * draw.randint(1, 20),
        )
        for _ in range(count)
    ]


def test_both_languages_count_the_packages_blocks(javascript) -> None:
    cases = settings(12)
    calls = [("denseBlock", [k0, k, L, b, h * w]) for k0, k, L, b, _, h, w in cases]
    for found, (k0, k, count, bottleneck, _, height, width) in zip(
        javascript("dense", calls), cases, strict=True
    ):
        with torch.device("meta"):
            block = DenseBlock(k0, k, count, bottleneck=bottleneck)
        table = summarize(block, (height, width))
        assert found["channels"] == table.rows[0].output_shape[1] == block.out_channels
        assert (found["params"], found["macs"]) == (table.total_params, table.mult_adds)
        layers = [row for row in table.rows if row.type == "DenseLayer"]
        assert [one["params"] for one in found["layers"]] == [row.params for row in layers]
        assert [one["macs"] for one in found["layers"]] == [row.mult_adds for row in layers]


def test_both_languages_count_the_packages_transitions(javascript) -> None:
    cases = settings(12)
    calls = [("transition", [k0, theta, h * w]) for k0, _, _, _, theta, h, w in cases]
    for found, (k0, _, _, _, theta, height, width) in zip(
        javascript("dense", calls), cases, strict=True
    ):
        with torch.device("meta"):
            made = Transition(k0, max(1, int(theta * k0 + 1e-9)))
        table = summarize(made, (height, width))
        assert found["channels"] == table.rows[0].output_shape[1]
        assert (found["params"], found["macs"]) == (table.total_params, table.mult_adds)


def test_one_layer_costs_what_its_twin_costs(javascript) -> None:
    for bottleneck in (True, False):
        with torch.device("meta"):
            layer = DenseLayer(230, 32, bottleneck=bottleneck)
        (found,) = javascript("dense", [("denseLayer", [230, 32, bottleneck, 1])])
        assert found["params"] == sum(p.numel() for p in layer.parameters())


def test_it_says_what_was_counted_and_draws_the_stairs() -> None:
    widget = DenseBlockBuilder(64, 32, 6, size=56)
    assert repr(widget) == (
        "DenseBlockBuilder: 6 layers with bottleneck, 64 → 256 channels, 335,040 parameters, "
        "1,040,449,536 multiply-adds at 56×56; a transition to 128 with 33,280"
    )
    assert "64 input channels grow to 256" in widget.picture().alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"in_channels": 0}, "in_channels must be an integer of at least 1"),
        ({"growth_rate": 65}, "at most 64 to be drawn, got 65"),
        ({"layers": 25}, "at most 24 to be drawn, got 25"),
        ({"compression": 0.0}, "above 0 and at most 1, got 0.0"),
        ({"measure": "time"}, "'time'"),
        ({"size": (0, 4)}, "image_size must be one positive integer or two"),
    ],
)
def test_bad_settings_are_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        DenseBlockBuilder(**options)
