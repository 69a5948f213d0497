"""One published number, and what it means for ours to agree with it.

It stands beside the path from image to picture: the ledger weighs the networks that walk it.

A published figure carries a counting rule and a precision. 7.3 M says nothing until one knows
whether BatchNorm was folded away, and it cannot contradict 7,266,973. So an entry states both, and
a number agrees when it gives the printed digits under the entry's reading.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum

UNITS = {"": 1, "M": 10**6, "B": 10**9, "G": 10**9}
PRINTED = re.compile(r"(?P<digits>[\d,]+(?:\.(?P<decimals>\d+))?) ?(?P<unit>[MBG]?)")


class Reading(StrEnum):
    """How a printed figure was made from the count behind it."""

    EXACT = "exact"
    ROUNDED = "rounded"
    TRUNCATED = "truncated"


class Status(StrEnum):
    """What the comparison says."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_BUILT = "not built here"


@dataclass(frozen=True)
class Entry:
    """A published number and the way to count ours.

    Parameters
    ----------
    model
        The network, with the options that matter, e.g. ``"yolov5s, release 4.0"``.
    quantity
        What is counted, e.g. ``"parameters"``.
    published
        The figure as printed: digits, and M (millions), B or G (thousand millions) after them.
    source
        Where it was printed.
    rule
        What is counted, in words.
    count
        Counts ours, on the meta device; None for a network that this package does not build.
    reading
        Whether the printed figure is exact, rounded or truncated.
    reason
        Why the two differ, for an entry known to differ, or why the network is not built.
    """

    model: str
    quantity: str
    published: str
    source: str
    rule: str
    count: Callable[[], int] | None
    reading: Reading = Reading.EXACT
    reason: str = ""

    def weigh(self) -> "LedgerRow":
        """Count now, compare, and write the result down."""
        ours, status = "–", Status.NOT_BUILT
        if self.count is not None:
            value = self.count()
            agrees = same_digits(value, self.published, self.reading)
            ours = in_the_same_unit(value, self.published)
            status = Status.AGREES if agrees else Status.DIFFERS
        return LedgerRow(
            model=self.model,
            quantity=self.quantity,
            published=self.published,
            ours=ours,
            status=status,
            reading=self.reading,
            rule=self.rule,
            source=self.source,
            reason=self.reason,
        )


@dataclass(frozen=True)
class LedgerRow:
    """A published number beside ours, counted a moment ago.

    ``reason`` says why the two differ where they are known to, and is empty elsewhere.
    """

    model: str
    quantity: str
    published: str
    ours: str
    status: Status
    reading: Reading
    rule: str
    source: str
    reason: str


@dataclass(frozen=True)
class Figure:
    """A printed figure taken apart: 7.3 M is the value 7.3, in steps of 0.1, in millions."""

    value: Decimal
    step: Decimal
    suffix: str

    @property
    def unit(self) -> int:
        """What one stands for: 1, a million or a thousand millions."""
        return UNITS[self.suffix]


def same_digits(value: int, published: str, reading: Reading) -> bool:
    """Say whether ``value`` prints as ``published`` under the reading, digit for digit."""
    figure = parse_figure(published)
    if reading is Reading.EXACT:
        return Decimal(value) == figure.value * figure.unit
    rounding = ROUND_HALF_UP if reading is Reading.ROUNDED else ROUND_DOWN
    return (Decimal(value) / figure.unit).quantize(figure.step, rounding) == figure.value


def in_the_same_unit(value: int, published: str) -> str:
    """Write ``value`` as the published figure is written, with two more decimals to see why."""
    figure = parse_figure(published)
    if figure.unit == 1:
        return f"{value:,}"
    finer = (Decimal(value) / figure.unit).quantize(figure.step / 100, ROUND_HALF_UP)
    return f"{finer:,} {figure.suffix}"


def parse_figure(published: str) -> Figure:
    """Take a printed figure apart.

    Raises
    ------
    ValueError
        If the text is no printed figure.
    """
    match = PRINTED.fullmatch(published)
    if match is None:
        raise ValueError(
            f"a published figure is digits and at most one of M, B or G, got {published!r}; "
            "write for example '7.3 M' or '7,266,973'"
        )
    step = Decimal(1).scaleb(-len(match["decimals"] or ""))
    return Figure(Decimal(match["digits"].replace(",", "")), step, match["unit"])
