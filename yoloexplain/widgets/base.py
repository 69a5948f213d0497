"""The base of every widget: controls above, a canvas below, and a picture for where neither lives.

A view holds all its data and draws in the browser; sliders reach it by ``jslink``. So the same
widget answers in JupyterLab, in a page without a kernel, and, as a PNG with words beside it, on
GitHub and on paper. No Python runs between a control and the frame that it changes.
"""

import base64
from collections.abc import Sequence
from typing import Any, ClassVar

import anywidget
import ipywidgets
from traitlets import Dict, Unicode

from ..figures.picture import Picture, png_bytes
from .modules import module, stylesheet


class View(anywidget.AnyWidget):
    """A canvas that draws itself from its traits.

    A class names its module by ``stem``: ``static/<stem>.js``.

    Attributes
    ----------
    label
        What it shows, for those who hear the page.
    table
        Everything that is not bytes: numbers, names, shapes.
    """

    stem: ClassVar[str] = ""
    label = Unicode().tag(sync=True)
    table = Dict().tag(sync=True)

    def __init_subclass__(cls, **options: Any) -> None:
        if "stem" in cls.__dict__:  # not for the classes that anywidget derives once more
            cls._esm = module(cls.stem)
            cls._css = stylesheet()
        super().__init_subclass__(**options)


class ExplainerWidget(ipywidgets.VBox):
    """A view under its controls; shown by being the last expression of a cell.

    A class says in ``facts`` what it shows, in structural words and numbers that are the same on
    every machine, and draws in ``picture`` the same as a still.

    Parameters
    ----------
    view
        The canvas.
    controls
        From ``slider``, ``choice`` and ``toggle``.

    Attributes
    ----------
    view
        The canvas; its traits are the state of the widget.
    """

    def __init__(self, view: View, controls: Sequence[ipywidgets.Widget] = ()) -> None:
        self.view = view
        bar = ipywidgets.HBox(list(controls))
        bar.add_class("yx-controls")
        super().__init__([bar, view] if controls else [view])
        self.add_class("yx-widget")

    def facts(self) -> str:
        """Say what is shown, without the name of the class."""
        raise NotImplementedError

    def picture(self) -> Picture:
        """Draw a still of what is shown, with its alternative text."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.facts()}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = dict(super()._repr_mimebundle_(**options) or {})
        still = self.picture()
        data["text/plain"] = repr(self)
        data["image/png"] = base64.b64encode(png_bytes(still)).decode("ascii")
        return data, {"image/png": {"alt": still.alt}}


def slider(
    view: View, trait: str, label: str, low: float, high: float, step: float = 1
) -> ipywidgets.Widget:
    """Make a slider for a trait of a view: of whole numbers if the trait is one of them."""
    value = getattr(view, trait)
    kind = ipywidgets.IntSlider if isinstance(value, int) else ipywidgets.FloatSlider
    made = kind(value=value, min=low, max=high, step=step, description=label)
    if kind is ipywidgets.FloatSlider:
        made.readout_format = ".2f"
    return _linked(made, "value", view, trait)


def choice(view: View, trait: str, label: str, options: Sequence[str]) -> ipywidgets.Widget:
    """Make a drop-down list; the trait, a whole number, is the place of what is chosen."""
    made = ipywidgets.Dropdown(options=list(options), index=getattr(view, trait), description=label)
    return _linked(made, "index", view, trait)


def toggle(view: View, trait: str, label: str) -> ipywidgets.Widget:
    """Make a box to tick for a trait that is true or false."""
    made = ipywidgets.Checkbox(value=getattr(view, trait), description=label, indent=False)
    return _linked(made, "value", view, trait)


def _linked(made: ipywidgets.Widget, name: str, view: View, trait: str) -> ipywidgets.Widget:
    """Link a control with a trait in the browser, so that no kernel is needed."""
    made.style.description_width = "auto"
    made.layout.width = ""  # the style sheet knows
    kept = getattr(view, "_kept", ())  # a link that nobody holds would be lost
    view._kept = (*kept, ipywidgets.jslink((made, name), (view, trait)))
    return made
