"""A hub of the rehearsal's own: started, killed, started again, and cleared away.

It runs the configuration of ``workshop/hub`` on free ports of the loopback address, with its state
and its learners' homes in one folder. Every process that belongs to it is found by the folder, so
that the end of a rehearsal leaves none behind and touches nobody else's.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import requests

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHAPTERS = ROOT / "notebooks"
INSTALLED = ROOT / "workshop/hub/proxy/node_modules/.bin/configurable-http-proxy"
START = 60  # seconds for a hub to answer


class Hub:
    """JupyterHub with its proxy, on loopback.

    Parameters
    ----------
    folder
        For its state and log, and for homes of dummies.
    names
        Of the learners.
    accounts
        Whether the learners are accounts of this machine, as in a course, instead of dummies.
    """

    def __init__(self, folder: Path, names: Sequence[str], accounts: bool = False) -> None:
        self.folder, self.names = folder, list(names)
        self.homes, self.state, self.log = folder / "homes", folder / "state", folder / "hub.log"
        self.password = "" if accounts else secrets.token_hex(16)
        self.ports = free_ports(3)
        self.address = f"http://127.0.0.1:{self.ports[0]}"
        self.process: subprocess.Popen[bytes] | None = None
        if not accounts:
            for name in self.names:
                give_chapters(self.homes / name)

    def start(self) -> None:
        """Start the hub, or start it again, and wait until it answers."""
        told = {
            "ports": self.ports,
            "proxy": proxy_command(),
            "password": self.password,
            "names": self.names,
            "homes": str(self.homes),
            "args": ["--allow-root"] if self.password and os.geteuid() == 0 else [],
        }
        self.state.mkdir(parents=True, exist_ok=True)
        here = {"REHEARSAL": json.dumps(told), "STATE_DIRECTORY": str(self.state)}
        command = [sys.executable, "-m", "jupyterhub", "-f", str(HERE / "rehearsal_config.py")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.state, env=os.environ | here, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.wait()

    def wait(self) -> None:
        """Wait until the hub answers through its proxy."""
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.address}/hub/api/", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the hub did not answer; its log ends:\n{self.last_words()}")

    def last_words(self) -> str:
        """Give the end of its log."""
        return self.log.read_text()[-3000:]

    def kill(self) -> None:
        """Kill the hub itself, as a crash would; proxy and servers stay."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_proxy(self) -> None:
        """Kill the proxy, as a crash would."""
        pid = int((self.state / "proxy.pid").read_text())
        psutil.Process(pid).kill()

    def processes(self, name: str | None = None) -> Iterator[psutil.Process]:
        """Find every process of this hub, or those of one learner."""
        for process in psutil.process_iter():
            try:
                given = process.environ()
            except psutil.Error:
                continue
            api = f"http://127.0.0.1:{self.ports[1]}/"
            ours = given.get("STATE_DIRECTORY") == str(self.state)
            ours = ours or given.get("JUPYTERHUB_API_URL", "").startswith(api)
            if ours and (name is None or given.get("JUPYTERHUB_USER") == name):
                yield process

    def end(self) -> None:
        """End every process of it."""
        left = list(self.processes())
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        _, stubborn = psutil.wait_procs(left, timeout=10)
        for process in stubborn:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn, timeout=10)

    def complaints(self) -> list[str]:
        """Lines of the log that say that the configuration was not understood."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if "not recognized" in line or "Traceback" in line]


def give_chapters(home: Path) -> None:
    """Make a learner's home, which nobody else may enter, with a copy of the chapters."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    ignored = shutil.ignore_patterns("*.py", "__pycache__", ".*")
    shutil.copytree(CHAPTERS, home / "chapters", ignore=ignored, dirs_exist_ok=True)


def proxy_command() -> list[str]:
    """Find the proxy: installed beside the configuration, or on the path."""
    found = str(INSTALLED) if INSTALLED.exists() else shutil.which("configurable-http-proxy")
    if found is None:
        raise SystemExit(
            "the hub needs its proxy, got none; install it: npm ci --prefix workshop/hub/proxy"
        )
    return [found]


def free_ports(count: int) -> list[int]:
    """Find some ports that are free."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
