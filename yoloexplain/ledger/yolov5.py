"""Published numbers of YOLOv5: ten releases, three networks, two ways of counting.

Source: the README, the models and the release notes of YOLOv5 (Jocher et al. 2020–2022), releases
1.0 to 7.0, https://github.com/ultralytics/yolov5.

Up to release 3.1 the README prints whole networks at 480×640; from 4.0 fused ones at 640×640. Each
row builds the oldest release that printed the figure; a test holds the others equal to it.
"""

from collections.abc import Iterator

from .counting import Network
from .entry import Entry, Reading
from .rules import (
    ALL_OPERATIONS,
    CONVOLUTIONS,
    FUSED,
    FUSED_OPERATIONS,
    NORMS,
    OPERATIONS,
    PARAMETERS,
    PREDICTIONS,
    TENSORS,
    entry,
    field,
)

# exact parameters by the release that introduced the network: size, unfused, fused
EXACT: dict[str, dict[str, tuple[str, str]]] = {
    "1.0": {
        "s": ("7,468,157", ""),
        "m": ("21,805,053", ""),
        "l": ("47,818,749", ""),
        "x": ("88,965,245", ""),
    },
    "4.0": {
        "s": ("7,276,605", "7,266,973"),
        "m": ("21,375,645", "21,356,877"),
        "l": ("47,056,765", "47,025,981"),
        "x": ("87,775,965", "87,730,285"),
    },
    "5.0": {
        "s6": ("12,667,836", ""),
        "m6": ("35,917,020", ""),
        "l6": ("77,263,228", ""),
        "x6": ("141,821,340", ""),
    },
    "6.0": {
        "n": ("1,872,157", "1,867,405"),
        "s": ("7,235,389", "7,225,885"),
        "m": ("21,190,557", "21,172,173"),
        "l": ("46,563,709", "46,533,693"),
        "x": ("86,749,405", "86,705,005"),
        "n6": ("3,246,940", ""),
        "s6": ("12,626,620", ""),
        "m6": ("35,731,932", ""),
        "l6": ("76,770,172", ""),
        "x6": ("140,794,780", ""),
    },
}
# convolutions alone at 640×640, two operations for each multiply-add
PLAIN_WORK = {
    ("s", "1.0"): "17.38 B",
    ("m", "1.0"): "52.18 B",
    ("l", "1.0"): "116.96 B",
    ("x", "1.0"): "221.18 B",
    ("s", "4.0"): "16.96 B",
    ("s", "6.0"): "16.43 B",
}
# the README's table: release that printed it first, those that kept it, size, parameters, work
README: tuple[tuple[str, str, dict[str, tuple[str, str]]], ...] = (
    (
        "1.0",
        "READMEs of releases 1.0, 2.0, 3.0 and 3.1",
        {
            "s": ("7.5 M", "13.2 B"),
            "m": ("21.8 M", "39.4 B"),
            "l": ("47.8 M", "88.1 B"),
            "x": ("89.0 M", "166.4 B"),
        },
    ),
    (
        "4.0",
        "READMEs of releases 4.0 and 5.0",
        {
            "s": ("7.3 M", "17.0 B"),
            "m": ("21.4 M", "51.3 B"),
            "l": ("47.0 M", "115.4 B"),
            "x": ("87.7 M", "218.8 B"),
        },
    ),
    (
        "5.0",
        "README of release 5.0",
        {
            "s6": ("12.7 M", "17.4 B"),
            "m6": ("35.9 M", "52.4 B"),
            "l6": ("77.2 M", "117.7 B"),
            "x6": ("141.8 M", "222.9 B"),
        },
    ),
    (
        "6.0",
        "READMEs of releases 6.0, 6.1, 6.2 and 7.0",
        {
            "n": ("1.9 M", "4.5 B"),
            "s": ("7.2 M", "16.5 B"),
            "m": ("21.2 M", "49.0 B"),
            "l": ("46.5 M", "109.1 B"),
            "x": ("86.7 M", "205.7 B"),
            "n6": ("3.2 M", "4.6 B"),
            "m6": ("35.7 M", "50.0 B"),
            "l6": ("76.8 M", "111.4 B"),
            "x6": ("140.7 M", "209.8 B"),
        },
    ),
    ("6.0", "READMEs of releases 6.0 and 6.1", {"s6": ("16.8 M", "12.6 B")}),
    ("6.2", "READMEs of releases 6.2 and 7.0", {"s6": ("12.6 M", "16.8 B")}),
)
# rows of the README that its own rule does not give: (size, release): {printed figure: why}
KNOWN = {
    ("s6", "6.0"): dict.fromkeys(
        ("16.8 M", "12.6 B"),
        "the README has the two columns of this row swapped; releases 6.2 and 7.0 put them right",
    ),
    ("l6", "6.0"): {
        "76.8 M": "the other rows count the fused network, this one rounds the unfused count"
    },
}
# receptive fields of the backbone from release 6.0: c3, c4, c5 before SPPF, c5 after it; printed
# nowhere, so worked out layer by layer from the kernels and strides of its configuration
FIELDS = {
    "n": ("58", "170", "266", "650"),
    "s": ("58", "170", "266", "650"),
    "m": ("98", "306", "466", "850"),
    "l": ("138", "442", "666", "1,050"),
    "x": ("178", "578", "866", "1,250"),
}
FIELD_MODULES = {
    "P3": "backbone.stage3",
    "P4": "backbone.stage4",
    "P5, before SPPF": "backbone.stage5",
    "P5, after SPPF": "backbone.pool",
}


def network(size: str, release: str, image_size: tuple[int, int] | None = None) -> Network:
    """Name one size of one release."""
    return Network(f"yolov5{size}", (("release", release),), image_size)


def entries() -> Iterator[Entry]:
    """Every published number of YOLOv5."""
    yield from exact_entries()
    yield from readme_entries()
    yield from table_entries()
    for size, fields in FIELDS.items():
        for (level, module), published in zip(FIELD_MODULES.items(), fields, strict=True):
            rule = field(level, module)
            yield entry(
                network(size, "6.0"), rule, published, "worked out from release 6.0's configuration"
            )


def exact_entries() -> Iterator[Entry]:
    """Parameters counted from the releases' own models."""
    for release, sizes in EXACT.items():
        for size, (unfused, fused) in sizes.items():
            source = f"model of release {release}, counted"
            yield entry(network(size, release), PARAMETERS, unfused, source)
            if fused:
                yield entry(network(size, release), FUSED, fused, source)
    for (size, release), work in PLAIN_WORK.items():
        source = f"model of release {release}, counted"
        yield entry(network(size, release, (640, 640)), OPERATIONS, work, source, Reading.ROUNDED)


def readme_entries() -> Iterator[Entry]:
    """Read the READMEs' tables, each under the rule that its release counted by."""
    for release, source, sizes in README:
        early = release == "1.0"
        rules = (PARAMETERS, ALL_OPERATIONS) if early else (FUSED, FUSED_OPERATIONS)
        for size, figures in sizes.items():
            net = network(size, release, (480, 640) if early else (640, 640))
            known = KNOWN.get((size, release), {})
            for rule, figure in zip(rules, figures, strict=True):
                yield entry(net, rule, figure, source, Reading.ROUNDED, known.get(figure, ""))


def table_entries() -> Iterator[Entry]:
    """Count what the printed lists of yolov5s hold, and the number of predictions."""
    first = network("s", "1.0")
    for rule, published in ((TENSORS, "191"), (CONVOLUTIONS, "70"), (NORMS, "59")):
        yield entry(
            first, rule, published, "printed modules and weight table of yolov5s, release 1.0"
        )
    grey = Network("yolov5s", (("release", "5.0"), ("in_channels", 1)))
    yield entry(grey, PARAMETERS, "7,274,301", "model of release 5.0 with one channel, counted")
    at_640 = network("s", "7.0", (640, 640))
    yield entry(
        at_640, PREDICTIONS, "25,200", "release 7.0, shape of its output: 3·(80² + 40² + 20²)"
    )
