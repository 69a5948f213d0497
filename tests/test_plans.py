"""A plan says what the network does: its blocks, what reads what, and where sizes change."""

import pytest
import torch
from torch import nn

from yoloexplain import create_model, plans


def blocks_of(size, release, image_size):
    with torch.device("meta"):
        model = create_model(f"yolov5{size}", release=release)
        return model, plans.blocks(model, image_size)


@pytest.mark.parametrize(
    ("size", "release", "number"),
    [("s", "1.0", 27), ("m", "3.1", 27), ("n", "7.0", 27), ("s6", "5.0", 37), ("n6", "7.0", 37)],
)
def test_the_blocks_of_a_release_hold_all_its_parameters(size, release, number):
    model, blocks = blocks_of(size, release, (384, 640))
    assert len(blocks) == number
    assert sum(block.params for block in blocks) == sum(p.numel() for p in model.parameters())


def test_a_concatenation_reads_the_neighbour_first_and_then_the_skip():
    _, blocks = blocks_of("n", "7.0", (384, 640))
    joins = [(block.name, block.inputs) for block in blocks if block.type == "Concat"]
    # numbered as the published module list numbers them
    assert joins == [
        ("12", ("11", "6")),
        ("16", ("15", "4")),
        ("19", ("18", "14")),
        ("22", ("21", "10")),
    ]
    by_name = {block.name: block for block in blocks}
    for name, inputs in joins:
        assert by_name[name].shape[0] == sum(by_name[source].shape[0] for source in inputs)


def test_the_head_reads_one_level_an_output_and_the_stem_reads_the_image():
    _, blocks = blocks_of("n", "7.0", (384, 640))
    assert blocks[0].inputs == ()
    head = [(block.stride, block.shape, block.inputs) for block in blocks if block.part == "head"]
    assert head == [
        (8, (255, 48, 80), ("17",)),
        (16, (255, 24, 40), ("20",)),
        (32, (255, 12, 20), ("23",)),
    ]


@pytest.mark.parametrize(
    ("release", "types"),
    [
        ("1.0", ["Focus", "Conv 3×3", "CSP", "SPP", "CSP"]),
        ("7.0", ["Conv 6×6", "Conv 3×3", "C3", "C3", "SPPF"]),
    ],
)
def test_blocks_are_named_after_what_they_are(release, types):
    _, blocks = blocks_of("s", release, 640)
    assert [blocks[i].type for i in (0, 1, 2, 8, 9)] == types
    assert [blocks[i].repeats for i in (2, 4)] == [1, 3 if release == "1.0" else 2]


def test_a_part_with_another_name_is_refused():
    network = nn.Sequential()
    network.add_module("stem", nn.Sequential(nn.Conv2d(3, 4, 3)))
    with pytest.raises(ValueError, match="parts must be named backbone, neck, head, got 'stem'"):
        plans.blocks(network, 64)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("yolov1-darknet", [3, 64, 192, 512, 1024, 1024, 1024, 4096, 2450]),
        ("yolov1-notebook", [3, 64, 192, 512, 1024, 1024, 1024, 4096, 1470]),
        ("yolov1-resnet50", [3, 64, 256, 512, 1024, 2048, 256, 30]),
    ],
)
def test_stages_are_where_a_tensor_changes_its_size_and_hold_all_parameters(name, shapes):
    with torch.device("meta"):
        model = create_model(name)
    stages = plans.stages(model, 448)
    assert [stage.shape[0] for stage in stages] == shapes
    assert sum(stage.params for stage in stages) == sum(p.numel() for p in model.parameters())
    sides = [stage.shape[1] for stage in stages if len(stage.shape) == 3]
    assert sides == sorted(sides, reverse=True)
