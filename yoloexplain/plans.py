"""Plans: what a picture of a network needs to know, read off the network itself.

They stand between ``inspection``, which knows any network, and ``figures``, which knows none.

A plan is a list of records: the blocks of an architecture map with their connections, or the
stages at which a tensor changes its size. Both are found by sending an image without pixels through
the network (``inspection.trace``), so that a picture cannot say what the network does not do.
"""

from collections.abc import Iterator

from torch import nn

from .figures.architecture import Block
from .figures.sizes import Stage
from .inspection.calls import Call
from .inspection.graph import Graph, trace
from .inspection.meta import ImageSize, check_image_size

PARTS = ("backbone", "neck", "head")


def blocks(model: nn.Module, image_size: ImageSize, *, depth: int = 2) -> list[Block]:
    """List the blocks of a detector for ``figures.architecture_map``, in execution order.

    Parameters
    ----------
    model
        A network of three parts named backbone, neck and head; the device does not matter.
    image_size
        Height and width in pixels, or one number for both.
    depth
        How deep a block lies by its name: 2 for ``backbone.stage3``. A deeper module is a block of
        its own where nothing is called at that depth around it, as the convolutions of a head.

    Raises
    ------
    ValueError
        If a part goes by another name.
    """
    height, _ = check_image_size(image_size)
    graph = trace(model, image_size)
    calls = list(block_calls(graph, depth))
    sources = connections(graph, calls)
    found = []
    for name, (call, inputs) in enumerate(zip(calls, sources, strict=True)):
        part = call.path.split(".")[0]
        if part not in PARTS:
            raise ValueError(
                f"a detector's parts must be named {', '.join(PARTS)}, got {part!r}; "
                "plans.stages takes any network"
            )
        _, channels, rows, columns = call.output_shape
        found.append(
            Block(
                str(name),
                label(call.module),
                height // rows,
                (channels, rows, columns),
                tuple(str(source) for source in inputs),
                part,
                len(list(getattr(call.module, "bottlenecks", [None]))),
                sum(p.numel() for p in call.module.parameters()),
            )
        )
    return found


def block_calls(graph: Graph, depth: int) -> Iterator[Call]:
    """Yield the outermost calls that lie at least ``depth`` deep."""
    inside: set[int] = set()
    for call in graph.calls:
        if call.parent in inside:
            inside.add(call.index)
        elif call.depth >= depth:
            inside.add(call.index)
            yield call


def connections(graph: Graph, calls: list[Call]) -> list[list[int]]:
    """For each block, the numbers of the blocks that it reads; none reads the image only."""
    number_of = {call.index: number for number, call in enumerate(calls)}
    parents = {call.index: call.parent for call in graph.calls}

    def home(call: int | None) -> int | None:
        while call is not None and call not in number_of:
            call = parents[call]
        return None if call is None else number_of[call]

    read: list[dict[int, None]] = [{} for _ in calls]  # dicts, for they keep the order
    reach: dict[int, dict[int, None]] = {}  # node → the blocks whose output it is or carries along
    for node in graph.nodes:
        before = {block: None for source in node.inputs for block in reach[source]}
        here = home(node.call)
        reach[node.index] = before if here is None else {here: None}
        if here is not None:
            read[here] |= before
    return [[block for block in blocks if block != i] for i, blocks in enumerate(read)]


def label(module: nn.Module) -> str:
    """Name a block for its box: the kind, and the kernel of a lone convolution."""
    kind = type(module).__name__
    if kind == "Conv2d":
        return "Detect"
    kind = {"BottleneckCSP": "CSP"}.get(kind, kind)
    conv = getattr(module, "conv", None)
    if kind == "Conv" and isinstance(conv, nn.Conv2d):
        return f"Conv {conv.kernel_size[0]}×{conv.kernel_size[1]}"
    return kind


def stages(model: nn.Module, image_size: ImageSize) -> list[Stage]:
    """List the sizes that a tensor has on its way, for ``figures.tensor_sizes``.

    What a part of the network (its backbone, its head) calls directly is a step; a stage is a run
    of steps of one part with the same height and width, and a vector is a stage of its own. It has
    the shape after its last step, and the parameters of all.
    """
    height, width = check_image_size(image_size)
    graph = trace(model, image_size)
    part_of = {call.index: call.path for call in graph.calls if call.depth == 1}
    found = [Stage("image", (graph.image.shape[1], height, width))]
    weights, part = 0, ""
    for call in graph.calls:
        if call.parent not in part_of or not call.output_shape:
            continue
        shape, params = call.output_shape[1:], sum(p.numel() for p in call.module.parameters())
        goes_on = part == part_of[call.parent] and shape[1:] == found[-1].shape[1:]
        if goes_on and (len(shape) > 1 or not params):
            last = found.pop()
            shape = shape if len(shape) > 1 else last.shape
            weights, params = weights + weighted(call.module), last.params + params
        elif not params and len(shape) == 1:
            continue  # flattening alone is no step
        else:
            weights = weighted(call.module)
        part = part_of[call.parent]
        found.append(Stage(counted(weights, len(shape) == 1), shape, params))
    return found


def weighted(module: nn.Module) -> int:
    """Count the convolutions and linear layers in a module, itself included."""
    return sum(isinstance(part, nn.Conv2d | nn.Linear) for part in module.modules())


def counted(weights: int, vector: bool) -> str:
    """Say what made a stage: "4 convs", "linear", or "pool" where nothing has weights."""
    if vector:
        return "linear"
    return {0: "pool", 1: "1 conv"}.get(weights, f"{weights} convs")
