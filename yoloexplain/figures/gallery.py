"""The gallery: every concept picture of the lessons, drawn by name, written as SVG.

``python -m yoloexplain.figures.gallery images`` draws them all. Each file is written beside its
place and then renamed, so a picture is never half there; the same package writes the same bytes
every time, and a test holds the folder in step with this list.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from ..data import photos
from . import (
    box_overlap,
    csp,
    dense,
    losses,
    necks,
    nms,
    on_photo,
    pooling,
    scales,
    sizes,
    solo,
    weights,
    windows,
    yolov1,
    yolov5_head,
)
from .architecture import architecture_map
from .check import Array
from .picture import Picture
from .yolov1_layout import yolov1_rows, yolov1_stages
from .yolov5_layout import yolov5_layout


def edge_map(photo: Array, stride: int) -> Array:
    """Average the steepness of brightness over stride×stride pixels: a feature map by hand.

    Differences of neighbours to both sides, the simplest convolution that answers to edges; it
    stands for a channel of a network where a picture needs one and no network is at hand.
    """
    grey = photos.grayscale(photo)[:, :, 0].astype(float) / 255
    down, across = np.gradient(grey)
    steep = np.hypot(down, across)
    height, width = (side // stride for side in steep.shape)
    cut = steep[: height * stride, : width * stride]
    return cut.reshape(height, stride, width, stride).mean(axis=(1, 3))


def _pyramid_pooling() -> Picture:
    shown = [photos.load("coffee"), photos.load("rocket")]
    maps = [edge_map(shown[0], 16), edge_map(shown[1], 32)]
    return pooling.pyramid_pooling(maps, photos=shown)


def _yolov1_grid() -> Picture:
    things = photos.objects("astronaut")
    boxes, labels = [thing.box_xyxy for thing in things], [thing.label for thing in things]
    return yolov1.grid_assignment(photos.load("astronaut"), boxes, labels)


def _anchors() -> Picture:
    framed = photos.letterbox(photos.load("astronaut"), 640)
    return yolov5_head.anchors_on_photo(framed.image, centre=(284, 124))


def _letterbox() -> Picture:
    photo = photos.load("coffee")
    return on_photo.letterbox_steps(photo, photos.letterbox(photo, 640))


def _matrix_nms() -> Picture:
    """Five overlapping predictions on two cups, best first."""
    boxes = [(40, 40, 140, 160), (46, 44, 150, 166), (220, 60, 330, 170), (60, 30, 170, 150),
             (250, 90, 340, 200)]  # fmt: skip
    iou = [[box_overlap.overlap(a, b).iou for b in boxes] for a in boxes]
    return nms.matrix_nms(iou, [0.95, 0.9, 0.8, 0.6, 0.5])


def _yolov5(size: str, release: str) -> Picture:
    blocks = yolov5_layout(size, release)
    return architecture_map(blocks, f"YOLOv5{size}, release {release}")


GALLERY: dict[str, Callable[[], Picture]] = {
    "letterbox": _letterbox,
    "yolov1-grid": _yolov1_grid,
    "yolov1-slots": yolov1.target_slots,
    "yolov1-tensor-sizes": lambda: sizes.tensor_sizes(yolov1_stages()),
    "yolov1-parameters": lambda: weights.params_by_layer(
        yolov1_rows(), title="YOLOv1: two linear layers hold almost all parameters"
    ),
    "yolov1-work": lambda: weights.params_against_mult_adds(
        yolov1_rows(),
        by="type",
        title="YOLOv1: parameters live in one place, work is done in another",
    ),
    "dense-block": dense.dense_block,
    "dense-connectivity": dense.dense_connectivity,
    "csp-split": csp.csp_split,
    "bottleneck-csp-and-c3": csp.bottleneck_csp_and_c3,
    "fpn": necks.fpn,
    "pan": necks.pan,
    "spp": _pyramid_pooling,
    "spp-windows": windows.pooling_windows,
    "sppf-windows": windows.stacked_windows,
    "yolov5-map": partial(_yolov5, "s", "7.0"),
    "yolov5-map-release-1": partial(_yolov5, "s", "1.0"),
    "anchors": _anchors,
    "box-decoding": yolov5_head.decode_curves,
    "focus": yolov5_head.focus,
    "iou-family": box_overlap.iou_family,
    "focal-loss": losses.loss_curves,
    "label-smoothing": losses.label_smoothing,
    "activations": losses.activation_curves,
    "solo-grid": lambda: solo.solo_grid(photos.load("coins"), photos.coin_masks(), grid=16),
    "solo-levels": scales.solo_levels,
    "coordinate-channels": scales.coordinate_channels,
    "nms-decay": nms.matrix_nms_decay,
    "matrix-nms": _matrix_nms,
}


def write(folder: Path) -> list[Path]:
    """Draw the whole gallery into a folder as SVG, and return the files in the list's order."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in GALLERY.items():
        place = folder / f"{name}.svg"
        beside = place.with_suffix(".svg.part")
        beside.write_bytes(draw().to_svg())
        beside.replace(place)
        written.append(place)
    return written


def strays(folder: Path) -> list[Path]:
    """List the files in a folder that the gallery does not draw."""
    known = {f"{name}.svg" for name in GALLERY}
    return sorted(path for path in folder.iterdir() if path.name not in known)


def main(arguments: list[str]) -> int:
    """Draw into the folder named on the command line; report what else lies there."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m yoloexplain.figures.gallery FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    files = write(folder)
    size = sum(path.stat().st_size for path in files)
    print(f"{len(files)} pictures, {size / 1e6:.1f} MB")
    for path in strays(folder):
        print(f"not drawn by the gallery: {path.name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
