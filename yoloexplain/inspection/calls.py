"""Who calls whom: every call of every module during one forward of a twin.

A network's list of modules says what it owns; its calls say what it does: in which order, how
often, and inside what. The recorder steps into each module's ``forward``, so it always knows the
innermost module at work, also when a forward fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn

from .meta import OnMeta, named_tensors


@dataclass(eq=False)
class Call:
    """One call of one module.

    ``path`` is the module's name as seen from its caller: a module that two others share is
    called under either name. ``parent`` is the number of the call around this one.
    """

    index: int
    path: str
    module: nn.Module = field(repr=False)
    parent: int | None
    inputs: dict[str, Tensor] = field(default_factory=dict, repr=False)
    outputs: dict[str, Tensor] = field(default_factory=dict, repr=False)

    @property
    def type(self) -> str:
        """Name of the module's class."""
        return type(self.module).__name__

    @property
    def depth(self) -> int:
        """How many modules it lies within by its name; the network itself is 0."""
        return self.path.count(".") + 1 if self.path else 0

    @property
    def is_leaf(self) -> bool:
        """Whether the module has no modules inside."""
        return not any(True for _ in self.module.children())

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the first tensor that it returned; empty if there was none."""
        return next((tuple(tensor.shape) for tensor in self.outputs.values()), ())


class CallLog:
    """Record the calls of all modules of a twin (which is changed: use it for nothing else)."""

    def __init__(self, twin: nn.Module) -> None:
        self.twin = twin
        self.calls: list[Call] = []
        self.on_return: Callable[[Call], None] = lambda call: None
        self._stack: list[Call] = []
        self._failure: tuple[BaseException, Call] | None = None
        self._names: dict[int, list[str]] = {}
        self._times: dict[tuple[int, int | None], int] = {}  # calls of a module by one caller
        for path, module in twin.named_modules(remove_duplicate=False):
            self._names.setdefault(id(module), []).append(path)
        for module in twin.modules():
            module.forward = self._recorded(module, module.forward)

    @property
    def current(self) -> Call | None:
        """The innermost call that has begun and not ended."""
        return self._stack[-1] if self._stack else None

    @property
    def failed(self) -> Call | None:
        """The innermost call in which the forward failed."""
        return self._failure[1] if self._failure else None

    def let_go(self) -> None:
        """Keep the shapes of what went in and came out, and no number of it.

        The numbers of a network's tensors weigh ten times its weights, and whoever keeps a call,
        as a map of the network does, would keep them all.
        """
        self.on_return = lambda call: None
        for call in self.calls:
            call.inputs = {name: tensor.to("meta") for name, tensor in call.inputs.items()}
            call.outputs = {name: tensor.to("meta") for name, tensor in call.outputs.items()}

    def _recorded(self, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(forward)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            call = self._begin(module)
            positional = {str(place): value for place, value in enumerate(args)}
            call.inputs = dict(named_tensors(positional | kwargs))
            try:
                output = forward(*args, **kwargs)
            except Exception as error:
                if self._failure is None or self._failure[0] is not error:
                    self._failure = (error, call)
                raise
            finally:
                self._stack.pop()
            call.outputs = dict(named_tensors(output))
            self.on_return(call)
            return output

        return recorded

    def _begin(self, module: nn.Module) -> Call:
        parent = self.current.index if self.current else None
        call = Call(len(self.calls), self._name(module, parent), module, parent)
        self.calls.append(call)
        self._stack.append(call)
        return call

    def _name(self, module: nn.Module, parent: int | None) -> str:
        """Of a module's names, the next one under the innermost caller that has any."""
        names = self._names[id(module)]
        for caller in reversed(self._stack):
            prefix = f"{caller.path}." if caller.path else ""
            under = [name for name in names if name.startswith(prefix)]
            if under:
                times = self._times.get((id(module), parent), 0)
                self._times[id(module), parent] = times + 1
                return under[times % len(under)]
        return names[0]

    def run(self, image: Tensor) -> Any:
        """Send an image through the twin and return what the twin returns.

        Raises
        ------
        ValueError
            If the network itself refuses the image.
        RuntimeError
            If the forward fails: names the module in which it did.
        """
        try:
            with torch.no_grad(), torch.device("meta"), OnMeta():
                return self.twin(image)
        except Exception as error:
            path = self._failure[1].path if self._failure else ""
            if isinstance(error, ValueError) and not path:
                raise  # the network's own check, which says all there is to say
            place = f"in {path!r} ({self._failure[1].type})" if path and self._failure else ""
            place = place or f"in {type(self.twin).__name__} itself"
            message = (
                f"the forward must run on an image without values, but failed {place} on "
                f"{tuple(image.shape)}: {error}; check the image size, and that nothing there "
                "depends on the values of pixels"
            )
            kind = ValueError if isinstance(error, ValueError) else RuntimeError
            raise kind(message) from error
