"""What each release of YOLOv5 is made of: one row a release, one row a size.

It decides which blocks ``network.py`` builds; no tensor passes through here.
Source: YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0, https://github.com/ultralytics/yolov5;
the facts were read off the releases' models, and no code of theirs is used.

Three networks hide behind ten release numbers. Up to 3.1: BottleneckCSP, with LeakyReLU, then
Hardswish. 4.0 and 5.0: C3 and SiLU. From 6.0: a 6×6 convolution for Focus, SPPF for SPP, fewer
blocks in the third stage. Release 3.0 is the commit that published its weights (Hardswish); the git
tag of that name is one commit older and still has LeakyReLU.
"""

from dataclasses import dataclass
from functools import partial

from ..layers.activations import Hardswish, LeakyReLU, SiLU
from ..layers.check import check_choice
from ..layers.conv import Activation
from ..layers.csp import C3, BottleneckCSP

Anchors = tuple[tuple[int, int], ...]

LEAKY = partial(LeakyReLU, inplace=True)


@dataclass(frozen=True)
class Release:
    """The blocks of one release.

    Attributes
    ----------
    block
        The CSP block of backbone and neck.
    activation
        In every Conv.
    modern
        From 6.0: a 6×6 convolution instead of Focus; SPPF after the last stage instead of SPP
        before it; that stage with shortcuts; 6 instead of 9 blocks at stride 8.
    bn_eps
        BatchNorm's ε; PyTorch's own is 1e-5.
    class_margin
        m in the start of the class biases, log(0.6 / (K − m)). It matters for a single class only,
        which then starts out all but certain.
    """

    block: type[BottleneckCSP] | type[C3]
    activation: Activation
    modern: bool = False
    bn_eps: float = 1e-3
    class_margin: float = 0.99

    @property
    def depths(self) -> tuple[int, int, int, int, int]:
        """Blocks of the stages at strides 4, 8, 16, 32 (and 64), before the depth multiple."""
        return (3, 6, 9, 3, 3) if self.modern else (3, 9, 9, 3, 3)


RELEASES: dict[str, Release] = {
    "1.0": Release(BottleneckCSP, LEAKY, bn_eps=1e-4),
    "2.0": Release(BottleneckCSP, LEAKY),
    "3.0": Release(BottleneckCSP, Hardswish),
    "3.1": Release(BottleneckCSP, Hardswish),
    "4.0": Release(C3, SiLU),
    "5.0": Release(C3, SiLU),
    "6.0": Release(C3, SiLU, modern=True),
    "6.1": Release(C3, SiLU, modern=True, class_margin=0.999999),
    "6.2": Release(C3, SiLU, modern=True, class_margin=0.999999),
    "7.0": Release(C3, SiLU, modern=True, class_margin=0.99999),
}
BN_MOMENTUM = 0.03

# depth and width multiples
SIZES: dict[str, tuple[float, float]] = {
    "n": (0.33, 0.25),
    "s": (0.33, 0.50),
    "m": (0.67, 0.75),
    "l": (1.00, 1.00),
    "x": (1.33, 1.25),
}

# (width, height) of each level's anchors in input pixels, from p3 up. Release 1.0 listed the levels
# from coarse to fine; the values are the same.
ANCHORS: dict[str, Anchors] = {
    "p3": ((10, 13), (16, 30), (33, 23)),
    "p4": ((30, 61), (62, 45), (59, 119)),
    "p5": ((116, 90), (156, 198), (373, 326)),
}
ANCHORS_P6: dict[str, Anchors] = {
    "p3": ((19, 27), (44, 40), (38, 94)),
    "p4": ((96, 68), (86, 152), (180, 137)),
    "p5": ((140, 301), (303, 264), (238, 542)),
    "p6": ((436, 615), (739, 380), (925, 792)),
}


def sizes_of(release: str) -> tuple[str, ...]:
    """Name the sizes that a release had: n from 6.0, the four-level forms from 5.0."""
    check_choice("release", release, tuple(RELEASES))
    sizes = tuple(SIZES) if RELEASES[release].modern else tuple(SIZES)[1:]
    return sizes + tuple(f"{size}6" for size in sizes) if float(release) >= 5 else sizes


def check_size(size: str, release: str) -> None:
    """Raise a ``ValueError`` that lists what exists, unless the release had this size."""
    existing = sizes_of(release)
    if size not in existing:
        listed = ", ".join(f"yolov5{name}" for name in existing)
        since = [name for name in RELEASES if size in sizes_of(name)]
        mend = f"; yolov5{size} exists from release {since[0]} on" if since else ""
        raise ValueError(f"release {release} has {listed}; got yolov5{size}{mend}")


def scale_width(channels: int, size: str) -> int:
    """Multiply channels by the size's width and round up to a multiple of 8."""
    return -int(-channels * SIZES[size[0]][1] // 8) * 8


def scale_depth(blocks: int, size: str) -> int:
    """Multiply a number of blocks by the size's depth, and keep at least one."""
    return max(round(blocks * SIZES[size[0]][0]), 1)
