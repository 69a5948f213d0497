"""Whether the chapters give the same results in any order, and what each of them costs.

Run with ``python -m benchmarks.chapters`` from the project's folder. Every chapter goes through
``pytest --nbval`` three times, in an order that is drawn anew, each time with another seed of
Python's hashes, one thread, and (where Linux lets us) without a network.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent.parent / "notebooks"
OFFLINE = 'ip link set lo up 2>/dev/null; exec "$@"'  # a network of its own, with loopback only


def main() -> None:
    """Run, and print a row for each chapter."""
    parser = argparse.ArgumentParser(description="Run the chapters again and again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a chapter, for example 03_necks")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    names = chosen.names or [path.stem for path in sorted(FOLDER.glob("*.ipynb"))]
    found = defaultdict(list)
    for number in range(chosen.rounds):
        for name in random.sample(names, len(names)):
            found[name].append(run(name, hash_seed=number + 1))
    offline = "offline" if without_network() else "with a network"
    table = Table(title=f"{chosen.rounds} rounds, {offline}, one thread a chapter")
    for heading in ("chapter", "cells compared", "seconds", "worst", "peak MiB"):
        table.add_column(heading, justify="left" if heading == "chapter" else "right")
    for name in names:
        held, seconds, memory = zip(*found[name], strict=True)
        same = "same" if all(held) else f"{held.count(False)} times different"
        row = (f"{median(seconds):.0f}", f"{max(seconds):.0f}", f"{max(memory):,}")
        table.add_row(name, same, *row)
    Console().print(table)
    sys.exit(any(not held for rounds in found.values() for held, *_ in rounds))


def without_network() -> list[str]:
    """Give the words that start a command without a network; none where that is impossible."""
    words = ["unshare", "--map-root-user", "--net", "sh", "-c", OFFLINE, "sh"]
    possible = shutil.which("unshare") and subprocess.run([*words, "true"], check=False)
    return words if possible and possible.returncode == 0 else []


def run(name: str, hash_seed: int) -> tuple[bool, float, int]:
    """Run one chapter; give whether all cells agreed, seconds, and its kernel's peak in MiB."""
    variables = {"PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    command += ["--nbval-cell-timeout=120", "-p", "no:cacheprovider", str(FOLDER / f"{name}.ipynb")]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*without_network(), *command],
        cwd=FOLDER.parent,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(said)
    return process.returncode == 0, time.perf_counter() - started, peak(used)


def peak(used: resource.struct_rusage) -> int:
    """Largest resident size of a process or of one that it waited for, in MiB."""
    return used.ru_maxrss // (1024 if sys.platform != "darwin" else 1024 * 1024)


if __name__ == "__main__":
    main()
