"""Widgets: every concept of the chapters to touch, live and in a page without a kernel.

They stand after everything else: only notebooks import them. Each class shows itself by being the
last expression of a cell. Its Python file prepares the data once; the module of the same name in
``static/`` draws it, and what that must compute lies in ``static/core/``, with tests that hold both
languages to the same answers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import ExplainerWidget as ExplainerWidget
    from .iou_playground import IoUPlayground as IoUPlayground

_HOME = {
    "ExplainerWidget": "base",
    "IoUPlayground": "iou_playground",
}

__all__ = sorted(_HOME.keys() - {"ExplainerWidget"})


def __getattr__(name: str) -> Any:
    """Load a widget on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
