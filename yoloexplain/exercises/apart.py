"""A learner's code, run in a process of its own: it may loop, crash, print or rewrite the world.

It stands beside the path from image to picture, between ``check`` and the tasks. The answer goes
over as cloudpickle writes it, with the names that it uses; the verdict comes back as JSON. The
process works in an empty folder, with one thread, limited memory and limited time.
"""

import contextlib
import inspect
import json
import linecache
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle

from .verdict import Finding, Verdict

SECONDS = 15.0  # of the learner's own code, until it counts as endless
START = 120.0  # seconds until PyTorch has been imported, on a crowded machine
LOOK = 0.02  # seconds between two looks at the process
READ = 4_000  # characters of what was printed that are read back


def examine_apart(exercise: str, answer: Any, seconds: float = SECONDS) -> Verdict:
    """Examine an answer in another process, and come back whatever happens to it."""
    with tempfile.TemporaryDirectory(prefix="yoloexplain-") as made:
        folder = Path(made)
        try:
            (folder / "answer").write_bytes(packed(answer))
        except Exception as error:
            said = f"The answer cannot be sent to be examined: {error}."
            why = "it uses a global that cannot be copied, such as an open file; build it inside."
            return Verdict(exercise, Finding("start", "cannot be sent", said, why))
        return _examine(exercise, folder, seconds)


def packed(answer: Any) -> bytes:
    """Write an answer, the code of its own module, and its source lines."""
    home = inspect.getmodule(answer)
    with _by_value(home):
        return cloudpickle.dumps({"answer": answer, "lines": _lines(answer)})


@contextlib.contextmanager
def _by_value(home: ModuleType | None) -> Iterator[None]:
    """Send the code of a module along, if it is neither installed nor the notebook itself."""
    name = getattr(home, "__name__", "__main__")
    file = getattr(home, "__file__", None) or ""
    if home is None or name == "__main__" or "site-packages" in file or "yoloexplain." in name:
        yield
        return
    cloudpickle.register_pickle_by_value(home)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(home)


def _lines(answer: Any) -> list[str]:
    """Lines of the cell or file in which an answer is written, so that errors can quote them."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    files = [part.__code__.co_filename for part in parts if isinstance(part, FunctionType)]
    return linecache.getlines(files[0]) if files else []


def _examine(exercise: str, folder: Path, seconds: float) -> Verdict:
    command = [sys.executable, "-m", f"{__package__}.worker", exercise, str(folder)]
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    home = str(Path(__file__).parents[2])  # the package, wherever it was imported from
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    with (folder / "printed").open("wb") as printed:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | threads | {"PYTHONPATH": path, "MPLBACKEND": "agg"},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            in_time = _wait(process, folder, seconds)
        finally:
            _end(process)
    said = (folder / "printed").read_bytes()[-READ:].decode(errors="replace").replace("\r", "")
    if not in_time:
        return Verdict(exercise, _endless(folder, seconds), printed=said)
    try:
        plain = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        return Verdict.from_plain(plain | {"printed": said})
    except (OSError, ValueError, KeyError, TypeError):
        return Verdict(exercise, _ended(process.returncode), printed=said)


def _wait(process: subprocess.Popen[bytes], folder: Path, seconds: float) -> bool:
    """Wait until the process has ended; false if its time is over before."""
    ends = time.monotonic() + START
    ready = False
    while process.poll() is None:
        if not ready and (folder / "ready").exists():
            ready, ends = True, time.monotonic() + seconds
        if time.monotonic() > ends:
            return False
        time.sleep(LOOK)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _endless(folder: Path, seconds: float) -> Finding:
    if not (folder / "ready").exists():
        said = f"The process that examines it did not start within {START:.0f} seconds."
        return Finding("start", "no start", said, "the machine is busy; try again.")
    said = f"Your code was still running after {seconds:g} seconds, and was stopped."
    return Finding("start", "takes too long", said, "a loop that never ends, or very many steps.")


def _ended(code: int | None) -> Finding:
    said = f"Your code ended the process that examined it (exit status {code})."
    why = "it calls exit, or uses more memory than it is given."
    return Finding("start", "ends the process", said, why)
