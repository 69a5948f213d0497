"""Weights: what a network knows once it has learned, and under which names.

==================== ===============================================================================
``stored``           our own files: safetensors, each with a card that says what it is
``demo``             networks that have learned, delivered with the package
``official``         the names under which others published the same parameters
``loading``          their weights taken over, and ours written under their names
``published_files``  where they published them, and the way from there to here
``torch_files``      their files opened without running anything in them
``pickles``          the program inside such a file, read as a list of names
``published_states`` which of the things in it are the network's tensors
``darknet``          Darknet's nameless binary form
``misfit``           what does not fit
``mends``            and what would
==================== ===============================================================================

The names below are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .demo import demo_card as demo_card
    from .demo import list_demos as list_demos
    from .loading import load_official as load_official
    from .loading import save_official as save_official
    from .official import published_names as published_names
    from .pickle_rules import RefusedFileError as RefusedFileError
    from .published_files import official_if_present as official_if_present
    from .published_files import published_file as published_file
    from .stored import load_weights as load_weights
    from .stored import read_weights as read_weights
    from .stored import save_weights as save_weights

_HOME = {
    "RefusedFileError": "pickle_rules",
    "demo_card": "demo",
    "list_demos": "demo",
    "load_official": "loading",
    "load_weights": "stored",
    "official_if_present": "published_files",
    "published_file": "published_files",
    "published_names": "official",
    "read_weights": "stored",
    "save_official": "loading",
    "save_weights": "stored",
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
