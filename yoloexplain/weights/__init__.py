"""Weights: what a network knows once it has learned, and under which names.

===================  ===============================================================================
``stored``           our own files: safetensors, each with a card that says what it is
``official``         the names under which others published the same parameters
===================  ===============================================================================

The names below are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .official import published_names as published_names
    from .stored import load_weights as load_weights
    from .stored import read_weights as read_weights
    from .stored import save_weights as save_weights

_HOME = {
    "load_weights": "stored",
    "published_names": "official",
    "read_weights": "stored",
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
