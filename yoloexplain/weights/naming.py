"""From a table of names to the name of every tensor.

It stands beside the networks, not on the way from image to picture. A table has one row for each
part of a network: our name, their name. Following it gives each parameter and buffer its published
name, in the published order, because the rows stand in that order.
"""

from collections.abc import Iterable, Iterator, Mapping

from torch import nn

Rows = Iterable[tuple[str, str]]
Tables = Mapping[type[nn.Module], Rows]


def follow(module: nn.Module, ours: str, theirs: str, tables: Tables) -> Iterator[tuple[str, str]]:
    """Name every tensor of ``module``, ours and theirs, in their order.

    Parameters
    ----------
    module
        Any part of a network.
    ours, theirs
        What it is called here, and where it was published.
    tables
        The rows of each kind of block whose parts go by other names; all others keep theirs.
    """
    rows = tables.get(type(module))
    if rows is None:
        yield from ((f"{ours}.{name}", f"{theirs}.{name}") for name in own_tensors(module))
        rows = [(name, name) for name, _ in module.named_children()]
    for name, published in rows:
        part = module.get_submodule(name)
        yield from follow(part, f"{ours}.{name}", f"{theirs}.{published}", tables)


def own_tensors(module: nn.Module) -> list[str]:
    """Name what the module itself holds: its parameters, then its buffers."""
    parameters = [name for name, _ in module.named_parameters(recurse=False)]
    return parameters + [name for name, _ in module.named_buffers(recurse=False)]


def name_all(network: nn.Module, rows: Rows, tables: Tables) -> dict[str, str]:
    """Follow the rows of a whole network; parts that it does not have are passed over."""
    parts, stored = dict(network.named_modules()), network.state_dict()
    return {
        ours: theirs
        for part, published in rows
        if part in parts
        for ours, theirs in follow(parts[part], part, published, tables)
        if ours in stored
    }
