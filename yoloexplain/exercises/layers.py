"""Layers that learners write: built, compared layer by layer, and run with the same weights.

It stands beside the path from image to picture, under the exercises whose answer is a class. The
parts of an answer are known by the names that the exercise gives them; where the names differ,
parts are told by the order in which they run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .exercise import Mistake, crashed
from .functions import compare, equal, fits, kind, words_of
from .leaves import Leaf, Pairs, copy_weights, fill, first_difference, leaves, pair
from .verdict import Finding

TOLERANCE = 1e-4
Inputs = tuple[Any, ...]


@dataclass(frozen=True)
class LayerTask:
    """A layer to be written as a class of PyTorch.

    Attributes
    ----------
    reference
        The right class, with the names of its parts as the exercise gives them.
    given
        The arguments that it is built with; more than one set, with numbers that differ.
    inputs
        Makes the inputs of ``forward`` for a set of arguments: B ≥ 2, H ≠ W.
    mistakes
        Wrong classes that people write, with the names of the right one.
    """

    reference: Callable[..., nn.Module]
    given: Sequence[tuple[Any, ...]]
    inputs: Callable[..., Inputs]
    mistakes: tuple[Mistake, ...] = field(default=())
    stages: ClassVar[tuple[str, ...]] = ("interface", "shapes", "parameters", "numbers")

    def examine(self, answer: Any) -> Finding | None:
        """Build, compare and run the answer for every set of arguments."""
        if not callable(answer) or isinstance(answer, nn.Module):
            said = f"The answer must be a class, got an object of {kind(answer)}."
            return Finding("interface", "not a class", said, "pass the class, without brackets.")
        findings = (self._difference(answer, arguments) for arguments in self.given)
        finding = next((found for found in findings if found), None)
        if finding is None or finding.stage == "interface":
            return finding
        for mistake in self.mistakes:
            if all(self._alike(answer, mistake.answer, arguments) for arguments in self.given):
                return finding.because(mistake.fault, mistake.why)
        return finding

    def _difference(self, answer: Callable[..., Any], arguments: Inputs) -> Finding | None:
        right, called = build(self.reference, arguments), ", ".join(map(repr, arguments))
        try:
            mine = build(answer, arguments)
        except (Exception, SystemExit) as error:
            if not fits(answer, arguments):
                said = f"It must be possible to build it with ({called}); {error}."
                return Finding("interface", "other arguments", said)
            return crashed(error, f"Building it with ({called})", "interface")
        if not isinstance(mine, nn.Module):
            said = f"Building it must give a module of PyTorch, got {kind(mine)}."
            return Finding("interface", "not a module", said, "the class must be an nn.Module.")
        return self._compare(right, mine, self.inputs(*arguments), f"built with ({called})")

    def _compare(
        self, right: nn.Module, mine: nn.Module, inputs: Inputs, place: str
    ) -> Finding | None:
        expected, order = run(right, copies(inputs))
        try:
            given = copies(inputs)
            got, own_order = run(mine, given)
        except (Exception, SystemExit) as error:
            pairs = pair(leaves(right, order), leaves(mine))
            return first_difference(pairs) or crashed(error, f"Running it, {place},")
        pairs = pair(leaves(right, order), leaves(mine, own_order))
        flaw = compare(expected, got, TOLERANCE, f"its answer {place}")
        if different := first_difference(pairs):
            return different
        assert not isinstance(pairs, Finding)  # that would have been a difference
        if flaw and flaw.stage == "shapes":
            return flaw
        if not equal(inputs, given, 0.0):
            said = "The map that it was given has changed afterwards."
            return Finding("numbers", "changes its input", said, INPLACE)
        return self._numbers(right, mine, pairs, inputs, place)

    def _numbers(
        self, right: nn.Module, mine: nn.Module, pairs: Pairs, inputs: Inputs, place: str
    ) -> Finding | None:
        copy_weights(pairs)
        seen = [Watched(right, [a for a, _ in pairs]), Watched(mine, [b for _, b in pairs])]
        expected, got = seen[0].run(copies(inputs)), seen[1].run(copies(inputs))
        flaw = compare(expected, got, TOLERANCE, f"its answer {place}, with the same weights,")
        if flaw is None:
            return None
        for (leaf, _), before, after in zip(pairs, seen[0].inputs, seen[1].inputs, strict=True):
            if not equal(before, after, TOLERANCE):
                return deviates(leaf, before, after, place)
        if not pairs:
            return flaw
        said = f"Every layer with weights gets what it should; behind the last of them, {flaw.said}"
        return Finding(flaw.stage, flaw.fault, said.replace(" In its", " in its"), flaw.why)

    def _alike(self, answer: Callable[..., Any], wrong: Callable[..., Any], arguments: Any) -> bool:
        """Whether an answer has the layers of a wrong one and ends as it does."""
        inputs = self.inputs(*arguments)
        try:
            other, mine = build(wrong, arguments), build(answer, arguments)
        except (Exception, SystemExit):
            return False
        orders = [outcome(module, inputs)[1] for module in (other, mine)]
        pairs = pair(leaves(other, orders[0]), leaves(mine, orders[1]))
        if isinstance(pairs, Finding) or first_difference(pairs):
            return False
        copy_weights(pairs)
        return equal(outcome(other, inputs)[0], outcome(mine, inputs)[0], TOLERANCE)


INPLACE = "an operation works in place on the input itself."


def build(make: Callable[..., Any], arguments: Inputs) -> Any:
    """Build with the same start of chance, fill the weights, and stop learning."""
    torch.manual_seed(0)
    module = make(*arguments)
    return fill(module).eval() if isinstance(module, nn.Module) else module


def copies(inputs: Inputs) -> Inputs:
    """Copy the tensors, so that one run cannot disturb the next."""
    return tuple(
        {k: v.clone() for k, v in value.items()}
        if isinstance(value, Mapping)
        else value.clone()
        if isinstance(value, Tensor)
        else value
        for value in inputs
    )


def run(module: nn.Module, inputs: Inputs) -> tuple[Any, list[nn.Module]]:
    """Give the answer, and the layers with weights in the order in which they ran first."""
    order: list[nn.Module] = []
    hooks = [
        leaf.register_forward_pre_hook(lambda layer, _: order.append(layer))
        for leaf in module.modules()
        if not list(leaf.children()) and list(leaf.parameters())
    ]
    try:
        with torch.no_grad():
            answer = module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return answer, list(dict.fromkeys(order))


def outcome(module: nn.Module, inputs: Inputs) -> tuple[Any, list[nn.Module]]:
    """Run as ``run`` does; if an error arises, its words are the answer (see ``words_of``)."""
    try:
        return run(module, copies(inputs))
    except (Exception, SystemExit) as error:
        return words_of(error), []


class Watched:
    """A module whose leaves tell what they were given."""

    def __init__(self, module: nn.Module, watched: Sequence[Leaf]) -> None:
        self.module, self.watched = module, watched
        self.inputs: list[Any] = [None] * len(watched)

    def run(self, inputs: Inputs) -> Any:
        """Run once, and keep what each leaf was given when it ran first."""
        hooks = [
            leaf.module.register_forward_pre_hook(self._keep(number))
            for number, leaf in enumerate(self.watched)
        ]
        try:
            with torch.no_grad():
                return self.module(*inputs)
        finally:
            for hook in hooks:
                hook.remove()

    def _keep(self, number: int) -> Callable[[nn.Module, Any], None]:
        def keep(_: nn.Module, given: Any) -> None:
            if self.inputs[number] is None:
                self.inputs[number] = given[0].clone()

        return keep


def deviates(leaf: Leaf, before: Any, after: Any, place: str) -> Finding:
    """Say which layer is the first that gets something else than it should."""
    if not isinstance(after, Tensor):
        return Finding("numbers", "a layer does not run", f"`{leaf.name}` is never used.")
    said = f"`{leaf.name}` is the first layer that gets something else than it should ({place})"
    if before.shape != after.shape:
        said += f": {tuple(after.shape)} instead of {tuple(before.shape)}."
        return Finding("numbers", "other numbers", said)
    off = (before - after).abs().amax(dim=tuple(i for i in range(before.ndim) if i != 1))
    channels = (off > TOLERANCE).nonzero().flatten().tolist()
    said += f": channels {channels[0]} to {channels[-1]} of {len(off)} differ."
    return Finding("numbers", *_reason(before, after, said))


def _reason(before: Tensor, after: Tensor, said: str) -> tuple[str, str, str]:
    """Fault, observation and reason where a layer gets other values."""
    sums = [x.transpose(0, 1).flatten(1).sum(1).sort()[0] for x in (before, after)]
    if equal(sums[0], sums[1], TOLERANCE):
        why = "the same maps are there, but lie behind one another in another order."
        return "other order", said, why
    for name, bend in BENDS.items():
        if equal(before, bend(after), TOLERANCE):
            return "activation missing", said, f"an activation ({name}) is missing before it."
        if equal(bend(before), after, TOLERANCE):
            return "activation too many", said, f"there is an activation ({name}) too many."
    return "other numbers", said, ""


BENDS = {
    "LeakyReLU": lambda x: F.leaky_relu(x, 0.1),
    "ReLU": F.relu,
    "SiLU": F.silu,
    "Mish": F.mish,
    "sigmoid": torch.sigmoid,
}
