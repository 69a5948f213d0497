"""Concat provenance: how much each layer of a dense block draws on each of its sources.

It belongs to DenseNet. Every layer reads all earlier maps of its block, laid behind one another;
its first convolution has weights for each of these channels, behind a BatchNorm that has brought
them to one scale. So the mean of |weight| over a source's channels says how much the layer draws on
it. Source: Densely Connected Convolutional Networks (Huang et al. 2016, arXiv 1608.06993), figure
5. Departure: 1 means as much as on the average of all that the layer reads; the paper normalises by
the largest.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from traitlets import Bytes, Int

from ..catalog import create_model
from ..figures.charts import matrix
from ..figures.picture import Picture
from ..inspection.meta import check_model
from ..layers.dense import DenseBlock
from .base import ExplainerWidget, View, choice

READABLE = 40  # layers of a block that the still shows
SEED = 0  # of the untrained twin's dice

Reads = list[NDArray[np.float64]]  # a layer each: mean of |weight| of every channel that it reads


class ProvenanceView(View):
    """The canvas of ``ConcatProvenance``."""

    stem = "concat_provenance"
    weights = Bytes().tag(sync=True)
    network = Int().tag(sync=True)
    block = Int().tag(sync=True)
    reader = Int().tag(sync=True)
    source = Int().tag(sync=True)


class ConcatProvenance(ExplainerWidget):
    """Who reads whom in a dense block: a triangle of numbers, and the channels behind each.

    Parameters
    ----------
    models
        A network with dense blocks of this package, or several alike as name → network; unless
        given, ``densenet-demo`` and an untrained twin.
    block
        Which block to begin with.

    Raises
    ------
    TypeError
        If a model is no module.
    ValueError
        If a network has no dense block, if their blocks differ, or for a block that does not exist.
    """

    def __init__(
        self, models: nn.Module | Mapping[str, nn.Module] | None = None, *, block: int = 0
    ) -> None:
        if models is None:
            models = _usual()
        named = models if isinstance(models, Mapping) else {"this network": models}
        if not named:
            raise ValueError("models must name at least one network, got an empty mapping")
        self._reads = {name: read_weights(check_model(model)) for name, model in named.items()}
        self._blocks = _same_blocks(self._reads)
        if not 0 <= block < len(self._blocks):
            raise ValueError(f"block must be from 0 to {len(self._blocks) - 1}, got {block}")
        every = [layer for blocks in self._reads.values() for b in blocks.values() for layer in b]
        view = ProvenanceView(
            label="Triangle of numbers: how much each layer of a dense block draws on its sources",
            weights=np.concatenate(every).astype("<f4").tobytes(),
            block=block,
            reader=len(self._layers(block)),
            table={
                "networks": list(self._reads),
                "blocks": [{"name": n, "channels": c} for n, c in self._blocks.items()],
            },
        )
        controls = [choice(view, "block", "block", list(self._blocks))]
        if len(named) > 1:
            controls.insert(0, choice(view, "network", "weights of", list(named)))
        super().__init__(view, controls)

    def _layers(self, block: int, network: str | None = None) -> Reads:
        return list(self._reads[network or next(iter(self._reads))].values())[block]

    def reach(self) -> float:
        """Distance from 1 that gets full colour, in every block of every network alike."""
        blocks = range(len(self._blocks))
        shares = [self.shares(block, network) for network in self._reads for block in blocks]
        furthest = max(float(np.nanmax(np.abs(share - 1))) for share in shares)
        return min(max(math.ceil(furthest * 20 - 1e-9) / 20, 0.05), 1.0)

    def shares(self, block: int = 0, network: str | None = None) -> NDArray[np.float64]:
        """Draw of each layer (row) on the input and each layer (column), in the first network."""
        channels = list(self._blocks.values())[block]
        found = np.full((len(channels), len(channels)), np.nan)
        for i, weights in enumerate(self._layers(block, network)):
            growth = (channels[-1] - channels[0]) // max(len(channels) - 1, 1)
            parts = np.split(weights, np.arange(channels[0], len(weights), growth or 1))
            found[i, : i + 1] = [part.mean() / weights.mean() for part in parts]
        return found

    def facts(self) -> str:
        """Name the blocks, and how often a block's input is the source that is read least."""
        listed = []
        for place, (name, channels) in enumerate(self._blocks.items()):
            least = int((np.nanargmin(self.shares(place), axis=1)[1:] == 0).sum())
            listed.append(
                f"{name} with {len(channels)} layers that read {channels[0]} to {channels[-1]} "
                f"channels, the input read least by {least}"
            )
        return f"weights of {', '.join(self._reads)}; {'; '.join(listed)}"

    def picture(self) -> Picture:
        """Draw the chosen block of the first network as a matrix."""
        shares = self.shares(self.view.block)[:READABLE, :READABLE]
        readers = [f"layer {i}" for i in range(1, len(shares) + 1)]
        name, reach = list(self._blocks)[self.view.block], self.reach()
        return matrix(
            shares,
            readers,
            ["input", *readers[:-1]],
            title="How much each layer draws on what came before",
            note=f"{name}: 1 is a layer's average, full orange would be {1 - reach:.2f}, "
            f"full blue {1 + reach:.2f}.",
            around=(1, reach),
        )


def read_weights(model: nn.Module) -> dict[str, Reads]:
    """Mean of |weight| of every channel that a dense layer reads, block by block.

    Raises
    ------
    ValueError
        If there is no dense block, or it holds no weights.
    """
    found = {}
    for path, block in model.named_modules():
        if isinstance(block, DenseBlock) and len(block.layers):
            found[path or "block"] = [_channels(layer) for layer in block.layers]
    if not found:
        raise ValueError(
            f"the network must have a yoloexplain.layers.DenseBlock, got {type(model).__name__} "
            "without; try create_model('densenet-demo')"
        )
    return found


def _channels(layer: nn.Module) -> NDArray[np.float64]:
    """The first convolution of a layer is the one that reads: the 1×1 where there is one."""
    first = next(module for module in layer.modules() if isinstance(module, nn.Conv2d))
    if first.weight.is_meta:
        raise ValueError(
            "the network must hold weights, got one on the meta device; "
            "build it without torch.device('meta')"
        )
    weights = first.weight.detach().cpu().double().abs()
    return np.asarray(weights.mean(dim=(0, 2, 3)).numpy(), dtype=np.float64)


def _same_blocks(reads: Mapping[str, Mapping[str, Reads]]) -> dict[str, list[int]]:
    """Channels that each layer of each block reads; the same in all networks."""
    counts = {
        name: {path: [len(layer) for layer in layers] for path, layers in blocks.items()}
        for name, blocks in reads.items()
    }
    first, *others = counts.values()
    if any(other != first for other in others):
        raise ValueError(f"the networks must have the same dense blocks, got {counts}")
    return first


def _usual() -> dict[str, nn.Module]:
    """A trained network and an untrained twin; nobody else's dice are touched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        twin = create_model("densenet-small")
        return {"trained": create_model("densenet-demo"), "untrained": twin}
