"""Data: where an image comes from before any network sees it, and what is in it.

=============  ==================================================================================
``photos``     photographs that come with scikit-image, the letterbox, and the way back
``scenes``     drawn little things with exact boxes and masks, from a seed
``folders``    users' own data: YOLO-format folders with a data YAML
``coco_json``  users' own data: COCO JSON with boxes or masks
``augment``    new training pictures out of old ones
=============  ==================================================================================

Drawn or read, a picture with its objects is a ``Scene``. Nothing here downloads anything, and
nothing that a user has is ever changed.
"""

from . import augment, coco_json, folders, photos, scenes
from .record import Scene

__all__ = ["Scene", "augment", "coco_json", "folders", "photos", "scenes"]
