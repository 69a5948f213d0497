"""The tools on the package's own networks: published fields, and theory against gradients."""

import pytest
import torch

import yoloexplain as yx
from yoloexplain.inspection import activations, measured_field, receptive_field, summarize, trace


def weightless(name: str, **options: object) -> torch.nn.Module:
    with torch.device("meta"):
        return yx.create_model(name, **options)


@pytest.mark.parametrize(("name", "size"), [("resnet50", 427), ("cspdarknet53", 725)])
def test_the_last_stage_of_a_classifier_sees_as_far_as_published(name, size):
    field = receptive_field(weightless(name), layers=["backbone.c5"])["backbone.c5"]
    assert field.size == (size, size)
    assert field.stride == (32, 32)


@pytest.mark.parametrize(
    ("size", "stages", "pooled"),
    [
        ("n", [58, 170, 266], 650),
        ("s", [58, 170, 266], 650),
        ("m", [98, 306, 466], 850),
        ("l", [138, 442, 666], 1050),
        ("x", [178, 578, 866], 1250),
    ],
)
def test_the_backbone_of_yolov5_sees_as_far_as_published(size, stages, pooled):
    layers = ["backbone.stage3", "backbone.stage4", "backbone.stage5", "backbone.pool"]
    fields = receptive_field(weightless(f"yolov5{size}"), layers=layers)
    assert [fields[layer].size[0] for layer in layers] == [*stages, pooled]
    assert [fields[layer].stride[0] for layer in layers] == [8, 16, 32, 32]


@pytest.mark.parametrize("image_size", [64, (128, 192), 640])
def test_the_field_does_not_depend_on_the_image_in_a_whole_detector(image_size):
    fields = receptive_field(weightless("yolov5n"), image_size, ["p3", "p4", "p5"])
    assert [fields[level].size for level in fields] == [(714, 714), (746, 746), (842, 842)]
    assert [fields[level].axes for level in fields] == [(2, 3)] * 3  # anchors come before rows


CASES = [
    ("resnet18", {}, (96, 160), ["backbone.c3", "backbone.c5"]),
    ("cspdarknet53", {}, (96, 160), ["backbone.c4"]),
    ("densenet121", {}, (64, 96), ["backbone.c3"]),
    ("yolov5n", {}, (128, 192), ["backbone.c3", "backbone.c5", "neck.p5", "p4"]),
    ("yolov5s", {"release": "1.0"}, (96, 160), ["backbone.c3", "neck.p4"]),
    ("solo-r50-fpn-table", {}, (101, 150), ["neck.p2", "neck.p6", "masks.3"]),
]


@pytest.mark.parametrize(
    ("name", "options", "size", "layer"),
    [(name, options, size, layer) for name, options, size, layers in CASES for layer in layers],
)
def test_theory_and_gradient_agree_inside_and_at_a_corner(name, options, size, layer):
    model = weightless(name, **options)
    rows, columns = receptive_field(model, size, [layer])[layer].cells
    for cell in [(rows // 2, columns // 3), (rows - 1, columns - 1)]:
        field = measured_field(model, size, layer, cell, probe=True)
        assert field.box == field.theoretical, cell
        assert field.fraction == 1.0


def test_a_field_inside_the_image_is_measured_uncut():
    model = weightless("yolov5s")
    field = measured_field(model, (288, 320), "backbone.stage4", (8, 10), probe=True)
    assert field.box == field.theoretical
    assert (field.box[2] - field.box[0], field.box[3] - field.box[1]) == (170, 170)


def test_the_way_down_is_long_through_the_backbone_and_short_through_the_neck():
    graph = trace(weightless("solo-r50-fpn"), (64, 96))
    assert graph.longest_path("backbone.c2", "neck.p5").length >= 39
    assert graph.shortest_path("backbone.c2", "neck.p2").length == 2
    deep = trace(weightless("densenet201"), 64)
    assert deep.longest_path("image", "backbone.c5").length == 200 - 1 + 1
    assert deep.shortest_path("image", "backbone.c5").length < 10


@pytest.mark.parametrize(
    ("name", "size", "gmacs"),
    [
        ("resnet50", 224, 4.089),
        ("densenet121", 224, 2.834),
        ("yolov1-darknet", 448, 20.289),
        ("solo-r50-fpn-table", (1333, 800), 381.277),
    ],
)
def test_multiply_adds_are_the_true_ones(name, size, gmacs):
    assert summarize(weightless(name), size).mult_adds / 1e9 == pytest.approx(gmacs, abs=5e-4)


@pytest.mark.parametrize("name", ["yolov5n", "solo-r50-fpn", "yolov1-resnet50", "densenet121"])
def test_every_row_of_a_table_agrees_with_a_real_forward(name):
    size = (448, 448) if name.startswith("yolov1") else (64, 96)
    model = yx.create_model(name)
    maps = activations(model, torch.rand(1, 3, *size))
    last = {row.path: row for row in summarize(model, size).rows}
    single = {path: value for path, value in maps.items() if path in last}
    assert len(single) > 50
    for path, value in single.items():
        assert last[path].output_shape == tuple(value.shape)
