"""A learner without a screen: logs in as a browser does, and runs a chapter's cells in a kernel.

Everything goes through the hub's proxy: the login form, the way to the server with its cookies, the
session of a notebook, and the kernel's channels over a websocket.
"""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import nbformat
import requests
import websocket

from .hub import CHAPTERS, Hub

PATIENCE = 600  # seconds for anything to answer
PICTURE = "image/png"


@dataclass
class Diary:
    """What happened to a learner, in seconds since the login began."""

    name: str
    inside: float = 0.0
    server: float = 0.0
    kernel: float = 0.0
    picture: float = 0.0
    done: float = 0.0
    cells: int = 0
    slowest: float = 0.0
    failed: list[str] = field(default_factory=list)


class Learner:
    """One learner of a hub, known by name and password."""

    def __init__(self, hub: Hub, name: str, password: str | None = None) -> None:
        self.hub, self.name = hub, name
        self.password = hub.password if password is None else password
        self.web = requests.Session()
        self.home = f"{hub.address}/user/{name}"
        self.socket: websocket.WebSocket | None = None
        self.kernel_id = ""
        self.diary = Diary(name)
        self._began = time.monotonic()

    def log_in(self) -> None:
        """Fill in the hub's form."""
        self._began = time.monotonic()
        form = f"{self.hub.address}/hub/login"
        self.web.get(form, timeout=PATIENCE).raise_for_status()
        given = {"username": self.name, "password": self.password, "_xsrf": self._xsrf("/hub/")}
        answer = self.web.post(form, data=given, timeout=PATIENCE)
        if answer.status_code == 403 or answer.url.split("?")[0] == form:
            raise PermissionError(f"the hub did not let {self.name} in: {answer.status_code}")
        self.diary.inside = self._now()

    def start_server(self) -> None:
        """Wait until the learner's server shows JupyterLab."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.web.get(f"{self.home}/lab", timeout=PATIENCE)
            if answer.ok and answer.url.startswith(f"{self.home}/lab"):
                self.diary.server = self._now()
                return
            if answer.status_code == 429:
                self.diary.failed.append("was sent away: too many servers start at once")
            if not answer.ok:  # a learner presses the button again
                self.web.get(f"{self.hub.address}/hub/spawn/{self.name}", timeout=PATIENCE)
            time.sleep(0.5)
        raise TimeoutError(f"the server of {self.name} did not start in {PATIENCE} s")

    def open(self, notebook: str) -> None:
        """Start a notebook's kernel and listen to it."""
        asked = {
            "path": notebook, "type": "notebook", "name": notebook, "kernel": {"name": "python3"},
        }  # fmt: skip
        answer = self.web.post(
            f"{self.home}/api/sessions", json=asked, timeout=PATIENCE,
            headers={"X-XSRFToken": self._xsrf(f"/user/{self.name}/")},
        )  # fmt: skip
        answer.raise_for_status()
        self.kernel_id = answer.json()["kernel"]["id"]
        self.connect()
        self.run("None")
        self.diary.kernel = self._now()

    def connect(self) -> None:
        """Open the channels of the kernel, or open them again."""
        path = f"/user/{self.name}/"
        cookies = [c for c in self.web.cookies if path.startswith(c.path)]
        address = f"{self.home}/api/kernels/{self.kernel_id}/channels?_xsrf={self._xsrf(path)}"
        self.socket = websocket.create_connection(
            address.replace("http", "ws", 1), timeout=PATIENCE,
            cookie="; ".join(f"{c.name}={c.value}" for c in cookies), origin=self.hub.address,
        )  # fmt: skip

    def run(self, code: str) -> str:
        """Run one cell; return what it printed, or raise ``RuntimeError`` with its error."""
        assert self.socket is not None
        asked = uuid.uuid4().hex
        self.socket.send(json.dumps(_request(asked, code)))
        printed, error = "", ""
        while True:
            said = self.socket.recv()
            if not isinstance(said, str):
                continue  # a widget's bytes
            message = json.loads(said)
            if message["parent_header"].get("msg_id") != asked:
                continue
            content, kind = message["content"], message["msg_type"]
            if PICTURE in content.get("data", {}) and not self.diary.picture:
                self.diary.picture = self._now()
            if kind == "stream":
                printed += content["text"]
            elif kind == "error":
                error = f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                break
        if error:
            raise RuntimeError(error)
        return printed

    def run_all(self, notebook: str) -> None:
        """Run every cell of a chapter, in order, as "Run All" does."""
        for cell in nbformat.read(CHAPTERS / notebook, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            began = time.monotonic()
            try:
                self.run(cell.source)
            except RuntimeError as error:
                self.diary.failed.append(str(error)[:200])
            self.diary.cells += 1
            self.diary.slowest = max(self.diary.slowest, time.monotonic() - began)
        self.diary.done = self._now()

    def work_through(self, notebook: str) -> Diary:
        """Log in, open a chapter and run all of it; what goes wrong stands in the diary."""
        try:
            self.log_in()
            self.start_server()
            self.open(notebook)
            self.run_all(notebook)
        except (OSError, RuntimeError, TimeoutError, websocket.WebSocketException) as error:
            self.diary.failed.append(f"{type(error).__name__}: {error}"[:200])
        return self.diary

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _xsrf(self, path: str) -> str:
        return self.web.cookies.get("_xsrf", path=path) or ""


def _request(name: str, code: str) -> dict[str, Any]:
    header = {"msg_id": name, "msg_type": "execute_request", "username": "", "session": name,
              "version": "5.3", "date": ""}  # fmt: skip
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {},
               "allow_stdin": False, "stop_on_error": False}  # fmt: skip
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content,
            "buffers": [], "channel": "shell"}  # fmt: skip
