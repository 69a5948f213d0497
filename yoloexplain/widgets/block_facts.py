"""Facts of the blocks: what is said about each box of a map, as a table for the browser.

It stands between the tree of blocks (``block_tree``) and the view. Counts follow the package's one
rule: a multiply-add is one weight of a convolution or linear layer applied once; a parameter that
modules share is counted once.
"""

from collections.abc import Sequence
from math import log2
from typing import Any

from torch import nn

from ..inspection.calls import Call
from ..inspection.graph import Graph, count_mult_adds
from ..inspection.nodes import Value
from ..inspection.observation import Observation
from ..inspection.receptive_field import ReceptiveField, fields_of_values
from .block_items import Item, Tree
from .block_maps import Eye
from .block_names import Names, code_of

USUAL = {
    **{"kids": [], "count": 1, "params": 0, "work": 0, "note": "", "failed": False, "path": ""},
    **{"maps": None, "field": None, "source": -1},
}
WORDS = ("in", "out")  # lists of words that many records have in common


class Facts:
    """Everything that a map says about an observation's blocks.

    Parameters
    ----------
    observation
        What happened.
    tree
        Its blocks.
    eye
        What had read the maps' forms while it happened.
    """

    def __init__(self, observation: Observation, tree: Tree, eye: Eye) -> None:
        self.graph, self.failure = observation.graph, observation.failure
        self.tree = tree
        self.eye = eye
        self._work = count_mult_adds(self.graph)
        self.names = Names(self.graph)
        self.values = {item.index: self._value(item) for item in tree.items}
        self.fields = _fields(self.graph, [v for v in self.values.values() if v is not None])
        self._strides: dict[int, float] = {}
        self.rows = self._rows()
        self.sources: list[dict[str, str]] = []
        self._source_of: dict[type, int] = {}
        self._calls_of: dict[int, list[Call]] = {}
        for one in self.graph.calls:
            self._calls_of.setdefault(id(one.module), []).append(one)

    def table(self) -> list[dict[str, Any]]:
        """One record an item."""
        return [self._record(item) for item in self.tree.items]

    def total_params(self) -> int:
        """Parameters of the whole network."""
        return sum(p.numel() for p in self.graph.calls[0].module.parameters())

    def total_mult_adds(self) -> int:
        """Multiply-adds of what was reached."""
        return self._work[0]

    def stride(self, item: Item) -> float:
        """Input pixels a cell of its output stands for; 0 for what lies on no grid."""
        return self._strides[item.index]

    def form(self, item: Item) -> tuple[int, ...]:
        """(channels, rows, columns) of its output, or its shape without the batch."""
        value = self.values[item.index]
        shape = self.graph.shape(value) if value is not None else ()
        return self.eye.form(shape) or shape[1:]

    def _record(self, item: Item) -> dict[str, Any]:
        field = self.fields.get(value) if (value := self.values[item.index]) is not None else None
        return {
            "parent": item.parent,
            "kids": [kid.index for kid in item.kids],
            "span": list(item.span),
            "kind": item.kind,
            "role": self.names.role(item),
            "label": self.names.label(item),
            "count": self.names.count(item),
            "type": _type(item),
            "path": self._path(item),
            "row": self.rows[item.index],
            "stride": self.stride(item),
            "in": [_times(shape) for shape in self._inputs(item)],
            "out": [_times(shape) for shape in self._outputs(item)],
            "form": list(self.form(item)),
            "params": sum(p.numel() for p in self._parameters(item)),
            "work": self._mult_adds(item),
            "field": None if field is None else list(field.size),
            "source": self._source(item),
            "note": self._note(item),
            "failed": self._has_failed(item),
        }

    def _value(self, item: Item) -> Value | None:
        """Return the first map that it made, else its first tensor."""
        last = item.last
        if last.node is not None:
            return Value(last.node.index)
        made = [] if last.call is None else list(self.graph.values[last.call.index].values())
        maps = [value for value in made if len(self.graph.shape(value)) == 4]
        return next(iter([*maps, *made]), None) if last.kind != "stop" else None

    def _rows(self) -> list[float]:
        """Row of each item: rounds of halving behind the image; -1 for what lies on no grid."""
        before: dict[int, float] = {}
        sources: dict[int, list[int]] = {}
        for source, leaf in self.tree.edges:
            sources.setdefault(leaf, []).append(source)
        by_leaf = {i.span[0]: i for i in self.tree.items if not i.kids and i.kind != "part"}
        for leaf, item in sorted(by_leaf.items()):
            read = [before[source] for source in sources.get(leaf, []) if source in before]
            stride = self._own_stride(item)
            before[leaf] = (read or [0.0])[0] if stride is None else stride
            self._strides[item.index] = before[leaf]
        for item in reversed(self.tree.items):
            if item.index not in self._strides:
                own = self._own_stride(item)
                inside = self._strides[item.kids[-1].index]
                self._strides[item.index] = inside if own is None else own
        strides = [self._strides[item.index] for item in self.tree.items]
        return [round(log2(stride)) if stride > 0 else -1 for stride in strides]

    def _own_stride(self, item: Item) -> float | None:
        """Read the stride off its output; None if that has no rows and columns to tell."""
        value = self.values[item.index]
        shape = () if value is None else self.graph.shape(value)
        form = self.eye.form(shape)
        if form is None:
            return 0.0 if len(shape) == 2 else None
        if form[1:] == (1, 1):
            return 0.0
        return round(self.graph.image.shape[2] / form[1], 2)

    def _inputs(self, item: Item) -> list[tuple[int, ...]]:
        first = item
        while first.kind in ("run", "part"):
            first = first.kids[0]
        if first.node is not None:
            return [self.graph.nodes[index].shape for index in first.node.inputs]
        return [] if first.call is None else [tuple(t.shape) for t in first.call.inputs.values()]

    def _outputs(self, item: Item) -> list[tuple[int, ...]]:
        last = item.last
        if last.node is not None or last.kind == "stop":
            return [] if last.node is None else [last.node.shape]
        return [] if last.call is None else [tuple(t.shape) for t in last.call.outputs.values()]

    def _parameters(self, item: Item) -> list[nn.Parameter]:
        if item.kind in ("run", "part"):
            return list({id(p): p for kid in item.kids for p in self._parameters(kid)}.values())
        named = item.kind == "block" and item.call is not None
        return list(item.call.module.parameters()) if named and item.call is not None else []

    def _mult_adds(self, item: Item) -> int:
        if item.kind in ("run", "part"):
            return sum(self._mult_adds(kid) for kid in item.kids)
        if item.node is not None:
            return item.node.mult_adds
        return self._work[item.call.index] if item.call and item.kind == "block" else 0

    def _path(self, item: Item) -> str:
        if item.kind in ("run", "part"):
            first = self._path(item.kids[0]).split(" … ")[0]
            last = self._path(item.kids[-1]).split(" … ")[-1]
            return first if first == last else f"{first} … {last}"
        if item.node is not None:
            return item.node.path
        return "" if item.call is None else item.call.path

    def _note(self, item: Item) -> str:
        """Say what a reader would not expect."""
        words = []
        call = item.call if item.kind == "block" else None
        calls = [] if call is None else self._calls_of[id(call.module)]
        if call is not None and len(calls) > 1:
            turn = calls.index(call) + 1
            words.append(
                f"One module called {len(calls)} times, this is call {turn}; "
                "its parameters are there once."
            )
        if self.failure is not None and self._has_failed(item):
            words.append(f"Failed in {self.failure}")
        return " ".join(words)

    def _has_failed(self, item: Item) -> bool:
        if self.failure is None:
            return False
        around = set(self.names.around(self.failure.call))
        calls = {one.call.index for one in item.walk() if one.call is not None}
        return self.failure.call in calls and (item.kind != "block" or bool(calls & around))

    def _source(self, item: Item) -> int:
        """Number of the code that is shown for it; -1 if there is none."""
        if item.kind in ("run", "part"):
            return self._source(item.kids[0])
        at = item.call
        if item.node is not None and item.node.call is not None:
            at = self.graph.calls[item.node.call]
        if at is None:
            return -1
        kind = type(at.module)
        if kind not in self._source_of:
            self._source_of[kind] = len(self.sources)
            self.sources.append(code_of(kind))
        return self._source_of[kind]


def compact(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write records with fewer bytes: what is usual is left out, and shapes are numbered.

    ``expandedItems`` in ``static/core/blocks.js`` reads them again.
    """
    numbers: dict[str, int] = {}
    short = []
    for record in records:
        kept = {key: v for key, v in record.items() if key not in USUAL or v != USUAL[key]}
        for key in WORDS:
            kept[key] = [numbers.setdefault(word, len(numbers)) for word in record[key]]
        kept["type"] = numbers.setdefault(record["type"], len(numbers))
        short.append(kept)
    return {"items": short, "words": list(numbers), "usual": USUAL}


def _fields(graph: Graph, values: Sequence[Value]) -> dict[Value, ReceptiveField]:
    try:
        return fields_of_values(graph, values)
    except Exception:  # an operation of a form that nobody has met: the map goes without
        return {}


def _type(item: Item) -> str:
    if item.kind == "block" and item.call is not None:
        kind = type(item.call.module)
        return f"{kind.__module__}.{kind.__qualname__}"
    return {"op": "operation", "run": "equal blocks", "part": "blocks"}.get(item.kind, item.kind)


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "a number"
