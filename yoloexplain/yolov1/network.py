"""YOLOv1: image → trunk → one long vector → a grid of cells, each with its boxes and classes.

Sources: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), section 2 and figure 3; the
three networks here are two printed tables and one notebook, each reproduced row by row.

Detection as one regression: the image is divided into S×S cells, and the cell in which an object's
centre falls answers for it. The last maps are flattened and two linear layers see all of them at
once, so every cell knows the whole image; that is also where most of the parameters live.

Departures. From the paper, all three: BatchNorm after every convolution. ``yolov1-darknet`` ends in
2,450 values, 50 a cell: (5 + 20)·2, as if each box had its own classes, where the paper has
5·2 + 20 = 30. ``yolov1-resnet50`` has a 9×9 grid and no linear layer. ``yolov1-notebook`` has 14 of
the paper's 24 convolutions, each with a bias that its BatchNorm makes superfluous.
``yolov1_small`` has a convolution for the two linear layers, and 16 pixels a cell: small enough to
be trained on two processor cores, in minutes.
"""

from jaxtyping import Float
from torch import Tensor, nn

from ..backbones.resnet import resnet50
from ..layers.activations import LeakyReLU
from ..layers.check import check_count, check_image
from ..layers.conv import Conv

Grid = Float[Tensor, "b s s d"]

# (kernel size, channels, stride) of each convolution, "pool" for a 2×2 max pool; figure 3.
Plan = list[tuple[int, int, int] | str]
PAPER: Plan = [
    (7, 64, 2), "pool",
    (3, 192, 1), "pool",
    (1, 128, 1), (3, 256, 1), (1, 256, 1), (3, 512, 1), "pool",
    *[(1, 256, 1), (3, 512, 1)] * 4, (1, 512, 1), (3, 1024, 1), "pool",
    *[(1, 512, 1), (3, 1024, 1)] * 2, (3, 1024, 1), (3, 1024, 2),
    (3, 1024, 1), (3, 1024, 1),
]  # fmt: skip
NOTEBOOK: Plan = [
    (7, 64, 2), "pool",
    (3, 192, 1), "pool",
    (1, 128, 1), (3, 256, 1), (1, 256, 1), (3, 512, 1), "pool",
    (1, 256, 1), (3, 512, 1), (1, 512, 1), (3, 1024, 1), "pool",
    (1, 512, 1), (3, 1024, 1), (3, 1024, 1), (3, 1024, 2),
]  # fmt: skip
SMALL: Plan = [
    (3, 16, 1), "pool",
    (3, 32, 1), "pool",
    (3, 64, 1), (1, 32, 1), (3, 64, 1), "pool",
    (3, 128, 1), (1, 64, 1), (3, 128, 1), "pool",
    *[(3, 256, 1), (1, 128, 1)] * 2, (3, 256, 1),
]  # fmt: skip


class ConvBlock(Conv):
    """Convolution, BatchNorm, LeakyReLU(0.1), under the name that YOLOv1's tables print."""


def trunk(plan: Plan, in_channels: int, *, bias: bool = False) -> nn.Sequential:
    """Build the convolutions and pools of a plan, in order.

    Shape: (B, C, H, W) → (B, 1024, H/64, W/64), or (B, 256, H/16, W/16) of ``SMALL``.
    """
    layers: list[nn.Module] = []
    for step in plan:
        if isinstance(step, str):
            layers.append(nn.MaxPool2d(2))
            continue
        kernel_size, out_channels, stride = step
        layers.append(ConvBlock(in_channels, out_channels, kernel_size, stride, bias=bias))
        in_channels = out_channels
    return nn.Sequential(*layers)


class YOLOv1(nn.Module):
    """A Darknet trunk and two linear layers that see the whole image.

    Parameters
    ----------
    backbone
        Image → (B, 1024, S, S).
    grid
        S, cells along each side; the image has 64·S pixels.
    depth
        D, values a cell.
    dropout
        Between the two linear layers; none at 0.

    Shape: (B, C, 64·S, 64·S) → (B, S, S, D), raw.
    """

    stride = 64

    def __init__(
        self, backbone: nn.Sequential, in_channels: int, grid: int, depth: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.in_channels, self.grid = in_channels, grid
        self.backbone = backbone
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(1024 * grid * grid, 4096),
            LeakyReLU(),
            *([nn.Dropout(dropout)] if dropout else []),
            nn.Linear(4096, grid * grid * depth),
        )

    def forward(self, image: Tensor) -> Grid:
        """Image → features → one vector → cells."""
        side = self.stride * self.grid
        check_image(image, self.in_channels, size=(side, side))
        features = self.backbone(image)
        return self.head(features).unflatten(1, (self.grid, self.grid, -1))


class YOLOv1ResNet(nn.Module):
    """A frozen ResNet-50 and a small convolutional head: cells without a linear layer.

    Any image size goes: an adaptive average pool brings the map to S×S. Each cell then sees its own
    neighbourhood only, and 2.4 M parameters do where two linear layers take 215 M.

    Shape: (B, C, H, W) → (B, S, S, D), raw.
    """

    stride = 32

    def __init__(self, in_channels: int, grid: int, depth: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.in_channels, self.grid = in_channels, grid
        self.backbone = resnet50(in_channels).requires_grad_(False)
        self.head = nn.Sequential(
            nn.Conv2d(2048, 1024, 1, bias=False),
            nn.BatchNorm2d(1024),
            nn.Dropout(dropout),
            LeakyReLU(),
            nn.Conv2d(1024, 256, 1, bias=False),
            nn.BatchNorm2d(256),
            nn.Dropout(dropout),
            LeakyReLU(),
            nn.AdaptiveAvgPool2d(grid),
            nn.Conv2d(256, depth, 1, bias=False),
            nn.Dropout(dropout),
            nn.Flatten(),
        )

    def forward(self, image: Tensor) -> Grid:
        """Image → features → values a cell; the table flattens them channel by channel."""
        check_image(image, self.in_channels, minimum=self.stride)
        features = self.backbone(image)["c5"]
        values = self.head(features).unflatten(1, (-1, self.grid, self.grid))
        return values.permute(0, 2, 3, 1)

    def train(self, mode: bool = True) -> "YOLOv1ResNet":
        """Switch the head only: a frozen trunk keeps its running statistics too."""
        super().train(mode)
        self.backbone.eval()
        return self


class YOLOv1Small(nn.Module):
    """A short Darknet trunk, and one 1×1 convolution that gives each cell its values.

    Two linear layers have a weight for every pair of places: what is learned about the left of an
    image says nothing about its right, so they need very many images. A convolution learns for all
    places at once, and takes an image of any size. In return a cell no longer sees everything.

    Shape: (B, C, H, W) → (B, H/16, W/16, D), raw; H and W multiples of 16.
    """

    stride = 16

    def __init__(self, in_channels: int, depth: int) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.backbone = trunk(SMALL, in_channels)
        self.head = nn.Conv2d(256, depth, 1)

    def forward(self, image: Tensor) -> Float[Tensor, "b rows columns d"]:
        """Image → features → values a cell."""
        check_image(image, self.in_channels, stride=self.stride)
        features = self.backbone(image)
        return self.head(features).permute(0, 2, 3, 1)


def yolov1_darknet(
    num_classes: int = 20, in_channels: int = 3, num_boxes: int = 2, grid: int = 7
) -> YOLOv1:
    """The 104-row table: 24 convolutions, 275,731,794 parameters, (5 + K)·B values a cell.

    To have the paper's 5·B + K = 30 values instead, build ``yolov1_notebook`` or pass
    ``num_classes=10``: (5 + 10)·2 = 30 gives the paper's 1,470 outputs and 271,716,734 parameters.
    """
    check_options(num_classes, in_channels, num_boxes, grid)
    depth = (5 + num_classes) * num_boxes
    return YOLOv1(trunk(PAPER, in_channels), in_channels, grid, depth)


def yolov1_resnet50(
    num_classes: int = 20, in_channels: int = 3, num_boxes: int = 2, grid: int = 9
) -> YOLOv1ResNet:
    """The 184-row table: 25,877,568 parameters, of which 2,369,536 can be trained."""
    check_options(num_classes, in_channels, num_boxes, grid)
    return YOLOv1ResNet(in_channels, grid, depth=5 * num_boxes + num_classes)


def yolov1_notebook(
    num_classes: int = 20, in_channels: int = 3, num_boxes: int = 2, grid: int = 7
) -> YOLOv1:
    """The notebook's smaller network: 14 convolutions with bias, 243,662,846 parameters."""
    check_options(num_classes, in_channels, num_boxes, grid)
    backbone = trunk(NOTEBOOK, in_channels, bias=True)
    return YOLOv1(backbone, in_channels, grid, depth=5 * num_boxes + num_classes, dropout=0.5)


def yolov1_small(num_classes: int = 8, in_channels: int = 3, num_boxes: int = 2) -> YOLOv1Small:
    """YOLOv1's idea on small images: 13 convolutions and a last one, 5·B + K values a cell."""
    check_options(num_classes, in_channels, num_boxes, grid=1)
    return YOLOv1Small(in_channels, depth=5 * num_boxes + num_classes)


def check_options(num_classes: int, in_channels: int, num_boxes: int, grid: int) -> None:
    """Raise a ``ValueError`` for any option that is not a positive integer."""
    check_count("num_classes", num_classes)
    check_count("in_channels", in_channels)
    check_count("num_boxes", num_boxes)
    check_count("grid", grid)
