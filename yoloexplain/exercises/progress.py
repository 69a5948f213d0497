"""What a learner has tried and solved, kept in a file of their own.

It stands beside the path from image to picture, under ``check``. The file is JSON, can be read and
deleted by hand, and lies in the learner's own data folder, or where YOLOEXPLAIN_PROGRESS says.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from ..files import write_whole

VARIABLE = "YOLOEXPLAIN_PROGRESS"
PATIENCE = 5.0  # seconds to wait for another notebook that is writing


@dataclass
class Record:
    """What is known of one exercise: how often it was tried, hints seen, whether it is solved."""

    tries: int = 0
    hints: int = 0
    solved: bool = False
    solution_seen: bool = False


def place() -> Path:
    """Give the file's path."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else user_data_path("yoloexplain") / "progress.json"


def read() -> dict[str, Record]:
    """Read the records, by the exercises' names; what cannot be understood is left out."""
    try:
        plain = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = plain.items() if isinstance(plain, Mapping) else ()
    return {name: _record(values) for name, values in found if isinstance(values, Mapping)}


def _record(values: Mapping[str, Any]) -> Record:
    record = Record()
    for field in fields(Record):
        value = values.get(field.name)
        if type(value) is type(getattr(record, field.name)):
            setattr(record, field.name, value)
    return record


@contextmanager
def changed(name: str) -> Iterator[Record]:
    """Give one exercise's record to be changed, and write the file afterwards.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    file = place()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(f"{file}.lock", timeout=PATIENCE, mode=0o600):
            _keep_unreadable(file)
            records = read()
            yield records.setdefault(name, Record())
            plain = {key: asdict(record) for key, record in sorted(records.items())}
            write_whole(file, (json.dumps(plain, indent=2) + "\n").encode())
    except Timeout as error:
        raise OSError(f"another notebook has held {file.name} for {PATIENCE:g} seconds") from error


def _keep_unreadable(file: Path) -> None:
    """Set a file aside that is not JSON, rather than to write over it."""
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except ValueError:
        file.replace(file.with_suffix(".unreadable.json"))
