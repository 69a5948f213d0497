"""YOLOv1's three networks as stages and rows, for the pictures of sizes and parameters.

Source: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), figure 3; ResNet-50 (He et al.
2015, arXiv 1512.03385), table 1. Shapes and parameters follow from the lists of convolutions.
"""

from typing import NamedTuple

from .sizes import Stage

Plan = tuple[tuple[int, int, int] | str, ...]

# (kernel size, channels, stride) of each convolution; "pool" halves the map.
PAPER: Plan = (
    (7, 64, 2), "pool",
    (3, 192, 1), "pool",
    (1, 128, 1), (3, 256, 1), (1, 256, 1), (3, 512, 1), "pool",
    *((1, 256, 1), (3, 512, 1)) * 4, (1, 512, 1), (3, 1024, 1), "pool",
    *((1, 512, 1), (3, 1024, 1)) * 2, (3, 1024, 1), (3, 1024, 2), (3, 1024, 1), (3, 1024, 1),
)  # fmt: skip
NOTEBOOK: Plan = (
    (7, 64, 2), "pool",
    (3, 192, 1), "pool",
    (1, 128, 1), (3, 256, 1), (1, 256, 1), (3, 512, 1), "pool",
    (1, 256, 1), (3, 512, 1), (1, 512, 1), (3, 1024, 1), "pool",
    (1, 512, 1), (3, 1024, 1), (3, 1024, 1), (3, 1024, 2),
)  # fmt: skip


class LayerRow(NamedTuple):
    """One layer, in the form of a summary's row."""

    path: str
    type: str
    params: int
    mult_adds: int
    is_leaf: bool = True
    recursive: bool = False


def yolov1_stages() -> dict[str, list[Stage]]:
    """List the stages of the three networks: the paper's, ResNet-50's, and the small one."""
    return {
        "24 convolutions, 2 linear layers": _darknet(PAPER, 50, bias=False),
        "14 convolutions with bias, 2 linear layers": _darknet(NOTEBOOK, 30, bias=True),
        "frozen ResNet-50, no linear layer": _resnet50(grid=9, depth=30),
    }


def yolov1_rows(depth: int = 50) -> list[LayerRow]:
    """List the layers of the 24-convolution network, with what they hold and what they do."""
    rows: list[LayerRow] = []
    before, side, index = 3, 448, 0
    for step in PAPER:
        if isinstance(step, str):
            side //= 2
            continue
        kernel, channels, stride = step
        index, side = index + 1, side // stride
        weights = before * channels * kernel * kernel
        rows.append(LayerRow(f"conv {index}", "Conv2d", weights, weights * side * side))
        rows.append(LayerRow(f"norm {index}", "BatchNorm2d", 2 * channels, 0))
        before = channels
    for name, inputs, outputs in (("1", before * side**2, 4096), ("2", 4096, side**2 * depth)):
        weights = inputs * outputs
        rows.append(LayerRow(f"linear {name}", "Linear", weights + outputs, weights))
    return rows


def _darknet(plan: Plan, depth: int, *, bias: bool) -> list[Stage]:
    """Follow a plan from pool to pool, shapes after the pool, then the two linear layers."""
    stages = [Stage("image", (3, 448, 448))]
    before, side, params, first, index = 3, 448, 0, 1, 0

    def close() -> None:
        name = f"conv {index}" if first == index else f"convs {first}–{index}"
        stages.append(Stage(name, (before, side, side), params))

    for step in plan:
        if isinstance(step, str):
            side //= 2
            close()
            params, first = 0, index + 1
            continue
        kernel, channels, stride = step
        index, side = index + 1, side // stride
        params += before * channels * kernel**2 + 2 * channels + bias * channels
        before = channels
    close()
    flat, outputs = before * side * side, side * side * depth
    stages.append(Stage("linear 1", (4096,), flat * 4096 + 4096))
    stages.append(Stage("linear 2", (outputs,), 4096 * outputs + outputs))
    return [*stages, Stage("as a grid", (depth, side, side))]


def _resnet50(grid: int, depth: int) -> list[Stage]:
    def conv(before: int, after: int, kernel: int = 1) -> int:
        return before * after * kernel * kernel + 2 * after

    stages = [Stage("image", (3, 448, 448)), Stage("conv, pool", (64, 112, 112), conv(3, 64, 7))]
    before, side = 64, 112
    for index, blocks in enumerate((3, 4, 6, 3)):
        width, out = 64 * 2**index, 256 * 2**index
        side = side if index == 0 else side // 2
        first = conv(before, width) + conv(width, width, 3) + conv(width, out) + conv(before, out)
        later = conv(out, width) + conv(width, width, 3) + conv(width, out)
        stages.append(Stage(f"stage {index + 1}", (out, side, side), first + (blocks - 1) * later))
        before = out
    stages.append(Stage("conv 1×1", (1024, side, side), conv(before, 1024)))
    stages.append(Stage("conv 1×1", (256, side, side), conv(1024, 256)))
    stages.append(Stage("average pool", (256, grid, grid)))
    return [*stages, Stage("conv 1×1", (depth, grid, grid), 256 * depth)]
