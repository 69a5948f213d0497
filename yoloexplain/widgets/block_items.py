"""Blocks: the boxes that a map of a network is drawn of, as a tree that can be opened.

It stands between the calls of a forward and the map. A leaf is an innermost call, or an operation
between modules; a box around leaves is a call, or neighbours that were laid together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..inspection.calls import Call
from ..inspection.nodes import Node

NAMES = {
    "cat": "concat",
    "mul": "multiply",
    "sub": "subtract",
    "div": "divide",
    "bmm": "matrix product",
    "mm": "linear",
    "addmm": "linear",
    "max_pool2d_with_indices": "max pool",
    "max_pool2d": "max pool",
    "avg_pool2d": "average pool",
    "_adaptive_avg_pool2d": "average pool",
    "mean": "mean",
}


@dataclass(eq=False)
class Item:
    """One box of the map, or what boxes are laid together in.

    Attributes
    ----------
    kind
        "image", "block" (a call), "op" (an operation between modules), "run" (equal neighbours),
        "part" (unlike ones) or "stop" (where the forward of a module with modules inside failed).
    call, node
        What it stands for; a run and a part have neither.
    kids
        What is seen when it is opened; a leaf has none.
    span
        First leaf, and the one after the last.
    count
        How many blocks a run or a part stands for.
    first
        Of blocks laid together by numbers, the number of the first among their neighbours; from 1.
    index, parent
        Numbers in the list of all items; the root's parent is -1.
    """

    kind: str
    call: Call | None = None
    node: Node | None = None
    kids: list["Item"] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)
    index: int = -1
    parent: int = -1
    form: object = None  # equal for equal neighbours
    count: int = 1
    first: int = 0

    @property
    def name(self) -> str:
        """Class of the module, or what the operation does."""
        if self.call is not None and self.kind == "block":
            return self.call.type
        return operation(self.node.op) if self.node is not None else self.kind

    def walk(self) -> Iterator["Item"]:
        """Yield itself and all inside, from the outside in."""
        yield self
        for kid in self.kids:
            yield from kid.walk()

    @property
    def last(self) -> "Item":
        """What made its output: itself, or the last of those laid together in it."""
        return self.kids[-1].last if self.kind in ("run", "part") else self


@dataclass(frozen=True)
class Tree:
    """All items, and what reads what.

    Attributes
    ----------
    items
        From the outside in, in order of execution; 0 is the image and 1 the network.
    edges
        Pairs of leaves, the one that is read first.
    """

    items: tuple[Item, ...]
    edges: tuple[tuple[int, int], ...]


def operation(op: str) -> str:
    """Name an operation as people do."""
    plain = op.removesuffix("_")
    if plain.startswith("upsample"):
        return "upsample"
    if plain.startswith("_scaled_dot"):
        return "attention"
    return NAMES.get(plain, plain.strip("_").replace("_", " "))


def visible(tree: Tree, opened: set[int]) -> list[Item]:
    """Items that are drawn: the image, and the outermost ones that are not opened."""
    found: list[Item] = []

    def see(item: Item) -> None:
        if item.kids and item.index in opened:
            for kid in item.kids:
                see(kid)
        else:
            found.append(item)

    see(tree.items[0])
    see(tree.items[1])
    return found


def opened_to(tree: Tree, level: int) -> set[int]:
    """Blocks that are open when all are down to a depth; what is laid together stays so."""
    found: set[int] = set()

    def go(item: Item, depth: int) -> None:
        if depth < level and item.kids and item.kind == "block":
            found.add(item.index)
            for kid in item.kids:
                go(kid, depth + 1)

    go(tree.items[1], 0)
    return found


def levels(tree: Tree, few: int, many: int) -> tuple[int, int]:
    """Return the deepest levels at which at most so many items are drawn, each at least 1."""
    sets = [opened_to(tree, 0)]
    while len(sets) < 2 or sets[-1] != sets[-2]:
        sets.append(opened_to(tree, len(sets)))
    counts = [len(visible(tree, opened)) for opened in sets[:-1]]
    deepest = [[i for i, count in enumerate(counts) if count <= most] for most in (few, many)]
    return max(deepest[0][-1], 1), max(deepest[1][-1], 1)
