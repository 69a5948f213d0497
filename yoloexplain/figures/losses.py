"""Losses, smoothing and activations in pictures: the curves a detector learns by.

Sources: focal loss (Lin et al. 2017, arXiv 1708.02002); label smoothing (Szegedy et al. 2015, arXiv
1512.00567); Mish (Misra 2019, arXiv 1908.08681); Swish or SiLU (Ramachandran et al. 2017, arXiv
1710.05941); Hardswish (Howard et al. 2019, arXiv 1905.02244).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .check import Array, Number, check_positive
from .drawing import headline, panel
from .picture import Picture
from .style import INK, MUTED, SMALL, colour, sequence, style, tint


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _mish(x: Array) -> Array:
    return x * np.tanh(np.logaddexp(0, x))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "LeakyReLU 0.1": lambda x: np.where(x > 0, x, 0.1 * x),
    "SiLU": lambda x: x * _sigmoid(x),
    "Mish": _mish,
    "Hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "sigmoid": _sigmoid,
}
CORNERED: dict[str, Callable[[Array], Array]] = {"ReLU": lambda x: np.where(x > 0, x, 0.0)}
_DASHES = ("-", "--", "-", ":", "-.", (0, (5, 1)))


@style()
def activation_curves(names: Sequence[str] | None = None, *, reach: Number = 5.0) -> Picture:
    """Draw activation functions and their derivatives side by side.

    Parameters
    ----------
    names
        Which of ``ACTIVATIONS``, or ``"ReLU"``; all of the former unless given.
    reach
        Inputs from -reach to reach.
    """
    chosen = list(ACTIVATIONS) if names is None else list(names)
    known = ACTIVATIONS | CORNERED
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen or reach <= 0:
        raise ValueError(
            f"names must be among {', '.join(known)} and reach positive, got {chosen} and {reach}"
        )
    x = np.linspace(-reach, reach, 401)
    picture = Picture(10, 4.6)
    headline(
        picture,
        "Activations, and what a gradient meets on its way back",
        "Left: the functions. Right: their slopes, by which the gradient is multiplied.",
    )
    values, slopes = panel(picture, 0.85, 0.65, 3.95, 3.15), panel(picture, 5.75, 0.65, 3.95, 3.15)
    step = 1e-4
    for name, shade, dash in zip(chosen, sequence(len(chosen)), _DASHES, strict=False):
        function = known[name]
        values.plot(x, function(x), color=shade, linestyle=dash, label=name)
        # Central differences; at LeakyReLU's corner they show the mean of both slopes.
        slope = (function(x + step) - function(x - step)) / (2 * step)
        slopes.plot(x, slope, color=shade, linestyle=dash)
    for axes, label in ((values, "f(x)"), (slopes, "f′(x)")):
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.set(xlim=(-reach, reach), xlabel="x", ylabel=label)
        axes.grid(True)
    values.set_ylim(-1, 3)
    values.legend(loc="upper left")
    least = {name: float(known[name](x).min()) for name in chosen}
    picture.alt = "Curves and slopes of activation functions. Least value: " + ", ".join(
        f"{name} {value:.2f}" for name, value in least.items()
    )
    return picture


@style()
def loss_curves(gammas: Sequence[Number] = (0, 1, 2, 5), *, alpha: Number | None = None) -> Picture:
    """Draw cross-entropy and focal losses of a positive, by the probability given to it.

    Parameters
    ----------
    gammas
        Focusing strengths; 0 is binary cross-entropy.
    alpha
        Weight of the positive, 0 to 1; no weight unless given.
    """
    if not gammas or any(gamma < 0 for gamma in gammas) or len(gammas) > 8:
        raise ValueError(f"gammas must be 1 to 8 numbers of at least 0, got {list(gammas)}")
    if alpha is not None and not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}; the paper takes 0.25")
    p = np.linspace(0.005, 1, 400)
    weight, factor = (1.0, "") if alpha is None else (alpha, f"{alpha:g} ")
    picture = Picture(10, 4.8)
    headline(
        picture,
        "Focal loss: what is already right hardly counts",
        "Loss of one positive, by the probability that the network gives it: "
        f"−{factor}(1 − p)ᵞ ln p.",
    )
    axes = panel(picture, 0.85, 0.7, 6.3, 3.2)
    shades = sequence(len(gammas))
    for gamma, shade in zip(gammas, shades, strict=True):
        name = "γ = 0, cross-entropy" if gamma == 0 else f"γ = {gamma:g}"
        axes.plot(p, -weight * (1 - p) ** gamma * np.log(p), color=shade, label=name)
    axes.axvspan(0.6, 1, color=tint(MUTED, 0.88), linewidth=0, zorder=0)
    axes.text(0.8, 0.93, "well classified", transform=axes.get_xaxis_transform(), ha="center",
              size=SMALL, color=MUTED)  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 5 * weight), xlabel="probability p of the truth", ylabel="loss")
    axes.grid(True)
    axes.legend(loc="upper center")
    side = panel(picture, 8.1, 0.7, 1.65, 3.2)
    kept = [float((1 - 0.9) ** gamma) for gamma in gammas]
    places = np.arange(len(gammas))
    side.bar(places, kept, color=shades)
    side.set(yscale="log", ylabel="share of the loss kept at p = 0.9")
    side.set_xticks(places, [f"{gamma:g}" for gamma in gammas])
    side.set_xlabel("γ")
    side.minorticks_off()
    picture.alt = (
        f"Falling loss curves for γ of {', '.join(f'{gamma:g}' for gamma in gammas)}; at p = 0.9 "
        f"the shares of cross-entropy kept are {', '.join(f'{value:.2g}' for value in kept)}."
    )
    return picture


@style()
def label_smoothing(
    num_classes: int = 5, smoothing: Number = 0.1, *, truth: int = 1, names: Sequence[str] = ()
) -> Picture:
    """Draw targets before and after smoothing: one-hot softmax, and YOLO's separate sigmoids.

    Parameters
    ----------
    num_classes
        K, 2 to 20.
    smoothing
        ε, 0 to 1.
    truth
        Which class is the right one.
    names
        Class names, if you have them.
    """
    check_positive("num_classes", num_classes, least=2)
    if num_classes > 20 or not 0 <= smoothing < 1 or not 0 <= truth < num_classes:
        raise ValueError(
            "num_classes must be at most 20, smoothing from 0 to below 1, truth one of them, "
            f"got {num_classes}, {smoothing} and {truth}"
        )
    labels = list(names) or [str(index) for index in range(num_classes)]
    if len(labels) != num_classes:
        raise ValueError(f"names must be {num_classes}, one a class, got {len(labels)}")
    hot = np.eye(num_classes)[truth]
    shared = hot * (1 - smoothing) + smoothing / num_classes
    binary = hot * (1 - smoothing) + smoothing / 2
    picture = Picture(10, 4.3)
    headline(
        picture,
        f"Label smoothing with ε = {smoothing:g}: never ask for certainty",
        "Left: one distribution over all classes. Right: YOLO asks class by class, so each answer "
        "moves towards one half.",
    )
    for x, name, values in (
        (0.85, f"softmax: 1 − ε + ε/K, ε/K (sum {shared.sum():.2f})", shared),
        (5.65, f"sigmoids: 1 − ε/2, ε/2 (sum {binary.sum():.2f})", binary),
    ):
        axes = panel(picture, x, 0.5, 4.05, 2.7)
        places = np.arange(num_classes)
        axes.bar(places, hot, 0.78, fill=False, edgecolor=MUTED, linestyle=(0, (3, 2)))
        shades = [colour("concat") if index == truth else colour("conv") for index in places]
        axes.bar(places, values, 0.5, color=shades)
        for place, value in enumerate(values):
            if num_classes <= 8:
                text: dict[str, Any] = {"ha": "center", "size": SMALL, "color": INK}
                axes.text(place, max(value, hot[place]) + 0.03, f"{value:.3g}", **text)
        axes.set_xticks(places, labels, rotation=0 if num_classes <= 8 else 90)
        axes.set(ylim=(0, 1.15), ylabel="target")
        axes.set_title(name, loc="left", color=INK, pad=8)
    picture.alt = (
        f"Bars of {num_classes} targets. Softmax: {shared[truth]:.3g} for the truth, "
        f"{shared[truth - 1]:.3g} for others. Sigmoids: {binary[truth]:.3g} and "
        f"{binary[truth - 1]:.3g}."
    )
    return picture
