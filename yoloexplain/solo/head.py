"""SOLO's two heads: a category for each cell of a grid, and a mask for each category.

It stands at the end, behind the FPN: pyramid → five grids of scores and five stacks of masks.
Source: SOLO: Segmenting Objects by Locations (Wang et al. 2019, arXiv 1912.04488), section 3 and
the section on decoupled SOLO; what the text leaves open is as in the authors' published networks.

The image is divided into S×S cells, and the cell in which an object's middle falls must answer for
it: with a class in the category branch, and with a full mask in the channel of that very cell in
the mask branch. There are no boxes and no anchors. The decoupled head writes a cell's mask as the
product of one map for its column and one for its row, and so needs Σ 2S = 256 channels instead of
Σ S² = 3,872.

From the published networks come GroupNorm in the towers, the decoupled head's last mask
convolution, 3×3 where the vanilla one is 1×1, and that each of its two towers reads its own
coordinate only. Departure from both: raw logits are returned in every mode; squashing, thresholds
and Matrix NMS (Wang et al. 2020, SOLOv2, arXiv 2003.10152) belong to decoding.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers.check import check_count
from ..layers.coord import append_coordinates

# S, and the stride in pixels of the map that is read, for p2 … p6
GRIDS = (40, 36, 24, 16, 12)
STRIDES = (8, 8, 16, 32, 32)
# √(w·h) in pixels of the objects that a level answers for, both ends included
SCALE_RANGES = ((1, 96), (48, 192), (96, 384), (192, 768), (384, 2048))
PRIOR = 0.01  # what every score starts at

Map = Float[Tensor, "b _ _ _"]


class SOLOOutput(NamedTuple):
    """Raw logits of the vanilla head, five levels from fine to coarse.

    Attributes
    ----------
    categories
        (B, K, S, S): row and column of the cell, one score a class.
    masks
        (B, S², H, W): channel i·S + j is the mask of the cell in row i and column j. H and W are
        twice those of the map that is read.
    """

    categories: tuple[Float[Tensor, "b k s s"], ...]
    masks: tuple[Float[Tensor, "b s*s h w"], ...]


class DecoupledSOLOOutput(NamedTuple):
    """Raw logits of the decoupled head, five levels from fine to coarse.

    Attributes
    ----------
    categories
        (B, K, S, S), as in ``SOLOOutput``.
    masks_x, masks_y
        (B, S, H, W): the mask of the cell in row i and column j is
        sigmoid(masks_x[:, j]) · sigmoid(masks_y[:, i]).
    """

    categories: tuple[Float[Tensor, "b k s s"], ...]
    masks_x: tuple[Float[Tensor, "b s h w"], ...]
    masks_y: tuple[Float[Tensor, "b s h w"], ...]


class SOLOHead(nn.Module):
    """The vanilla head: two towers shared by all levels, and one mask convolution a level.

    Parameters
    ----------
    num_classes
        K, the category outputs. There is none for background: a cell without an object scores low
        everywhere.
    channels
        Of the pyramid and of the towers.
    depth
        Convolutions in each tower.
    bias
        Whether the towers' convolutions have one; published heads with GroupNorm do without.
    grids, strides
        S, and the stride in pixels of the map that is read, of each level from p2.

    Shape: {"p2" … "p6": (B, channels, H, W)} → ``SOLOOutput``.
    """

    def __init__(
        self,
        num_classes: int = 80,
        channels: int = 256,
        depth: int = 7,
        *,
        bias: bool = False,
        grids: Sequence[int] = GRIDS,
        strides: Sequence[int] = STRIDES,
    ) -> None:
        super().__init__()
        check_count("num_classes", num_classes)
        self.grids, self.strides = tuple(grids), tuple(strides)
        self.mask_tower = tower(channels + 2, channels, depth, bias=bias)
        self.mask_outputs = nn.ModuleList(nn.Conv2d(channels, grid**2, 1) for grid in grids)
        self.category_tower = tower(channels, channels, depth, bias=bias)
        self.category_output = nn.Conv2d(channels, num_classes, 3, padding=1)
        self.apply(initialise)
        start_from_prior(*self.mask_outputs, self.category_output)

    def forward(self, pyramid: dict[str, Map]) -> SOLOOutput:
        """Ask every level for its masks, then for its categories."""
        categories, masks = [], []
        levels = at_strides(pyramid, self.strides)
        for x, grid, output in zip(levels, self.grids, self.mask_outputs, strict=True):
            mask = climb(self.mask_tower, append_coordinates(x))
            masks.append(output(double(mask)))
            category = climb(self.category_tower, resize(x, grid, grid))
            categories.append(self.category_output(category))
        return SOLOOutput(tuple(categories), tuple(masks))


class DecoupledSOLOHead(nn.Module):
    """The decoupled head: one tower and S maps for the columns, one tower and S for the rows.

    Parameters
    ----------
    num_classes, channels, depth, grids, strides
        As in ``SOLOHead``.

    Shape: {"p2" … "p6": (B, channels, H, W)} → ``DecoupledSOLOOutput``.
    """

    def __init__(
        self,
        num_classes: int = 80,
        channels: int = 256,
        depth: int = 7,
        *,
        grids: Sequence[int] = GRIDS,
        strides: Sequence[int] = STRIDES,
    ) -> None:
        super().__init__()
        check_count("num_classes", num_classes)
        self.grids, self.strides = tuple(grids), tuple(strides)
        self.x_tower = tower(channels + 1, channels, depth)
        self.x_outputs = nn.ModuleList(nn.Conv2d(channels, grid, 3, padding=1) for grid in grids)
        self.y_tower = tower(channels + 1, channels, depth)
        self.y_outputs = nn.ModuleList(nn.Conv2d(channels, grid, 3, padding=1) for grid in grids)
        self.category_tower = tower(channels, channels, depth)
        self.category_output = nn.Conv2d(channels, num_classes, 3, padding=1)
        self.apply(initialise)
        start_from_prior(*self.x_outputs, *self.y_outputs, self.category_output)

    def forward(self, pyramid: dict[str, Map]) -> DecoupledSOLOOutput:
        """Ask every level for its columns, its rows, and its categories."""
        categories, masks_x, masks_y = [], [], []
        for i, x in enumerate(at_strides(pyramid, self.strides)):
            column = climb(self.x_tower, append_coordinates(x, "x"))
            masks_x.append(self.x_outputs[i](double(column)))
            row = climb(self.y_tower, append_coordinates(x, "y"))
            masks_y.append(self.y_outputs[i](double(row)))
            category = climb(self.category_tower, resize(x, self.grids[i], self.grids[i]))
            categories.append(self.category_output(category))
        return DecoupledSOLOOutput(tuple(categories), tuple(masks_x), tuple(masks_y))


def tower(in_channels: int, channels: int, depth: int, *, bias: bool = False) -> nn.ModuleList:
    """Stack ``depth`` times 3×3 convolution, GroupNorm over 32 groups, ReLU; sides stay."""
    return nn.ModuleList(
        nn.Sequential(
            nn.Conv2d(in_channels if i == 0 else channels, channels, 3, padding=1, bias=bias),
            nn.GroupNorm(32, channels),
            nn.ReLU(inplace=True),
        )
        for i in range(depth)
    )


def climb(tower: nn.ModuleList, x: Map) -> Map:
    """Pass ``x`` through every block of a tower."""
    for block in tower:
        x = block(x)
    return x


def at_strides(pyramid: dict[str, Map], strides: Sequence[int] = STRIDES) -> list[Map]:
    """Bring p2, p3, … to the strides at which the head reads them.

    As published, p2 is too large for masks with S² channels and shrinks to p3's size, and p6 is too
    small for them and grows to p5's.
    """
    sizes = {2 ** int(name[1:]): tuple(x.shape[-2:]) for name, x in pyramid.items()}
    return [
        x if sizes[stride] == tuple(x.shape[-2:]) else resize(x, *sizes[stride])
        for x, stride in zip(pyramid.values(), strides, strict=True)
    ]


def resize(x: Map, height: int, width: int) -> Map:
    """Interpolate bilinearly; pixels are squares, and the image's corners stay its corners."""
    return F.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)


def double(x: Map) -> Map:
    """Enlarge both sides twofold, bilinearly."""
    return resize(x, 2 * x.shape[-2], 2 * x.shape[-1])


def initialise(module: nn.Module) -> None:
    """Draw convolution weights small, so that all starts near the prior."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=0.01)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def start_from_prior(*outputs: nn.Module) -> None:
    """Let every output start at probability ``PRIOR``. Source: arXiv 1708.02002, section 3.3."""
    for output in outputs:
        nn.init.constant_(output.get_parameter("bias"), -math.log((1 - PRIOR) / PRIOR))
