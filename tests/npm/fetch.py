"""Fetch the npm packages of packages.txt into a folder, each checked against its checksum.

``python tests/npm/fetch.py FOLDER``; npm itself is not needed. What is there already stays.
"""

import base64
import hashlib
import io
import sys
import tarfile
import urllib.request
from pathlib import Path

REGISTRY = "https://registry.npmjs.org"
LISTED = Path(__file__).with_name("packages.txt")


def fetch(name: str, version: str, integrity: str, folder: Path) -> None:
    """Unpack one package into ``folder/name``."""
    target = folder / name
    if (target / f".{version}").exists():
        return
    file = f"{REGISTRY}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    with urllib.request.urlopen(file, timeout=60) as answer:
        data = answer.read()
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != integrity:
        raise SystemExit(f"{file} must have the checksum {integrity}, got {found}")
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        for member in packed.getmembers():
            member.name = member.name.partition("/")[2]  # everything lies in "package/"
            if member.name:
                packed.extract(member, target, filter="data")
    (target / f".{version}").touch()


def main() -> None:
    folder = Path(sys.argv[1])
    for line in LISTED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            fetch(*line.split(), folder)


if __name__ == "__main__":
    main()
