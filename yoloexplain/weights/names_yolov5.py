"""YOLOv5's published names: a number for each layer, and cv1, cv2, … within a block.

Source: the state dicts of YOLOv5's releases 1.0 to 7.0, https://github.com/ultralytics/yolov5.

Upstream a network is one long list, and a parameter's name begins with its layer's place in it. So
the tables below are that list, in order; a dot stands for a layer without parameters (enlarging,
joining). Ten releases need six such lists.

``head.anchors`` has no row. It holds pixels here; what upstream calls ``anchors`` is in cells of
each level, and release 1.0 lists its levels from coarse to fine. Loading one for the other would be
wrong by a factor, so two functions at the end convert them. Up to release 5.0 the pixels stand
beside them, as ``anchor_grid``.

Release 3.0 is the commit that published its weights, with Hardswish; the git tag of that name, one
commit older, still has LeakyReLU. Its names and shapes are the same, so only the classes in a file
tell the two apart.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..layers.conv import Bottleneck, Conv
from ..layers.csp import C3, BottleneckCSP
from ..layers.focus import Focus
from ..layers.spp import SPP, SPPF
from ..yolov5.network import YOLOv5
from .naming import Tables, name_all

BLOCKS: Tables = {
    Conv: [("conv", "conv"), ("bn", "bn")],
    Focus: [("conv", "conv")],
    Bottleneck: [("reduce", "cv1"), ("expand", "cv2")],
    BottleneckCSP: [
        ("main", "cv1"),
        ("bypass", "cv2"),
        ("main_out", "cv3"),
        ("fuse", "cv4"),
        ("bn", "bn"),
        ("bottlenecks", "m"),
    ],
    C3: [("main", "cv1"), ("bypass", "cv2"), ("fuse", "cv3"), ("bottlenecks", "m")],
    SPP: [("reduce", "cv1"), ("fuse", "cv2")],
    SPPF: [("reduce", "cv1"), ("fuse", "cv2")],
}

Layers = list[tuple[str, str]]  # (the room, its layers in order)

TRUNK = "stem down2 stage2 down3 stage3 down4 stage4 down5"
TOP_DOWN = "lateral5 . . top_down4 lateral4 . . top_down3"
BOTTOM_UP = "down3 . bottom_up4 down4 . bottom_up5"

# three levels: 1.0 has its output convolutions in the list, later releases at its end
FIRST: Layers = [
    ("backbone", f"{TRUNK} pool stage5"),
    ("neck", TOP_DOWN),
    ("head.outputs", "p3"),
    ("neck", "down3 . bottom_up4"),
    ("head.outputs", "p4"),
    ("neck", "down4 . bottom_up5"),
    ("head.outputs", "p5"),
]
LEGACY: Layers = [("backbone", f"{TRUNK} pool stage5"), ("neck", f"{TOP_DOWN} {BOTTOM_UP}")]
MODERN: Layers = [("backbone", f"{TRUNK} stage5 pool"), ("neck", f"{TOP_DOWN} {BOTTOM_UP}")]

# four levels
LEGACY_P6: Layers = [
    ("backbone", f"{TRUNK} stage5 down6 pool stage6"),
    ("neck", f"lateral6 . . top_down5 {TOP_DOWN} {BOTTOM_UP} down5 . bottom_up6"),
]
MODERN_P6: Layers = [
    ("backbone", f"{TRUNK} stage5 down6 stage6 pool"),
    ("neck", f"lateral6 . . top_down5 {TOP_DOWN} {BOTTOM_UP} down5 . bottom_up6"),
]


def layers_of(model: YOLOv5) -> Layers:
    """Choose the list of the model's release and number of levels."""
    if model.release == "1.0":
        return FIRST
    modern = float(model.release) >= 6
    if model.size.endswith("6"):
        return MODERN_P6 if modern else LEGACY_P6
    return MODERN if modern else LEGACY


def yolov5_names(model: YOLOv5) -> dict[str, str]:
    """Name every parameter and running statistic as the model's release did."""
    rows, place = [], 0
    for room, layers in layers_of(model):
        for layer in layers.split():
            rows.append((f"{room}.{layer}", f"model.{place}"))
            place += 1
    if model.release != "1.0":  # the last place is the head's, which owns its convolutions
        outputs = model.head.outputs.keys()
        rows += [(f"head.outputs.{name}", f"model.{place}.m.{i}") for i, name in enumerate(outputs)]
    return name_all(model, rows, BLOCKS)


def head_place(model: YOLOv5) -> int:
    """Number of the head in the published list: its last layer."""
    return sum(len(layers.split()) for _, layers in layers_of(model))


def published_anchors(model: YOLOv5) -> dict[str, Tensor]:
    """Give the anchors as the release stores them: in cells, and up to 5.0 in pixels as well."""
    pixels = model.head.anchors.detach().cpu().float()
    strides = torch.tensor(list(model.head.strides.values()), dtype=torch.float32)
    cells = pixels / strides[:, None, None]
    if model.release == "1.0":  # from coarse to fine
        pixels, cells = pixels.flip(0), cells.flip(0)
    head = f"model.{head_place(model)}"
    stored = {f"{head}.anchors": cells}
    if float(model.release) < 6:
        levels, count, _ = pixels.shape
        stored[f"{head}.anchor_grid"] = pixels.reshape(levels, 1, count, 1, 1, 2)
    return stored


def anchors_in_pixels(model: YOLOv5, state: Mapping[str, Tensor]) -> Tensor:
    """Take the anchors out of a published state dict whose shapes have been checked.

    Shape: (levels, A, 2), width and height in input pixels, from p3 up.

    Raises
    ------
    ValueError
        If the file's two records of them contradict one another.
    """
    head = f"model.{head_place(model)}"
    cells = state[f"{head}.anchors"].float()
    if model.release == "1.0":
        cells = cells.flip(0)
    strides = torch.tensor(list(model.head.strides.values()), dtype=torch.float32)
    pixels = cells * strides[:, None, None]
    grid = state.get(f"{head}.anchor_grid")
    if grid is None or float(model.release) >= 6:
        return pixels
    grid = grid.float().reshape(pixels.shape)
    grid = grid.flip(0) if model.release == "1.0" else grid
    if not torch.allclose(grid, pixels, rtol=1e-2):  # half precision, and anchors of one's own
        raise ValueError(
            f"anchors in cells times the stride must be the anchors in pixels, got {pixels[0, 0]} "
            f"and {grid[0, 0]} for the first of p3; check that the file is of release "
            f"{model.release}"
        )
    return grid
