"""Every name, shape and place, held against the published networks' own state dicts.

``golden/published_names`` holds what running the published code gave (YOLOv5's ten releases,
torchvision, SOLO's authors): how many tensors and parameters, and a hash over the lines "name
shape" in order; for some networks the lines themselves. They are no output of this package, and
nothing here rewrites them. YOLOv5's anchors, which are no weights, were left out.
"""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from yoloexplain.backbones.densenet import DENSENETS, DenseNet
from yoloexplain.backbones.resnet import resnet50
from yoloexplain.catalog import create_model
from yoloexplain.weights import published_names
from yoloexplain.yolov5.releases import RELEASES, sizes_of

GOLDEN = Path(__file__).parents[1] / "golden" / "published_names"
DIGESTS: dict[str, dict[str, int | str]] = json.loads((GOLDEN / "digests.json").read_text())


def build(title: str) -> nn.Module:
    """Build "yolov5s 3.1" or "resnet50" without allocating a weight."""
    name, *release = title.split()
    with torch.device("meta"):
        return create_model(name, **({"release": release[0]} if release else {}))


def lines(model: nn.Module, layout: str = "authors") -> list[str]:
    """One line a tensor, in the published order: its published name and its shape."""
    state = model.state_dict()
    return [
        f"{published} {'x'.join(map(str, state[ours].shape)) or 'scalar'}"
        for ours, published in published_names(model, layout).items()
    ]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_names_shapes_and_order_are_the_published_ones_line_by_line(path: Path) -> None:
    assert lines(build(path.stem.replace("_", " "))) == path.read_text().splitlines()


@pytest.mark.parametrize("title", DIGESTS)
def test_every_network_has_the_published_tensors(title: str) -> None:
    model, published = build(title), DIGESTS[title]
    ours = lines(model)
    assert len(ours) == published["tensors"]
    assert sum(p.numel() for p in model.parameters()) == published["parameters"]
    assert hashlib.sha256("\n".join(ours).encode()).hexdigest() == published["sha256"]


def test_every_release_and_size_of_yolov5_is_held_to_its_state_dict() -> None:
    every = {f"yolov5{size} {release}" for release in RELEASES for size in sizes_of(release)}
    assert {title for title in DIGESTS if title.startswith("yolov5")} == every
    assert len(every) == 68


def test_each_published_name_is_given_once_and_no_tensor_of_ours_is_forgotten() -> None:
    for title in DIGESTS:
        model = build(title)
        names = published_names(model)
        assert len(set(names.values())) == len(names)
        assert set(model.state_dict()) - set(names) <= {"head.anchors"}


def test_mmdetection_differs_from_the_authors_in_the_head_only() -> None:
    model = build("solo-r50-fpn")
    authors, mmdetection = published_names(model), published_names(model, "mmdetection")
    assert list(authors) == list(mmdetection)
    translated = [
        name.replace("bbox_head.ins_convs", "mask_head.mask_convs")
        .replace("bbox_head.cate_convs", "mask_head.cls_convs")
        .replace("bbox_head.solo_ins_list", "mask_head.conv_mask_list")
        .replace("bbox_head.solo_cate", "mask_head.conv_cls")
        for name in authors.values()
    ]
    assert list(mmdetection.values()) == translated
    heads = {name.split(".")[1] for name in translated if name.startswith("mask_head")}
    assert heads == {"mask_convs", "cls_convs", "conv_mask_list", "conv_cls"}


def test_mmdetection_names_the_decoupled_head_by_x_and_y() -> None:
    names = published_names(build("solo-r50-fpn-decoupled"), "mmdetection")
    assert names["head.x_tower.0.0.weight"] == "mask_head.mask_convs_x.0.conv.weight"
    assert names["head.y_tower.6.1.bias"] == "mask_head.mask_convs_y.6.gn.bias"
    assert names["head.x_outputs.4.weight"] == "mask_head.conv_mask_list_x.4.weight"
    assert names["head.y_outputs.0.bias"] == "mask_head.conv_mask_list_y.0.bias"
    assert not any(name.startswith("bbox_head") for name in names.values())


def test_the_printed_solo_variant_names_its_extra_parts_by_the_same_pattern() -> None:
    model = build("solo-r50-fpn-table")
    names = published_names(model)
    assert set(names) == set(model.state_dict())
    assert names["neck.extra.0.weight"] == "neck.fpn_convs.4.conv.weight"
    assert names["head.mask_tower.0.0.bias"] == "bbox_head.ins_convs.0.conv.bias"


def test_the_fpn_counts_from_the_other_end() -> None:
    names = published_names(build("solo-r50-fpn"))
    shapes = {theirs: ours for ours, theirs in names.items()}
    assert shapes["neck.lateral_convs.0.conv.weight"] == "neck.laterals.3.weight"
    assert shapes["neck.fpn_convs.3.conv.bias"] == "neck.outputs.0.bias"


def test_densenet_264_follows_the_pattern_of_its_sisters() -> None:
    names = list(published_names(build("densenet264")).values())
    assert "features.denseblock3.denselayer64.conv2.weight" in names
    assert names[-2:] == ["classifier.weight", "classifier.bias"]


def test_a_trunk_alone_has_its_classifiers_names() -> None:
    with torch.device("meta"):
        trunks = {"resnet50": resnet50(), "densenet121": DenseNet(*DENSENETS["densenet121"])}
    for name, trunk in trunks.items():
        whole = published_names(build(name))
        alone = {f"backbone.{ours}": theirs for ours, theirs in published_names(trunk).items()}
        assert alone == {k: v for k, v in whole.items() if k.startswith("backbone.")}


@pytest.mark.parametrize("name", ["darknet53", "cspdarknet53", "yolov1-notebook", "densenet-cifar"])
def test_networks_without_published_names_keep_ours(name: str) -> None:
    model = build(name)
    assert published_names(model) == {key: key for key in model.state_dict()}


def test_a_state_dict_renamed_twice_is_the_same_state_dict() -> None:
    model = create_model("yolov5n", num_classes=3)
    names = published_names(model)
    theirs = {names[ours]: value for ours, value in model.state_dict().items() if ours in names}
    fresh = create_model("yolov5n", num_classes=3)
    missing, unexpected = fresh.load_state_dict(
        {ours: theirs[published] for ours, published in names.items()}, strict=False
    )
    assert (missing, unexpected) == (["head.anchors"], [])
    for ours, value in model.state_dict().items():
        assert torch.equal(value, fresh.state_dict()[ours])


def test_an_unknown_layout_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(ValueError, match=r"'authors', 'mmdetection'; got 'mmdetectoin'; did you"):
        published_names(build("solo-r50-fpn"), "mmdetectoin")
    with pytest.raises(ValueError, match=r"layout must be one of 'authors'; got 'mmdetection'"):
        published_names(build("resnet18"), "mmdetection")
