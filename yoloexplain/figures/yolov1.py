"""YOLOv1 in pictures: one grid over the image, one long vector a cell.

Source: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), section 2 and figures 2 and 3.

The cell that holds a box's centre answers for it. All slots and values are computed from the boxes.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .check import Array, Number, check_boxes, check_lengths, check_photo, check_positive
from .drawing import MARGIN, bar, block, headline, page, panel, paper, text_width, write
from .overlay import frame_box, lay_photo, rule
from .picture import Picture
from .style import INK, MUTED, PAPER, SMALL, colour, sequence, style, tint

BOX_SLOTS = ("x", "y", "w", "h", "conf.")


@style()
def grid_assignment(
    photo: ArrayLike,
    boxes_xyxy: ArrayLike,
    labels: Sequence[str],
    *,
    grid: int = 7,
    boxes_per_cell: int = 2,
    classes: Sequence[str] | None = None,
    focus: int = 0,
) -> Picture:
    """Draw which cell answers for which box, and the target vector of one of them.

    Parameters
    ----------
    photo
        uint8 (H, W, 3).
    boxes_xyxy, labels
        (N, 4) in the photo's pixels, and a class name for each.
    grid
        S, cells along each side.
    boxes_per_cell
        B, boxes that a cell predicts.
    classes
        All class names, in order; those of ``labels`` unless given.
    focus
        Which box's target to spell out; if its cell is taken, that of the box which has it.

    Raises
    ------
    ValueError
        If boxes and labels do not belong together, or ``focus`` is no box.
    """
    picture_of, boxes = check_photo(photo), check_boxes(boxes_xyxy)
    check_lengths(boxes=len(boxes), labels=len(labels))
    check_positive("grid", grid)
    check_positive("boxes_per_cell", boxes_per_cell)
    if not 0 <= focus < len(boxes):
        raise ValueError(f"focus must be a box from 0 to {len(boxes) - 1}, got {focus}")
    names = sorted(set(labels)) if classes is None else list(classes)
    if labels[focus] not in names:
        raise ValueError(f"label {labels[focus]!r} must be among the classes {names}")
    height, width = picture_of.shape[:2]
    targets = [cell_target(box, (height, width), grid) for box in boxes]
    owners = [target[:2] for target in targets]
    keepers = [owners.index(owner) for owner in owners]  # the first of the list keeps a cell
    depth = 5 * boxes_per_cell + len(names)
    picture = Picture(10, 5.5)
    headline(
        picture,
        f"The cell with the centre answers: {grid}×{grid} cells, {depth} numbers each",
        f"Per cell {boxes_per_cell} boxes of 5 numbers and {len(names)} classes. "
        "x and y count within the cell, w and h within the image.",
    )
    scale = min(5.6 / width, 4.4 / height)
    axes = panel(picture, MARGIN, 0.3 + (4.4 - height * scale) / 2, width * scale, height * scale)
    _assignment(axes, picture_of, boxes, labels, owners, keepers, grid)
    left = MARGIN + width * scale + 0.5
    whose = labels[keepers[focus]], targets[keepers[focus]]
    lost = [(labels[i], labels[j]) for i, j in enumerate(keepers) if i != j]
    _vector(paper(picture), left, *whose, boxes_per_cell, names, lost)
    listed = "; ".join(
        f"{label} at row {row}, column {column}"
        for label, (row, column) in zip(labels, owners, strict=True)
    )
    clash = " Two centres share a cell: only one can be kept." * bool(lost)
    gone = "".join(f" Lost: {loser}, to {winner}." for loser, winner in lost)
    picture.alt = (
        f"Photograph under a {grid}×{grid} grid; responsible cells: {listed}. Beside it the target "
        f"of {whose[0]}: {depth} slots.{clash}{gone}"
    )
    return picture


def cell_target(
    box: Array, image_size: tuple[int, int], grid: int
) -> tuple[int, int, float, float, float, float]:
    """Encode a box: the (row, column) that answers, x and y within it, w and h of the image."""
    height, width = image_size
    across, down = (box[0] + box[2]) / 2 / width * grid, (box[1] + box[3]) / 2 / height * grid
    row, column = min(int(down), grid - 1), min(int(across), grid - 1)
    size = float((box[2] - box[0]) / width), float((box[3] - box[1]) / height)
    return row, column, float(across - column), float(down - row), *size


def _assignment(
    axes: Axes,
    photo: Array,
    boxes: Array,
    labels: Sequence[str],
    owners: Sequence[tuple[int, int]],
    keepers: Sequence[int],
    grid: int,
) -> None:
    """Rule the photo, light up the responsible cells, and frame the boxes; dashed is lost."""
    height, width = photo.shape[:2]
    lay_photo(axes, photo)
    rule(axes, (height, width), grid, grid)
    shades = sequence(max(len(boxes), 3))
    for i, (box, (row, column), shade) in enumerate(zip(boxes, owners, shades, strict=False)):
        kept = keepers[i] == i
        if kept:
            cell = (column * width / grid, row * height / grid), width / grid, height / grid
            axes.add_patch(Rectangle(*cell, facecolor=shade, alpha=0.6, zorder=3))
            axes.add_patch(Rectangle(*cell, fill=False, edgecolor=PAPER, linewidth=1.8, zorder=4))
        frame_box(axes, box, shade, labels[i] if kept else f"{labels[i]}: lost", dashed=not kept)
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        mark, size = ("o", 6) if kept else ("X", 9)
        axes.plot(*middle, mark, color=PAPER, markeredgecolor=INK, markersize=size, zorder=5)


def _vector(
    axes: Axes,
    left: Number,
    label: str,
    target: tuple[int, int, Number, Number, Number, Number],
    boxes: int,
    classes: Sequence[str],
    lost: Sequence[tuple[str, str]],
) -> None:
    """Spell out the slots of one cell, top to bottom, and name who is lost to whom."""
    row, column, *values = target
    top, wide = 4.4, 9.7 - left
    words = f"target of the {label}: row {row}, column {column}"
    write(axes, left, top + 0.14, words, weight="bold", ha="left", fit=wide)
    drop = min(0.5, 2.0 / boxes)
    step = wide / 5
    for index in range(boxes):
        y = top - 0.3 - index * (drop + 0.42)
        write(axes, left, y, f"box {index + 1}", size=SMALL, colour=MUTED, ha="left")
        for slot, (name, value) in enumerate(zip(BOX_SLOTS, [*values, 1.0], strict=True)):
            middle = left + (slot + 0.5) * step
            shade = colour("conv") if slot < 4 else colour("activation")
            block(axes, middle, y - 0.33, step - 0.06, 0.36, f"{value:.2f}", shade=shade)
            write(axes, middle, y - 0.6, name, size=SMALL, colour=MUTED)
    low = top - 0.3 - boxes * (drop + 0.42) - 0.15
    write(axes, left, low, f"{len(classes)} classes", size=SMALL, colour=MUTED, ha="left")
    small = wide / max(len(classes), 5)
    for index, name in enumerate(classes):
        lit = name == label
        shade = colour("concat") if lit else MUTED
        middle = left + (index + 0.5) * small
        size = max(small - 0.05, 0.08)
        digit = str(int(lit)) if size > 0.2 else ""
        block(axes, middle, low - 0.33, size, 0.36, digit, shade=shade)
        if lit or len(classes) <= 5:
            room = max(small, 0.7)
            half = min(text_width(name, SMALL), room) / 2
            middle = min(max(middle, left + half), left + wide - half)
            write(axes, middle, low - 0.62, name, size=SMALL, fit=room, colour=MUTED)
    words = "Confidence: 1 here; in the paper, the IoU of the predicted box."
    if boxes > 1:
        words += "\nThe box with the higher IoU answers, the rest learn: nothing here."
    write(axes, left, low - 0.95, words, size=SMALL, colour=MUTED, ha="left", va="top", fit=wide)
    if lost:
        gone = "\n".join(f"The {a} is lost: the {b}, listed first, has its cell." for a, b in lost)
        write(axes, left, low - 1.5, gone, size=SMALL, weight="bold", ha="left", va="top", fit=wide)


@style()
def target_slots(grid: int = 7, boxes_per_cell: int = 2, num_classes: int = 20) -> Picture:
    """Draw the two ways to lay out a cell: classes once for the cell, or once for each box.

    Parameters
    ----------
    grid
        S, cells along each side.
    boxes_per_cell
        B.
    num_classes
        K.
    """
    for name, value in (
        ("grid", grid),
        ("boxes_per_cell", boxes_per_cell),
        ("num_classes", num_classes),
    ):
        check_positive(name, value)
    if boxes_per_cell * (5 + num_classes) > 120:
        raise ValueError(
            f"a cell must have at most 120 slots to be drawn, got {boxes_per_cell} boxes with "
            f"{num_classes} classes each; draw fewer classes"
        )
    shared = 5 * boxes_per_cell + num_classes
    own = (5 + num_classes) * boxes_per_cell
    picture, axes = page(
        10,
        4.7,
        f"Classes once a cell, or once a box? {shared} slots or {own}",
        f"{grid}×{grid} cells, {boxes_per_cell} boxes of 5 slots (x, y, w, h, confidence), "
        f"{num_classes} classes.",
    )
    layouts = (
        (3.05, "the paper", f"5·{boxes_per_cell} + {num_classes} = {shared}", shared, False),
        (1.2, "a copy of the classes for each box", f"(5 + {num_classes})·{boxes_per_cell} = {own}",
         own, True),
    )  # fmt: skip
    for y, name, sum_, slots, each in layouts:
        write(axes, MARGIN, y + 0.58, name, weight="bold", ha="left")
        _slots(axes, y, boxes_per_cell, num_classes, 9.5 / max(own, shared), each)
        words = f"{sum_} a cell, {grid}·{grid}·{slots} = {grid * grid * slots:,} outputs"
        write(axes, MARGIN, y - 0.62, words, ha="left")
    picture.alt = (
        f"Two rows of slots for one cell. Classes shared: {shared} slots, {grid * grid * shared:,} "
        f"outputs. Classes for each box: {own} slots, {grid * grid * own:,} outputs."
    )
    return picture


def _slots(axes: Axes, y: Number, boxes: int, classes: int, width: Number, each: bool) -> None:
    x = MARGIN
    shades = sequence(max(boxes, 2))
    groups: list[tuple[str, int, str]] = []
    for index in range(boxes):
        groups.append((f"box {index + 1}", 5, shades[index]))
        if each:
            groups.append((f"classes of box {index + 1}", classes, tint(shades[index], 0.55)))
    if not each:
        groups.append(("classes of the cell", classes, tint(MUTED, 0.45)))
    for name, count, shade in groups:
        for slot in range(count):
            bar(axes, x + slot * width, y - 0.17, width, 0.34, shade, linewidth=0.9)
        middle = x + count * width / 2
        write(axes, middle, y - 0.32, name, size=SMALL, colour=MUTED, fit=count * width + 0.12)
        x += count * width
