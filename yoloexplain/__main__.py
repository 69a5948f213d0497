"""``python -m yoloexplain``: the networks, their tables and their ledger on the command line.

It stands beside the path from image to picture; the commands are in ``cli.py``. An error is one
line on standard error, with exit code 2.
"""

import os
import sys
from collections.abc import Sequence

import typer

from .cli import app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 after an error in one line."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(given or ["--help"], prog_name="yoloexplain", standalone_mode=False)
        sys.stdout.flush()
        return code or 0
    except typer.TyperException as error:
        return complain(error.format_message())
    except ValueError as error:
        return complain(str(error))
    except BrokenPipeError:  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def complain(message: str) -> int:
    """Say in one line what went wrong."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
