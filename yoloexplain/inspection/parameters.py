"""The table of weights: every parameter with its shape, its mean and its spread.

What a training starts from can be read off it: the spread of a convolution tells how it was
initialised, and the mean of a head's bias which prior it holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import torch
from torch import nn

from .meta import check_model

HEADINGS = ("layer", "name", "gradient", "parameters", "shape", "mean", "std")


@dataclass(frozen=True)
class ParameterRow:
    """One parameter.

    Attributes
    ----------
    index
        Its place in the table.
    name
        Dotted name, or the published one.
    gradient
        Whether it is trained.
    parameters, shape
        How many values, and how they lie.
    mean, std
        Of its values, the standard deviation unbiased (nan for a single value); None where there
        are no values, on the meta device.
    """

    index: int
    name: str
    gradient: bool
    parameters: int
    shape: tuple[int, ...]
    mean: float | None
    std: float | None


@dataclass(frozen=True, repr=False)
class ParameterTable(Sequence[ParameterRow]):
    """Rows of a table of weights; ``str()`` of it lays them out."""

    rows: tuple[ParameterRow, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[ParameterRow]:
        return iter(self.rows)

    @overload
    def __getitem__(self, index: int) -> ParameterRow: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ParameterRow, ...]: ...
    def __getitem__(self, index: int | slice) -> ParameterRow | tuple[ParameterRow, ...]:
        return self.rows[index]

    @property
    def total(self) -> int:
        """Sum of the parameters of all rows."""
        return sum(row.parameters for row in self.rows)

    def __str__(self) -> str:
        lines = [HEADINGS, *(_cells(row) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        )

    __repr__ = __str__


def _cells(row: ParameterRow) -> tuple[str, ...]:
    values = ("-" if value is None else f"{value:.3g}" for value in (row.mean, row.std))
    shape = str(list(row.shape))
    return (str(row.index), row.name, str(row.gradient), f"{row.parameters:,}", shape, *values)


def parameter_table(model: nn.Module, names: Mapping[str, str] | None = None) -> ParameterTable:
    """List every parameter of a network with its shape, mean and standard deviation.

    Parameters
    ----------
    model
        Any network; a parameter that modules share is listed once.
    names
        The names to show, by the network's own, in the order to show them. May also name
        buffers, which are not listed.

    Raises
    ------
    TypeError
        If the model is no module.
    ValueError
        If ``names`` leaves out a parameter, or names what the network does not have.
    """
    parameters = dict(check_model(model).named_parameters())
    shown = {name: name for name in parameters} if names is None else dict(names)
    known = {*parameters, *(name for name, _ in model.named_buffers())}
    wrong = [name for name in shown if name not in known]
    missing = [name for name in parameters if name not in shown]
    if wrong or missing:
        fault = f"{wrong[0]!r}, which it has not" if wrong else f"nothing for {missing[0]!r}"
        raise ValueError(
            f"names must name exactly the parameters of the network, got {fault}; its own names "
            "are those of model.named_parameters()"
        )
    listed = [(public, parameters[own]) for own, public in shown.items() if own in parameters]
    return ParameterTable(
        tuple(_row(index, name, parameter) for index, (name, parameter) in enumerate(listed))
    )


def _row(index: int, name: str, parameter: nn.Parameter) -> ParameterRow:
    mean = std = None
    if not parameter.is_meta and parameter.numel():
        values = parameter.detach().double()
        mean = values.mean().item()
        std = values.std().item() if values.numel() > 1 else float("nan")
    shape = tuple(parameter.shape)
    count = int(torch.Size(shape).numel())
    return ParameterRow(index, name, parameter.requires_grad, count, shape, mean, std)
