"""Chapters: those that are asked for, run and with the states of their widgets.

It stands at the beginning of slides and of hand-outs. Running, keeping and laying out are the
site's work (``site/``); what has run for one is not run again for another.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "site" / "executed"
sys.path.append(str(ROOT / "site"))

from build_site import NPM, copy_javascript  # noqa: E402
from executed import chapters, run_all  # noqa: E402
from live import lay_out  # noqa: E402

__all__ = ["KEPT", "NPM", "ROOT", "command", "copy_javascript", "executed", "lay_out"]


def executed(names: Sequence[str], workers: int = 2) -> Mapping[Path, NotebookNode]:
    """Give the notebooks of some chapters, or of all of them, by their sources.

    Raises
    ------
    ValueError
        For a name that no chapter has.
    """
    found = {path.stem: path for path in chapters() if path.stem != "index"}
    if unknown := sorted(set(names) - set(found)):
        raise ValueError(
            f"a chapter must be one of {', '.join(found)}; got {', '.join(unknown)}; give the name "
            "of its file, for example 03_necks"
        )
    os.environ["OMP_NUM_THREADS"] = "1"  # sums come out in the same order everywhere
    return run_all([found[name] for name in names or found], KEPT, workers)


def command(
    does: str, kind: str, build: Callable[[Path, dict[Path, NotebookNode]], Iterable[Path]]
) -> None:
    """Build something of the chapters on the command line, or of all chapters.

    Parameters
    ----------
    does
        What the command does, for its help.
    kind
        Name of the folder under ``build/`` unless another is given.
    build
        Takes the folder and the notebooks, and gives the files that were made.
    """
    parser = argparse.ArgumentParser(description=does)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a chapter, for example 03_necks")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / kind)
    chosen = parser.parse_args()
    try:
        notebooks = executed(chosen.names)
    except ValueError as error:
        parser.error(str(error))
    for path in build(chosen.folder, dict(notebooks)):
        print(path)
