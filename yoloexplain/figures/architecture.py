"""The architecture map: a whole detector on one page, depth to the right, stride downward.

Read off any network as a list of ``Block`` records; nothing here knows one. A connection to the
neighbour is drawn in grey, a longer one in the colour of the level on which it runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from .check import Number, check_positive
from .drawing import Point, arrow, bar, block, page, write
from .picture import Picture
from .style import FAINT, INK, MUTED, SMALL, colour, style, tint

LEVELS = {4: "c2", 8: "p3", 16: "p4", 32: "p5", 64: "p6"}
BOX_HEIGHT, ROW_HEIGHT, LEFT, COLUMN = 0.74, 1.06, 1.05, 0.355


@dataclass(frozen=True)
class Block:
    """One block of a network, for the map.

    Attributes
    ----------
    name
        A short name or number, unique in the list.
    type
        What kind of block: ``"C3"``, ``"Conv"`` …
    stride
        Input pixels between two neighbours of its output, per side.
    shape
        (channels, height, width) of its output.
    inputs
        Names of the blocks that it reads; empty for the one that reads the image.
    part
        ``"backbone"``, ``"neck"`` or ``"head"``. Neighbours of the head share a column.
    repeats
        How many inner blocks it holds; printed if more than one.
    params
        Parameters, for the bars below the map.
    """

    name: str
    type: str
    stride: int
    shape: tuple[int, int, int]
    inputs: tuple[str, ...] = ()
    part: str = "backbone"
    repeats: int = 1
    params: int = 0


@style()
def architecture_map(blocks: Sequence[Block], title: str = "The whole detector") -> Picture:
    """Draw a network as a map: depth to the right, stride downward, parameters below.

    Parameters
    ----------
    blocks
        The records in execution order, up to 48.
    title
        Which network it is.

    Raises
    ------
    ValueError
        If there are no blocks or too many, or a block reads one that does not come before it.
    """
    columns = _columns(blocks)
    strides = sorted({one.stride for one in blocks})
    total = sum(one.params for one in blocks)
    width = max(7.0, LEFT + COLUMN * (max(columns) + 1) + 0.3)
    bars = 0.95 if total else 0.15
    height = 1.35 + ROW_HEIGHT * len(strides) + bars
    summary = f"{total:,} parameters. " if total else ""
    picture, axes = page(
        width,
        height,
        title,
        f"{summary}Depth to the right, stride downward; a box names its type and its channels.",
    )
    rows = {stride: height - 1.75 - ROW_HEIGHT * i for i, stride in enumerate(strides)}
    _bands(axes, rows, blocks, width)
    _parts(axes, blocks, columns, height - 0.98)
    places = {
        one.name: (LEFT + COLUMN * (column + 0.5), rows[one.stride])
        for one, column in zip(blocks, columns, strict=True)
    }
    for one in blocks:
        for source in one.inputs:
            _connect(axes, source, one.name, places, one.stride)
    for one in blocks:
        _box(axes, one, *places[one.name])
    if total:
        _weights(axes, blocks, columns, total)
    kinds = sorted({one.type for one in blocks})
    picture.alt = (
        f"{title}: {len(blocks)} blocks ({', '.join(kinds)}) on strides "
        f"{', '.join(str(stride) for stride in strides)}, {total:,} parameters."
    )
    return picture


def _columns(blocks: Sequence[Block]) -> list[int]:
    """Give each block its column, after checking the records."""
    if not 1 <= len(blocks) <= 48:
        raise ValueError(f"blocks must hold 1 to 48 records, got {len(blocks)}; draw a part")
    columns: list[int] = []
    known: set[str] = set()
    for index, one in enumerate(blocks):
        check_positive(f"stride of block {one.name!r}", one.stride)
        unknown = [name for name in one.inputs if name not in known]
        if unknown or one.name in known:
            raise ValueError(
                f"block {one.name!r} must have a name of its own and read earlier blocks only, got "
                f"inputs {one.inputs}; list the blocks in execution order"
            )
        known.add(one.name)
        head = index > 0 and one.part == blocks[index - 1].part == "head"
        columns.append(columns[-1] if head else (columns[-1] + 1 if columns else 0))
    return columns


def _shade(stride: int) -> str:
    return colour(LEVELS.get(stride, "muted"))


def _bands(axes: Axes, rows: dict[int, Number], blocks: Sequence[Block], width: Number) -> None:
    """One band a stride, in the level's colour, with the size of its maps."""
    for stride, y in rows.items():
        size = next(one.shape for one in blocks if one.stride == stride)
        low = y - BOX_HEIGHT / 2 - 0.06
        fill = tint(_shade(stride), 0.9)
        bar(axes, 0.15, low, width - 0.3, ROW_HEIGHT - 0.05, fill, linewidth=0, zorder=1)
        write(axes, 0.25, y + 0.13, f"stride {stride}", size=SMALL, weight="bold", ha="left")
        words = f"{size[1]} × {size[2]}"
        write(axes, 0.25, y - 0.1, words, size=SMALL, colour=MUTED, ha="left", fit=0.75)


def _parts(axes: Axes, blocks: Sequence[Block], columns: Sequence[int], y: Number) -> None:
    """Name backbone, neck and head over their columns."""
    for part in ("backbone", "neck", "head"):
        own = [c for one, c in zip(blocks, columns, strict=True) if one.part == part]
        if not own:
            continue
        left, right = LEFT + COLUMN * min(own) + 0.04, LEFT + COLUMN * (max(own) + 1) - 0.04
        axes.plot([left, right], [y, y], color=colour(part), linewidth=2.5, zorder=3)
        write(axes, (left + right) / 2, y + 0.13, part, size=SMALL, weight="bold", colour=INK)


def _box(axes: Axes, one: Block, x: Number, y: Number) -> None:
    many = f" ×{one.repeats}" if one.repeats > 1 else ""
    words = f"{one.type}{many}\n{one.shape[0]}"
    shade = colour(one.part if one.part in ("backbone", "neck", "head") else "muted")
    block(axes, x, y, COLUMN - 0.06, BOX_HEIGHT, words, shade=shade, size=8.5, rotation=90)


def _connect(axes: Axes, source: str, target: str, places: dict[str, Point], stride: int) -> None:
    """Route a connection: straight, around the corner, or over the boxes in between."""
    (x0, y0), (x1, y1) = places[source], places[target]
    half = (COLUMN - 0.06) / 2
    between = any(x0 < x < x1 and y == y0 for x, y in places.values())
    if x1 - x0 < 1.5 * COLUMN and y0 == y1:
        arrow(axes, (x0 + half, y0), (x1 - half, y1), width=1, zorder=2)
    elif x1 - x0 < 1.5 * COLUMN:
        away = BOX_HEIGHT / 2 if y1 < y0 else -BOX_HEIGHT / 2
        points = [(x0 + half, y0), (x1, y0), (x1, y1 + away)]
        arrow(axes, *points, width=1, zorder=2)
    elif y0 == y1 and not between:
        arrow(axes, (x0 + half, y0), (x1 - half, y1), shade=_shade(stride), width=1.8, zorder=2)
    else:
        lane = y0 + BOX_HEIGHT / 2 + 0.14
        points = [(x0, y0 + BOX_HEIGHT / 2), (x0, lane), (x1, lane), (x1, y1 + BOX_HEIGHT / 2)]
        arrow(axes, *points, shade=_shade(stride), width=1.8, zorder=2)


def _weights(axes: Axes, blocks: Sequence[Block], columns: Sequence[int], total: int) -> None:
    """Show each column's share of the parameters as a bar."""
    sums: dict[int, int] = {}
    for one, column in zip(blocks, columns, strict=True):
        sums[column] = sums.get(column, 0) + one.params
    parts = {column: one.part for one, column in zip(blocks, columns, strict=True)}
    base, most = 0.2, max(sums.values())
    write(axes, 0.25, base + 0.3, "share of the", size=SMALL, ha="left", fit=0.8)
    write(axes, 0.25, base + 0.1, "parameters", size=SMALL, ha="left", fit=0.8)
    right = LEFT + COLUMN * (max(columns) + 1)
    axes.plot([LEFT, right], [base, base], color=FAINT, linewidth=1)
    for column, count in sums.items():
        x, high = LEFT + COLUMN * column, 0.52 * count / most
        shade = colour(parts[column]) if parts[column] in ("backbone", "neck", "head") else MUTED
        bar(axes, x + 0.05, base, COLUMN - 0.1, high, shade, linewidth=0)
        if count >= 0.03 * total:
            words = f"{100 * count / total:.0f} %"
            write(axes, x + COLUMN / 2, base + high + 0.1, words, size=8, fit=COLUMN)
