"""Layer choice: a dozen maps that tell a network's story, out of hundreds.

It stands between ``inspection.trace`` and the views that let people scrub through layers. It knows
no network: it goes by names, by the order of execution and by the sizes of the maps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from ..inspection import Graph, activations
from ..inspection.meta import check_model

QUIET = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.Identity, nn.modules.dropout._DropoutNd)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Candidate:
    """A map that could be shown.

    Attributes
    ----------
    name
        The shortest of its names.
    place
        In the order of execution.
    size
        Rows and columns.
    depth
        How deep the module lies that returned it; 0 for the outermost.
    quiet
        Whether it only normalises or passes on: not chosen.
    """

    name: str
    place: int
    size: tuple[int, int]
    depth: int
    quiet: bool


def candidates(model: nn.Module, image: Tensor, graph: Graph | None) -> list[Candidate]:
    """Find every map (1, C, H, W) of more than one cell, each once, in the order of execution.

    Parameters
    ----------
    model, image
        Any network, and what it takes.
    graph
        Its trace; without, the network runs and is watched.
    """
    modules = dict(check_model(model).named_modules(remove_duplicate=False))
    found: dict[object, Candidate] = {}
    for name, (key, place, shape) in _outputs(model, image, graph).items():
        path = owner(name, modules)
        if not path or len(shape) != 4 or shape[0] != 1 or shape[2] * shape[3] < 2:
            continue
        depth = path.count(".")
        one = Candidate(name, place, shape[2:], depth, isinstance(modules[path], QUIET))
        known = found.get(key, one)
        best = min(known, one, key=lambda each: (each.depth, len(each.name)))
        found[key] = replace(best, place=min(known.place, place))
    return sorted(found.values(), key=lambda one: one.place)


def choose(found: Sequence[Candidate], most: int) -> list[str]:
    """Choose at most so many: the first, the last, outer before inner, the last of each size.

    Returns
    -------
    Names in the order of execution.
    """
    if len(found) <= most:
        return [one.name for one in found]
    start = takewhile(lambda one: one.size == found[0].size, found)
    chosen = {min(start, key=lambda one: one.depth), found[-1]}
    for depth in sorted({one.depth for one in found}):
        inside = [one for one in found if one.depth <= depth]
        last: list[Candidate] = []
        rest: list[Candidate] = []
        for one, after in zip(inside, [*inside[1:], None], strict=True):
            ends = after is None or after.size != one.size
            if not one.quiet:
                (last if ends else rest).append(one)
        for group in (last, rest):
            chosen |= set(spread([one for one in group if one not in chosen], most - len(chosen)))
    return [one.name for one in found if one in chosen]


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Take at most so many items, evenly from the first to the last."""
    if len(items) <= most:
        return list(items)
    if most < 2:
        return [items[len(items) // 2]][: max(most, 0)]
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _outputs(
    model: nn.Module, image: Tensor, graph: Graph | None
) -> dict[str, tuple[object, int, tuple[int, ...]]]:
    """By name: what tells equal tensors, the place in the order, and the shape."""
    if graph is not None:
        values = graph.outputs()
        return {
            name: (value, value.node, tuple(graph.shape(value))) for name, value in values.items()
        }
    with torch.no_grad():
        maps = activations(model, image)
    return {
        name: (id(kept), place, tuple(kept.shape))
        for place, (name, kept) in enumerate(maps.items())
    }


def owner(name: str, modules: Mapping[str, nn.Module]) -> str:
    """Give the path of the module that returned an output; "" for the network itself."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name
