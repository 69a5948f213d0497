"""Descent in pictures: the way that an optimiser takes down a valley of two parameters.

It stands beside the training, and takes the steps that an optimiser has really taken. Sources:
momentum (Polyak 1964); Adam (Kingma and Ba 2014, arXiv 1412.6980).

The valley is the simplest that makes a difference: half of Σ curvature·parameter², steep one way
and shallow the other, as the loss of a network is in its many directions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .check import Array
from .drawing import headline, panel
from .picture import Picture
from .style import FAINT, INK, PAPER, SMALL, sequence, style


@style()
def descent(curvatures: Sequence[float], paths: Mapping[str, ArrayLike]) -> Picture:
    """Draw paths down a valley, and the loss along them.

    Parameters
    ----------
    curvatures
        Two positive numbers: how steeply the valley rises along each parameter.
    paths
        Name of the optimiser → its points (steps + 1, 2), the start first.

    Raises
    ------
    ValueError
        If there are not two positive curvatures, or a path is no list of points in the plane.
    """
    bends = np.asarray(curvatures, dtype=float)
    if bends.shape != (2,) or (bends <= 0).any():
        raise ValueError(f"curvatures must be two positive numbers, got {curvatures}; pass (1, 20)")
    points = {name: _points(name, path) for name, path in paths.items()}
    shades = dict(zip(points, sequence(max(len(points), 2)), strict=False))
    picture = Picture(10, 4.7)
    headline(
        picture,
        "The same valley, the same number of steps, different ways down",
        f"Curvature {bends[0]:g} along the valley and {bends[1]:g} across it. "
        "A dot is one step; the cross is the bottom.",
    )
    _valley(panel(picture, 1.0, 0.65, 4.8, 3.3), bends, points, shades)
    _losses(panel(picture, 6.75, 0.65, 2.95, 3.3), bends, points, shades)
    said = [
        f"{name} ends {np.linalg.norm(path[-1]):.3f} from the bottom after {len(path) - 1} steps"
        for name, path in points.items()
    ]
    picture.alt = (
        "Contour lines of a narrow valley with the paths of optimisers, and the loss over the "
        "steps. " + "; ".join(said) + "."
    )
    return picture


def _points(name: str, path: ArrayLike) -> Array:
    points = np.asarray(path, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(
            f"a path must be finite points (steps, 2), got shape {points.shape} for {name!r}; "
            "lower the learning rate if it ran away"
        )
    return points


def _valley(
    axes: Axes, bends: Array, points: Mapping[str, Array], shades: Mapping[str, str]
) -> None:
    """Contour lines, and each path upon them."""
    everything = np.concatenate([*points.values(), np.zeros((1, 2))])
    low, high = everything.min(0), everything.max(0)
    pad = 0.12 * (high - low)
    across, up = (np.linspace(low[i] - pad[i], high[i] + pad[i], 200) for i in (0, 1))
    height = 0.5 * (bends[0] * across[None] ** 2 + bends[1] * up[:, None] ** 2)
    levels = height.max() * np.linspace(0, 1, 13) ** 2
    axes.contour(across, up, height, levels=levels[1:], colors=FAINT, linewidths=1)
    for name, path in points.items():
        axes.plot(*path.T, color=shades[name], linewidth=1.6, label=name, zorder=3)
        axes.plot(*path.T, "o", color=shades[name], markersize=3.2, zorder=4)
    start = next(iter(points.values()))[0]
    axes.plot(*start, "o", color=PAPER, markeredgecolor=INK, markersize=8, zorder=5)
    axes.text(start[0], start[1], "  start", va="bottom", size=SMALL)
    axes.plot(0, 0, "+", color=INK, markersize=13, markeredgewidth=2, zorder=5)
    axes.set(xlabel="along the valley", ylabel="across the valley")
    axes.legend(loc="lower right", facecolor=PAPER, frameon=True, framealpha=0.9, edgecolor="none")


def _losses(
    axes: Axes, bends: Array, points: Mapping[str, Array], shades: Mapping[str, str]
) -> None:
    """Draw the loss at each step, on a logarithmic scale."""
    for name, path in points.items():
        loss = 0.5 * (path**2 @ bends)
        axes.semilogy(loss.clip(min=1e-9), color=shades[name], linewidth=1.8, label=name)
    axes.set(xlabel="step", ylabel="loss")
    axes.grid(True)
