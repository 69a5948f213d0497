"""A learner's code in a process of its own: it may loop, crash, print or rewrite the world."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from yoloexplain.exercises.apart import SECONDS, examine_apart
from yoloexplain.exercises.ch03 import MySPP, top_down

TOUCHED = "a global that learners' code may rewrite"
LOCK = threading.Lock()  # cannot be sent anywhere
PATIENCE = 60.0  # seconds until this machine has certainly started a process


class Loops(MySPP):
    def forward(self, x: Any) -> Any:
        while True:
            pass


class Sleeps(MySPP):
    def forward(self, x: Any) -> Any:
        time.sleep(1000)


class Ends(MySPP):
    def forward(self, x: Any) -> Any:
        os._exit(7)


class Exits(MySPP):
    def forward(self, x: Any) -> Any:
        raise SystemExit(3)


class Segfaults(MySPP):
    def forward(self, x: Any) -> Any:
        import ctypes

        return ctypes.string_at(0)


class Fills(MySPP):
    def forward(self, x: Any) -> Any:
        return [torch.ones(1 << 30) for _ in range(64)]


class Recurses(MySPP):
    def forward(self, x: Any) -> Any:
        return self.forward(x)


class Prints(MySPP):
    def forward(self, x: Any) -> Any:
        print(tuple(x.shape))
        return super().forward(x)


class Floods(MySPP):
    def forward(self, x: Any) -> Any:
        while True:
            print("x" * 10_000)


class Rewrites(MySPP):
    def forward(self, x: Any) -> Any:
        global TOUCHED
        TOUCHED = "rewritten"
        torch.manual_seed(1234)
        torch.set_default_dtype(torch.float64)
        torch.cat = F.max_pool2d = None
        os.environ["OMP_NUM_THREADS"] = "many"
        Path("left behind").write_text("here")
        os.chdir("/")
        return x


class Fails(MySPP):
    def forward(self, x: Any) -> Any:
        return self.fuse(torch.cat(x, dim=1))


class Unsendable(MySPP):
    def forward(self, x: Any) -> Any:
        with LOCK:
            return super().forward(x)


def check_in_time(answer: Any, seconds: float = SECONDS) -> Any:
    started = time.monotonic()
    verdict = examine_apart("ch03.spp", answer, seconds)
    assert time.monotonic() - started < PATIENCE + seconds
    return verdict


def test_what_is_right_passes_from_there_as_well() -> None:
    assert check_in_time(MySPP).passed
    assert examine_apart("ch03.top_down", top_down).passed


@pytest.mark.parametrize("answer", [Loops, Sleeps, Floods])
def test_a_loop_without_end_is_stopped(answer: type[nn.Module]) -> None:
    verdict = check_in_time(answer, seconds=1.5)
    assert verdict.fault in ("takes too long", "stops with OSError")
    if answer is not Floods:
        assert "after 1.5 seconds" in repr(verdict)


def test_what_it_started_is_ended_with_it(tmp_path: Path) -> None:
    alive = tmp_path / "alive"

    class Starts(MySPP):
        def forward(self, x: Any) -> Any:
            import subprocess
            import sys

            code = "import pathlib, sys, time\nwhile True:\n"
            code += " pathlib.Path(sys.argv[1]).write_text(str(time.time()))\n time.sleep(0.05)"
            subprocess.Popen([sys.executable, "-c", code, str(alive)])
            while not alive.exists():
                time.sleep(0.05)
            while True:
                pass

    assert check_in_time(Starts, seconds=8).fault == "takes too long"
    last = alive.read_text()
    time.sleep(0.5)
    assert alive.read_text() == last


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Ends, "ends the process"),
        (Segfaults, "ends the process"),
        (Exits, "stops with SystemExit"),
        (Recurses, "stops with RecursionError"),
        (Fills, "stops with RuntimeError"),
    ],
)
def test_a_crash_is_told_and_survived(answer: type[nn.Module], fault: str) -> None:
    verdict = check_in_time(answer)
    assert verdict.fault == fault
    assert verdict.finding is not None
    assert verdict.finding.said


def test_an_error_is_told_with_its_line() -> None:
    words = " ".join(repr(check_in_time(Fails)).split())
    assert "`return self.fuse(torch.cat(x, dim=1))`" in words
    assert "with TypeError" in words
    assert "/" not in words


def test_what_it_prints_is_shown_below_the_verdict_and_nowhere_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    verdict = check_in_time(Prints)
    assert verdict.passed
    assert "(2, 8, 15, 22)" in verdict.printed
    assert capfd.readouterr() == ("", "")


def test_the_world_that_it_rewrites_is_not_ours(tmp_path: Path) -> None:
    before = (torch.cat, F.max_pool2d, torch.get_default_dtype(), Path.cwd(), dict(os.environ))
    chance, here = torch.get_rng_state(), set(Path.cwd().iterdir())
    assert not check_in_time(Rewrites).passed
    assert TOUCHED.startswith("a global")
    assert before == (
        *(torch.cat, F.max_pool2d, torch.get_default_dtype(), Path.cwd()),
        dict(os.environ),
    )
    assert torch.equal(torch.get_rng_state(), chance)
    assert set(Path.cwd().iterdir()) == here


def test_what_cannot_be_sent_is_told() -> None:
    verdict = check_in_time(Unsendable)
    assert verdict.fault == "cannot be sent"
