"""Files that are there whole or not at all.

They stand under every checkpoint. A file is written beside its place, forced onto the disk, and
only then renamed, which the file system does in one go: whoever pulls the plug at any moment finds
the old file or the new one, never half of one.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Replace a file by new content, or leave it as it was.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; nothing has changed then.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        write_through(beside, content)
        beside.replace(file)
        settle(file.parent)
    finally:
        beside.unlink(missing_ok=True)


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write several files that belong together into a new folder, all or none.

    Raises
    ------
    OSError
        As in ``write_whole``, and if the folder is there already.
    """
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        beside.mkdir(parents=True)
        for name, content in contents.items():
            write_through(beside / name, content)
        settle(beside)
        beside.rename(folder)
        settle(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_through(file: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def settle(folder: Path) -> None:
    """Wait until the disk has the names in a folder; systems that cannot do so do it themselves."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
