"""Our names and theirs: which published parameter is which of ours.

It stands beside the networks, not on the way from image to picture. The networks here are named for
what their parts do (``backbone.stage3``); checkpoints are named for how their code was laid out
(``model.4``). One table a family says which is which, and in which order they were published.

====================================  ==========================================================
YOLOv5, releases 1.0 to 7.0           ``names_yolov5``
ResNet and DenseNet classifiers       ``names_backbones``, as in torchvision
SOLO                                  ``names_solo``, as by its authors and as in mmdetection
Darknet-53 and CSPDarknet-53          one nameless file, whose order stands in ``darknet``; in a
                                      state dict our own names stand
all others                            nothing was published under fixed names: our own stand
====================================  ==========================================================
"""

from torch import nn

from ..backbones.classifier import Classifier
from ..backbones.densenet import DenseNet
from ..backbones.resnet import ResNet
from ..layers.check import check_choice
from ..solo.network import SOLO
from ..yolov5.network import YOLOv5
from .names_backbones import classifier_names, densenet_names, resnet_names
from .names_solo import LAYOUTS, solo_names
from .names_yolov5 import yolov5_names


def published_names(model: nn.Module, layout: str = "authors") -> dict[str, str]:
    """Give each parameter and buffer of ``model`` the name it was published under.

    Parameters
    ----------
    model
        Any network of the catalogue, or a ResNet or DenseNet trunk. The device does not matter.
    layout
        ``"authors"``, or for SOLO ``"mmdetection"`` as well; other families have one layout only.

    Returns
    -------
    dict
        Our state-dict name → theirs, in their order. Where nothing was published under fixed names,
        ours → ours. YOLOv5's ``head.anchors`` is left out: its values here are in another unit.

    Raises
    ------
    ValueError
        For a layout that does not exist.
    """
    check_choice("layout", layout, LAYOUTS if isinstance(model, SOLO) else LAYOUTS[:1])
    names: dict[str, str] | None = None
    if isinstance(model, YOLOv5):
        names = yolov5_names(model)
    elif isinstance(model, SOLO):
        names = solo_names(model, layout)
    elif isinstance(model, ResNet):
        names = resnet_names(model)
    elif isinstance(model, DenseNet):
        names = densenet_names(model)
    elif isinstance(model, Classifier):
        names = classifier_names(model)
    return {name: name for name in model.state_dict()} if names is None else names
