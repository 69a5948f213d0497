"""What every test may rely on: the same random numbers and no window."""

import os

import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "agg")  # before anything imports matplotlib

# Property tests draw the same cases on every machine, and a slow machine is no failure.
settings.register_profile("same-everywhere", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("same-everywhere")


@pytest.fixture(autouse=True)
def seed() -> None:
    """Every test starts from the same random state, alone or in company."""
    import random

    import numpy as np
    import torch

    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
