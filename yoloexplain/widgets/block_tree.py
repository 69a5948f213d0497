"""Blocks: a network's forward as a tree that can be opened, and what each leaf of it reads.

It stands between an observation (``inspection.observation``) and the map that is drawn of it. The
tree follows the calls: a module that was called twice is there twice, one that was never called is
not. Its leaves are innermost calls, and the operations between modules that people would draw:
additions, concatenations, pooling, whatever has weights. Everything else is a line between two
boxes. Equal neighbours are laid together as ×N, and long rows of unlike ones by numbers, so that
a thousand layers are a few boxes until somebody opens them.
"""

from itertools import pairwise

from ..inspection.graph import Graph
from ..inspection.nodes import Node
from ..inspection.observation import Observation
from .block_folds import lay_together
from .block_items import Item, Tree

RESIZING = ("max_pool", "avg_pool", "_adaptive", "adaptive", "upsample", "pixel_", "mean")
Leaf = tuple[str, int]  # what it is, and the number of its call or node
Sources = dict[int, None]  # leaves in their order


def grow(observation: Observation) -> Tree:
    """Make the tree of an observation."""
    graph, failure = observation.graph, observation.failure
    failed = None if failure is None else failure.call
    given = [] if failure is None else [value.node for value in failure.reads]
    leaves, reads = _leaves(graph, failed, given)
    root = _nested(graph, leaves, failed)
    edges = [(source, leaf) for leaf, sources in enumerate(reads) for source in sources]
    lay_together(root, [set(sources) for sources in reads])
    items = [Item("image", node=graph.image, span=(0, 1)), *root.walk()]
    for index, item in enumerate(items):
        item.index = index
        for kid in item.kids:
            kid.parent = index
    return Tree(tuple(items), tuple(edges))


def _leaves(
    graph: Graph, failed: int | None, given: list[int]
) -> tuple[list[Leaf], list[list[int]]]:
    """Leaves in order of execution, and the leaves that each reads; 0 is the image."""
    busy = _busy(graph, failed)
    outer = {call.parent for call in graph.calls if call.index in busy} | {0}  # seen from inside
    leaves: dict[Leaf, int] = {("image", 0): 0}
    reads: list[Sources] = [{}]
    carried: list[Sources] = []  # by node: the leaves whose output it is or passes on

    def place(leaf: Leaf, sources: Sources) -> int:
        if leaf not in leaves:
            leaves[leaf] = len(reads)
            reads.append({})
        number = leaves[leaf]
        reads[number] |= {source: None for source in sources if source != number}
        return number

    for node in graph.nodes:
        before = [carried[source] for source in node.inputs]
        joined = {leaf: None for sources in before for leaf in sources}
        if node.call is None:
            carried.append({0: None})
        elif node.call not in outer:
            carried.append({place(("call", node.call), joined): None})
        elif _is_drawn(graph, node, [sources for sources in before if sources]):
            carried.append({place(("node", node.index), joined): None})
        else:
            carried.append(joined)
    if failed is not None:
        stop = "stop" if failed in outer else "call"
        wanted = given if stop == "call" else [len(carried) - 1]
        sources = {leaf: None for node in wanted for leaf in carried[node]}
        place((stop, failed), sources if stop == "call" else {len(reads) - 1: None} | sources)
    return list(leaves), [list(sources) for sources in reads]


def _busy(graph: Graph, failed: int | None) -> set[int]:
    """Calls in which something happened, directly or further inside."""
    busy = {node.call for node in graph.nodes if node.call is not None} | {failed} - {None}
    for call in reversed(graph.calls):
        if call.index in busy and call.parent is not None:
            busy.add(call.parent)
    return {index for index in busy if index is not None}


def _is_drawn(graph: Graph, node: Node, before: list[Sources]) -> bool:
    """Whether an operation between modules is a box: it has weights, joins ways, or resizes."""
    if not node.from_image or node.op == "overwritten":
        return False
    if node.weighted or any(sources != before[0] for sources in before[1:]):
        return True
    if not node.op.startswith(RESIZING) or not node.inputs:
        return False
    old, new = graph.nodes[node.inputs[0]].shape, node.shape
    if node.op == "mean" and len(new) > 2 and new[-2:] != (1, 1):
        return False  # a mean over channels, as in a normalisation
    return len(old) == 4 and old[-2:] != new[-2:]


def _nested(graph: Graph, leaves: list[Leaf], failed: int | None) -> Item:
    """Lay leaves into the calls around them."""
    root = Item("block", call=graph.calls[0])
    open_: dict[int, Item] = {0: root}
    for number, (kind, index) in enumerate(leaves):
        if kind == "image":
            continue
        item = _leaf(graph, kind, index)
        item.span = (number, number + 1)
        call = index if kind != "node" else graph.nodes[index].call
        around = _around(graph, call, itself=kind != "call")
        for outside, inside in pairwise(around):
            if inside not in open_:
                open_[inside] = Item("block", call=graph.calls[inside])
                open_[outside].kids.append(open_[inside])
        open_[around[-1]].kids.append(item)
    _measure(root)
    return root


def _leaf(graph: Graph, kind: str, index: int) -> Item:
    if kind == "node":
        return Item("op", node=graph.nodes[index])
    return Item("block" if kind == "call" else "stop", call=graph.calls[index])


def _around(graph: Graph, call: int | None, *, itself: bool) -> list[int]:
    """Calls around a call, outermost first."""
    found: list[int] = []
    at = call if itself or call is None else graph.calls[call].parent
    while at is not None:
        found.insert(0, at)
        at = graph.calls[at].parent
    return found or [0]


def _measure(item: Item) -> None:
    """Set the spans, and the form by which equal neighbours are told."""
    for kid in item.kids:
        _measure(kid)
    if item.kids:
        item.span = (item.kids[0].span[0], item.kids[-1].span[1])
    if item.kind == "stop":
        item.form = object()
    elif item.kids and item.call is not None:
        rows = item.call.output_shape[2:]
        kernels = [tuple(p.shape[2:]) for p in item.call.module.parameters()]
        item.form = (item.call.type, rows, str(kernels), tuple(kid.name for kid in item.kids))
    elif item.call is not None:
        shapes = [tuple(p.shape) for p in item.call.module.parameters()]
        item.form = (item.call.type, item.call.output_shape, str(shapes))
    elif item.node is not None:
        item.form = (item.node.op, item.node.shape)
