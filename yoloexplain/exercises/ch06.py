"""Chapter 6: write CoordConv, say which channels must draw an object, write Matrix NMS.

It stands beside the path from image to picture, under the exercises of ``notebooks/06_solo``.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..layers import CoordConv
from .ch06_matrix_nms import MATRIX_NMS
from .ch06_targets import TARGETS
from .exercise import Exercise, Mistake
from .layers import Inputs, LayerTask


class MyCoordConv(nn.Module):
    """A solution of ch06.coordconv."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels + 2, out_channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, height, width = x.shape
        across = torch.linspace(-1, 1, width).expand(batch, 1, height, width)
        down = torch.linspace(-1, 1, height)[:, None].expand(batch, 1, height, width)
        return self.conv(torch.cat([x, across, down], dim=1))


# --- what people write ---------------------------------------------------------------------------

Ruler = Callable[[int], Tensor]


def from_edge_to_edge(length: int) -> Tensor:
    """Go from −1 at the first position to 1 at the last."""
    return torch.linspace(-1, 1, length)


class Placed(nn.Module):
    """A CoordConv in which something may be wrong."""

    more = 2
    ruler_x: Ruler = staticmethod(from_edge_to_edge)
    ruler_y: Ruler = staticmethod(from_edge_to_edge)

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels + self.more, out_channels, 3, padding=1)

    def rulers(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give the two maps of places, each as large as ``x`` with one channel."""
        batch, _, height, width = x.shape
        size = batch, 1, height, width
        return self.ruler_x(width).expand(size), self.ruler_y(height)[:, None].expand(size)

    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        """Put the maps behind one another."""
        return torch.cat([x, across, down], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Draw the places, then mix."""
        return self.conv(self.lay(x, *self.rulers(x)))


class DownFirst(Placed):
    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return torch.cat([x, down, across], dim=1)


class PlacesFirst(Placed):
    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return torch.cat([across, down, x], dim=1)


class AcrossTwice(Placed):
    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return torch.cat([x, across, across], dim=1)


class AcrossOnly(Placed):
    more = 1

    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return torch.cat([x, across], dim=1)


class NotPlaced(Placed):
    more = 0

    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return x


class Added(Placed):
    more = 0

    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return x + across + down


class WithDistance(Placed):
    more = 3

    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return torch.cat([x, across, down, (across**2 + down**2).sqrt()], dim=1)


class OneImage(Placed):
    def lay(self, x: Tensor, across: Tensor, down: Tensor) -> Tensor:
        return torch.cat([x, across[:1], down[:1]], dim=1)


class FromZero(Placed):
    ruler_x = ruler_y = staticmethod(lambda length: torch.linspace(0, 1, length))


class InPixels(Placed):
    ruler_x = ruler_y = staticmethod(lambda length: torch.arange(length).float())


class CellCentres(Placed):
    ruler_x = ruler_y = staticmethod(lambda n: (2 * torch.arange(n).float() + 1) / n - 1)


class LastLeftOut(Placed):
    ruler_x = ruler_y = staticmethod(lambda length: 2 * torch.arange(length).float() / length - 1)


class Upwards(Placed):
    ruler_y = staticmethod(lambda length: torch.linspace(1, -1, length))


COORDCONV_MISTAKES = (
    Mistake("y before x", DownFirst, "x comes first, the map that grows from left to right."),
    Mistake("places first", PlacesFirst, "the places lie *behind* the channels of the input."),
    Mistake(
        "one coordinate twice",
        AcrossTwice,
        "both maps grow in the same direction; y must grow from the top down: "
        "torch.linspace(-1, 1, height)[:, None].",
    ),
    Mistake("one coordinate only", AcrossOnly, "there are two, one across and one down."),
    Mistake(
        "no coordinates",
        NotPlaced,
        "this is a plain convolution; it must read two channels more than the input has.",
    ),
    Mistake(
        "added",
        Added,
        "the places are laid behind the features, not added to them; so the convolution reads two "
        "channels more, and learns itself what to make of them.",
    ),
    Mistake(
        "distance too many",
        WithDistance,
        "the distance from the middle is an option in the paper, which SOLO leaves out.",
    ),
    Mistake(
        "batch forgotten",
        OneImage,
        "each image of the batch needs its two maps; .expand(batch, …) repeats without copying.",
    ),
    Mistake("from 0 to 1", FromZero, "the places go from −1 to 1, so that the middle is 0."),
    Mistake(
        "pixels for places",
        InPixels,
        "counted in pixels, a place would mean something else on every level; it is −1 at one "
        "edge and 1 at the other.",
    ),
    Mistake(
        "centres of pixels",
        CellCentres,
        "the outermost values must be −1 and 1 exactly; this lets the edges of the pixels be so.",
    ),
    Mistake(
        "last place left out",
        LastLeftOut,
        "the last position must have 1; from the first to the last there are n − 1 steps, not n. "
        "torch.linspace counts right.",
    ),
    Mistake("upside down", Upwards, "y grows from the top to the bottom, as rows are counted."),
)


def a_map(in_channels: int, out_channels: int) -> Inputs:
    """Two feature maps that are wider than high."""
    chance = torch.Generator().manual_seed(in_channels)
    return (torch.randn(2, in_channels, 7, 10, generator=chance),)


COORDCONV = Exercise(
    "ch06.coordconv",
    "Write CoordConv",
    LayerTask(CoordConv, ((4, 6), (5, 3)), a_map, COORDCONV_MISTAKES),
    (
        "Two more channels lie behind the input. How many does the convolution read then?",
        "torch.linspace(-1, 1, n) gives n places from edge to edge. For x they are as many as "
        "there are columns, and every row is equal; for y it is the other way round. "
        ".expand(batch, 1, height, width) makes a channel of them.",
        "self.conv = nn.Conv2d(in_channels + 2, out_channels, 3, padding=1). In forward: "
        "across = torch.linspace(-1, 1, width) and down = torch.linspace(-1, 1, height)[:, None], "
        "both expanded; then self.conv(torch.cat([x, across, down], dim=1)).",
    ),
    MyCoordConv,
)

EXERCISES = (COORDCONV, TARGETS, MATRIX_NMS)
