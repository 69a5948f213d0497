"""The table of a network, without its weight: shapes, parameters and multiply-adds of every call.

torchinfo's table, drawn from a twin on the meta device: nothing is allocated and nothing is
computed, so the 275 million parameters of the first YOLO are counted as quickly as a toy's.

One rule of counting, in the rows, in the table and in the totals: a multiply-add is one weight of
a convolution or linear layer applied once. Biases, normalisation, activations, pooling and
resizing count nothing.
"""

from dataclasses import asdict, dataclass
from typing import Any

from torch import nn
from torchinfo import ModelStatistics
from torchinfo.enums import Units

from .graph import trace
from .lines import Line, lines_of, statistics_of
from .meta import ImageSize, check_image_size


@dataclass(frozen=True)
class Row:
    """One call of one module.

    Attributes
    ----------
    path, type, depth
        The module's dotted name ("" is the network), its class, and how deep it lies.
    is_leaf
        Whether it has no modules inside.
    output_shape
        Of the first tensor that it returned, batch of one; empty if it returned none.
    params
        Parameters of the module, those of the modules inside included.
    mult_adds
        Multiply-adds during this call, those of the calls inside included.
    recursive
        Whether the table has counted the parameters before: in an earlier call of the same
        module, or of others that share them.
    """

    path: str
    type: str
    depth: int
    is_leaf: bool
    output_shape: tuple[int, ...]
    params: int
    mult_adds: int
    recursive: bool


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """Table of a network; ``str()`` of it is torchinfo's.

    Attributes
    ----------
    image_size
        Height and width that the shapes are for.
    rows
        One a call, in the order of execution, a module before the modules inside it. Containers
        that are never called (``nn.ModuleList``) are no rows; the printed table shows them.
    total_params, trainable_params
        Each parameter counted once, however many modules share it.
    mult_adds
        Of one forward with one image.
    statistics
        torchinfo's ``ModelStatistics``, holding the same numbers.
    """

    image_size: tuple[int, int]
    rows: tuple[Row, ...]
    total_params: int
    trainable_params: int
    mult_adds: int
    statistics: ModelStatistics

    def __str__(self) -> str:
        table = str(self.statistics)
        for unit in Units:  # torchinfo 1.8 writes "(Units.GIGABYTES)" where it means "(G)"
            table = table.replace(f"({unit!s})", f"({unit.value})")
        return table

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """Return rows and totals as plain lists and numbers, ready for JSON."""
        rows = [{**asdict(row), "output_shape": list(row.output_shape)} for row in self.rows]
        return {
            "image_size": list(self.image_size),
            "rows": rows,
            "total_params": self.total_params,
            "trainable_params": self.trainable_params,
            "mult_adds": self.mult_adds,
        }


def summarize(model: nn.Module, image_size: ImageSize, *, depth: int = 3) -> Summary:
    """Table of a network at an image size, without allocating or running it.

    Parameters
    ----------
    model
        Any network that takes one image, also one built under ``torch.device("meta")``. It is
        left exactly as it is: weights, mode and hooks. The table is of its eval mode.
    image_size
        Height and width, or one number for both.
    depth
        How many levels of modules the printed table shows. ``rows`` always has all.

    Returns
    -------
    Summary
        Multiply-adds are counted one per weight of a convolution or linear layer and output
        position (input position, if transposed). torchinfo's own rule also adds the biases and
        the parameters of BatchNorm, and counts a linear layer once whatever the rows of its
        input; here its table shows the numbers of our rule.

    Raises
    ------
    TypeError, ValueError
        If the model is no module, the size is not one or two positive integers, the depth is
        negative, or the network refuses images of that size.
    RuntimeError
        If the forward fails; names the module in which it did.
    """
    size = check_image_size(image_size)
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 0:
        raise ValueError(
            f"depth must be zero or a positive integer, got {depth!r}; pass for example depth=3"
        )
    graph = trace(model, size)
    lines = lines_of(graph)
    statistics = statistics_of(graph, lines, depth)
    return Summary(
        size,
        tuple(_row(line) for line in lines),
        statistics.total_params,
        statistics.trainable_params,
        statistics.total_mult_adds,
        statistics,
    )


def _row(line: Line) -> Row:
    return Row(
        path=line.path,
        type=line.class_name,
        depth=line.depth,
        is_leaf=line.is_leaf_layer,
        output_shape=tuple(line.output_size),
        params=line.num_params,
        mult_adds=line.macs,
        recursive=line.is_recursive,
    )
