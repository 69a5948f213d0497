"""One style for every picture: calm, high in contrast, safe for colour-blind eyes, good in print.

Source of the colours: the eight of Okabe and Ito (2008, "Color Universal Design"), which stay
apart under the three common kinds of colour blindness.

A colour always means the same thing, so it is asked for by role: ``colour("concat")``. The style
starts from matplotlib's defaults, so that nobody's own settings change a picture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.colors import to_hex, to_rgb
from matplotlib.rcsetup import cycler

from .check import Number

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INK, MUTED, FAINT, PAPER = "#1B1F24", "#5B636E", "#D5DAE0", "#FFFFFF"

ROLES = {
    # operations
    "conv": BLUE,
    "norm": SKY,
    "activation": ORANGE,
    "pool": PURPLE,
    "concat": GREEN,
    "add": VERMILLION,
    "skip": MUTED,
    "linear": VERMILLION,
    # parts of a detector
    "backbone": BLUE,
    "neck": GREEN,
    "head": VERMILLION,
    # levels of a pyramid: one colour a stride, whether it leaves a backbone or a neck
    "c2": PURPLE,
    "c3": SKY,
    "c4": GREEN,
    "c5": ORANGE,
    "c6": VERMILLION,
    "p2": PURPLE,
    "p3": SKY,
    "p4": GREEN,
    "p5": ORANGE,
    "p6": VERMILLION,
    # before and after
    "untrained": MUTED,
    "trained": BLUE,
    "removed": VERMILLION,
    "truth": GREEN,
    "prediction": BLUE,
    # paper and ink
    "ink": INK,
    "muted": MUTED,
    "faint": FAINT,
    "paper": PAPER,
}
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, YELLOW, BLACK)

HEADLINE, BODY, SMALL = 13.5, 11.0, 9.5

_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": BODY,
    "axes.titlesize": BODY,
    "axes.labelsize": BODY,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=SERIES),
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "lines.solid_capstyle": "round",
    "hatch.linewidth": 0.8,
    "image.cmap": "viridis",
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    # The same drawing must give the same bytes.
    "svg.hashsalt": "yoloexplain",
    "svg.fonttype": "path",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the house style; ``@style()`` does so for a whole function."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        for name, value in _SETTINGS.items():
            matplotlib.rcParams[name] = value
        yield


def colour(role: str) -> str:
    """Give the colour of a role, such as ``"conv"`` or ``"p4"``, as ``#rrggbb``.

    Raises
    ------
    ValueError
        If no such role exists.
    """
    if role not in ROLES:
        raise ValueError(f"a colour role must be one of {', '.join(ROLES)}; got {role!r}")
    return ROLES[role]


def tint(shade: str, amount: Number = 0.8) -> str:
    """Mix a colour with white: 0 leaves it, 1 gives paper."""
    red, green, blue = to_rgb(shade)
    return to_hex((red + (1 - red) * amount, green + (1 - green) * amount,
                   blue + (1 - blue) * amount))  # fmt: skip


def sequence(count: int) -> list[str]:
    """Give ``count`` colours that stay apart: the palette's own up to 8, then a graded scale."""
    if count <= len(SERIES):
        return list(SERIES[:count])
    scale = matplotlib.colormaps["cividis"]
    return [to_hex(scale(index / (count - 1))) for index in range(count)]
