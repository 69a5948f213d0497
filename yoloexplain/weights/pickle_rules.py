"""What a pickle may ask for: a list of names, and what stands for the objects it describes.

It stands between a published file and the tensors in it, under ``pickles``, which follows a file by
these rules:

- a looked-up name stays a ``Name``, and only names that a checkpoint has use for are let through;
- an object made of a class, known or not, becomes a ``Shell``: its class's name and its fields;
- a call is done only for the names of ``DONE_HERE``, by the functions that stand there; the names
  of ``KEPT`` give a shell that remembers what it would have been made of; any other is refused.
"""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple


class RefusedFileError(ValueError):
    """A file that is damaged, or wants more than to be read."""


def refuse(found: str) -> RefusedFileError:
    """Make the error: the rule, what was found, and the mend."""
    return RefusedFileError(
        f"a checkpoint may hold tensors and the layers they belong to, but this one {found}; "
        "nothing was run or loaded; take the file from its authors again, or ask whoever made it "
        "for a plain state dict"
    )


class Name(NamedTuple):
    """A name that the file wanted looked up: ``Name("torch.nn.modules.conv", "Conv2d")``."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Shell:
    """What stands for an object: its class's name, its arguments and its fields; no behaviour."""

    __slots__ = ("args", "fields", "kind")

    def __init__(self, kind: Name, args: Any = ()) -> None:
        self.kind, self.args = kind, args
        self.fields: dict[Any, Any] = {}


class Stored(NamedTuple):
    """Where a tensor's numbers lie: its storage, the first one's place there, shape and strides."""

    storage: Any
    offset: Any
    shape: Any
    stride: Any


def plain(key: Any) -> Any:
    """Give a key that is safe to look up; any other key, a tuple of tuples say, gets a shell."""
    if isinstance(key, str | float | bytes | Name) or key is None:
        return key
    return key if isinstance(key, int) and abs(key) < 2**60 else Shell(Name("", "key"), key)


DONE_HERE: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": lambda *parts: Stored(*parts[:4]),
    "torch._utils._rebuild_tensor_v2": lambda *parts: Stored(*parts[:4]),
    "torch._utils._rebuild_parameter": lambda data, *_: data,
    "torch._utils._rebuild_parameter_with_state": lambda data, *_: data,
    "collections.OrderedDict": lambda pairs=(): {plain(key): value for key, value in pairs},
    "torch.Size": lambda sides=(): tuple(sides),
    "builtins.set": lambda members=(): list(members),
    "__builtin__.set": lambda members=(): list(members),
}
# what optimisers, results and settings in a checkpoint are made of; no tensor of a network is
KEPT = frozenset(
    "_codecs.encode argparse.Namespace builtins.bytearray builtins.complex builtins.frozenset "
    "builtins.object builtins.slice __builtin__.object copy_reg._reconstructor "
    "copyreg._reconstructor collections.defaultdict collections.deque datetime.date "
    "datetime.datetime datetime.timedelta numpy.core.multiarray._reconstruct "
    "numpy.core.multiarray.scalar numpy._core.multiarray._reconstruct numpy.dtype numpy.ndarray "
    "numpy._core.multiarray.scalar pathlib.Path pathlib.PosixPath pathlib.PurePosixPath "
    "pathlib.PureWindowsPath pathlib.WindowsPath pathlib._local.PosixPath "
    "pathlib._local.WindowsPath torch.device torch.serialization._get_layout".split()
)
# names that belong to Python itself, also under those of Python 2
PYTHONS_OWN = sys.stdlib_module_names | {"__builtin__", "copy_reg", "commands", "cPickle"}


def look_up(module: str, name: str) -> Name:
    """Let a name through that a checkpoint has use for.

    Raises
    ------
    RefusedFileError
        For a name of Python's own library that is not listed above.
    """
    found = Name(module, name)
    listed = str(found) in DONE_HERE or str(found) in KEPT
    if module.split(".")[0] in PYTHONS_OWN and not listed:
        raise refuse(f"asks for {str(found)[:80]!r}")
    return found
