"""What every backbone promises, so that a neck or a classifier can stand on it.

Image → named maps, from fine to coarse. The promise is three numbers; the rest is each backbone's
own.
"""

from torch import nn


class Trunk(nn.Module):
    """A network from an image to named feature maps.

    Attributes
    ----------
    in_channels
        Of the image.
    out_channels
        Of the last map.
    stride
        Of the last map, in pixels of the image.
    """

    in_channels: int
    out_channels: int
    stride: int
