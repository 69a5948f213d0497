"""Published numbers of YOLOv1: two printed tables, one notebook, and the paper.

Sources: You Only Look Once (Redmon et al. 2015, arXiv 1506.02640), section 2; two tables printed by
torchsummary, and one notebook's code.
"""

from collections.abc import Iterator

from .counting import Network
from .entry import Entry, Reading
from .rules import (
    FUSED,
    MULT_ADDS,
    OUTPUTS,
    PARAMETERS,
    TRAINABLE,
    entry,
    part,
)

DARKNET = Network("yolov1-darknet")
RESNET = Network("yolov1-resnet50")
NOTEBOOK = Network("yolov1-notebook")
# two boxes of 5 + 10 values: 30 values a cell, as in the paper
PAPER = Network("yolov1-darknet", (("num_classes", 10),))

DARKNET_TABLE = "table of 104 rows: YOLOv1 on Darknet, 448×448"
RESNET_TABLE = "table of 184 rows: YOLOv1 on a frozen ResNet-50, 448×448"
CODE = "notebook: YOLOv1 with 14 convolutions"
SECTION_2 = "arXiv 1506.02640, section 2"


def entries() -> Iterator[Entry]:
    """Every published number of YOLOv1."""
    yield entry(DARKNET, PARAMETERS, "275,731,794", DARKNET_TABLE)
    yield entry(DARKNET, TRAINABLE, "275,731,794", DARKNET_TABLE)
    yield entry(DARKNET, OUTPUTS, "2,450", DARKNET_TABLE)
    yield entry(RESNET, PARAMETERS, "25,877,568", RESNET_TABLE)
    yield entry(RESNET, TRAINABLE, "2,369,536", RESNET_TABLE)
    yield entry(RESNET, part("backbone", "backbone"), "23,508,032", RESNET_TABLE)
    yield entry(RESNET, OUTPUTS, "2,430", RESNET_TABLE)
    yield entry(NOTEBOOK, PARAMETERS, "243,662,846", CODE)
    yield entry(NOTEBOOK, part("backbone", "backbone"), "32,115,264", CODE)
    yield entry(NOTEBOOK, part("head", "head"), "211,547,582", CODE)
    yield entry(NOTEBOOK, OUTPUTS, "1,470", CODE)
    yield entry(PAPER, OUTPUTS, "1,470", SECTION_2)
    counted = f"{SECTION_2} and figure 3, counted"
    yield entry(PAPER, PARAMETERS, "271,716,734", f"{counted}, with BatchNorm")
    yield entry(PAPER, FUSED, "271,703,550", f"{counted}, without BatchNorm")
    yield entry(PAPER, MULT_ADDS, "20.29 G", counted, Reading.ROUNDED)
