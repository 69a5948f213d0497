"""Loss curves: cross-entropy, label smoothing and the focal loss over one raw value.

They belong to training: what objectness and classes are asked by. Sources: focal loss (Lin et al.
2017, arXiv 1708.02002); label smoothing (Szegedy et al. 2015, arXiv 1512.00567), class by class as
in YOLOv5. The browser computes what ``yolov5.loss`` and ``solo.loss.focal_loss`` compute.
"""

from traitlets import Bool, Float, Int

from ..figures.check import Number
from ..figures.losses import loss_curves as loss_figure
from ..figures.picture import Picture
from .base import ExplainerWidget, View, choice, slider, toggle

REACH = 6.0  # of the raw value
MOST_GAMMA, MOST_SMOOTHING = 5.0, 0.4


class LossCurvesView(View):
    """The canvas of ``LossCurves``."""

    stem = "loss_curves"
    truth = Int(1).tag(sync=True)
    gamma = Float(2.0).tag(sync=True)
    weighted = Bool().tag(sync=True)
    alpha = Float(0.25).tag(sync=True)
    smoothing = Float(0.0).tag(sync=True)
    at = Float(2.0).tag(sync=True)


class LossCurves(ExplainerWidget):
    """Binary cross-entropy, focal loss and label smoothing, each with its slope.

    Parameters
    ----------
    gamma
        How strongly what is right is turned down, 0 to 5.
    alpha
        Weight of what is there, 0 to 1, against one minus it; no weight unless given.
    smoothing
        ε of label smoothing, 0 to 0.4.
    truth
        1 if something is there, 0 if not.

    Raises
    ------
    ValueError
        For a number outside its range.
    """

    def __init__(
        self,
        gamma: Number = 2.0,
        alpha: Number | None = None,
        smoothing: Number = 0.0,
        truth: int = 1,
    ) -> None:
        weight = 0.25 if alpha is None else alpha
        given = {"gamma": (gamma, MOST_GAMMA), "smoothing": (smoothing, MOST_SMOOTHING)}
        for name, (value, most) in (given | {"alpha": (weight, 1.0)}).items():
            if not 0 <= value <= most:
                raise ValueError(f"{name} must lie from 0 to {most:g}, got {value}")
        if truth not in (0, 1):
            raise ValueError(f"truth must be 1 (there) or 0 (not there), got {truth!r}")
        view = LossCurvesView(
            label="Curves of three losses over a raw value, and their slopes",
            table={"reach": REACH},
            truth=truth,
            gamma=float(gamma),
            weighted=alpha is not None,
            alpha=float(weight),
            smoothing=float(smoothing),
        )
        controls = [
            choice(view, "truth", "the truth", ("not there", "there")),
            slider(view, "gamma", "focal γ", 0.0, MOST_GAMMA, 0.1),
            slider(view, "smoothing", "smoothing ε", 0.0, MOST_SMOOTHING, 0.01),
            toggle(view, "weighted", "weigh by α"),
            slider(view, "alpha", "α", 0.0, 1.0, 0.05),
        ]
        for made in (*controls[1:3], controls[4]):
            made.layout.width = "280px"
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the numbers that the curves are drawn for."""
        view = self.view
        weight = f"{view.alpha:g}" if view.weighted else "off"
        there = "there" if view.truth else "not there"
        return (
            f"cross-entropy, smoothing ε = {view.smoothing:g}, focal γ = {view.gamma:g}, "
            f"α {weight}, for something {there}"
        )

    def picture(self) -> Picture:
        """Draw the focal loss for some γ, the chosen one among them."""
        gammas = sorted({0, 1, 2, 5, self.view.gamma})
        alpha = self.view.alpha if self.view.weighted and self.view.alpha else None
        return loss_figure(gammas, alpha=alpha)
