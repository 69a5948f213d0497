"""Parameter shares: which layers of a network hold the parameters, and which do the work.

It belongs to YOLOv1, whose two linear layers hold nearly four fifths of one and do a hundredth of
the other (Redmon et al. 2015, arXiv 1506.02640, figure 3), and takes any network. Everything is
counted by ``inspection.summarize`` on a twin without weight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import torch
from torch import nn
from traitlets import Int

from ..catalog import create_model
from ..figures.layer_shares import layer_shares
from ..figures.picture import Picture
from ..inspection import Row, Summary, summarize
from ..inspection.meta import ImageSize
from .base import ExplainerWidget, View, choice

MEASURES = ("parameters", "multiply-adds", "activation values")
YOLOV1 = ("yolov1-darknet", "yolov1-resnet50", "yolov1-notebook")
MOST = 2000  # layers that a screen can tell apart, with much goodwill


@dataclass(frozen=True)
class Layer:
    """A convolution or linear layer, or whatever else has weights, with the norms behind it.

    Attributes
    ----------
    path, kind
        Dotted name and class.
    shape
        Of what it puts out, without the batch.
    amounts
        Parameters, multiply-adds, and values put out; in the order of ``MEASURES``.
    """

    path: str
    kind: str
    shape: tuple[int, ...]
    amounts: tuple[int, int, int]


class SharesView(View):
    """The canvas of ``ParameterShares``."""

    stem = "parameter_shares"
    network = Int().tag(sync=True)
    measure = Int().tag(sync=True)
    chosen = Int().tag(sync=True)


class ParameterShares(ExplainerWidget):
    """An area chart over the layers of a network: parameters, multiply-adds, activation memory.

    Parameters
    ----------
    models
        Any network that takes one image, or several as name → network, also on the meta device;
        the three of YOLOv1's name unless given.
    image_size
        Height and width, or one number for both.
    measure
        Where to begin: one of ``MEASURES``.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As ``inspection.summarize``; and for a network without a layer that has weights, one of more
        than 2,000 layers, or another measure.
    """

    def __init__(
        self,
        models: nn.Module | Mapping[str, nn.Module] | None = None,
        image_size: ImageSize = 448,
        *,
        measure: str = "parameters",
    ) -> None:
        if measure not in MEASURES:
            raise ValueError(f"measure must be one of {', '.join(MEASURES)}; got {measure!r}")
        if models is None:
            with torch.device("meta"):
                models = {name: create_model(name) for name in YOLOV1}
        named = models if isinstance(models, Mapping) else {type(models).__name__: models}
        if not named:
            raise ValueError("models must name at least one network, got an empty mapping")
        tables = {name: summarize(model, image_size) for name, model in named.items()}
        self.layers = {name: weighted(table, name) for name, table in tables.items()}
        first = next(iter(self.layers.values()))
        index = MEASURES.index(measure)
        largest = max(range(len(first)), key=lambda i: first[i].amounts[index])
        view = SharesView(
            label="Area chart: how much each layer of a network takes of the whole",
            measure=index,
            chosen=largest,
            table={
                "measures": MEASURES,
                "size": next(iter(tables.values())).image_size,
                "networks": [
                    {"name": name, "layers": [_told(layer) for layer in layers]}
                    for name, layers in self.layers.items()
                ],
            },
        )
        controls = [choice(view, "measure", "show", MEASURES)]
        if len(named) > 1:
            controls.insert(0, choice(view, "network", "network", list(named)))
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name each network's layers and parameters, and the share of its linear layers."""
        told = []
        for name, layers in self.layers.items():
            params = sum(layer.amounts[0] for layer in layers)
            linear = sum(layer.amounts[0] for layer in layers if layer.kind == "Linear")
            told.append(
                f"{name} {len(layers)} layer{'s' * (len(layers) != 1)}, {params:,} parameters, "
                f"{linear:,} of them in linear layers"
            )
        return "; ".join(told)

    def picture(self) -> Picture:
        """Draw the shares of the chosen network's layers in parameters and one other measure."""
        name = list(self.layers)[self.view.network]
        layers = self.layers[name]
        amounts = {
            measure: [layer.amounts[i] for layer in layers]
            for i, measure in enumerate(MEASURES)
            if i in (0, self.view.measure or 1) and any(layer.amounts[i] for layer in layers)
        }
        return layer_shares(
            [layer.kind for layer in layers],
            amounts,
            "Where the parameters live, and where the work is done",
            f"{name}: {len(layers)} layers with weights, in the order of execution.",
        )


def weighted(table: Summary, name: str = "the network") -> list[Layer]:
    """Layers of a summary: each with the parameters of the norms that follow it.

    Raises
    ------
    ValueError
        If nothing in it has weights, or it has too many layers to be drawn.
    """
    found: list[Layer] = []
    for row in table.rows:
        if not row.is_leaf or not (row.params or row.mult_adds):
            continue
        params = 0 if row.recursive else row.params
        if found and "Norm" in row.type:
            last = found[-1]
            amounts = (last.amounts[0] + params, *last.amounts[1:])
            found[-1] = Layer(last.path, last.kind, last.shape, amounts)
        else:
            found.append(_layer(row, params))
    left = table.total_params - sum(layer.amounts[0] for layer in found)
    if left > 0:  # parameters that belong to no layer, such as a learned position
        found.append(Layer("outside of layers", "Parameter", (), (left, 0, 0)))
    if not found or not table.total_params:
        raise ValueError(f"a network must have a layer with weights, got none in {name}")
    if len(found) > MOST:
        raise ValueError(f"at most {MOST} layers can be drawn, got {len(found)} in {name}")
    return found


def _layer(row: Row, params: int) -> Layer:
    shape = row.output_shape[1:]
    values = prod(shape) if shape else 0
    return Layer(row.path or row.type, row.type, shape, (params, row.mult_adds, values))


def _told(layer: Layer) -> list[str | int]:
    return [layer.path, layer.kind, "×".join(map(str, layer.shape)), *layer.amounts]
