"""Rooms: a page of the reference for every public room of the package.

It stands beside the chapters: what a room has to offer, from its own docstrings. Names that are
rooms themselves (``data.photos``) get a section each.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from inspect import ismodule
from types import ModuleType

import yoloexplain


def room_pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the Markdown of every page of the reference."""
    rooms = [room for room in map(_room, yoloexplain.__all__) if room is not None]
    names = [room.__name__.removeprefix("yoloexplain.") for room in rooms]
    yield "index", _index(names)
    for name, room in zip(names, rooms, strict=True):
        public = {part: getattr(room, part) for part in getattr(room, "__all__", [])}
        sections = [f"# {name}", _documented(room.__name__)]
        for part, value in public.items():
            if ismodule(value):
                told = [other for other in public if hasattr(value, other)]
                sections += [f"## {name}.{part}", _documented(value.__name__, without=told)]
        yield name, "\n\n".join(sections) + "\n"


def _room(name: str) -> ModuleType | None:
    """Give the module of a public name, if it is a room."""
    try:
        return import_module(f"yoloexplain.{name}")
    except ModuleNotFoundError:
        return None


def _documented(module: str, without: Sequence[str] = ()) -> str:
    """Give the directive for a module's docstrings, without the names that are told elsewhere."""
    left_out = f"   :exclude-members: {', '.join(without)}\n" if without else ""
    return f"```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n{left_out}```"


def _index(names: list[str]) -> str:
    listed = "\n".join(names)
    return f"""# Reference

```{{eval-rst}}
.. automodule:: yoloexplain
   :no-members:
```

```{{toctree}}
:hidden:

{listed}
```
"""
