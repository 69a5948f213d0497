"""The shared server: who reaches what, what outlives what, and how much a learner takes."""

import configparser
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import yaml
from jupyter_client.manager import KernelManager, start_new_kernel
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from jupyterlab.labapp import LabApp
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).parents[2]
HUB = ROOT / "workshop" / "hub"
SCHEMAS = Path(LabApp().schemas_dir)
LOOPBACK = re.compile(r"https?://127\.0\.0\.1:\d+")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for what the hub keeps; the mask of new files is as before afterwards."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    mask = os.umask(0o022)
    yield tmp_path / "state"
    os.umask(mask)


def loaded() -> Config:
    return PyFileConfigLoader("jupyterhub_config.py", str(HUB)).load_config()


def with_systemd(monkeypatch: pytest.MonkeyPatch, there: bool) -> Config:
    real = Path.is_dir
    monkeypatch.setattr(
        Path, "is_dir", lambda path: there if str(path) == "/run/systemd/system" else real(path)
    )
    return loaded()


# --- who reaches what -----------------------------------------------------------------------------


def test_without_a_certificate_only_this_machine_is_answered(state: Path) -> None:
    c = loaded()
    addresses = (c.JupyterHub.bind_url, c.JupyterHub.hub_bind_url, c.ConfigurableHTTPProxy.api_url)
    assert all(LOOPBACK.fullmatch(address) for address in addresses)
    assert c.Spawner.ip == "127.0.0.1"


def test_with_a_certificate_the_door_is_open_and_encrypted_and_nothing_else(state: Path) -> None:
    (state / "tls").mkdir(parents=True)
    for name in ("fullchain.pem", "privkey.pem"):
        (state / "tls" / name).touch()
    c = loaded()
    assert c.JupyterHub.bind_url == "https://:443"
    assert c.JupyterHub.ssl_cert == str(state / "tls/fullchain.pem")
    assert c.JupyterHub.ssl_key == str(state / "tls/privkey.pem")
    assert LOOPBACK.fullmatch(c.JupyterHub.hub_bind_url)
    assert LOOPBACK.fullmatch(c.ConfigurableHTTPProxy.api_url)


def test_the_machine_asks_for_passwords_and_lets_two_groups_in(state: Path) -> None:
    c = loaded()
    assert c.JupyterHub.authenticator_class == "pam"
    assert c.PAMAuthenticator.allowed_groups == {"learners", "teachers"}
    assert c.PAMAuthenticator.admin_groups == {"teachers"}
    assert not any("allow_all" in part for part in c.values() if isinstance(part, dict))


def test_the_proxys_token_is_long_secret_and_the_same_next_time(state: Path) -> None:
    token = loaded().ConfigurableHTTPProxy.auth_token
    assert re.fullmatch("[0-9a-f]{64}", token)
    assert stat.S_IMODE((state / "proxy_token").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert loaded().ConfigurableHTTPProxy.auth_token == token


def test_what_the_hub_and_the_learners_write_is_for_nobody_else(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = with_systemd(monkeypatch, there=False)
    assert processes.JupyterHub.spawner_class.endswith("LocalProcessSpawner")
    assert processes.LocalProcessSpawner.popen_kwargs == {"umask": 0o077}
    assert os.umask(0o077) == 0o077
    units = with_systemd(monkeypatch, there=True)
    assert units.JupyterHub.spawner_class == "systemd"
    assert units.SystemdSpawner.unit_extra_properties["UMask"] == "0077"
    assert units.SystemdSpawner.isolate_tmp
    assert units.SystemdSpawner.disable_user_sudo


def test_no_token_is_empty_and_no_dummy_lets_people_in() -> None:
    shipped = [*HUB.rglob("*"), ROOT / "workshop/Dockerfile", *(ROOT / ".devcontainer").iterdir()]
    files = [path for path in shipped if path.is_file() and "node_modules" not in path.parts]
    assert len(files) > 8
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(token|password)\s*[=:]\s*['\"]?['\"]?\s*$", text, re.M), path
        assert not re.search(r"dummy|allow_all|DISABLE_XSRF|allow_origin", text, re.I), path


# --- what outlives what ---------------------------------------------------------------------------


def test_servers_and_proxy_outlive_the_hub_and_it_knows_them_again(state: Path) -> None:
    c = loaded()
    assert c.JupyterHub.cleanup_servers is False
    assert c.JupyterHub.cleanup_proxy is False
    assert c.JupyterHub.shutdown_on_logout is False
    kept = (c.JupyterHub.cookie_secret_file, c.ConfigurableHTTPProxy.pid_file)
    assert all(Path(file).parent == state for file in kept)
    assert c.JupyterHub.db_url == f"sqlite:///{state / 'hub.sqlite'}"


def test_the_service_ends_the_hub_alone_and_starts_it_again() -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(HUB / "yoloexplain-hub.service")
    service = unit["Service"]
    assert (service["KillMode"], service["Restart"]) == ("process", "always")
    assert (service["StateDirectoryMode"], service["UMask"]) == ("0700", "0077")
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    config = service["ExecStart"].split()[-1].removeprefix("/opt/yoloexplain/")
    assert (ROOT / config).is_file()


def test_a_notebook_is_saved_often_and_a_closed_one_gives_its_memory_back() -> None:
    told = json.loads((HUB / "jupyter/labconfig/default_setting_overrides.json").read_text())
    for plugin, settings in told.items():
        name, _, part = plugin.partition(":")
        schema = json.loads((SCHEMAS / name / f"{part}.json").read_text())
        assert set(settings) <= set(schema["properties"]), plugin
    documents = told["@jupyterlab/docmanager-extension:plugin"]
    assert documents["autosave"] is True
    assert documents["autosaveInterval"] <= 30
    assert told["@jupyterlab/notebook-extension:tracker"]["kernelShutdown"] is True


def test_the_servers_settings_have_names_that_jupyter_knows() -> None:
    told = json.loads((HUB / "jupyter/jupyter_server_config.json").read_text())
    classes = {"KernelManager": KernelManager, "LabApp": LabApp}
    classes["MappingKernelManager"] = MappingKernelManager
    for name, settings in told.items():
        assert set(settings) <= set(classes[name].class_traits(config=True)), name
    assert told["KernelManager"]["transport_encryption"] == "auto"
    assert told["MappingKernelManager"]["cull_connected"] is False
    assert 600 <= told["MappingKernelManager"]["cull_idle_timeout"] <= 7200


# --- how much it takes ----------------------------------------------------------------------------


def test_each_learner_has_a_limit_and_all_of_them_fit(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=24 * 2**30))
    c = loaded()
    assert 1.5 * 2**30 <= c.Spawner.mem_limit <= 4 * 2**30
    assert 24 <= c.JupyterHub.active_server_limit <= 32
    assert c.Spawner.environment["OMP_NUM_THREADS"] == "1"
    assert Path(c.Spawner.environment["JUPYTER_CONFIG_PATH"]).is_dir()


def test_a_service_may_do_what_it_needs_and_no_more(state: Path) -> None:
    (role,) = loaded().JupyterHub.load_roles
    (service,) = loaded().JupyterHub.services
    assert role["services"] == [service["name"]]
    assert "delete:servers" in role["scopes"]
    assert not any(
        scope.startswith("admin") or scope == "access:servers" for scope in role["scopes"]
    )


HOARD = "held = [bytes(4000) for _ in range(40_000)]; last = bytes(4000)"  # 160 MB, and a lid
WEIGHT = "import os; print(int(open('/proc/self/statm').read().split()[1]) * 4 // 1024)"


def printed(client: Any, code: str) -> str:
    said: list[str] = []

    def listen(message: Any) -> None:
        said.append(message["content"].get("text", ""))

    client.execute_interactive(code, timeout=60, output_hook=listen)
    return "".join(said).strip()


def kept_after_a_cell(startup: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """MiB that a real kernel keeps of what one cell took and the next gave back."""
    monkeypatch.setenv("PYTHONSTARTUP", startup)
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        before = int(printed(client, WEIGHT))
        printed(client, HOARD)
        printed(client, "del held")
        assert printed(client, "print([n for n in dir() if 'give' in n or n == 'ctypes'])") == "[]"
        return int(printed(client, WEIGHT)) - before
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.skipif(not hasattr(os, "confstr") or "CS_GNU_LIBC_VERSION" not in os.confstr_names,
                    reason="glibc only")  # fmt: skip
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_a_cell_has_freed_goes_back_to_the_machine(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = loaded().Spawner.environment["PYTHONSTARTUP"]
    assert kept_after_a_cell("", monkeypatch) > 100
    assert kept_after_a_cell(startup, monkeypatch) < 50


# --- a cluster ------------------------------------------------------------------------------------


def test_the_cluster_is_behind_a_login_and_learners_are_apart() -> None:
    values = yaml.safe_load((HUB / "values.yaml").read_text(encoding="utf-8"))
    hub, user = values["hub"], values["singleuser"]
    assert hub["config"]["JupyterHub"]["authenticator_class"] == "native"
    assert hub["config"]["NativeAuthenticator"]["open_signup"] is False
    assert hub["config"]["Authenticator"]["admin_users"]
    assert hub["config"]["JupyterHub"]["admin_access"] is False
    assert values["proxy"]["https"]["enabled"] is True
    assert user["storage"]["type"] == "dynamic"  # a volume for each
    assert user["networkPolicy"]["enabled"] is True
    assert user["networkPolicy"]["egressAllowRules"]["privateIPs"] is False
    assert user["allowPrivilegeEscalation"] is False
    assert user["cloudMetadata"]["blockWithIptables"] is True
    assert user["memory"] == {"guarantee": "800M", "limit": "2G"}
