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
``checkpoint``     ``keeping`` ``files``   put down and taken up, whole or not at all
``evaluation``     mAP, precision and recall, confusions
``plots``          pictures of how a training went
``sources``        ``commands``   a training from the command line
=================  =================================================================================

The names below are loaded when they are first used, so that the command line can name its commands
without waiting for PyTorch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checkpoint import load_weights as load_weights
    from .checkpoint import read_weights as read_weights
    from .checkpoint import save_weights as save_weights
    from .evaluation import Scores as Scores
    from .evaluation import evaluate as evaluate
    from .fitting import Epoch as Epoch
    from .fitting import Fitted as Fitted
    from .fitting import fit as fit
    from .settings import Settings as Settings
    from .steps import BrokenLossError as BrokenLossError
    from .task import task_of as task_of

_HOME = {
    "BrokenLossError": "steps",
    "Epoch": "fitting",
    "Fitted": "fitting",
    "Scores": "evaluation",
    "Settings": "settings",
    "evaluate": "evaluation",
    "fit": "fitting",
    "load_weights": "checkpoint",
    "read_weights": "checkpoint",
    "save_weights": "checkpoint",
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
