"""Progress of the tests' own, so that nobody's file is touched."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "home" / "progress.json"
    monkeypatch.setenv("YOLOEXPLAIN_PROGRESS", str(file))
    return file
