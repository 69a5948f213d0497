"""JupyterHub for one machine and a room full of people. README.md beside this file says how.

Learners have accounts of the machine, each with a home that nobody else may enter; they log in with
the machine's own passwords. Their servers listen on the loopback address only and are reached
through the hub's proxy alone, behind its login. Without a certificate the hub itself answers this
machine only, so that no password ever travels in the clear.

What holds a course together when something breaks: hub, proxy and servers end apart from one
another, and all that the hub knows lies in one folder. A hub that starts again finds the servers
running, and nobody's kernel ends.
"""

import os
import secrets
import sys
from pathlib import Path

import psutil

c = get_config()  # JupyterHub provides it

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent  # not resolved: it is the environment's
STATE = Path(os.environ.get("STATE_DIRECTORY", "/var/lib/yoloexplain-hub"))  # systemd names it
CERTIFICATE = STATE / "tls" / "fullchain.pem", STATE / "tls" / "privkey.pem"
GIB = 2**30
LIMIT = 2 * GIB  # of a learner's server with its kernels; chapter 0's peak is about 1.6
USUAL = int(0.8 * GIB)  # what a learner takes on average, as `python -m workshop.load` measured
IDLE = 3 * 3600  # seconds after which a server that nobody looks at ends


def kept_secret(name: str) -> str:
    """Give the token of that name; it is made once and outlives the hub."""
    file = STATE / name
    if not file.exists():
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_hex(32))
    return file.read_text().strip()


os.umask(0o077)
STATE.mkdir(parents=True, exist_ok=True)
STATE.chmod(0o700)

# --- what can be reached, and from where ----------------------------------------------------------

if all(file.is_file() for file in CERTIFICATE):
    c.JupyterHub.bind_url = "https://:443"
    c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = map(str, CERTIFICATE)
else:
    c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:8081"
c.Spawner.ip = "127.0.0.1"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8001"
c.ConfigurableHTTPProxy.auth_token = kept_secret("proxy_token")
c.ConfigurableHTTPProxy.command = [str(HERE / "proxy/node_modules/.bin/configurable-http-proxy")]

# --- who may come in ------------------------------------------------------------------------------

c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"learners", "teachers"}  # make_learners.py makes the accounts
c.PAMAuthenticator.admin_groups = {"teachers"}
c.PAMAuthenticator.open_sessions = False

# --- what outlives what ---------------------------------------------------------------------------

c.JupyterHub.db_url = f"sqlite:///{STATE / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.shutdown_on_logout = False

# --- what a learner gets --------------------------------------------------------------------------

c.Spawner.cmd = [str(BIN / "jupyterhub-singleuser")]
c.Spawner.notebook_dir = "~/chapters"
c.Spawner.default_url = "/lab/tree/index.ipynb"
c.Spawner.start_timeout = c.Spawner.http_timeout = 300  # thirty at once on few cores take a while
c.Spawner.mem_limit = LIMIT
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(HERE / "jupyter"),  # autosave, idle kernels, encrypted channels
    "OMP_NUM_THREADS": "1",  # as many threads as learners are enough
    "PYTHONSTARTUP": str(HERE / "give_back.py"),  # what a cell has freed, others can use
}

if Path("/run/systemd/system").is_dir():
    # Systemd holds each learner to the limits, and apart from the others in /tmp as well.
    c.JupyterHub.spawner_class = "systemd"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.isolate_devices = True
    c.SystemdSpawner.disable_user_sudo = True
    c.SystemdSpawner.unit_extra_properties = {"UMask": "0077", "MemorySwapMax": "0"}
else:
    c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
    c.LocalProcessSpawner.popen_kwargs = {"umask": 0o077}

# --- how many -------------------------------------------------------------------------------------

c.JupyterHub.active_server_limit = max(1, (psutil.virtual_memory().total - 2 * GIB) // USUAL)
# A whole room presses the button at the same moment. Whoever is above this limit is sent away and
# must try again by hand, so all are let in at once, and wait a little longer together.
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}"],
    }
]
