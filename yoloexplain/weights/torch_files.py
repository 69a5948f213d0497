"""PyTorch's two file formats, opened without PyTorch's own unpickler.

They stand between a published file and its tensors. Source: what ``torch.save`` writes, from 1.6 on
a zip archive, before that a chain of pickles with the numbers behind them. Both hold one pickle
that describes everything, and the numbers apart from it, in storages that the pickle names.

Nothing is unpacked onto the disk, no size that a file declares is believed before it is compared
with what is there, and the pickle is read by ``pickles``, which runs nothing.
"""

import io
import mmap
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from .pickle_rules import Name, RefusedFileError, Stored, refuse
from .pickles import Reader

DTYPES = {
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "BoolStorage": torch.bool,
    "ByteStorage": torch.uint8,
    "CharStorage": torch.int8,
    "ShortStorage": torch.int16,
    "IntStorage": torch.int32,
    "LongStorage": torch.int64,
}
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # how the older format begins
BROKEN = (  # what the reading of a damaged archive or number can raise
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
    IndexError,
    EOFError,
    struct.error,
    OverflowError,
    OSError,
)
LARGEST_PICKLE = 64 * 2**20
MOST_AXES = 8


@dataclass(frozen=True)
class Storage:
    """A run of numbers, as the pickle announces it: its key in the file, their kind and count."""

    key: str
    dtype: torch.dtype
    count: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.count * self.dtype.itemsize


Numbers = Callable[[Storage], bytes]


class TorchFile:
    """A file that ``torch.save`` wrote: what it describes, and its numbers on demand.

    Parameters
    ----------
    path
        Of the file. Use it as a context, which closes it.

    Attributes
    ----------
    content
        Dictionaries, lists, numbers, text; ``Shell`` for objects; ``Stored`` for tensors.

    Raises
    ------
    RefusedFileError
        If the file is none of PyTorch's, is damaged, or wants more than to be read.
    """

    def __init__(self, path: Path) -> None:
        self.stream = path.open("rb")
        self.allowance = 4 * file_size(self.stream) + 2**20
        self.storages: dict[str, Storage] = {}
        self.latest: tuple[Storage | None, bytearray] = (None, bytearray())
        try:
            zipped = self.stream.read(4) == b"PK\x03\x04"
            self.stream.seek(0)
            self.content, self.numbers = self.open_archive() if zipped else self.open_chain()
        except BaseException as why:
            self.stream.close()
            if isinstance(why, BROKEN) and not isinstance(why, RefusedFileError):
                raise refuse(f"is damaged or was not written to its end ({why})") from why
            raise

    def __enter__(self) -> "TorchFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def announce(self, description: Any) -> Any:
        """Note a storage that the pickle names; the older format also names sources of classes."""
        match description:
            case ("module", Name() as kind, *_):
                return kind
            case ("storage", Name(name=name), str(key), _, int(count), *view):
                if name not in DTYPES or count < 0 or any(part is not None for part in view):
                    raise refuse(f"has a storage {name}, which no weights are kept in")
                return self.storages.setdefault(key, Storage(key, DTYPES[name], count))
        raise refuse("names a storage in an unknown way")

    def open_archive(self) -> tuple[Any, Numbers]:
        """Open the zip format: data.pkl, and one uncompressed member for each storage."""
        archive = zipfile.ZipFile(self.stream)
        members = {member.filename: member for member in archive.infolist()}
        check_members(archive.infolist(), file_size(self.stream))
        pickled = [name for name in members if name.split("/")[1:] == ["data.pkl"]]
        if len(pickled) != 1 or any(name.endswith("/constants.pkl") for name in members):
            raise refuse("is an archive of another kind, not one that torch.save wrote")
        root = pickled[0].split("/")[0]
        order = members.get(f"{root}/byteorder")
        if order is not None and archive.read(order)[:8] != b"little":
            raise refuse("was written on a machine of the other byte order")
        if members[pickled[0]].file_size > LARGEST_PICKLE:
            raise refuse("has a longer description than any checkpoint")
        content = Reader(io.BytesIO(archive.read(pickled[0])), self.announce).read()

        def numbers(storage: Storage) -> bytes:
            member = members.get(f"{root}/data/{storage.key}")
            if member is None or member.file_size != storage.size:
                held = 0 if member is None else member.file_size
                raise refuse(f"promises {storage.size} bytes for a tensor and holds {held}")
            try:
                return archive.read(member)
            except BROKEN as why:
                raise refuse(f"is damaged ({why})") from why

        return content, numbers

    def open_chain(self) -> tuple[Any, Numbers]:
        """Open the older format: four pickles, a list of keys, then each storage with its count."""
        size = file_size(self.stream)
        if size == 0:
            raise refuse("is empty")
        whole = mmap.mmap(self.stream.fileno(), 0, access=mmap.ACCESS_READ)
        if whole[:1] != b"\x80":
            raise refuse("is no file of PyTorch's, old or new")

        def read() -> Any:
            return Reader(whole, self.announce).read()  # type: ignore[arg-type]  # it reads too

        if read() != MAGIC or read() != PROTOCOL:
            raise refuse("is a pickle, but not one that torch.save wrote")
        machine, content, keys = read(), read(), read()
        if not isinstance(machine, dict) or not machine.get("little_endian", True):
            raise refuse("was written on a machine of the other byte order")
        places: dict[str, tuple[int, int]] = {}
        for key in keys if isinstance(keys, list) else []:
            storage, start = self.storages.get(key), whole.tell() + 8
            if storage is None or start + storage.size > size:
                raise refuse("is damaged or was not written to its end")
            (count,) = struct.unpack("<q", whole.read(8))
            places[key] = (start, count * storage.dtype.itemsize)
            whole.seek(start + storage.size)

        def numbers(storage: Storage) -> bytes:
            start, held = places.get(storage.key, (0, 0))
            if held != storage.size:
                raise refuse(f"promises {storage.size} bytes for a tensor and holds {held}")
            return whole[start : start + held]

        return content, numbers

    def tensor(self, stored: Stored) -> Tensor:
        """Make the tensor that a description stands for.

        Raises
        ------
        RefusedFileError
            If it reaches beyond its storage, or claims more values than are there.
        """
        storage, offset, shape, stride = stored
        if not isinstance(storage, Storage) or not fits(storage.count, offset, shape, stride):
            raise refuse("has a tensor that reaches beyond its numbers")
        if not prod(shape):
            return torch.empty(shape, dtype=storage.dtype)
        self.spend(prod(shape) * storage.dtype.itemsize)
        if self.latest[0] != storage:
            self.latest = (storage, bytearray(self.numbers(storage)))
            self.spend(storage.size)
        flat = torch.frombuffer(self.latest[1], dtype=storage.dtype)
        return flat.as_strided(shape, stride, offset).clone()

    def spend(self, size: int) -> None:
        """Count bytes that are read or copied: many tensors can name the same numbers."""
        self.allowance -= size
        if self.allowance < 0:
            raise refuse("has tensors that together claim far more than the file holds")


def fits(count: int, offset: Any, shape: Any, stride: Any) -> bool:
    """Say whether a tensor lies within ``count`` numbers, and uses none of them twice."""
    whole = isinstance(shape, tuple) and isinstance(stride, tuple) and len(shape) == len(stride)
    if not whole or len(shape) > MOST_AXES:
        return False
    if not all(type(n) is int and n >= 0 for n in (offset, *shape, *stride)):
        return False
    if not prod(shape):
        return max(shape) <= count
    last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
    return prod(shape) <= count and last < count


def file_size(stream: IO[bytes]) -> int:
    """Measure a file that is open."""
    place = stream.tell()
    size = stream.seek(0, io.SEEK_END)
    stream.seek(place)
    return size


def check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse an archive that holds more than a checkpoint does, or more than its own size.

    ``torch.save`` compresses nothing. A member that is compressed can be small in the file and fill
    the memory when it is read.
    """
    names = [member.filename for member in members]
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise refuse(f"has a member that points elsewhere: {member.filename[:80]!r}")
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise refuse(f"has a compressed or locked member: {member.filename[:80]!r}")
    if len(set(names)) < len(names):
        raise refuse("has two members of one name")
    if sum(member.file_size for member in members) > size:
        raise refuse("promises more bytes than the file has")
