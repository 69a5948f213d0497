"""Operations that mix values: windows, sums, products and elementwise functions.

One rule an operation, in terms of spans (see ``spans``). Normalisation layers pass through: that
BatchNorm or GroupNorm shares a mean over the map is no part of a receptive field as the word is
used. An operation without a rule is taken to mix all that it gets, so a field is never understated.
"""

from collections.abc import Sequence

from . import layout
from .graph import Graph
from .layout import Inputs, Rule
from .nodes import Constant, Node, Value
from .spans import Span, join_all
from .windows import adaptive, resized, sliding, transposed

# At the same place, though PyTorch does not mark them as pointwise; and normalisation.
SAME_PLACE = frozenset(
    "native_batch_norm cudnn_batch_norm _native_batch_norm_legit _batch_norm_no_update "
    "_native_batch_norm_legit_no_training native_group_norm native_layer_norm hardswish mish prelu "
    "_prelu_kernel rrelu_with_noise log_sigmoid_forward native_dropout dropout detach alias "
    "_to_copy contiguous lift_fresh masked_fill where".split()
)
PRODUCTS = frozenset("mm addmm bmm baddbmm linear mv addmv matmul".split())


def spans_of(graph: Graph, axis: int, *, bounded: bool, last: int) -> dict[Value, Span | None]:
    """Span of every tensor up to node ``last``, along the image's height (axis 2) or width (3)."""
    image = Span.of_image(graph.image.shape, axis, bounded=bounded)
    spans: dict[Value, Span | None] = {Value(0): image}
    for node in graph.nodes[1 : last + 1]:
        given = Inputs(node, spans, lambda value: graph.nodes[value.node].shapes[value.item])
        made = _outputs(node, given) if node.from_image else [None] * len(node.shapes)
        spans.update({Value(node.index, item): span for item, span in enumerate(made)})
    return spans


def _outputs(node: Node, given: Inputs) -> Sequence[Span | None]:
    spans = given.all()
    if not spans:  # it reads only what has been overwritten by constants
        return [None] * len(node.shapes)
    if 0 in node.shape or (any(0 in s for s in node.shapes) and not _keeps_place(node)):
        return [spans[0].nothing(shape) for shape in node.shapes]
    rule = _rule(node)
    if rule is not None:
        return rule(given)
    mixed = join_all([span.everything(()) for span in spans], ())
    return [mixed.expand(shape) for shape in node.shapes]


def _rule(node: Node) -> Rule | None:
    in_place_of = node.op.removesuffix("_")
    for op in (node.op, in_place_of):
        if op in RULES:
            return RULES[op]
    return _same_place if _keeps_place(node) else None


def _keeps_place(node: Node) -> bool:
    """Whether its first output has the places of its input, whatever else it returns.

    On a processor a BatchNorm also returns two empty tensors.
    """
    return node.pointwise or node.op.removesuffix("_") in SAME_PLACE


def _same_place(given: Inputs) -> list[Span | None]:
    node = given.node
    fitting = [span for span in given.all() if _fits(span.shape, node.shape)]
    first = join_all(fitting, node.shape)
    return [first, *(first.everything(shape) for shape in node.shapes[1:])]


def _fits(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    pairs = zip(reversed(shape), reversed(wanted), strict=False)
    return len(shape) <= len(wanted) and all(old in (1, new) for old, new in pairs)


def _copy(given: Inputs) -> list[Span | None]:
    source = given.span(given["src"])
    return [source.expand(given.node.shape) if source is not None else None]


def _sum(given: Inputs) -> list[Span]:
    span, keep = given.all()[0], bool(given.get("keepdim"))
    axes = given.get("dim")
    if axes is None or axes == []:
        axes = range(len(span.shape))
    for axis in sorted({a % len(span.shape) for a in _listed(axes)}, reverse=True):
        span = span.join(axis, keep=keep)
    return [span] * len(given.node.shapes)


def _listed(axes: int | Sequence[int]) -> Sequence[int]:
    return [axes] if isinstance(axes, int) else axes


def _along(given: Inputs) -> list[Span]:
    span = given.all()[0].join(given.axis())
    return [span.expand(shape) for shape in given.node.shapes]


def _product(given: Inputs) -> list[Span]:
    """Rows of the left and columns of the right factor, whatever is added broadcast on top."""
    node = given.node
    factors = {k: v for k, v in node.arguments.items() if isinstance(v, Value | Constant)}
    added = [factors.pop(name) for name in ("bias",) if name in factors]
    *more, left, right = factors.values()
    spans = [span for value in (*added, *more) if (span := given.span(value)) is not None]
    if (rows := given.span(left)) is not None:
        rows = rows.join(len(rows.shape) - 1)
        spans.append(rows.drop(-1) if len(given.shape(right)) == 1 else rows)
    if (columns := given.span(right)) is not None:
        if node.op == "linear":
            columns = columns.permute((1, 0))
        inner = max(len(columns.shape) - 2, 0)
        columns = columns.join(inner)
        spans.append(columns.drop(inner) if len(columns.shape) == 1 else columns)
    return [join_all(spans, node.shape)]


def _convolution(given: Inputs) -> list[Span]:
    node, window = given.node, given.node.window
    assert window is not None
    found = []
    if (span := given.span(given["input"])) is not None:
        span = _mix_channels(span, node.shape[1], given["groups"])
        windows = transposed if given["transposed"] else sliding
        for axis, setting in enumerate(zip(*window.values(), strict=True), start=2):
            span = span.window(axis, *windows(node.shape[axis], *setting))
        found.append(span)
    if (span := given.span(given["weight"])) is not None:  # a filter that the image makes
        found.append(span.everything(node.shape))
    return [join_all(found, node.shape)]


def _mix_channels(span: Span, channels: int, groups: int) -> Span:
    """Each new channel takes the old channels of its group."""
    batch, before, *places = span.shape
    grouped = span.reshape((batch, groups, before // groups, *places)).join(2)
    return grouped.expand((batch, groups, channels // groups, *places)).reshape(
        (batch, channels, *places)
    )


def _pool(given: Inputs) -> list[Span]:
    span, window = given.all()[0], given.node.window
    assert window is not None
    settings = list(zip(*window.values(), strict=True))
    for axis, setting in enumerate(settings, start=len(span.shape) - len(settings)):
        span = span.window(axis, *sliding(given.node.shape[axis], *setting))
    return [span] * len(given.node.shapes)


def _adaptive_pool(given: Inputs) -> list[Span]:
    span, shape = given.all()[0], given.node.shape
    for axis in range(len(shape) - len(given["output_size"]), len(shape)):
        new, old = shape[axis], span.shape[axis]
        span = span.join(axis) if new == 1 else span.window(axis, *adaptive(new, old))
    return [span] * len(given.node.shapes)


def _resize(given: Inputs) -> list[Span]:
    span, shape = given.all()[0], given.node.shape
    axes = range(2, len(shape))
    names = ("scales",) if len(axes) == 1 else ("scales_d", "scales_h", "scales_w")[-len(axes) :]
    kind = next(kind for kind in KINDS if kind in given.node.op)
    aligned = bool(given.get("align_corners"))
    for axis, name in zip(axes, names, strict=True):
        sizes = shape[axis], span.shape[axis]
        span = span.window(axis, *resized(*sizes, KINDS[kind], given.get(name), aligned))
    return [span]


KINDS = {
    "nearest_exact": "nearest_exact",
    "nearest": "nearest",
    "linear": "linear",
    "cubic": "cubic",
}

RULES: dict[str, Rule] = {
    **layout.RULES,
    **dict.fromkeys(
        "mean sum amax amin prod var std logsumexp any all argmax argmin linalg_vector_norm norm "
        "max min median".split(),
        _sum,
    ),
    **dict.fromkeys("_softmax _log_softmax cumsum cumprod sort topk index_select".split(), _along),
    **dict.fromkeys(PRODUCTS, _product),
    **dict.fromkeys(
        "max_pool1d max_pool2d max_pool3d max_pool2d_with_indices max_pool3d_with_indices "
        "avg_pool1d avg_pool2d avg_pool3d".split(),
        _pool,
    ),
    **dict.fromkeys(
        "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool2d adaptive_max_pool2d "
        "adaptive_avg_pool1d adaptive_max_pool3d".split(),
        _adaptive_pool,
    ),
    **dict.fromkeys(
        "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d "
        "_upsample_nearest_exact2d upsample_linear1d upsample_bilinear2d upsample_trilinear3d "
        "upsample_bicubic2d".split(),
        _resize,
    ),
    "convolution": _convolution,
    "copy_": _copy,
}
