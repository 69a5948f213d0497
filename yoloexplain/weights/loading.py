"""Taking over published weights, and giving ours under published names.

It stands over the tables of names: a file is read without running anything in it, its tensors get
our names, all of them are compared, and only if every one fits does the network take them.

Departures from how the authors load: nothing is loaded in part, and a tensor that is left over is
an error, because either means that the network is not the one that was trained.
"""

import io
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from ..backbones.classifier import Classifier
from ..backbones.trunk import Trunk
from ..files import write_whole
from ..solo.network import SOLO
from ..yolov5.network import YOLOv5
from .darknet import is_darknet, read_darknet, write_darknet
from .mends import check_activation, mend
from .misfit import compare
from .names_solo import LAYOUTS
from .names_yolov5 import anchors_in_pixels, published_anchors
from .official import published_names
from .published_files import fetch
from .published_states import PublishedState, Source, existing, read_state

CLASSIFIERS = ("fc.", "classifier.")  # what a trunk leaves of its classifier's file
# counters, which files from before PyTorch 0.4.1 lack, and YOLOv5's second record of its anchors
OPTIONAL = (".num_batches_tracked", ".anchor_grid")
# DenseNet's layers in files from before 2018: norm.1 and conv.1 for norm1 and conv1
OLD_DENSE_LAYER = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")


def load_official(model: nn.Module, source: Source | None = None) -> nn.Module:
    """Let a network take over published weights, all of them or none.

    Parameters
    ----------
    model
        Any network of the catalogue, or the trunk of a classifier; built with the classes and
        channels of the file.
    source
        A path (``.pt`` and ``.pth`` as the authors wrote them, ``.safetensors``, or Darknet's
        ``.weights``), a state dict under published names, or nothing: then the file that the
        authors published is fetched once into PyTorch's cache, and its checksum compared.

    Returns
    -------
    The same network, with every parameter and statistic from the source, YOLOv5's anchors and
    BatchNorm's ε included.

    Raises
    ------
    ValueError
        If anything is missing, left over or misshapen, all of it listed; or if the file is damaged
        or wants to run something. The network is as it was before.
    ConnectionError
        If a file has to be fetched and there is no connection; it says which file to place where.
    """
    check_filled(model)
    source = fetch(model) if source is None else source
    if not isinstance(source, Mapping) and is_darknet(model):
        path = existing(source)
        if path.suffix == ".weights" or ".conv." in path.name:
            model.load_state_dict(read_darknet(model, path), strict=False)
            return model
    published = read_state(source)
    check_activation(model, published.kinds)
    model.load_state_dict(in_our_names(model, published), strict=False)
    adopt_epsilons(model, published.epsilons)
    return model


def save_official(
    model: nn.Module, file: str | PathLike[str], *, layout: str = "authors"
) -> dict[str, Tensor]:
    """Write a network's weights under the names they were published by.

    Parameters
    ----------
    model
        Any network of the catalogue, or a trunk.
    file
        ``.weights`` is Darknet's binary form, ``.safetensors`` that format, anything else a state
        dict as ``torch.save`` writes it. It is there whole or not at all.
    layout
        ``"authors"``, or for SOLO ``"mmdetection"``.

    Returns
    -------
    dict
        What was written, published name → tensor.

    Raises
    ------
    ValueError
        For a layout or a form that the network does not have.
    OSError
        If the file cannot be written; one that was there before is unharmed.
    """
    check_filled(model)
    path = Path(file).expanduser()
    state = in_published_names(model, layout)
    if path.suffix == ".weights":
        write_whole(path, write_darknet(model))
    elif path.suffix == ".safetensors":
        write_whole(path, save_tensors(state, {"format": "pt"}))
    else:
        stream = io.BytesIO()
        torch.save(state, stream)
        write_whole(path, stream.getvalue())
    return state


def in_published_names(model: nn.Module, layout: str = "authors") -> dict[str, Tensor]:
    """Give a network's state dict under published names, YOLOv5's anchors included."""
    own = model.state_dict()
    names = published_names(model, layout)
    state = {theirs: own[ours].detach().cpu().clone() for ours, theirs in names.items()}
    return state | (published_anchors(model) if isinstance(model, YOLOv5) else {})


def in_our_names(model: nn.Module, published: PublishedState) -> dict[str, Tensor]:
    """Give a published state dict our names, after everything in it has been compared.

    Raises
    ------
    ValueError
        If anything is missing, left over or misshapen.
    """
    given = {OLD_DENSE_LAYER.sub(r"\1\2.", name): x for name, x in published.tensors.items()}
    layout = likelier_layout(model, given)
    names = published_names(model, layout)
    own = model.state_dict()
    wanted = {theirs: own[ours] for ours, theirs in names.items()}
    if isinstance(model, YOLOv5):
        wanted |= published_anchors(model)
    if isinstance(model, Trunk):
        given = {name: x for name, x in given.items() if not name.startswith(CLASSIFIERS)}
    optional = frozenset(name for name in wanted if name.endswith(OPTIONAL))
    misfit = compare(wanted, given, optional=optional)
    if misfit:
        raise ValueError(
            f"{title(model)} takes exactly its own {len(wanted)} tensors, got {len(given)} that do "
            f"not fit; nothing was loaded; {mend(model, given)}\n{misfit.describe()}"
        )
    ours = {ours: given[theirs] for ours, theirs in names.items() if theirs in given}
    return ours | (
        {"head.anchors": anchors_in_pixels(model, given)} if isinstance(model, YOLOv5) else {}
    )


def adopt_epsilons(model: nn.Module, epsilons: Mapping[str, float]) -> None:
    """Give each BatchNorm the ε that the file says it was trained with.

    It is no tensor, so state dicts do not hold it; files with whole objects do. YOLOv5's tags set
    1e-4 in release 1.0 and 1e-3 later, and a file need not be of the same day as its tag.
    """
    for ours, theirs in published_names(model).items() if epsilons else ():
        layer = model.get_submodule(ours.rpartition(".")[0])
        epsilon = epsilons.get(theirs.rpartition(".")[0], 0.0)
        if isinstance(layer, nn.BatchNorm2d) and 0 < epsilon < 1:
            layer.eps = epsilon


def likelier_layout(model: nn.Module, given: Mapping[str, Tensor]) -> str:
    """Choose the layout that knows most of the names; only SOLO has two."""
    layouts = LAYOUTS if isinstance(model, SOLO) else LAYOUTS[:1]
    known = {
        layout: len(set(published_names(model, layout).values()) & set(given)) for layout in layouts
    }
    return max(layouts, key=lambda layout: known[layout])


def title(model: nn.Module) -> str:
    """Name a network for a sentence."""
    if isinstance(model, YOLOv5):
        return f"YOLOv5{model.size}, release {model.release},"
    return type(model.backbone if isinstance(model, Classifier) else model).__name__


def check_filled(model: nn.Module) -> None:
    """Raise a ``ValueError`` for a network whose weights have no memory."""
    if any(tensor.is_meta for tensor in model.state_dict().values()):
        raise ValueError(
            "a network must have memory for its weights, got one on the meta device; build it "
            "outside torch.device('meta')"
        )


__all__ = ["load_official", "save_official"]
