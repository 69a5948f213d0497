"""What to do when a published file does not fit: which network its names and shapes belong to.

It stands beside ``misfit``: that lists what is wrong, this reads the file for the option that would
make it right.
"""

from collections.abc import Iterable, Mapping

from torch import Tensor, nn

from ..backbones.classifier import Classifier
from ..solo.head import DecoupledSOLOHead
from ..solo.network import SOLO
from ..yolov5.network import YOLOv5
from ..yolov5.releases import scale_width
from .names_yolov5 import yolov5_names

SIZES = "nsmlx"
# activations that a YOLOv5 was or can be built with
ACTIVATIONS = frozenset("LeakyReLU Hardswish SiLU ReLU ReLU6 ELU GELU Mish FReLU".split())
CUSTOM = "pass weights of the same network, or change its options to those of the file"


def mend(model: nn.Module, state: Mapping[str, Tensor]) -> str:
    """Say how the network would have to be built for the file to fit."""
    hint: str | None = None
    if isinstance(model, YOLOv5):
        hint = yolov5_mend(model, state)
    elif isinstance(model, SOLO):
        hint = solo_mend(model, state)
    elif isinstance(model, Classifier):
        hint = classifier_mend(model, state)
    return hint or CUSTOM


def yolov5_mend(model: YOLOv5, state: Mapping[str, Tensor]) -> str | None:
    """Tell release, size, classes or channels of a YOLOv5 from its state dict."""
    ours = yolov5_names(model)
    stem = state.get("model.0.conv.weight", state.get("model.0.conv.conv.weight"))
    if stem is None or stem.ndim != 4:
        return None
    size = next((s for s in SIZES if scale_width(64, s) == stem.shape[0]), None)
    if size is None or releases_of(state) != releases_of(ours.values()):
        name = f"yolov5{size}" if size else "a network of another width"
        return f"the names in the file are those of {name}, {releases_of(state)}"
    if size != model.size[0]:
        return f"the stem in the file has {stem.shape[0]} channels, as that of yolov5{size}"
    channels = stem.shape[1] // (1 if "model.0.conv.weight" in state else 4)  # Focus folds 2×2
    if channels != model.in_channels:
        return f"build the network with in_channels={channels}"
    bias = state.get(ours["head.outputs.p3.bias"])
    classes = 0 if bias is None else bias.numel() // model.head.num_anchors - 5
    if classes > 0 and classes != model.num_classes:
        return f"build the network with num_classes={classes}"
    return None


def releases_of(names: Iterable[str]) -> str:
    """Tell from published names which releases have them, and with how many levels."""
    known = set(names)
    levels = " with a fourth level" if any(n.startswith("model.33.") for n in known) else ""
    if "model.0.conv.weight" in known:
        return f"releases 6.0 to 7.0{levels}"
    if not any(".cv4." in name for name in known):
        return f"releases 4.0 and 5.0{levels}"
    return "release 1.0" if "model.18.weight" in known else "releases 2.0 to 3.1"


def solo_mend(model: SOLO, state: Mapping[str, Tensor]) -> str | None:
    """Tell SOLO's variant and number of classes from its state dict."""
    decoupled = any("_x." in name for name in state)
    if decoupled != isinstance(model.head, DecoupledSOLOHead):
        other = "solo-r50-fpn-decoupled" if decoupled else "solo-r50-fpn"
        return f"the file has the head of {other!r}"
    outputs = ("solo_cate.bias", "dsolo_cate.bias", "conv_cls.bias")
    for name, value in state.items():
        if name.endswith(outputs) and value.numel() != model.head.category_output.out_channels:
            return f"build the network with num_classes={value.numel()}"
    return None


def classifier_mend(model: Classifier, state: Mapping[str, Tensor]) -> str | None:
    """Tell a classifier's number of classes from its state dict."""
    for name in ("fc.bias", "classifier.bias"):
        if name in state and state[name].numel() != model.head.linear.out_features:
            return f"build the network with num_classes={state[name].numel()}"
    return None


def check_activation(model: nn.Module, kinds: frozenset[str]) -> None:
    """Refuse a file whose layers bend otherwise than the network's; names would not tell.

    Releases 2.0, 3.0 and 3.1 of YOLOv5 have the same names and shapes. A file that holds whole
    objects says which activation it was trained with.

    Raises
    ------
    ValueError
        If the file's activation is not among the network's.
    """
    if not isinstance(model, YOLOv5):
        return
    ours = {type(module).__name__ for module in model.modules()} & ACTIVATIONS
    theirs = kinds & ACTIVATIONS
    if theirs and theirs != ours:
        raise ValueError(
            f"a file must have the activations of the network, {' and '.join(sorted(ours))} in "
            f"release {model.release}, got {' and '.join(sorted(theirs))}; releases up to 2.0, and "
            "the git tag v3.0, have LeakyReLU, 3.0 and 3.1 Hardswish as well, later ones SiLU"
        )
