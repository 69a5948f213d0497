import subprocess
import sys

import pytest

MEASURE = """
import resource
import torch

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB; Linux counts KiB

before = peak()
import yoloexplain

with torch.device("meta"):
    model = yoloexplain.create_model({name!r})
summary = yoloexplain.summarize(model, {size})
str(summary)
print(summary.total_params, peak() - before)
"""

BUILT = """
import resource
import torch
from torch import nn

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 8192))
model(torch.zeros(1, 3, 64, 64))
before = peak()  # with 400 MB of weights
from yoloexplain.inspection import summarize

summary = summarize(model, 64)
print(summary.total_params, peak() - before)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts KiB on Linux only")


def run(code: str) -> tuple[int, float]:
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    total, memory = out.stdout.split()
    return int(total), float(memory)


@linux
@pytest.mark.parametrize(
    ("name", "size", "params"),
    [
        ("solo-r50-fpn-table", (1333, 800), 36_892_591),
        ("yolov1-darknet", 448, 275_731_794),
    ],
)
def test_a_table_of_a_network_without_weights_stays_well_under_150_megabytes(name, size, params):
    total, memory = run(MEASURE.format(name=name, size=size))
    assert total == params
    assert memory < 140, f"{memory:.0f} MiB over the import of torch"


@linux
def test_a_table_of_a_network_with_weights_copies_none_of_them():
    total, memory = run(BUILT)
    assert total == 8192 * (3 * 64 * 64 + 1)
    assert memory < 140, f"{memory:.0f} MiB over the network itself"
