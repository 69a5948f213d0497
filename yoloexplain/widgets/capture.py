"""Capture: what a view needs of somebody's network, whatever that network is.

It stands between ``inspection`` and the views that show maps of any ``nn.Module``. A network that
cannot be traced still runs; only its receptive fields are missing then.
"""

import copy
from collections.abc import Sequence

from torch import Tensor, nn

from ..inspection import Graph, ReceptiveField, activations, calibrate
from ..inspection.meta import check_model
from ..inspection.receptive_field import fields_of
from .layer_choice import candidates, choose, spread

DEFAULT_LAYERS, MOST_LAYERS = 12, 48


def fields_by_name(graph: Graph | None) -> dict[str, ReceptiveField]:
    """Receptive field of every map that has one; none without a graph."""
    if graph is None:
        return {}
    try:
        return fields_of(graph)
    except Exception:  # an operation that nobody has thought of; the maps are still worth seeing
        return {}


def layer_names(
    model: nn.Module, image: Tensor, layers: Sequence[str] | None, graph: Graph | None,
    notes: list[str],
) -> list[str]:  # fmt: skip
    """Name the layers to show: those asked for, or a choice.

    Where there were more, a note is added to ``notes``.
    """
    if layers is not None:
        if isinstance(layers, str) or not len(layers):
            raise ValueError(
                f"layers must be a sequence of names, at least one, got {layers!r}; leave it out "
                "for a choice"
            )
        chosen = spread(list(dict.fromkeys(layers)), MOST_LAYERS)
        total = len(set(layers))
    else:
        found = candidates(model, image, graph)
        if not found:
            raise ValueError(
                f"model must make feature maps (1, C, H, W) of more than one cell, got "
                f"{type(model).__name__}, in which no module returns one; pass a network with "
                "convolutions, or name its layers"
            )
        chosen, total = choose(found, DEFAULT_LAYERS), len(found)
    if len(chosen) < total:
        notes.append(f"{len(chosen)} of {total:,} layers are shown; layers=[…] names others.")
    return chosen


def captured(model: nn.Module, image: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Capture layers by name; a ``ValueError`` for one that returns no map of one image."""
    found = dict(activations(model, image, names))
    for name, values in found.items():
        if values.ndim != 4 or values.shape[0] != 1 or 0 in values.shape:
            raise ValueError(
                f"layers must return maps (1, C, H, W), got {tuple(values.shape)} from {name!r}; "
                "leave layers out to see which do"
            )
    return found


def captured_untrained(
    untrained: nn.Module, image: Tensor, maps: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Capture the same layers in a calibrated copy of a second network."""
    check_model(untrained)
    try:
        twin = calibrate(copy.deepcopy(untrained), image)
    except ValueError:  # no BatchNorm, or one over a single cell
        twin = copy.deepcopy(untrained)
    found = captured(twin, image, list(maps))
    differ = [n for n, one in maps.items() if n not in found or found[n].shape != one.shape]
    if differ:
        raise ValueError(
            f"untrained must be a network of the same build, got other maps at {differ[0]!r}; "
            "make it by the same call as the model"
        )
    return {name: found[name] for name in maps}
