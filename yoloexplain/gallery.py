"""The gallery: every concept picture of the lessons, drawn by name, written as SVG.

It stands at the end of the way from image to picture. Where a picture shows a network, its numbers
are read off that network; the figures themselves know none.

``python -m yoloexplain.gallery images`` draws them all. Each file is written beside its place and
then renamed, so a picture is never half there; the same package writes the same bytes every time,
and a test holds the folder in step with this list.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from . import figures, plans
from .catalog import create_model
from .data import photos
from .figures import Picture
from .figures.contact_sheet import contact_sheet
from .inspection import summarize

YOLOV1 = {
    "24 convolutions, 2 linear layers": "yolov1-darknet",
    "14 convolutions with bias, 2 linear layers": "yolov1-notebook",
    "frozen ResNet-50, no linear layer": "yolov1-resnet50",
}


def edge_map(photo: NDArray[np.uint8], stride: int) -> NDArray[np.float64]:
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


def pyramid_pooling() -> Picture:
    """Pool two photographs of different sizes into vectors of one length."""
    shown = [photos.load("coffee"), photos.load("rocket")]
    maps = [edge_map(shown[0], 16), edge_map(shown[1], 32)]
    return figures.pyramid_pooling(maps, photos=shown)


def yolov1_grid() -> Picture:
    """Lay the first YOLO's grid over a photograph with three things."""
    things = photos.objects("astronaut")
    boxes, labels = [thing.box_xyxy for thing in things], [thing.label for thing in things]
    return figures.grid_assignment(photos.load("astronaut"), boxes, labels)


def anchors() -> Picture:
    """Draw the anchors at their true size."""
    framed = photos.letterbox(photos.load("astronaut"), 640)
    return figures.anchors_on_photo(framed.image, centre=(284, 124))


def letterbox() -> Picture:
    """Frame a photograph for a network."""
    photo = photos.load("coffee")
    return figures.letterbox_steps(photo, photos.letterbox(photo, 640))


def matrix_nms() -> Picture:
    """Five overlapping predictions on two cups, best first."""
    boxes = [(40, 40, 140, 160), (46, 44, 150, 166), (220, 60, 330, 170), (60, 30, 170, 150),
             (250, 90, 340, 200)]  # fmt: skip
    iou = [[figures.overlap(a, b).iou for b in boxes] for a in boxes]
    return figures.matrix_nms(iou, [0.95, 0.9, 0.8, 0.6, 0.5])


def yolov1_sizes() -> Picture:
    """Draw the tensors of the three YOLOv1 networks."""
    with torch.device("meta"):
        networks = {words: plans.stages(create_model(name), 448) for words, name in YOLOV1.items()}
    return figures.tensor_sizes(networks)


def yolov1_parameters() -> Picture:
    """Draw where the parameters of the first network live."""
    with torch.device("meta"):
        rows = summarize(create_model("yolov1-darknet"), 448).rows
    return figures.params_by_layer(
        rows, title="YOLOv1: two linear layers hold almost all parameters"
    )


def yolov1_work() -> Picture:
    """Draw its parameters against its multiply-adds."""
    with torch.device("meta"):
        rows = summarize(create_model("yolov1-darknet"), 448).rows
    return figures.params_against_mult_adds(
        rows, by="type", title="YOLOv1: parameters live in one place, work is done in another"
    )


def yolov5_map(size: str, release: str) -> Picture:
    """Draw the architecture map of one size in one release."""
    with torch.device("meta"):
        blocks = plans.blocks(create_model(f"yolov5{size}", release=release), 640)
    return figures.architecture_map(blocks, f"YOLOv5{size}, release {release}")


GALLERY: dict[str, Callable[[], Picture]] = {
    "letterbox": letterbox,
    "yolov1-grid": yolov1_grid,
    "yolov1-slots": figures.target_slots,
    "yolov1-tensor-sizes": yolov1_sizes,
    "yolov1-parameters": yolov1_parameters,
    "yolov1-work": yolov1_work,
    "dense-block": figures.dense_block,
    "dense-connectivity": figures.dense_connectivity,
    "csp-split": figures.csp_split,
    "bottleneck-csp-and-c3": figures.bottleneck_csp_and_c3,
    "fpn": figures.fpn,
    "pan": figures.pan,
    "spp": pyramid_pooling,
    "spp-windows": figures.pooling_windows,
    "sppf-windows": figures.stacked_windows,
    "yolov5-map": partial(yolov5_map, "s", "7.0"),
    "yolov5-map-release-1": partial(yolov5_map, "s", "1.0"),
    "anchors": anchors,
    "box-decoding": figures.decode_curves,
    "focus": figures.focus,
    "iou-family": figures.iou_family,
    "focal-loss": figures.loss_curves,
    "label-smoothing": figures.label_smoothing,
    "activations": figures.activation_curves,
    "solo-grid": lambda: figures.solo_grid(photos.load("coins"), photos.coin_masks(), grid=16),
    "solo-levels": figures.solo_levels,
    "coordinate-channels": figures.coordinate_channels,
    "nms-decay": figures.matrix_nms_decay,
    "matrix-nms": matrix_nms,
}


# chapter → the picture that holds its idea
CHAPTERS = {
    "0 · YOLOv1": "yolov1-grid",
    "1 · DenseNet": "dense-block",
    "2 · CSP": "csp-split",
    "3 · Necks": "pan",
    "4 · YOLOv5": "yolov5-map",
    "5 · Training": "iou-family",
    "6 · SOLO": "solo-grid",
}


def course_map() -> Picture:
    """Lay out the seven chapters on one page, each with its picture."""
    pictures = {chapter: GALLERY[name]() for chapter, name in CHAPTERS.items()}
    return contact_sheet(
        pictures,
        "From image to picture, in seven chapters",
        "1, 2 and 3 build what 4 puts together; 0 and 6 can be read at any time",
    )


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
        print("usage: python -m yoloexplain.gallery FOLDER", file=sys.stderr)
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
