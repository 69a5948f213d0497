"""Make the accounts of a course on this machine, and slips of paper to hand out.

``sudo python workshop/hub/make_learners.py 30 > slips.tsv`` makes learner01 to learner30, each with
a password of its own and a home that nobody else may enter, with the chapters in it. Names that are
there already are left as they are, so that it can be run again for latecomers. ``--teacher NAME``
makes one more, who may start and stop everybody's server.
"""

import argparse
import grp
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

CHAPTERS = Path(__file__).resolve().parents[2] / "notebooks"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another on paper
LENGTH = 12
LEARNERS, TEACHERS = "learners", "teachers"


def main() -> None:
    """Make the accounts and print a line for each: name and password."""
    parser = argparse.ArgumentParser(description="Make accounts for a course.")
    parser.add_argument("count", type=int, help="how many learners there are")
    parser.add_argument("--prefix", default="learner", help="of their names")
    parser.add_argument("--teacher", metavar="NAME", help="who may start and stop servers")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("accounts are made by root, got another user; call it with sudo")
    if not 0 <= given.count <= 999:
        parser.error(f"count must lie between 0 and 999, got {given.count}")
    wanted = [(f"{given.prefix}{i:02d}", LEARNERS) for i in range(1, given.count + 1)]
    wanted += [(given.teacher, TEACHERS)] if given.teacher else []
    for group in (LEARNERS, TEACHERS):  # the hub asks for both, also where nobody is in one
        if group not in {entry.gr_name for entry in grp.getgrall()}:
            subprocess.run(["groupadd", group], check=True)
    for name, group in wanted:
        make(name, group)


def make(name: str, group: str) -> None:
    """Make one account, unless it is there."""
    if name in {entry.pw_name for entry in pwd.getpwall()}:
        print(f"{name} is there already and stays as it is", file=sys.stderr)
        return
    account = ["--create-home", "--key", "HOME_MODE=0700", "--user-group", "--groups", group]
    subprocess.run(["useradd", *account, "--shell", "/bin/bash", name], check=True)
    password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    subprocess.run(["chpasswd"], input=f"{name}:{password}\n", text=True, check=True)
    give_chapters(pwd.getpwnam(name))
    print(f"{name}\t{password}", flush=True)


def give_chapters(account: pwd.struct_passwd) -> None:
    """Copy the chapters into a home, as the learner's own."""
    home = Path(account.pw_dir)
    home.chmod(0o700)
    ignored = shutil.ignore_patterns("*.py", "__pycache__", ".*")
    shutil.copytree(CHAPTERS, home / "chapters", ignore=ignored)
    for path in [home / "chapters", *(home / "chapters").rglob("*")]:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


if __name__ == "__main__":
    main()
