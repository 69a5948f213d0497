"""SOLO: image → ResNet-50 → FPN → a category and a mask for every cell of five grids.

Source: SOLO: Segmenting Objects by Locations (Wang et al. 2019, arXiv 1912.04488), section 3; the
published networks' shapes, names and starting values. Backbone: arXiv 1512.03385; neck: 1612.03144.

Instance segmentation without detecting first: an object's place in the image chooses which output
channel has to draw it. Departures: the published networks freeze the stem and the first stage and
pad the image to multiples of 32; here all is trainable, and any size goes. ``solo-r50-fpn-table``
is the variant of one printed table, which adds a convolution, biases, and loses a class.
``solo_small`` is a network of the same parts that two processor cores can train in half an hour.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from ..backbones.resnet import BasicBlock, ResNet, resnet50
from ..layers.check import check_image
from ..layers.fpn import FPN
from .head import (
    SCALE_RANGES,
    STRIDES,
    DecoupledSOLOHead,
    DecoupledSOLOOutput,
    SOLOHead,
    SOLOOutput,
)

Head = SOLOHead | DecoupledSOLOHead


class SOLO(nn.Module):
    """A backbone, a neck and a head.

    Parameters
    ----------
    backbone
        Image → {"c2" … "c5"}; it says how many channels the image must have.
    neck
        {"c2" … "c5"} → {"p2" … "p6"}.
    head
        {"p2" … "p6"} → categories and masks.
    scale_ranges, side
        √(w·h) in pixels of the objects that each level answers for, in images whose shorter side
        has so many pixels; a training on other images scales them.
    smallest
        Pixels of the finest mask map that a mask of each level must exceed to count.

    Shape: (B, C, H, W) → ``SOLOOutput`` or ``DecoupledSOLOOutput``; H and W at least 32, not
    necessarily multiples of it.

    Raises
    ------
    ValueError
        For an image of the wrong rank, type, channels or size.
    """

    minimum_side = 32

    def __init__(
        self,
        backbone: ResNet,
        neck: FPN,
        head: Head,
        scale_ranges: Sequence[tuple[int, int]] = SCALE_RANGES,
        side: int = 800,
        smallest: Sequence[int] = STRIDES,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = neck
        self.head = head
        self.scale_ranges, self.side = tuple(scale_ranges), side
        self.smallest = tuple(smallest)

    def forward(self, image: Tensor) -> SOLOOutput | DecoupledSOLOOutput:
        """Image → features → pyramid → raw categories and masks."""
        check_image(image, self.backbone.in_channels, minimum=self.minimum_side)
        features = self.backbone(image)
        pyramid = self.neck(features)
        return self.head(pyramid)


def solo_r50_fpn(num_classes: int = 80, in_channels: int = 3) -> SOLO:
    """SOLO as published: 36,301,232 parameters with 80 classes.

    Parameters
    ----------
    num_classes
        K, the category outputs of each cell; background needs none.
    in_channels
        Of the image.
    """
    backbone = resnet50(in_channels)
    return SOLO(backbone, FPN(backbone.channels), SOLOHead(num_classes))


def solo_r50_fpn_decoupled(num_classes: int = 80, in_channels: int = 3) -> SOLO:
    """SOLO with the decoupled head: 40,028,560 parameters with 80 classes.

    A mask is the product of a column's map and a row's. Fewer maps come out, 256 for 3,872, but
    there is one tower more, so the network is larger than the vanilla one.

    Parameters
    ----------
    num_classes, in_channels
        As in ``solo_r50_fpn``.
    """
    backbone = resnet50(in_channels)
    return SOLO(backbone, FPN(backbone.channels), DecoupledSOLOHead(num_classes))


def solo_r50_fpn_table(num_classes: int = 79, in_channels: int = 3) -> SOLO:
    """SOLO as one printed table has it: 36,892,591 parameters with 79 category outputs.

    It differs from the published network in three ways: a convolution with stride 2 makes p6
    (+ 590,080), the towers' convolutions have biases (+ 3,584), and one class is missing (− 2,305).

    Parameters
    ----------
    num_classes
        K, the category outputs. The table's 79 are COCO's 80 classes less one: its code took the
        number of classes to count a background, and was given the number without. All 80 classes
        need ``num_classes=80``.
    in_channels
        Of the image.
    """
    backbone = resnet50(in_channels)
    return SOLO(backbone, FPN(backbone.channels, extra="conv"), SOLOHead(num_classes, bias=True))


# of the small networks, whose images have 160 pixels: three levels, p2 to p4. p2 is read whole:
# its masks have a value for every two pixels, so that small things have an outline. p4 is read at
# p3's stride, so that a large doughnut keeps its hole
SMALL_GRIDS, SMALL_STRIDES = (20, 14, 8), (4, 8, 8)
SMALL_RANGES = ((1, 32), (20, 64), (44, 512))


def solo_small(num_classes: int = 8, in_channels: int = 3, decoupled: bool = False) -> SOLO:
    """SOLO for small images: a narrow residual backbone, three levels, three convolutions a tower.

    Parameters
    ----------
    num_classes, in_channels
        As in ``solo_r50_fpn``.
    decoupled
        Whether a mask is the product of a column's map and a row's.
    """
    backbone = ResNet(BasicBlock, (2, 2, 2), in_channels, width=32)
    neck = FPN(backbone.channels, channels=64, extra=None)
    build = DecoupledSOLOHead if decoupled else SOLOHead
    head = build(num_classes, channels=64, depth=3, grids=SMALL_GRIDS, strides=SMALL_STRIDES)
    return SOLO(backbone, neck, head, SMALL_RANGES, side=160, smallest=(8, 8, 8))
