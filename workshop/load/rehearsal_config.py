"""The configuration of `workshop/hub`, with what a rehearsal on this machine's loopback changes.

Ports are free ones, and learners are dummies with one secret password for the hour, whose homes lie
in a folder of the rehearsal's own. ``REHEARSAL`` is the JSON that ``hub.py`` wrote.
"""

import json
import os
from pathlib import Path

c = get_config()  # JupyterHub provides it, and load_subconfig
load_subconfig(str(Path(__file__).resolve().parent.parent / "hub/jupyterhub_config.py"))

told = json.loads(os.environ["REHEARSAL"])
c.JupyterHub.bind_url, c.JupyterHub.hub_bind_url, c.ConfigurableHTTPProxy.api_url = (
    f"http://127.0.0.1:{port}" for port in told["ports"]
)
c.ConfigurableHTTPProxy.command = told["proxy"]
c.JupyterHub.init_spawners_timeout = 30  # a hub that starts again looks for its servers first
c.Spawner.args = ["--LabApp.expose_app_in_browser=True", *told["args"]]
for name in ("JUPYTER_PATH", "JUPYTERLAB_DIR", "JUPYTER_CONFIG_PATH"):
    if name in os.environ:  # where the hub has an environment of its own, beside the chapters'
        both = [c.Spawner.environment.get(name), os.environ[name]]
        c.Spawner.environment[name] = os.pathsep.join(filter(None, both))

if told["password"]:
    c.JupyterHub.authenticator_class = "dummy"
    c.DummyAuthenticator.password = told["password"]
    c.Authenticator.allowed_users = set(told["names"])
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = told["homes"] + "/{username}"
    c.SimpleLocalProcessSpawner.popen_kwargs = {"umask": 0o077}
