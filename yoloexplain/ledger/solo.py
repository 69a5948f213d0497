"""Published numbers of SOLO: the authors' network, its decoupled head, and one printed table.

Sources: SOLO (Wang et al. 2019, arXiv 1912.04488), sections 3 and 4; the authors' models, counted;
one table printed by torch-summary, whose total of multiply-adds is an artefact of the tool.
"""

from collections.abc import Iterator

from .counting import Network
from .entry import Entry, Reading
from .rules import (
    CATEGORY_CONVOLUTION,
    MASK_CHANNELS,
    MULT_ADDS,
    PARAMETERS,
    PRINTED_MULT_ADDS,
    TRAINABLE,
    entry,
    part,
)

VANILLA = Network("solo-r50-fpn")
DECOUPLED = Network("solo-r50-fpn-decoupled")
TABLE = Network("solo-r50-fpn-table", image_size=(1333, 800))

MODEL = "the authors' SOLO R50, counted"
PRINTED = "table of 119 rows: SOLO R50-FPN, 1333×800"
PAPER = "arXiv 1912.04488, section 4"
ARTEFACT = (
    "an artefact: the tool looks down to depth 4 and counts what lies deeper, the convolutions of "
    "ResNet's blocks, as one multiply-add a weight, whatever the size of the map"
)


def entries() -> Iterator[Entry]:
    """Every published number of SOLO."""
    for classes, published in ((80, "36,301,232"), (79, "36,298,927"), (81, "36,303,537")):
        yield entry(of_classes("solo-r50-fpn", classes), PARAMETERS, published, MODEL)
    for classes, published in ((79, "36,892,591"), (80, "36,894,896"), (81, "36,897,201")):
        source = PRINTED if classes == 79 else f"{PRINTED}, with {classes} outputs, counted"
        yield entry(of_classes("solo-r50-fpn-table", classes), PARAMETERS, published, source)
    yield entry(TABLE, TRAINABLE, "36,892,591", PRINTED)
    for child, published in (
        ("backbone", "23,508,032"),
        ("neck", "3,934,464"),
        ("head", "9,450,095"),
    ):
        yield entry(TABLE, part(child, child), published, PRINTED)
    yield entry(TABLE, CATEGORY_CONVOLUTION, "182,095", PRINTED)
    yield entry(TABLE, MULT_ADDS, "381.28 G", f"{PRINTED}, convolutions counted", Reading.ROUNDED)
    yield entry(TABLE, PRINTED_MULT_ADDS, "296.58 G", PRINTED, Reading.ROUNDED)
    yield entry(TABLE, MULT_ADDS, "296.58 G", PRINTED, Reading.ROUNDED, ARTEFACT)
    yield entry(VANILLA, MASK_CHANNELS, "3,872", f"{PAPER}: Σ S² over grids of 40 to 12")
    yield entry(DECOUPLED, MASK_CHANNELS, "256", f"{PAPER}: Σ 2S over the same grids")


def of_classes(name: str, num_classes: int) -> Network:
    """Name a network with its number of classes."""
    return Network(name, (("num_classes", num_classes),))
