"""YOLOv5: one network, read release by release, 1.0 to 7.0."""

from .network import YOLOv5
from .releases import RELEASES, SIZES, Release, sizes_of

__all__ = ["RELEASES", "SIZES", "Release", "YOLOv5", "sizes_of"]
