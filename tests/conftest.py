"""What every test may rely on: the same random numbers, no window, and one real Chromium."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from real_lab import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MISSING = "Chromium is missing: apt-get install chromium"

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


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped, and one line says what to install."""
    if find_chromium() is None and not in_ci():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; in CI its tests may not be skipped, so there they fail without it."""
    path = find_chromium()
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator["Browser"]:
    """One browser for all tests; each opens pages of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
