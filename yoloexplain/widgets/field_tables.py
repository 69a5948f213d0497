"""Field tables: receptive fields as the few numbers that a browser needs.

They stand between ``inspection.receptive_field`` and ``static/core/fields.js``, which says how an
axis of a map is written: by jump, size and start where the cells keep to them, else cell by cell.
"""

from collections.abc import Sequence
from typing import Any

from ..inspection import ReceptiveField

Interval = tuple[int, int]


def field_table(field: ReceptiveField, block: int = 1) -> dict[str, Any]:
    """Write a map's fields: its rows, its columns, and the size of the largest.

    Parameters
    ----------
    field
        Of one map.
    block
        For maps that are shown coarser: so many cells along each side are one square. It sees
        what any of its cells sees.
    """
    height, width = field.image_size
    sizes = [max(b - a for a, b in _joined(e, block)) for e in (field.rows, field.columns)]
    return {
        "rows": axis_table(field.rows, field.rows_on_image, height, block),
        "columns": axis_table(field.columns, field.columns_on_image, width, block),
        "size": sizes,
    }


def axis_table(
    whole: Sequence[Interval], on_image: Sequence[Interval], side: int, block: int = 1
) -> dict[str, Any]:
    """Write one axis: ``{jump, size, start}`` if that says all, else ``{edges}``.

    Parameters
    ----------
    whole, on_image
        Interval of each cell as if the image went on for ever, and as it lies on the image.
    side
        Pixels of the image along this axis.
    block
        Cells that are shown as one.
    """
    free, kept = _joined(whole, block), _joined(on_image, block)
    (start, stop), jump = free[0], free[1][0] - free[0][0] if len(free) > 1 else 0
    size = stop - start
    regular = [(start + i * jump, start + i * jump + size) for i in range(len(free))]
    if [_clipped(interval, side) for interval in regular] == kept and regular == free:
        return {"jump": jump, "size": size, "start": start}
    return {"edges": [list(interval) for interval in kept]}


def _joined(intervals: Sequence[Interval], block: int) -> list[Interval]:
    """Join each ``block`` of intervals to one; (0, 0) is one that sees nothing."""
    joined = []
    for first in range(0, len(intervals), block):
        seen = [(a, b) for a, b in intervals[first : first + block] if a < b]
        joined.append((min(a for a, _ in seen), max(b for _, b in seen)) if seen else (0, 0))
    return joined


def _clipped(interval: Interval, side: int) -> Interval:
    first, last = max(interval[0], 0), min(interval[1], side)
    return (first, last) if first < last else (0, 0)
