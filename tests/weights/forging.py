"""Files for the reader: as the authors write them, and as somebody with bad intentions might."""

import io
import pickle
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

WATCHED = ("os.", "subprocess.", "socket.", "shutil.", "ctypes.", "pickle.find_class", "exec")
seen: list[str] | None = None


def listen(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what Python is asked to do while somebody listens."""
    if seen is None:
        return
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append(f"open {arguments[0]} {arguments[1]}")
    elif event.startswith(WATCHED) and not event.startswith(("os.listdir", "os.scandir")):
        seen.append(event)


sys.addaudithook(listen)  # it stays for the process, but listens only within ``nothing_happens``


@contextmanager
def nothing_happens() -> Iterator[None]:
    """Fail if anything within is executed, looked up by a pickle, written or sent."""
    global seen
    modules, seen = set(sys.modules), []
    try:
        yield
    finally:
        heard, seen = seen, None
        assert heard == [], heard
        assert set(sys.modules) - modules == set()


@contextmanager
def foreign_classes(*names: str) -> Iterator[dict[str, type[nn.Module]]]:
    """Make classes in a package ``models.common`` that is gone again afterwards."""
    package, module = ModuleType("models"), ModuleType("models.common")
    classes = {}
    for name in names:
        classes[name] = type(name, (nn.Module,), {"__module__": "models.common"})
        setattr(module, name, classes[name])
    sys.modules["models"], sys.modules["models.common"] = package, module
    try:
        yield classes
    finally:
        del sys.modules["models"], sys.modules["models.common"]


def as_objects(state: dict[str, Tensor], classes: dict[str, type[nn.Module]]) -> nn.Module:
    """Make the tree of objects whose state dict has these names."""
    root = classes["Model"]()
    for name, tensor in state.items():
        *path, last = name.split(".")
        here = root
        for i, step in enumerate(path):
            if step not in here._modules:
                norm = i == len(path) - 1 and step.startswith("bn")
                here.add_module(step, nn.BatchNorm2d(1, eps=1e-3) if norm else classes["Conv"]())
            here = here._modules[step]
        if tensor.is_floating_point() and "anchor" not in last and "running" not in last:
            here._parameters[last] = nn.Parameter(tensor)
        else:
            here._buffers[last] = tensor
    return root


def published(
    state: dict[str, Tensor],
    wrap: Callable[[nn.Module], Any],
    activation: nn.Module | None = None,
    *,
    old: bool = False,
) -> bytes:
    """Write a network as a file of whole objects, in PyTorch's newer or older format."""
    stream = io.BytesIO()
    with foreign_classes("Model", "Conv") as classes:
        network = as_objects(state, classes)
        if activation is not None:
            network._modules["model"]._modules["0"].add_module("act", activation)
        with warnings.catch_warnings(action="ignore"):  # the older format looks for the source
            torch.save(wrap(network), stream, _use_new_zipfile_serialization=not old)
    return stream.getvalue()


class Calls:
    """When it is unpickled, it calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.does = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.does


def archive(
    pickled: bytes,
    storages: dict[str, bytes] | None = None,
    *,
    root: str = "archive",
    compression: int = zipfile.ZIP_STORED,
    extra: dict[str, bytes] | None = None,
) -> bytes:
    """Pack a pickle and its storages as ``torch.save`` does."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as packed:
        packed.writestr(f"{root}/data.pkl", pickled)
        for key, numbers in (storages or {}).items():
            packed.writestr(f"{root}/data/{key}", numbers)
        for name, content in (extra or {}).items():
            packed.writestr(name, content)
    return stream.getvalue()


def chain(pickled: bytes, keys: list[str] | None = None, numbers: bytes = b"") -> bytes:
    """Put a pickle where the older format has its third."""
    head = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    parts = [pickle.dumps(part, protocol=2) for part in head]
    return b"".join([*parts, pickled, pickle.dumps(keys or [], protocol=2), numbers])


def text(value: str) -> bytes:
    """Push text, in opcodes."""
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def number(value: int) -> bytes:
    """Push a whole number, in opcodes."""
    size = (value.bit_length() + 8) // 8
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def tensor(shape: list[int], stride: list[int], offset: int = 0, count: int = 4) -> bytes:
    """Describe one tensor "w" over a storage "0" of ``count`` floats: a whole pickle."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu")
    storage += number(count) + b"tQ"
    sides = b"".join(map(number, shape))
    steps = b"".join(map(number, stride))
    rebuild = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset)
    rebuild += b"(" + sides + b"t(" + steps + b"t" + b"\x89}tR"
    return b"\x80\x02}" + text("w") + rebuild + b"s."
