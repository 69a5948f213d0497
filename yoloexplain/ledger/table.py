"""The ledger as a table: counted when asked, in plain text or Markdown.

It stands beside the path from image to picture, where a reader checks that it leads where the
papers say.
"""

from collections.abc import Iterable
from itertools import chain

from . import classifiers, solo, yolov1, yolov5
from .entry import Entry, LedgerRow, Status


class Ledger(list[LedgerRow]):
    """Rows of the ledger, which print as a table."""

    titles = ("network", "quantity", "published", "ours", "status", "source", "counting rule")

    def __str__(self) -> str:
        cells = [self.titles, *(self.cells(row) for row in self)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(self.titles))]
        lines = (
            "  ".join(
                text.rjust(width) if i in (2, 3) else text.ljust(width)
                for i, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        )
        return "\n".join([*lines, "", self.tally()])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        lines = [
            f"| {' | '.join(self.titles)} |",
            "|---|---|--:|--:|---|---|---|",
            *(f"| {' | '.join(self.cells(row))} |" for row in self),
        ]
        return "\n".join([*lines, "", self.tally()])

    @staticmethod
    def cells(row: LedgerRow) -> tuple[str, ...]:
        """Lay a row out: the reading goes with the status, the reason with the rule."""
        status = f"{row.status} ({row.reading})" if row.status is Status.AGREES else row.status
        rule = f"{row.rule}; {row.reason}" if row.reason else row.rule
        return (row.model, row.quantity, row.published, row.ours, str(status), row.source, rule)

    def tally(self) -> str:
        """Say in one line how many agree."""
        counts = {status: sum(row.status is status for row in self) for status in Status}
        parts = (
            f"{count} {status if count == 1 else status.removesuffix('s')}"
            for status, count in counts.items()
            if count
        )
        return f"{len(self)} numbers: {', '.join(parts)}"


def entries() -> list[Entry]:
    """Every published number, not yet counted."""
    families: tuple[Iterable[Entry], ...] = (
        classifiers.entries(),
        yolov1.entries(),
        yolov5.entries(),
        solo.entries(),
    )
    return list(chain(*families))


def ledger(filter: str | None = None) -> Ledger:
    """Weigh every published number, or those that a filter keeps, against our own.

    Parameters
    ----------
    filter
        Words that must all occur in a row's network, quantity or source, in any case:
        ``"yolov5s GFLOPs"``.

    Returns
    -------
    Ledger
        A list of rows that prints as a table. Everything is counted at this moment.

    Raises
    ------
    ValueError
        If the filter keeps no row.
    """
    words = (filter or "").lower().split()
    kept = [entry for entry in entries() if matches(entry, words)]
    if not kept:
        raise ValueError(
            f"the words of a filter must all occur in one row of the ledger, got {filter!r}; "
            "try a network, a quantity or a source, for example 'yolov5s', 'GFLOPs' or 'README'"
        )
    return Ledger(entry.weigh() for entry in kept)


def matches(entry: Entry, words: list[str]) -> bool:
    """Say whether every word occurs in the entry's network, quantity or source."""
    text = f"{entry.model} {entry.quantity} {entry.source}".lower()
    return all(word in text for word in words)
