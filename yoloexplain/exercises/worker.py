"""The process in which a learner's code is examined: ``python -m yoloexplain.exercises.worker``.

It stands beside the path from image to picture, at the far end of ``apart``.
"""

import contextlib
import json
import linecache
import pickle
import sys
from pathlib import Path
from typing import Any

from ..files import write_whole
from .room import examine, find
from .verdict import Finding, Verdict

MEMORY = 3 << 30  # bytes of data
SENT = "<dynamic-code>"  # the file name that cloudpickle gives to code
PRINTED = 8 << 20  # bytes that a file may take


def limit() -> None:
    """Limit memory and files, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        for what, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, PRINTED)):
            _, hard = resource.getrlimit(what)
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (allowed, hard))


def main(exercise: str, folder: Path) -> None:
    """Read the answer, examine it, and write the verdict beside it."""
    find(exercise)  # PyTorch is imported here, before the learner's time begins
    limit()
    (folder / "ready").touch()
    write_whole(folder / "verdict.json", json.dumps(verdict(exercise, folder).to_plain()).encode())


def verdict(exercise: str, folder: Path) -> Verdict:
    """Examine what ``apart`` packed."""
    try:
        sent: dict[str, Any] = pickle.loads((folder / "answer").read_bytes())
        lines = sent["lines"]
        linecache.cache[SENT] = (sum(map(len, lines)), None, lines, SENT)
        return examine(exercise, sent["answer"])
    except MemoryError:
        said = f"Your code needs more memory than the {MEMORY >> 30} GB that it is given."
        return Verdict(exercise, Finding("start", "too much memory", said, "a shape is too large."))
    except Exception as error:
        said = f"The answer cannot be read: {type(error).__name__}: {error}."
        why = "it uses something that only exists in the notebook; define it in the same cell."
        return Verdict(exercise, Finding("start", "cannot be read", said, why))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
