"""Two processes step as one: really started, over the loopback, on the processor."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from small_training import networks, one_step
from torch import Tensor, nn

from yoloexplain.training.parallel import mapped

SCRIPT = Path(__file__).parent / "small_training.py"


@pytest.fixture(scope="module")
def of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights after one step of two processes, a file for each network."""
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
        *("--master-addr", "127.0.0.1", "--master-port", port),
        *(str(SCRIPT), "step", str(folder)),
    ]
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240,
                          env=environment)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.parametrize("name", ["yolov1", "yolov5", "solo"])
def test_two_processes_have_the_gradient_of_one_with_the_joint_batch(
    of_two: Path, name: str
) -> None:
    start = networks()[name].state_dict()
    one = one_step(name)
    two = torch.load(of_two / f"{name}.pt", weights_only=True)
    assert one.keys() == two.keys()
    errors = []
    for key, value in one.items():
        # The step has rate 1, so what a weight moved by is its gradient.
        gradient, other = start[key] - value.float(), start[key] - two[key].float()
        if gradient.norm() > 1e-6:
            errors.append(((other - gradient).norm() / gradient.norm()).item())
    assert len(errors) > 5
    # Sums in another order turn a few ReLUs of a deep network; most tensors agree much better.
    assert sorted(errors)[len(errors) // 2] < 1e-3
    assert max(errors) < 0.03


def test_joint_statistics_are_not_those_of_one_half(of_two: Path) -> None:
    """Were each process to norm by itself, its running mean would be that of its own pictures."""
    one = one_step("yolov1")
    two = torch.load(of_two / "yolov1.pt", weights_only=True)
    means = [key for key in one if key.endswith("running_mean")]
    assert len(means) == 3
    for key in means:
        torch.testing.assert_close(two[key], one[key], rtol=1e-4, atol=1e-5)


def test_outputs_of_any_form_are_mapped() -> None:
    values = torch.ones(2, 3)

    def twice(x: Tensor) -> Tensor:
        return 2 * x

    assert mapped({"p3": values}, twice)["p3"].eq(2).all()
    assert all(part.eq(2).all() for part in mapped((values, values), twice))
    solo: nn.Module = networks()["solo"]
    with torch.no_grad():
        output = solo.eval()(torch.zeros(1, 3, 64, 64))
    doubled = mapped(output, twice)
    assert type(doubled) is type(output)
    assert torch.equal(doubled.categories[2], 2 * output.categories[2])
