"""Can a learner read another's work? Two accounts of this machine try.

Here nothing is a dummy: the accounts are made by ``make_learners.py``, the hub asks the machine's
own passwords (PAM) and starts each server as the account's own process. Afterwards both accounts
are removed. It needs root, as the hub of a course does.
"""

import grp
import os
import subprocess
import sys
from pathlib import Path

from .hub import ROOT, Hub
from .learner import Learner

PREFIX = "yxtrial"
NOTEBOOK = "index.ipynb"
SECRET = "what ada wrote"
# What bob's kernel tries; each prints the error's name, or what it got hold of.
ATTEMPTS = {
    "the home": "import os; print(os.listdir({home!r}))",
    "a notebook": "print(open({home!r} + '/chapters/secret.txt').read())",
    "the processes' secrets": "print(open('/proc/{pid}/environ').read()[:40])",
    "the hub's state": "import os; print(os.listdir({state!r}))",
    "writing there": "open({home!r} + '/chapters/secret.txt', 'w').write('bob was here')",
}
GUARDED = "try:\n    {attempt}\nexcept OSError as error:\n    print(type(error).__name__)"


def stay_apart(folder: Path) -> int:
    """Let one account try everything; return 0 if it got hold of nothing."""
    if os.geteuid() != 0:
        raise SystemExit("accounts are made by root, got another user; call it with sudo")
    before = {entry.gr_name for entry in grp.getgrall()}
    made = _accounts()
    ada, bob = made
    hub = Hub(folder, list(made), accounts=True)
    try:
        hub.start()
        one, two = Learner(hub, ada, made[ada]), Learner(hub, bob, made[bob])
        for learner in (one, two):
            learner.log_in()
            learner.start_server()
            learner.open(NOTEBOOK)
        one.run(f"open('secret.txt', 'w').write({SECRET!r})")
        pid = int(one.run("import os; print(os.getpid())"))
        got = [_attempt(two, what, code, hub, ada, pid) for what, code in ATTEMPTS.items()]
        got += _from_outside(hub, one, two)
        got.append(_say("ada reads her own", one.run("print(open('secret.txt').read())"), SECRET))
        wrong = hub.complaints()
    except Exception:
        print(hub.last_words(), file=sys.stderr)
        raise
    finally:
        hub.end()
        for name in made:
            subprocess.run(
                ["userdel", "--remove", "--force", name], check=False, stderr=subprocess.DEVNULL
            )
        for group in {entry.gr_name for entry in grp.getgrall()} - before:
            subprocess.run(["groupdel", group], check=False)
    return 0 if all(got) and not wrong else 1


def _accounts() -> dict[str, str]:
    command = [sys.executable, str(ROOT / "workshop/hub/make_learners.py"), "2"]
    made = subprocess.run(
        [*command, "--prefix", PREFIX], capture_output=True, text=True, check=True
    )
    lines = [line.split("\t") for line in made.stdout.splitlines()]
    if len(lines) != 2:
        raise SystemExit(f"two new accounts were wanted, got {len(lines)}: {made.stderr.strip()}")
    return {name: password for name, password in lines}


def _attempt(who: Learner, what: str, code: str, hub: Hub, ada: str, pid: int) -> bool:
    attempt = code.format(home=f"/home/{ada}", pid=pid, state=str(hub.state))
    return _say(what, who.run(GUARDED.format(attempt=attempt)), "PermissionError")


def _from_outside(hub: Hub, one: Learner, two: Learner) -> list[bool]:
    """Try the doors: another's server, a wrong password, and no login at all."""
    door = two.web.get(f"{one.home}/api/contents/secret.txt", timeout=60)
    got = [_say("another's server", str(door.status_code), "403")]
    try:
        Learner(hub, one.name, "wrong password").log_in()
        got.append(_say("a wrong password", "let in", "refused"))
    except PermissionError:
        got.append(_say("a wrong password", "refused", "refused"))
    nobody = Learner(hub, one.name)
    page = nobody.web.get(f"{one.home}/api/contents/secret.txt", timeout=60)
    known = SECRET in page.text
    return [*got, _say("no login", "let in" if known else "refused", "refused")]


def _say(what: str, got: str, wanted: str) -> bool:
    held = got.strip() == wanted
    print(f"  {'held' if held else 'OPEN'}: {what}: {got.strip()[:80]}", flush=True)
    return held
