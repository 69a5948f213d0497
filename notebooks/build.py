"""Build the chapters: percent sources become executed, stripped notebooks beside them.

``python notebooks/build.py`` builds all of them, ``python notebooks/build.py 03_necks`` the ones
that are named. The ``.py`` file is what people edit and review; the ``.ipynb`` is what they open.
A notebook is written only when every cell ran without an error, and then at one stroke. What
changes from run to run is taken out (times, ids, versions, the state of widgets), so that a
second build differs from the first only where a result does.
"""

import argparse
import base64
import hashlib
import io
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from PIL import Image
from traitlets.config import Config

HERE = Path(__file__).resolve().parent
TIMEOUT = 120  # seconds for one cell
BUDGET = 985_000  # bytes; a committed notebook stays under 1 MB
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PASSING = ("execution", "ExecuteTime", "collapsed", "scrolled")  # cell metadata of one run
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


def sources(folder: Path = HERE) -> list[Path]:
    """Every chapter's percent source, in reading order."""
    return sorted(path for path in folder.glob("*.py") if path.name != Path(__file__).name)


def read_source(path: Path) -> NotebookNode:
    """Read a percent source into a notebook that has not been run."""
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info=LANGUAGE)
    name_cells(notebook)
    return notebook


def name_cells(notebook: NotebookNode) -> None:
    """Give every cell an id that depends on its place and its text, never on chance."""
    for index, cell in enumerate(notebook.cells):
        cell.id = hashlib.sha256(f"{index}\n{cell.source}".encode()).hexdigest()[:8]


def execute(notebook: NotebookNode, folder: Path = HERE) -> int:
    """Run every cell in order, in ``folder``; return the kernel's peak memory in MiB.

    The peak is 0 where the system does not tell.
    """
    peak = 0

    def look(**_: object) -> None:
        nonlocal peak
        provisioner = client.km.provisioner if client.km else None
        peak = max(peak, peak_memory(getattr(provisioner, "pid", None)))

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
        record_timing=False,
        on_cell_executed=look,
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    )
    client.execute()
    return peak


def peak_memory(pid: int | None) -> int:
    """Largest resident size that a process ever had, in MiB (Linux; elsewhere 0)."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(fields["VmHWM"].split()[0]) // 1024


def strip(notebook: NotebookNode) -> NotebookNode:
    """Take out what belongs to one run only, in place; pictures and their texts stay.

    A widget's state is not kept, and a view without its state shows an error in JupyterLab: where
    an output carries a picture, the view goes too and the picture is what a reader sees.
    """
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info=LANGUAGE)
    for cell in notebook.cells:
        for key in PASSING:
            cell.metadata.pop(key, None)
        for bundle, metadata in bundles(cell):
            if "image/png" in bundle:
                bundle.pop(WIDGET_VIEW, None)
                metadata.pop(WIDGET_VIEW, None)
                bundle["image/png"] = slim_png(bundle["image/png"])
    name_cells(notebook)
    return notebook


def bundles(cell: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    """Yield (data, metadata) of every rich output of a cell."""
    for output in cell.get("outputs", []):
        if "data" in output:
            yield output.data, output.metadata


def slim_png(encoded: str, colours: int | None = None) -> str:
    """Encode a base64 PNG again, smaller: the same pixels, or a palette of ``colours``.

    An opaque alpha channel is dropped, and a picture with few colours gets a palette: neither
    changes a pixel. With ``colours`` the palette is chosen and dithered, which does.
    """
    image: Image.Image = Image.open(io.BytesIO(base64.b64decode(encoded)))
    image.load()
    image.info.clear()  # the writing program's name and version
    transparent = "A" in image.getbands() and image.getchannel("A").getextrema() != (255, 255)
    if transparent or image.mode in ("P", "L", "1"):
        return encode(image)
    image = image.convert("RGB")
    if colours is not None:
        palette = image.quantize(colours, method=Image.Quantize.MEDIANCUT, kmeans=1)
        return encode(image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG))
    few = image.getcolors(256) is not None
    indexed = image.quantize(256, method=Image.Quantize.FASTOCTREE) if few else image
    same = indexed.convert("RGB").tobytes() == image.tobytes()
    return min(encode(image), encode(indexed if same else image), key=len)


def encode(image: Image.Image) -> str:
    """Give the base64 text of a picture's smallest plain PNG."""
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def fit(notebook: NotebookNode, budget: int = BUDGET) -> NotebookNode:
    """Reduce the heaviest pictures to 256 colours, in place, until the notebook fits.

    Raises
    ------
    ValueError
        If it does not fit even so.
    """
    heavy = [data for cell in notebook.cells for data, _ in bundles(cell) if "image/png" in data]
    heavy.sort(key=lambda data: -len(data["image/png"]))
    for data in heavy:
        if len(serialise(notebook)) <= budget:
            break
        data["image/png"] = min(
            data["image/png"], slim_png(data["image/png"], colours=256), key=len
        )
    size = len(serialise(notebook))
    if size > budget:
        raise ValueError(
            f"a notebook must stay within {budget:,} bytes, got {size:,}; show fewer pictures, "
            "or smaller ones"
        )
    return notebook


def serialise(notebook: NotebookNode) -> bytes:
    """Give the bytes of the ``.ipynb`` file."""
    return (nbformat.writes(notebook, version=4).rstrip("\n") + "\n").encode()


def build(source: Path) -> str:
    """Read, run, strip and write one chapter; return a line about it."""
    notebook = read_source(source)
    started = time.perf_counter()
    peak = execute(notebook, source.parent)
    seconds = time.perf_counter() - started
    content = serialise(fit(strip(notebook)))
    target = source.with_suffix(".ipynb")
    beside = target.with_name(target.name + ".part")
    beside.write_bytes(content)
    os.replace(beside, target)
    return f"{len(content) / 1000:5.0f} kB, {seconds:5.1f} s, {peak:5d} MiB at most"


def main() -> int:
    """Build the chapters named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description="Run the chapters' sources into notebooks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a chapter, for example 03_necks")
    wanted = [Path(name).stem for name in parser.parse_args().names]
    found = {path.stem: path for path in sources()}
    if unknown := sorted(set(wanted) - set(found)):
        listed = ", ".join(found) or "none"
        parser.error(f"a chapter must be one of {listed}; got {', '.join(unknown)}")
    failed = 0
    for name in wanted or found:
        try:
            print(f"{name:12s}", build(found[name]), flush=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError, ValueError) as error:
            failed += 1
            plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))  # without the terminal's colours
            print(f"{name:12s} was not written: {plain}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
