"""What a table costs: ``summarize`` beside torchinfo and torchsummary.

Run with ``python -m benchmarks.summaries`` from the project's folder. The networks are those whose
tables were printed. Each figure comes from a process of its own: seconds on the wall, and peak
memory over what ``import torch`` had taken. ``summarize`` gets a network on the meta device, the
two others the same network with its weights, for they run a forward. The time for the table
includes importing the tool.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

PATIENCE = 900  # seconds for one measurement


@dataclass(frozen=True)
class Network:
    """One network, as its table was printed."""

    name: str
    size: tuple[int, int]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name, options and image size."""
        settings = "".join(f", {key} {value}" for key, value in self.options.items())
        return f"{self.name}{settings}, {self.size[0]}×{self.size[1]}"


NETWORKS = (
    Network("yolov1-darknet", (448, 448)),
    Network("yolov1-resnet50", (448, 448)),
    Network("yolov1-notebook", (448, 448)),
    Network("yolov5s", (640, 640), {"release": "1.0"}),
    Network("yolov5s", (640, 640), {"release": "5.0", "in_channels": 1}),
    Network("solo-r50-fpn-table", (1333, 800)),
)

TABLES = {
    "summarize": "str(yoloexplain.summarize(model, size))",
    "torchinfo": "import torchinfo; "
    "str(torchinfo.summary(model, (1, c, *size), verbose=0, device='cpu'))",
    "torchsummary": "import torchsummary; torchsummary.summary(model, (c, *size), device='cpu')",
}

MEASURE = """
import contextlib, io, json, resource, sys, time
import torch

def peak():
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 if sys.platform == "linux" else 1024 * 1024)  # MiB

torch_peak = peak()
import yoloexplain

options, size, weightless = {options!r}, {size!r}, {weightless!r}
c = options.get("in_channels", 3)
started = time.perf_counter()
with torch.device("meta" if weightless else "cpu"):
    model = yoloexplain.create_model({name!r}, **options).eval()
built = time.perf_counter()
failure = None
try:
    with contextlib.redirect_stdout(io.StringIO()):
        {table}
except Exception as error:
    cause = error.__cause__ or error
    failure = f"{{type(cause).__name__}}: {{cause}}"
done = time.perf_counter()
print(json.dumps(dict(
    build=built - started, table=done - built, memory=peak() - torch_peak, failure=failure
)))
"""

IMPORT = """
import json, resource, sys, time
def peak():
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 if sys.platform == "linux" else 1024 * 1024)
before, started = peak(), time.perf_counter()
import {module}
print(json.dumps(dict(time=time.perf_counter() - started, memory=peak() - before)))
"""


def run(code: str) -> dict[str, Any]:
    """Run code in a new interpreter and return the JSON on its last line."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"not done after {PATIENCE} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"failure": lines[-1] if lines else f"ended with code {done.returncode}"}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(network: Network, tool: str) -> dict[str, Any]:
    """Time and memory of one tool on one network."""
    code = MEASURE.format(
        name=network.name,
        options=network.options,
        size=network.size,
        weightless=tool == "summarize",
        table=TABLES[tool],
    )
    return run(code)


def cells(found: dict[str, Any]) -> tuple[str, str, str, str]:
    """Build, table, memory, remark."""
    failure = found.get("failure")
    if "table" not in found:
        return "-", "-", "-", f"failed: {failure}"
    build, memory = f"{found['build']:.2f} s", f"{found['memory']:,.0f} MiB"
    if failure:
        return build, "-", memory, f"failed: {failure[:60]}"
    return build, f"{found['table']:.2f} s", memory, ""


def main() -> None:
    console = Console()
    imports = Table(title="Importing (best of three)")
    for heading in ("module", "time", "memory"):
        imports.add_column(heading, justify="left" if heading == "module" else "right")
    for module in ("torch", "yoloexplain"):
        best = min((run(IMPORT.format(module=module)) for _ in range(3)), key=lambda r: r["time"])
        imports.add_row(module, f"{1000 * best['time']:,.1f} ms", f"{best['memory']:,.1f} MiB")
    console.print(imports)

    table = Table(title="A table of each network (memory over import torch)")
    for heading in ("network", "tool", "build", "table", "memory", "remark"):
        right = heading in ("build", "table", "memory")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for network in NETWORKS:
        for tool in TABLES:
            with console.status(f"{network.title}: {tool}"):
                row = cells(measure(network, tool))
            table.add_row(network.title if tool == "summarize" else "", tool, *row)
        table.add_section()
    console.print(table)


if __name__ == "__main__":
    main()
