"""Every network of the package by name, with the options that it takes.

It stands over the whole way from image to picture and is imported by none of its stations.
``torch.device("meta")`` around ``create_model`` builds a network without allocating a weight.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

from torch import nn

from .backbones.classifier import Classifier
from .backbones.csp_darknet import CSPDarknet53
from .backbones.darknet import Darknet53
from .backbones.densenet import DENSENETS, CIFARDenseNet, CSPDenseNet, DenseNet
from .backbones.resnet import resnet18, resnet50
from .backbones.trunk import Trunk
from .layers.check import check_choice, check_count
from .solo.network import (
    solo_r50_fpn,
    solo_r50_fpn_decoupled,
    solo_r50_fpn_table,
    solo_small,
)
from .weights.demo import demo_card, load_demo
from .yolov1.network import yolov1_darknet, yolov1_notebook, yolov1_resnet50, yolov1_small
from .yolov5.network import YOLOv5
from .yolov5.releases import RELEASES, SIZES


@dataclass(frozen=True)
class Entry:
    """One name of the catalogue.

    Attributes
    ----------
    build
        Makes the network; its keyword arguments are the model's options.
    summary
        What it is, in one line.
    image_size
        (height, width) in pixels at which its figures were published.
    """

    build: Callable[..., nn.Module]
    summary: str
    image_size: tuple[int, int] = (224, 224)

    @property
    def options(self) -> dict[str, Any]:
        """Name the options, each with its default."""
        return {name: p.default for name, p in inspect.signature(self.build).parameters.items()}


def densenet(name: str, num_classes: int = 1000, in_channels: int = 3) -> Classifier:
    """Build a DenseNet of the ImageNet form."""
    return Classifier(DenseNet(*DENSENETS[name], in_channels=in_channels), num_classes)


def densenet_cifar(
    depth: int = 100,
    growth_rate: int = 12,
    bottleneck: bool = True,
    num_classes: int = 10,
    in_channels: int = 3,
) -> Classifier:
    """Build a DenseNet of the CIFAR form."""
    return Classifier(CIFARDenseNet(depth, growth_rate, bottleneck, in_channels), num_classes)


def csp_densenet121(
    split_ratio: float = 0.5, fusion: str = "both", num_classes: int = 1000, in_channels: int = 3
) -> Classifier:
    """Build DenseNet-121 in its CSP form."""
    backbone = CSPDenseNet(
        *DENSENETS["densenet121"], in_channels, split_ratio=split_ratio, fusion=fusion
    )
    return Classifier(backbone, num_classes)


def densenet_small(num_classes: int = 8, in_channels: int = 3) -> Classifier:
    """Build a DenseNet for images of 64 pixels: three blocks of eight layers, k = 12."""
    return Classifier(DenseNet(12, (8, 8, 8), in_channels, stem_channels=96), num_classes)


def csp_densenet_small(num_classes: int = 8, in_channels: int = 3) -> Classifier:
    """Build its CSP form: three quarters of each stage go around, joined at the very end."""
    backbone = CSPDenseNet(
        12, (8, 8, 8), in_channels, stem_channels=96, split_ratio=0.75, fusion="last"
    )
    return Classifier(backbone, num_classes)


def classifier(
    trunk: Callable[..., Trunk], num_classes: int = 1000, in_channels: int = 3
) -> Classifier:
    """Build any other trunk with its classification head."""
    return Classifier(trunk(in_channels=in_channels), num_classes)


def learned(name: str) -> nn.Module:
    """Build a small network and give it the weights that come with the package; in eval mode."""
    card = demo_card(name)
    model = create_model(card["model"], **card["options"])
    load_demo(model, name)
    return model.eval()


COUNTS = {"num_classes", "in_channels", "growth_rate", "num_boxes", "grid"}
YOLOV1_SIZE, SOLO_SIZE = (448, 448), (800, 1344)

CATALOG: dict[str, Entry] = {
    **{
        name: Entry(partial(densenet, name), f"DenseNet-{name[8:]}, growth rate {growth_rate}")
        for name, (growth_rate, _) in DENSENETS.items()
    },
    "densenet-cifar": Entry(densenet_cifar, "DenseNet for 32×32 images", (32, 32)),
    "csp-densenet121": Entry(csp_densenet121, "DenseNet-121, half of each stage going around"),
    "resnet18": Entry(partial(classifier, resnet18), "ResNet-18"),
    "resnet50": Entry(partial(classifier, resnet50), "ResNet-50, stride on the 3×3"),
    "darknet53": Entry(partial(classifier, Darknet53), "Darknet-53, YOLOv3's backbone", (256, 256)),
    "cspdarknet53": Entry(
        partial(classifier, CSPDarknet53), "CSPDarknet-53 with Mish, YOLOv4's backbone", (256, 256)
    ),
    "yolov1-darknet": Entry(
        yolov1_darknet, "YOLOv1, 24 convolutions and two linear layers", YOLOV1_SIZE
    ),
    "yolov1-resnet50": Entry(
        yolov1_resnet50, "YOLOv1 on a frozen ResNet-50, no linear layer", YOLOV1_SIZE
    ),
    "yolov1-notebook": Entry(yolov1_notebook, "YOLOv1 with 14 convolutions", YOLOV1_SIZE),
    **{
        f"yolov5{size}": Entry(partial(YOLOv5, size), f"YOLOv5{size}, three levels", (640, 640))
        for size in SIZES
    },
    **{
        f"yolov5{size}6": Entry(
            partial(YOLOv5, f"{size}6"), f"YOLOv5{size}6, four levels", (1280, 1280)
        )
        for size in SIZES
    },
    "solo-r50-fpn": Entry(solo_r50_fpn, "SOLO as published: ResNet-50 and FPN", SOLO_SIZE),
    "solo-r50-fpn-decoupled": Entry(
        solo_r50_fpn_decoupled, "SOLO with masks as products of X and Y maps", SOLO_SIZE
    ),
    "solo-r50-fpn-table": Entry(
        solo_r50_fpn_table, "SOLO as the printed table has it: 79 outputs, biases", (1333, 800)
    ),
    "densenet-small": Entry(densenet_small, "DenseNet for 64×64 images, three blocks", (64, 64)),
    "csp-densenet-small": Entry(
        csp_densenet_small, "its CSP form, three quarters going around", (64, 64)
    ),
    "yolov1-small": Entry(
        yolov1_small, "YOLOv1 with a convolution for its linear layers", (160, 160)
    ),
    "solo-small": Entry(solo_small, "SOLO with three levels and a narrow trunk", (160, 160)),
    "solo-small-decoupled": Entry(
        partial(solo_small, decoupled=True), "the same with decoupled masks", (160, 160)
    ),
}
DEMOS = {
    "yolov5n-demo": ("YOLOv5n that has learned eight kinds of things", (192, 192)),
    "yolov1-demo": ("yolov1-small that has learned the same", (192, 192)),
    "solo-demo": ("solo-small that has learned the same, with masks", (160, 160)),
    "solo-decoupled-demo": ("solo-small-decoupled that has learned the same", (160, 160)),
    "densenet-demo": ("densenet-small that tells the eight apart", (64, 64)),
    "csp-densenet-demo": ("csp-densenet-small that tells the eight apart", (64, 64)),
}
CATALOG |= {name: Entry(partial(learned, name), *described) for name, described in DEMOS.items()}


def list_models() -> list[str]:
    """Name every network that ``create_model`` can build."""
    return list(CATALOG)


def default_image_size(name: str) -> tuple[int, int]:
    """Give the (height, width) in pixels at which a network's figures were published."""
    return find(name).image_size


def find(name: str) -> Entry:
    """Look a name up.

    Raises
    ------
    ValueError
        For a name that is not there; the nearest names are listed.
    """
    if name not in CATALOG:
        wanted = str(name).lower()
        begun = [known for known in CATALOG if wanted and known.startswith(wanted)]
        close = begun[:3] or get_close_matches(wanted, CATALOG, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(close)}?" if close else "list_models() names them all"
        raise ValueError(f"a model must be one of the {len(CATALOG)} known; got {name!r}; {hint}")
    return CATALOG[name]


def create_model(name: str, **options: Any) -> nn.Module:
    """Build a network by name.

    Parameters
    ----------
    name
        One of ``list_models()``.
    options
        What the network takes: ``num_classes`` and ``in_channels`` for all, ``release`` for YOLOv5,
        ``depth``, ``growth_rate`` and ``bottleneck`` for ``densenet-cifar``, ``split_ratio`` and
        ``fusion`` for ``csp-densenet121``, ``num_boxes`` and ``grid`` for YOLOv1.

    Raises
    ------
    ValueError
        For an unknown name or option, or a value out of range: the rule, the value and the mend.
    """
    entry = find(name)
    unknown = [option for option in options if option not in entry.options]
    if unknown:
        known = ", ".join(f"{option}={default!r}" for option, default in entry.options.items())
        known = f"the options {known}" if known else "no options"
        raise ValueError(f"{name} takes {known}; got {unknown[0]!r}")
    if "release" in options:
        check_choice("release", options["release"], tuple(RELEASES))
    for option in COUNTS & options.keys():
        check_count(option, options[option])
    return entry.build(**options)
