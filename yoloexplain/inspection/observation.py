"""Observation: what one image really does in a network, as far as it gets.

``trace`` asks a twin without values, so it cannot follow a forward that looks at its pixels ("if
the mean is positive …"), and it gives up where one fails. Here the image has its values, each
operation is written down just the same, and a failure is a fact to report: what was reached is
there, and the module, the exception and its message are named.

It stands between a network and a map of it. The caller's network is left as it is: what runs is a
copy of its structure that shares its weights, in eval mode and without its hooks.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from .calls import Call, CallLog
from .graph import Graph
from .meta import OnMeta, check_model, rebuild
from .nodes import Value
from .tracer import Tracer


@dataclass(frozen=True)
class Failure:
    """Where a forward ended before its end.

    Attributes
    ----------
    call
        Number of the innermost module's call that was at work.
    path, type
        That module's dotted name ("" is the network) and its class.
    error, message
        Class of the exception, and its words.
    reads
        The tensors that the module had been given.
    """

    call: int
    path: str
    type: str
    error: str
    message: str
    reads: tuple[Value, ...] = field(repr=False)

    def __str__(self) -> str:
        place = f"{self.path!r} ({self.type})" if self.path else f"the forward of {self.type}"
        return f"{place}: {self.error}: {self.message}"


@dataclass(frozen=True)
class Observation:
    """What happened, in order.

    Attributes
    ----------
    graph
        Every operation up to the end, or up to the failure.
    failure
        None if the forward came to its end.
    seen
        What the observer noted of each tensor that a module or an operation between modules made.
    """

    graph: Graph
    failure: Failure | None
    seen: dict[Value, Any] = field(repr=False)


Look = Callable[[Tensor], Any]


def observe(model: nn.Module, image: Tensor, look: Look | None = None) -> Observation:
    """Send an image through a copy of a network and write everything down.

    Parameters
    ----------
    model
        Any network that takes one image.
    image
        (B, C, H, W) on the network's device; of a network on the meta device only the shape
        matters, and nothing is looked at.
    look
        Called with every tensor that a module returned, or that an operation made outside of the
        innermost modules, at the moment it is made; what it returns is kept unless it is None.

    Raises
    ------
    TypeError
        If the model is no module.
    """
    twin = rebuild(check_model(model), _shared)
    log = CallLog(twin)
    values: dict[int, dict[str, Value]] = {}
    seen: dict[Value, Any] = {}
    tracer = _Watcher(image, twin, log, _remember(seen, None if image.is_meta else look))

    def note(call: Call) -> None:
        values[call.index] = tracer.values_of(call.outputs)
        for name, value in values[call.index].items():
            tracer.show(value, call.outputs[name])

    log.on_return = note
    failure = None
    with _quiet(image), tracer:
        try:
            twin(image)
        except Exception as error:  # whatever it is, it is what there is to show
            failure = _failure(error, log, tracer)
    values.update({call.index: {} for call in log.calls if call.index not in values})
    log.let_go()
    return Observation(Graph(tuple(tracer.nodes), tuple(log.calls), values), failure, seen)


class _Watcher(Tracer):
    """A tracer that shows what is made between modules."""

    def __init__(
        self, image: Tensor, twin: nn.Module, log: CallLog, show: Callable[[Value, Tensor], None]
    ) -> None:
        self.show = show
        super().__init__(image, twin, log)

    def _add(
        self, op: str, inputs: Sequence[int], outputs: Sequence[Tensor], *rest: Any, **known: Any
    ) -> None:
        super()._add(op, inputs, outputs, *rest, **known)
        call = self._log.current
        if call is not None and (call.parent is None or not call.is_leaf):
            self.show(Value(len(self.nodes) - 1), outputs[0])


def _remember(seen: dict[Value, Any], look: Look | None) -> Callable[[Value, Tensor], None]:
    """Look at each tensor once, with no tracer to see the looking."""

    def show(value: Value, tensor: Tensor) -> None:
        if look is None or value in seen:
            return
        with torch.utils._python_dispatch._disable_current_modes():
            found = look(tensor)
        if found is not None:
            seen[value] = found

    return show


def _shared(name: str, tensor: Tensor) -> Tensor:
    """Weights are shared with the network; what a forward may write into is copied."""
    return tensor if isinstance(tensor, nn.Parameter) or tensor.is_meta else tensor.clone()


@contextmanager
def _quiet(image: Tensor) -> Iterator[None]:
    """No gradient, no fused shortcut that hides its layers, and a random state of its own."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            if image.is_meta:
                with torch.device("meta"), OnMeta():
                    yield
            else:
                yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _failure(error: Exception, log: CallLog, tracer: Tracer) -> Failure:
    call = log.failed or log.calls[0]
    reads = tuple(tracer.values_of(call.inputs).values())
    words = " ".join(str(error).split()) or "no message"
    return Failure(call.index, call.path, call.type, type(error).__name__, words, reads)
