"""A backbone with one question at its end: what is on the image?

Image → backbone → average over all positions → one score a class. Detectors take the backbone and
leave the rest; the published backbones were trained this way, on ImageNet.
"""

from jaxtyping import Float
from torch import Tensor, nn

from ..layers.check import check_count, check_image
from .trunk import Trunk


class ClassificationHead(nn.Module):
    """Global average pool, then one linear layer.

    Shape: (B, C, H, W) → (B, num_classes) logits.
    """

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        check_count("num_classes", num_classes)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(in_channels, num_classes)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Average, then score."""
        return self.linear(self.flatten(self.pool(x)))


class Classifier(nn.Module):
    """A backbone and its classification head.

    Parameters
    ----------
    backbone
        Returns named maps, the last of which is classified.
    num_classes
        K, the number of scores.

    Shape: (B, C, H, W) → (B, K) logits, H and W at least the backbone's stride.
    """

    def __init__(self, backbone: Trunk, num_classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = ClassificationHead(backbone.out_channels, num_classes)

    def forward(self, image: Tensor) -> Float[Tensor, "b k"]:
        """Image → maps → scores."""
        check_image(image, self.backbone.in_channels, minimum=self.backbone.stride)
        features = self.backbone(image)
        return self.head(list(features.values())[-1])
