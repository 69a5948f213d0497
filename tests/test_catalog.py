"""Every network by name: built on nothing, with its options, or refused in words."""

import pytest
import torch

from yoloexplain import create_model, list_models
from yoloexplain.catalog import CATALOG, default_image_size

NAMES = [
    *["densenet121", "densenet161", "densenet169", "densenet201", "densenet264", "densenet-cifar"],
    *["csp-densenet121", "resnet18", "resnet50", "darknet53", "cspdarknet53"],
    *["yolov1-darknet", "yolov1-resnet50", "yolov1-notebook"],
    *["yolov5n", "yolov5s", "yolov5m", "yolov5l", "yolov5x"],
    *["yolov5n6", "yolov5s6", "yolov5m6", "yolov5l6", "yolov5x6"],
    *["solo-r50-fpn", "solo-r50-fpn-decoupled", "solo-r50-fpn-table"],
    *["densenet-small", "csp-densenet-small", "yolov1-small", "solo-small", "solo-small-decoupled"],
]
DEMOS = [
    *["densenet-demo", "csp-densenet-demo", "yolov1-demo", "yolov5n-demo"],
    *["solo-demo", "solo-decoupled-demo"],
]


def test_the_catalogue_holds_every_promised_name_and_no_other():
    assert sorted(list_models()) == sorted(NAMES + DEMOS)


@pytest.mark.parametrize("name", NAMES)
def test_on_the_meta_device_nothing_is_allocated_and_the_image_goes_through(name):
    with torch.device("meta"):
        model = create_model(name, num_classes=3, in_channels=1)
        tensors = [*model.parameters(), *model.buffers()]
        assert all(tensor.is_meta for tensor in tensors)
        model.eval()(torch.empty(2, 1, *default_image_size(name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_classes_and_channels_reaches_the_first_and_last_layer(name):
    with torch.device("meta"):
        small, large = (
            create_model(name, num_classes=k, in_channels=c) for k, c in [(3, 1), (5, 4)]
        )
    weights = [[p.shape for p in model.parameters()] for model in (small, large)]
    differing = [pair for pair in zip(*weights, strict=True) if pair[0] != pair[1]]
    assert differing[0][0][1] in (1, 4)  # the stem reads the image; Focus reads four of each
    assert len(differing) >= 2


def test_a_classifier_scores_k_classes():
    with torch.device("meta"):
        model = create_model("csp-densenet121", num_classes=7, split_ratio=0.25, fusion="last")
        assert model(torch.empty(2, 3, 96, 64)).shape == (2, 7)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("yolov5", "yolov5n"),
        ("resnet-50", "resnet50"),
        ("YOLOv5s", "yolov5s"),
        ("solo", "solo-r50"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=rf"got '{name}'; did you mean .*{nearest}"):
        create_model(name)


def test_a_name_like_none_is_answered_with_where_to_look():
    with pytest.raises(ValueError, match=r"list_models\(\) names them all"):
        create_model("qqq")


def test_an_option_that_a_network_does_not_take_is_refused_with_those_it_takes():
    with pytest.raises(ValueError, match=r"resnet50 takes the options num_classes=1000.*'release'"):
        create_model("resnet50", release="7.0")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -3, 2.5, True, "80"])
def test_a_count_that_is_none_is_refused_before_anything_is_built(name, value):
    with pytest.raises(ValueError, match=r"num_classes must be a positive integer"):
        create_model(name, num_classes=value)
    with pytest.raises(ValueError, match=r"in_channels must be a positive integer"):
        create_model(name, in_channels=value)


@pytest.mark.parametrize("release", [7.0, "7", "8.0", None])
def test_a_release_that_is_none_is_refused_with_those_there_are(release):
    with pytest.raises(ValueError, match=r"release must be one of '1.0', .*'7.0'; got "):
        create_model("yolov5s", release=release)


def test_every_entry_says_what_it_is():
    assert all(entry.summary for entry in CATALOG.values())
