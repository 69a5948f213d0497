"""Augmentation: new training pictures out of old ones, with boxes and masks that follow.

It stands between a data set and the batch, and is not used when a network is asked.

A boat is still a boat when it is mirrored, turned, further away, cut off or seen by other light. A
network that has been shown so need not learn each case by itself.

Every function takes a ``Scene``, and an explicit generator of random numbers where there is a
choice; it changes nothing in place and gives back a new scene, together with what chance decided,
so that the steps can be shown.

=============  ==================================================================================
``reframing``  ``flip_horizontal`` ``flip_vertical`` ``letterboxed``
``geometry``   ``random_affine`` ``affine_matrix`` ``warp``
``mosaic``     ``mosaic``: four scenes around a point
``mixing``     ``mixup`` ``cutmix``: two scenes in one
``colour``     ``hsv_jitter`` ``change_hsv``
``targets``    ``smooth_labels`` ``smooth_binary`` ``mixed_targets``
``keep``       ``Keep``: the rule by which an object that was cut stays or goes
=============  ==================================================================================
"""

from .colour import Jittered, change_hsv, hsv_jitter
from .geometry import Warped, random_affine, warp
from .keep import KEEP, Keep
from .matrices import affine_matrix
from .mixing import Cut, Mixed, cutmix, mixup
from .mosaic import Mosaic, mosaic
from .pasting import Tile
from .reframing import flip_horizontal, flip_vertical, letterboxed
from .targets import mixed_targets, smooth_binary, smooth_labels

__all__ = [
    "KEEP",
    "Cut",
    "Jittered",
    "Keep",
    "Mixed",
    "Mosaic",
    "Tile",
    "Warped",
    "affine_matrix",
    "change_hsv",
    "cutmix",
    "flip_horizontal",
    "flip_vertical",
    "hsv_jitter",
    "letterboxed",
    "mixed_targets",
    "mixup",
    "mosaic",
    "random_affine",
    "smooth_binary",
    "smooth_labels",
    "warp",
]
