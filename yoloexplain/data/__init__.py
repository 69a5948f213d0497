"""Data: where an image comes from before any network sees it.

``photos`` holds the photographs that come with scikit-image, the letterbox that makes one fit a
network, and the way back. Nothing here downloads anything.
"""

from . import photos

__all__ = ["photos"]
