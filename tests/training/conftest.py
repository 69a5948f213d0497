"""What the tests of this room share: small networks and scenes, and one thread, to the bit."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))  # for small_training, which child processes run too


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums in one order, and no fight over the processor's cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
