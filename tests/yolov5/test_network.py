"""YOLOv5's outputs, mode by mode, level by level."""

import math

import pytest
import torch
from torch import nn

from yoloexplain.layers import SPP, SPPF
from yoloexplain.yolov5 import RELEASES, YOLOv5, sizes_of


@pytest.mark.parametrize("release", list(RELEASES))
def test_each_level_is_a_grid_of_anchors_whatever_the_release_and_the_mode(release):
    torch.manual_seed(0)
    model = YOLOv5("s", release, num_classes=4)
    image = torch.rand(2, 3, 64, 96)
    for mode in (True, False):
        raw = model.train(mode)(image)
        assert {level: tuple(values.shape) for level, values in raw.items()} == {
            "p3": (2, 3, 8, 12, 9),
            "p4": (2, 3, 4, 6, 9),
            "p5": (2, 3, 2, 3, 9),
        }


@pytest.mark.parametrize("release", ["5.0", "7.0"])
def test_the_p6_forms_have_a_fourth_level(release):
    with torch.device("meta"):
        raw = YOLOv5("s6", release, num_classes=4)(torch.empty(2, 3, 128, 192))
    assert list(raw) == ["p3", "p4", "p5", "p6"]
    assert raw["p6"].shape == (2, 3, 2, 3, 9)


def test_anchor_and_value_of_a_cell_lie_where_a_slow_index_finds_them():
    torch.manual_seed(0)
    model = YOLOv5("s", num_classes=4).eval()
    image = torch.rand(2, 3, 64, 96)
    seen = {}
    model.head.outputs["p4"].register_forward_hook(lambda *io: seen.update(p4=io[2]))
    raw = model(image)["p4"]
    for a in range(3):
        for value in range(9):
            assert torch.equal(raw[:, a, :, :, value], seen["p4"][:, 9 * a + value])


def test_the_head_starts_from_eight_objects_an_image():
    torch.manual_seed(0)
    head = YOLOv5("s", "1.0").head
    for level, conv in head.outputs.items():
        bias = conv.bias.view(3, 85)
        spread = 1 / math.sqrt(conv.in_channels)  # of the uniform start that the prior is added to
        prior = math.log(8 / (640 / head.strides[level]) ** 2)
        assert bias[:, 4].sub(prior).abs().max() <= spread
        assert bias[:, 5:].sub(math.log(0.6 / (80 - 0.99))).abs().max() <= spread
        assert bias[:, :4].abs().max() <= spread


@pytest.mark.parametrize(
    ("release", "start"), [("6.0", 4.094), ("6.1", 13.305), ("6.2", 13.305), ("7.0", 11.002)]
)
def test_a_single_class_starts_out_all_but_certain_as_each_release_had_it(release, start):
    model = YOLOv5("n", release, num_classes=1)
    bias = model.head.outputs["p3"].bias.view(3, 6)[:, 5]
    assert bias.mean().item() == pytest.approx(start, abs=1 / 8)


@pytest.mark.parametrize("release", list(RELEASES))
def test_batchnorm_is_set_as_the_release_set_it(release):
    with torch.device("meta"):
        norms = [m for m in YOLOv5("s", release).modules() if isinstance(m, nn.BatchNorm2d)]
    assert {(m.eps, m.momentum) for m in norms} == {(1e-4 if release == "1.0" else 1e-3, 0.03)}


@pytest.mark.parametrize(
    ("release", "inner", "joined"),
    [
        ("1.0", {"LeakyReLU"}, {"LeakyReLU"}),
        ("2.0", {"LeakyReLU"}, {"LeakyReLU"}),
        ("3.0", {"Hardswish"}, {"LeakyReLU"}),
        ("3.1", {"Hardswish"}, {"LeakyReLU"}),
        ("4.0", {"SiLU"}, set()),
        ("7.0", {"SiLU"}, set()),
    ],
)
def test_each_release_bends_as_published(release, inner, joined):
    with torch.device("meta"):
        model = YOLOv5("s", release)
    of_conv, of_csp = set(), set()
    for module in model.modules():
        if type(module).__name__ == "Conv":
            of_conv.add(type(module.act).__name__)
        if type(module).__name__ == "BottleneckCSP":
            of_csp.add(type(module.act).__name__)
    assert (of_conv, of_csp) == (inner, joined)


def test_the_pool_stands_before_the_last_stage_up_to_5_and_after_it_from_6():
    with torch.device("meta"):
        old, new = YOLOv5("s", "5.0").backbone, YOLOv5("s", "6.0").backbone
        old_p6 = YOLOv5("s6", "5.0").backbone
    assert list(old)[-2:] == ["pool", "stage5"]
    assert list(new)[-2:] == ["stage5", "pool"]
    assert isinstance(old["pool"], SPP)
    assert isinstance(new["pool"], SPPF)
    assert [pool.kernel_size for pool in old["pool"].pools] == [5, 9, 13]
    assert [pool.kernel_size for pool in old_p6["pool"].pools] == [3, 5, 7]


def test_only_the_backbone_adds_its_input_back():
    with torch.device("meta"):
        old, new = YOLOv5("s", "3.1"), YOLOv5("s", "7.0")

    def adds(stage):
        return {block.shortcut for block in stage.bottlenecks}

    assert adds(old.backbone["stage4"]) == adds(new.backbone["stage4"]) == {True}
    assert adds(old.backbone["stage5"]) == {False}
    assert adds(new.backbone["stage5"]) == {True}
    assert adds(new.neck["bottom_up5"]) == adds(old.neck["top_down3"]) == {False}


def test_anchors_are_in_input_pixels_one_row_a_level():
    head = YOLOv5("n6").head
    assert head.anchors.shape == (4, 3, 2)
    assert head.anchors[3].tolist() == [[436, 615], [739, 380], [925, 792]]
    assert head.strides == {"p3": 8, "p4": 16, "p5": 32, "p6": 64}


@pytest.mark.parametrize(
    ("release", "sizes"),
    [
        ("1.0", "s m l x"),
        ("4.0", "s m l x"),
        ("5.0", "s m l x s6 m6 l6 x6"),
        ("6.0", "n s m l x n6 s6 m6 l6 x6"),
    ],
)
def test_a_release_has_the_sizes_it_was_published_with(release, sizes):
    assert sizes_of(release) == tuple(sizes.split())


def test_a_size_from_before_its_time_is_refused_with_what_exists():
    with pytest.raises(ValueError, match=r"release 5.0 has .*yolov5s6.*; got yolov5n; .*from rel"):
        YOLOv5("n", "5.0")
    with pytest.raises(ValueError, match=r"got yolov5s6; yolov5s6 exists from release 5.0 on"):
        YOLOv5("s6", "4.0")
    with pytest.raises(ValueError, match=r"release must be one of '1.0', .*; got '3.2'"):
        YOLOv5("s", "3.2")


def test_a_side_that_is_no_multiple_of_the_stride_is_refused():
    with pytest.raises(ValueError, match=r"multiple of the stride 64, got 96x128"):
        YOLOv5("n6")(torch.zeros(1, 3, 96, 128))


def test_every_anchor_of_a_640_image_makes_25_200_predictions():
    with torch.device("meta"):
        raw = YOLOv5("n")(torch.empty(1, 3, 640, 640))
    assert sum(level[..., 0].numel() for level in raw.values()) == 25_200
