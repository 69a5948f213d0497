"""Activation curves: six ways to bend a number, and what each does to a gradient.

They stand after every convolution. Sources: LeakyReLU as in Darknet; Mish, arXiv 1908.08681; Swish
or SiLU, arXiv 1710.05941; Hardswish, arXiv 1905.02244. The browser computes what
``yoloexplain.layers`` and autograd compute.
"""

from collections.abc import Sequence

from traitlets import Bool, Float

from ..figures.check import Number
from ..figures.losses import activation_curves as activation_figure
from ..figures.picture import Picture
from .base import ExplainerWidget, View, toggle

KINDS = ("LeakyReLU", "SiLU", "Mish", "Hardswish", "sigmoid", "ReLU")
USUAL = KINDS[:5]
DRAWN = {"LeakyReLU": "LeakyReLU 0.1"}  # what the figure calls it


class ActivationCurvesView(View):
    """The canvas of ``ActivationCurves``."""

    stem = "activation_curves"
    leakyrelu = Bool().tag(sync=True)
    silu = Bool().tag(sync=True)
    mish = Bool().tag(sync=True)
    hardswish = Bool().tag(sync=True)
    sigmoid = Bool().tag(sync=True)
    relu = Bool().tag(sync=True)
    at = Float(-1.0).tag(sync=True)


class ActivationCurves(ExplainerWidget):
    """LeakyReLU, SiLU, Mish, Hardswish, sigmoid and ReLU with their derivatives.

    Parameters
    ----------
    names
        Which are drawn at first; all but ReLU unless given.
    reach
        Inputs from -reach to reach, 1 to 10.

    Raises
    ------
    ValueError
        For a name that is not there, or another reach.
    """

    def __init__(self, names: Sequence[str] = USUAL, reach: Number = 5.0) -> None:
        unknown = [name for name in names if name not in KINDS]
        if unknown or isinstance(names, str):
            raise ValueError(f"names must be a list of {', '.join(KINDS)}; got {names!r}")
        if not 1 <= reach <= 10:
            raise ValueError(f"reach must lie from 1 to 10, got {reach}")
        view = ActivationCurvesView(
            label="Curves of activation functions, and their slopes",
            table={"reach": float(reach), "kinds": KINDS},
            **{name.lower(): name in names for name in KINDS},
        )
        controls = [toggle(view, name.lower(), name) for name in KINDS]
        for made in controls:
            made.layout.width = "112px"
        super().__init__(view, controls)

    def _shown(self) -> list[str]:
        return [name for name in KINDS if getattr(self.view, name.lower())]

    def facts(self) -> str:
        """Name the curves."""
        reach = self.view.table["reach"]
        return f"{', '.join(self._shown()) or 'none'} with slopes, from {-reach:g} to {reach:g}"

    def picture(self) -> Picture:
        """Draw the same curves; all if none is ticked."""
        names = [DRAWN.get(name, name) for name in self._shown()]
        return activation_figure(names or None, reach=self.view.table["reach"])
