"""Names of the blocks: what is written on a box, and by what it is coloured.

It stands between the tree of blocks and the table of facts. A box carries the class of its module;
a lone convolution also its kernel; a container, which only holds others, what it holds.
"""

from collections.abc import Iterator

from torch import nn

from ..inspection.graph import Graph
from ..inspection.nodes import Node
from ..inspection.source import show_source
from .block_items import Item

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
LONG = 110  # lines of a class; of a longer one only the forward is shown
NORMS = ("native_batch_norm", "native_group_norm", "native_layer_norm")


class Names:
    """What a graph's blocks are called.

    Parameters
    ----------
    graph
        Where the operations inside a block are looked up.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._nodes: dict[int, list[Node]] = {}
        for node in graph.nodes:
            for call in self.around(node.call):
                self._nodes.setdefault(call, []).append(node)

    def around(self, call: int | None) -> Iterator[int]:
        """Yield a call and those around it, from the inside out."""
        while call is not None:
            yield call
            call = self.graph.calls[call].parent

    def label(self, item: Item) -> str:
        """Name a box: what it is, with the kernel of a lone convolution; no counts."""
        if item.kind == "run":
            return self.label(item.kids[0].kids[0] if _is_row(item.kids[0]) else item.kids[0])
        if item.kind == "part" and item.first:
            return f"{item.first}–{item.first + item.count - 1}"
        if item.kind == "stop":
            return "stops here"
        if item.kind == "part" and len(item.kids) == 2:
            return " + ".join(self.label(kid) for kid in item.kids)
        if item.kind == "part" or item.name in CONTAINERS:
            return self._counted(item)
        layers = [node for node in self.inside(item) if node.weighted]
        if item.call is None or [node.op for node in layers] != ["convolution"]:
            return item.name
        window = layers[0].window or {}
        return f"{item.name} {'×'.join(map(str, window['kernel_size']))}"

    def _counted(self, item: Item) -> str:
        """Name what is only a container: the one kind that it holds, or how many layers."""
        inside = {self.label(kid) for kid in item.kids}
        if item.kind == "block" and len(inside) == 1:
            return inside.pop()
        layers = [node for node in self.inside(item) if node.weighted]
        kinds = {node.op == "convolution" for node in layers}
        if len(kinds) != 1:
            return item.name if item.kind == "block" else f"{len(item.kids)} layers"
        if len(layers) == 1:
            return next(self.label(kid) for kid in item.kids if layers[0] in self.inside(kid))
        return f"{len(layers)} {'convs' if kinds.pop() else 'linear'}"

    def count(self, item: Item) -> int:
        """How often it is there: more than 1 for a run, and for a container of equal blocks."""
        if item.kind == "run":
            return item.count
        if item.name in CONTAINERS and len({self.label(kid) for kid in item.kids}) == 1:
            return sum(self.count(kid) for kid in item.kids)
        return 1

    def inside(self, item: Item) -> list[Node]:
        """Operations that happened in it."""
        if item.node is not None:
            return [item.node]
        if item.call is not None:
            return self._nodes.get(item.call.index, [])
        return [node for kid in item.kids for node in self.inside(kid)]

    def role(self, item: Item) -> str:
        """Say by what a box is coloured, in the words of the house's colours."""
        nodes = self.inside(item)
        ops = {node.op.removesuffix("_") for node in nodes if node.from_image}
        if item.kind == "image" or item.kind == "stop":
            return item.kind
        if "convolution" in ops:
            return "conv"
        if any(node.weighted for node in nodes) or any("scaled_dot" in op for op in ops):
            return "linear"
        if any("pool" in op for op in ops) or ops == {"mean"}:
            return "pool"
        if any(op.startswith(NORMS) for op in ops):
            return "norm"
        if ops in ({"cat"}, {"add"}):
            return {"cat": "concat", "add": "add"}[ops.pop()]
        bends = item.kind == "block" and nodes and all(node.pointwise for node in nodes)
        return "activation" if bends else "other"


def _is_row(item: Item) -> bool:
    return item.kind == "part" and item.first > 0


def code_of(kind: type[nn.Module]) -> dict[str, str]:
    """Source of a module's class without docstrings; of a long one the forward alone."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    try:
        found = show_source(kind, without_docstring=True)
        if len(found.code.splitlines()) > LONG:
            found = show_source(kind.forward, without_docstring=True)
    except (TypeError, SyntaxError):
        return {
            "name": name,
            "code": "# its source lies in no file",
        }
    return {"name": found.name, "code": found.code}
