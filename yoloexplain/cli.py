"""The commands ``list``, ``summary``, ``parameters``, ``ledger``, ``doctor``, and of ``training``.

It stands beside the path from image to picture, for those who would rather type than open a
notebook. PyTorch is imported inside the commands alone, so that ``--help`` answers at once. What
goes to standard output can be piped.
"""

import csv
import io
import json
import math
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .doctor import doctor
from .training.commands import register

if TYPE_CHECKING:
    from torch import nn

app = typer.Typer(
    name="yoloexplain",
    help="How object detectors are built: networks, their tables, and every published number.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """How a command writes its table."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def whole(text: str | int) -> int:
    """Read a whole number (typer passes defaults as they are); the networks check its range."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"it takes whole numbers, got {text!r}") from None


Name = Annotated[str, typer.Argument(metavar="NAME", help="A network; `list` names them all.")]
RELEASES = "1.0, 2.0, 3.0, 3.1, 4.0, 5.0, 6.0, 6.1, 6.2 or 7.0"
Release = Annotated[str | None, typer.Option(metavar="R", help=f"YOLOv5 only: {RELEASES}.")]
NumClasses = Annotated[
    int | None,
    typer.Option(parser=whole, metavar="K", help="Classes; as published if not given."),
]
InChannels = Annotated[
    int | None,
    typer.Option(parser=whole, metavar="C", help="Channels of the image; 3 if not given."),
]
ImageSize = Annotated[
    tuple[int, int] | None,
    typer.Option(
        parser=whole,
        metavar="HEIGHT WIDTH",
        help="Two numbers, in pixels: --image-size 480 640. As published if not given.",
    ),
]
Depth = Annotated[
    int, typer.Option(parser=whole, metavar="N", help="Levels of modules in the printed table.")
]
Seed = Annotated[
    int,
    typer.Option(parser=whole, metavar="N", help="Of the random start that μ and σ describe."),
]
Output = Annotated[Format, typer.Option("--format", help="What to write.")]


@app.command("list")
def list_networks(output: Output = Format.TABLE) -> None:
    """Name every network, and say what it is."""
    from .catalog import CATALOG

    records = [
        {
            "name": name,
            "summary": entry.summary,
            "image_size": list(entry.image_size),
            "options": entry.options,
        }
        for name, entry in CATALOG.items()
    ]
    write(output, records)


@app.command()
def summary(
    name: Name,
    release: Release = None,
    num_classes: NumClasses = None,
    in_channels: InChannels = None,
    image_size: ImageSize = None,
    depth: Depth = 3,
    output: Output = Format.TABLE,
) -> None:
    """Show a network's layers, shapes, parameters and multiply-adds, without allocating it."""
    import torch

    from .catalog import default_image_size
    from .inspection import summarize

    with torch.device("meta"):
        model = build(name, release, num_classes, in_channels)
    result = summarize(model, image_size or default_image_size(name), depth=depth)
    content = {"model": name} | result.to_dict()
    if output is Format.JSON:
        print(as_json(content))
    elif output is Format.CSV:
        write(output, content["rows"])
    else:
        print(result)


@app.command()
def parameters(
    name: Name,
    release: Release = None,
    num_classes: NumClasses = None,
    in_channels: InChannels = None,
    seed: Seed = 0,
    output: Output = Format.TABLE,
) -> None:
    """Show the weight table: each parameter's published name, size, shape, mean and deviation."""
    import torch

    from .inspection import parameter_table
    from .weights.official import published_names

    torch.manual_seed(seed)
    model = build(name, release, num_classes, in_channels)
    records = [
        {
            "index": row.index,
            "name": row.name,
            "gradient": row.gradient,
            "parameters": row.parameters,
            "shape": list(row.shape),
            "mu": finite(row.mean),
            "sigma": finite(row.std),
        }
        for row in parameter_table(model, published_names(model))
    ]
    write(output, records, titles={"mu": "μ", "sigma": "σ"})


@app.command()
def ledger(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILTER]...",
            help="Words that must all occur in the network, the quantity or the source.",
        ),
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Set every published number beside ours, counted now: agree or not, and why."""
    from dataclasses import asdict

    from .ledger import ledger as weigh

    rows = weigh(" ".join(words or []))
    if output is not Format.TABLE:
        write(output, [asdict(row) for row in rows])
        return
    records = [dict(zip(rows.titles, rows.cells(row), strict=True)) for row in rows]
    write(output, list(map(stacked, records)) if sys.stdout.isatty() else records)
    print(rows.tally())


app.command()(doctor)
register(app)


def stacked(record: dict[str, str]) -> dict[str, str]:
    """Put a row's words under one another, which leaves a terminal room for the numbers."""
    words = ("network", "quantity", "source", "counting rule")
    said = "\n".join(record[key] for key in words) + "\n"
    return {"number": said} | {key: text for key, text in record.items() if key not in words}


def build(
    name: str, release: str | None, num_classes: int | None, in_channels: int | None
) -> "nn.Module":
    """Build a network with the options that were given, and no others."""
    from .catalog import create_model

    given = {"release": release, "num_classes": num_classes, "in_channels": in_channels}
    return create_model(name, **{key: value for key, value in given.items() if value is not None})


def as_json(content: object) -> str:
    """Write JSON, indented, in plain UTF-8."""
    return json.dumps(content, indent=2, ensure_ascii=False)


def finite(value: float | None) -> float | None:
    """Leave out the deviation of a single value, which is no number."""
    return value if value is not None and math.isfinite(value) else None


def write(
    output: Format, records: list[dict[str, Any]], titles: dict[str, str] | None = None
) -> None:
    """Write records as they are (JSON), one a line (CSV), or laid out for reading."""
    if output is Format.JSON:
        print(as_json(records))
    elif output is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(records[0])
        writer.writerows([cell(value) for value in record.values()] for record in records)
    else:
        write_table(records, titles or {})


def write_table(records: list[dict[str, Any]], titles: dict[str, str]) -> None:
    """Lay records out: to the width of a terminal, but in full down a pipe."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for key, value in records[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(
            titles.get(key, key.replace("_", " ")),
            justify="right" if number else "left",
            overflow="fold",
            no_wrap=key == "name",
        )
    for record in records:
        table.add_row(*(cell(value, digits=3) for value in record.values()))
    if sys.stdout.isatty():
        Console(markup=False, highlight=False, emoji=False).print(table)
        return
    text = io.StringIO()
    Console(file=text, width=sys.maxsize, markup=False, highlight=False, emoji=False).print(table)
    print("\n".join(line.rstrip() for line in text.getvalue().splitlines()))


def cell(value: object, digits: int | None = None) -> str:
    """Write one value: a shape as 64x3x3x3, options as name=value, fractions to some digits."""
    if isinstance(value, list):
        return "x".join(str(size) for size in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={entry}" for key, entry in value.items())
    if isinstance(value, float) and digits is not None:
        return f"{value:.{digits}g}"
    return "" if value is None else str(value)
