"""JavaScript from Python: the same cases through both languages."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

CORE = Path(__file__).parents[2] / "yoloexplain" / "widgets" / "static" / "core"
SCRIPT = """
import * as core from FILE;
let text = "";
for await (const part of process.stdin) text += part;
const answers = JSON.parse(text).map(([name, values]) => core[name](...values));
process.stdout.write(JSON.stringify(answers));
"""

Ask = Callable[[str, Sequence[tuple[str, Sequence[Any]]]], list[Any]]


@pytest.fixture(scope="session")
def javascript() -> Ask:
    """Call functions of ``static/core/<file>.js``: ``javascript("boxes", [("iou", [a, b])])``."""

    def ask(file: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        script = SCRIPT.replace("FILE", json.dumps((CORE / f"{file}.js").as_uri()))
        run = subprocess.run(
            ["node", "--input-type=module", "--eval", script],
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return list(json.loads(run.stdout))

    return ask
