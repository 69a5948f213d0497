"""yoloexplain: how object detectors are built, from image to picture.

The map of the package, in the direction in which an image travels through it:

=================  =====================================================================
``data``           a photograph becomes a tensor
``boxes``          how boxes are written and compared
``layers``         the building blocks: convolution, dense, CSP, SPP, FPN, PAN, …
``backbones``      image → feature maps ``{"c2", …, "c5"}``
``yolov1``         one grid, one look: the first YOLO
``yolov5``         every release from 1.0 to 7.0, one network read three ways
``solo``           instance masks by location
``results``        what a detector answers: boxes, scores, labels, masks
``training``       a network learns, is measured, and shows what it finds
``catalog``        every network by name
``weights``        what was learned, and the names under which others published it
``inspection``     tables, feature maps and receptive fields of any ``nn.Module``
``figures``        the pictures
``plans``          what a picture of a network must know, read off the network
``gallery``        the concept pictures, by name
``widgets``        every concept to touch, in a notebook or a page
``exercises``      parts to write yourself, and checks that say what differs first
``ledger``         every published number beside ours
=================  =====================================================================

The names below are loaded when they are first used, so ``import yoloexplain`` costs next to
nothing: neither PyTorch nor matplotlib is imported until something needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backbones import fuse as fuse
    from .catalog import create_model as create_model
    from .catalog import list_models as list_models
    from .inspection import activations as activations
    from .inspection import measured_field as measured_field
    from .inspection import receptive_field as receptive_field
    from .inspection import show_source as show_source
    from .inspection import summarize as summarize

__version__ = "0.1.0"

_HOME = {
    "create_model": "catalog",
    "fuse": "backbones",
    "list_models": "catalog",
    "activations": "inspection",
    "measured_field": "inspection",
    "receptive_field": "inspection",
    "show_source": "inspection",
    "summarize": "inspection",
}
_ROOMS = frozenset(
    "backbones boxes catalog data exercises figures gallery inspection layers ledger plans results "
    "solo training weights widgets yolov1 yolov5".split()
)

__all__ = sorted([*_HOME, *_ROOMS, "__version__"])


def __getattr__(name: str) -> Any:
    """Load a public name, or a room of the package, on first use (PEP 562)."""
    if name in _HOME:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    elif name in _ROOMS:
        value = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
