"""Training: from scenes and a network to a network that has learned, and to how well.

=================  =================================================================================
``fitting``        train a network, epoch by epoch, so that nothing is lost whenever it stops
``settings``       everything that decides how
``batches``        scenes as tensors, in an order that a seed decides
``task``           what a detector makes of a batch: targets, loss, results
``steps``          forward, loss, backward, clip, step, mean
``schedule``       learning rate and momentum of every step
``ema``            the running mean of the weights
``parallel``       several processes that step as one
``checkpoint``     ``keeping``   put down and taken up, whole or not at all
``evaluation``     ``average_precision`` ``accuracy``   mAP, precision, recall, confusions
``plots``          ``live``   pictures of how a training went, and while it goes
``sources``        ``running`` ``commands``   a training from the command line
``detecting``      what a network that has learned finds in a picture
``recipes``        how the networks that come with the package were trained
=================  =================================================================================

The names below are loaded when they are first used, so that the command line can name its commands
without waiting for PyTorch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .detecting import detect_in as detect_in
    from .evaluation import Scores as Scores
    from .evaluation import evaluate as evaluate
    from .fitting import Epoch as Epoch
    from .fitting import Fitted as Fitted
    from .fitting import fit as fit
    from .live import Live as Live
    from .running import from_weights as from_weights
    from .settings import Settings as Settings
    from .steps import BrokenLossError as BrokenLossError
    from .task import task_of as task_of

_HOME = {
    "BrokenLossError": "steps",
    "Epoch": "fitting",
    "Fitted": "fitting",
    "Scores": "evaluation",
    "Settings": "settings",
    "Live": "live",
    "detect_in": "detecting",
    "evaluate": "evaluation",
    "fit": "fitting",
    "from_weights": "running",
    "task_of": "task",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
