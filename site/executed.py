"""Executed: chapters with their outputs and the states of their widgets, run only where needed.

It stands at the beginning of the site: a percent source goes in, a notebook that has run comes out.
A result is kept under a name that holds everything it came from (the source, the package, the
pinned versions, the interpreter), so that whatever changes is run again and nothing else is.
"""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"


def _load_builder() -> ModuleType:
    """Load ``notebooks/build.py``, which reads and runs percent sources."""
    spec = importlib.util.spec_from_file_location("notebook_builder", NOTEBOOKS / "build.py")
    if spec is None or spec.loader is None:
        raise ImportError("notebooks/build.py must be a Python file, got none that can be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = _load_builder()
builder.TIMEOUT = 600  # seconds for one cell: a busy machine may take its time


def chapters() -> list[Path]:
    """Every chapter's percent source, in reading order; the index comes last."""
    found: list[Path] = builder.sources()
    return found


def run_all(sources: Iterable[Path], kept: Path, workers: int) -> Mapping[Path, NotebookNode]:
    """Run percent sources, a few at a time; give each one's notebook.

    Parameters
    ----------
    sources
        Percent files. All of them run in the chapters' folder.
    kept
        Folder in which results stay from one call to the next.
    workers
        How many run at the same time.
    """
    kept.mkdir(parents=True, exist_ok=True)
    os.environ["YOLOEXPLAIN_PROGRESS"] = str(kept / "progress.json")  # nobody's own
    ground = _ground()
    wanted = list(sources)
    with ThreadPoolExecutor(workers) as pool:
        notebooks = pool.map(lambda source: _run(source, kept, ground), wanted)
        return dict(zip(wanted, notebooks, strict=True))


def _run(source: Path, kept: Path, ground: bytes) -> NotebookNode:
    """Give one source's notebook: the one that is kept, or one that runs now."""
    name = hashlib.sha256(ground + source.read_bytes()).hexdigest()[:16]
    stem = f"{source.parent.name}-{source.stem}"
    target = kept / f"{stem}.{name}.ipynb"
    if not target.exists():
        print(f"running {source.name}", flush=True)
        notebook = builder.read_source(source)
        builder.execute(notebook, NOTEBOOKS)
        beside = target.with_suffix(".part")
        nbformat.write(notebook, beside)
        for old in kept.glob(f"{stem}.*.ipynb"):
            old.unlink()
        os.replace(beside, target)
    return nbformat.read(target, as_version=4)


def _ground() -> bytes:
    """Digest of all that a result rests on beside its own source."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _files():
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def _files() -> Iterator[Path]:
    """Files of the package, the runner's own, and the list of pinned versions."""
    yield NOTEBOOKS / "build.py"
    yield ROOT / "constraints.txt"
    for path in sorted((ROOT / "yoloexplain").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
