"""A real JupyterLab on a folder, with settings and state of its own, for tests and benchmarks."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START = 60  # seconds for JupyterLab to answer


@dataclass(frozen=True)
class Lab:
    """Where a running JupyterLab answers, and which folder it shows."""

    address: str
    token: str
    folder: Path

    def url(self, notebook: str) -> str:
        return f"{self.address}/lab/tree/{notebook}?token={self.token}&reset"


def find_chromium() -> str | None:
    """Path of a browser, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def running_lab(home: Path, folder: Path) -> Iterator[Lab]:
    """Start JupyterLab on ``folder``, with everything of its own under ``home``; end it after."""
    token = secrets.token_hex(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    command += [f"--IdentityProvider.token={token}", "--expose-app-in-browser"]
    command += ["--LabApp.news_url=None", "--KernelManager.transport_encryption=auto"]
    command.append("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    log = home / "log.txt"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=own_settings(home), cwd=home, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api?token={token}", server, log)
            yield Lab(address, token, folder)
        finally:
            server.terminate()
            server.wait(timeout=30)


def own_settings(home: Path) -> dict[str, str]:
    """An environment in which nobody's settings, extensions or workspaces play a part."""
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    folders += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    own = {name: str(home / name.lower()) for name in folders}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    return kept | own


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until an address answers; raise a ``RuntimeError`` with the log if it does not."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not answer:\n{log.read_text()[-2000:]}")
