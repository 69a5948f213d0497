import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

ASK = """
import json
from benchmarks.summaries import TABLES, Network, cells, measure

network = Network("yolov5n", (64, 96), {"release": "7.0"})
print(json.dumps([network.title, {tool: cells(measure(network, tool)) for tool in TABLES}]))
"""


def test_the_benchmark_measures_what_works_and_names_what_does_not():
    out = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=True
    )
    title, found = json.loads(out.stdout)
    assert title == "yolov5n, release 7.0, 64×96"
    for tool in ("summarize", "torchinfo"):
        build, table, memory, remark = found[tool]
        assert build.endswith(" s")
        assert table.endswith(" s")
        assert memory.endswith(" MiB")
        assert remark == ""
    assert found["torchsummary"][1] == "-"  # it cannot read a dict of outputs
    assert "'dict' object has no attribute 'size'" in found["torchsummary"][3]
