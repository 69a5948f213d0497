"""Detecting: what a trained network finds in a user's images, in their own pixels.

It stands at the end of the way: image → frame → network → results → picture.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from ..data.letterbox import Letterboxed, letterbox
from ..data.photos import to_tensor
from ..data.pictures import SUFFIXES, read_image
from ..files import write_whole
from ..results import Detections, Instances
from .running import from_weights
from .task import DetectorTask


def detect_files(
    images: Sequence[Path], weights: Path, confidence: float, iou: float, output: Path
) -> None:
    """Ask about every image; write a picture each and one COCO result file."""
    for name, value in (("confidence", confidence), ("iou", iou)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie from 0 to 1, got {value}; leave it out for 0.25")
    files = listed(images)
    task = from_weights(weights)
    if not isinstance(task, DetectorTask):
        raise ValueError(
            f"detect needs a detector's weights, got a classifier's in {weights}; pass those of a "
            "YOLO or SOLO"
        )
    output.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for number, file in enumerate(files):
        photo = read_image(file)
        found = detect_in(task, photo, confidence, iou)
        rows += [row | {"file_name": file.name} for row in found.to_coco(number)]
        write_whole(output / f"{number:04d}-{file.stem}.png", found.figure(photo).to_png())
        print(f"{file}: {', '.join(found.captions()) or 'nothing found'}")
    write_whole(output / "detections.json", json.dumps(rows).encode())
    print(f"{len(rows)} things in {len(files)} images; pictures are in {output}")


def listed(images: Sequence[Path]) -> list[Path]:
    """List image files, of folders all that are images.

    Raises
    ------
    ValueError
        If a file is missing, or there is no image at all.
    """
    files: list[Path] = []
    for place in images:
        if place.is_dir():
            files += sorted(f for f in place.iterdir() if f.suffix.lower() in SUFFIXES)
        elif place.is_file():
            files.append(place)
        else:
            raise ValueError(f"images must be files or folders, got {place}, which is not there")
    if not files:
        raise ValueError(
            f"there must be at least one image, found none in {', '.join(map(str, images))}; "
            "pass files or folders of images"
        )
    return files


@torch.no_grad()
def detect_in(
    task: DetectorTask, photo: NDArray[Any], confidence: float = 0.25, iou: float = 0.45
) -> Detections:
    """Find things in one photograph, uint8 (H, W, 3); results are in its own pixels."""
    framed = letterbox(photo, task.image_size, stride=1)
    device = next(task.model.parameters()).device
    raw = task.model.eval()(to_tensor(framed.image).to(device))
    (found,) = task.decode(raw, (task.image_size, task.image_size), confidence, iou)
    return on_photo(found, framed)


def on_photo(found: Detections, framed: Letterboxed) -> Detections:
    """Take results out of the frame, back to the photograph's pixels."""
    height, width = framed.original_size
    boxes = torch.from_numpy(framed.undo(found.boxes_xyxy.cpu().numpy())).float()
    boxes = torch.minimum(boxes.clamp(min=0), boxes.new_tensor([width, height, width, height]))
    changed: dict[str, Any] = {
        "boxes_xyxy": boxes,
        "scores": found.scores.cpu(),
        "labels": found.labels.cpu(),
        "image_size": (height, width),
    }
    if isinstance(found, Instances):
        (left, top), (rows, columns) = framed.padding, framed.resized_size
        inside = found.masks.cpu()[:, None, top : top + rows, left : left + columns].float()
        shape = (height, width)
        if len(inside):
            inside = F.interpolate(inside, size=shape, mode="bilinear", align_corners=False)
        changed["masks"] = inside[:, 0] > 0.5 if len(inside) else torch.zeros(0, *shape).bool()
    return replace(found, **changed)
