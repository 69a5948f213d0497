"""The layers with weights inside a module: listed, paired with another's, compared, filled.

It stands beside the path from image to picture, under ``layers``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from .verdict import Finding

# Options of a layer that change what it does, by the names of PyTorch and in words.
OPTIONS = {
    "in_channels": "channels in",
    "in_features": "values in",
    "num_features": "channels",
    "out_channels": "channels out",
    "out_features": "values out",
    "kernel_size": "kernel",
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "groups": "groups",
    "eps": "eps",
}


@dataclass(frozen=True)
class Leaf:
    """A layer with weights and without parts of its own."""

    name: str
    module: nn.Module

    @property
    def root(self) -> str:
        """Name of the part of the answer in which it stands."""
        return self.name.partition(".")[0]

    @property
    def kind(self) -> str:
        """Name of its class."""
        return type(self.module).__name__

    def option(self, name: str) -> object:
        """Read one of its options; pairs of equal numbers become one."""
        value = getattr(self.module, name, None)
        same = isinstance(value, tuple) and len(set(value)) == 1
        return value[0] if same and isinstance(value, tuple) else value

    @property
    def biased(self) -> bool:
        """Whether it has a bias."""
        return getattr(self.module, "bias", None) is not None

    @property
    def kernel(self) -> str:
        """Its kernel in words, for example "3×3"."""
        size = getattr(self.module, "kernel_size", None)
        return "×".join(map(str, size)) if isinstance(size, tuple) else self.kind


Pairs = list[tuple[Leaf, Leaf]]


def leaves(module: nn.Module, order: Sequence[nn.Module] = ()) -> list[Leaf]:
    """List the layers with weights, those that ran first, in the order in which they ran."""
    found = [
        Leaf(name or "it", part)
        for name, part in module.named_modules()
        if not list(part.children()) and list(part.parameters(recurse=False))
    ]
    place = {id(part): number for number, part in enumerate(order)}
    return sorted(found, key=lambda leaf: place.get(id(leaf.module), len(place)))


def pair(right: Sequence[Leaf], mine: Sequence[Leaf]) -> Pairs | Finding:
    """Pair the layers of two modules: by the names of their parts, else by the order of running."""
    roots, own = roots_of(right), roots_of(mine)
    if set(roots) != set(own):
        if [leaf.kind for leaf in right] == [leaf.kind for leaf in mine]:
            return list(zip(right, mine, strict=True))
        return _other_parts(roots, own, right, mine)
    pairs: Pairs = []
    for root in roots:
        expected = [leaf for leaf in right if leaf.root == root]
        got = [leaf for leaf in mine if leaf.root == root]
        if [leaf.kind for leaf in expected] != [leaf.kind for leaf in got]:
            return _other_layers(root, expected, got)
        pairs += zip(expected, got, strict=True)
    place = {leaf.name: number for number, leaf in enumerate(right)}
    return sorted(pairs, key=lambda both: place[both[0].name])


def roots_of(found: Iterable[Leaf]) -> list[str]:
    """Names of the parts that hold the layers, each once."""
    return list(dict.fromkeys(leaf.root for leaf in found))


def _other_parts(
    roots: list[str], own: list[str], right: Sequence[Leaf], mine: Sequence[Leaf]
) -> Finding:
    missing = [root for root in roots if root not in own]
    extra = [root for root in own if root not in roots]
    have = f"yours has {', '.join(f'`{root}`' for root in own) or 'none'}"
    if missing:
        leaf = next(leaf for leaf in right if leaf.root == missing[0])
        said = f"There must be a part `{missing[0]}` ({leaf.kind}); {have}."
        why = ""
        if extra and len(own) == len(roots):
            why = f"`{extra[0]}` should be called `{missing[0]}`."
        return Finding("parameters", "a layer is missing", said, why)
    leaf = next(leaf for leaf in mine if leaf.root == extra[0])
    said = f"There is a part with weights too many: `{extra[0]}` ({leaf.kind})."
    return Finding("parameters", "a layer too many", said)


def _other_layers(root: str, expected: Sequence[Leaf], got: Sequence[Leaf]) -> Finding:
    names = [", ".join(leaf.kind for leaf in some) or "nothing" for some in (expected, got)]
    said = f"In `{root}` the layers with weights must be {names[0]}; yours are {names[1]}."
    if len(got) > len(expected):
        return Finding("parameters", "a layer too many", said)
    if sorted(leaf.kind for leaf in expected) == sorted(leaf.kind for leaf in got):
        return Finding("parameters", "layers in another order", said, ORDER)
    norm = any("Norm" in leaf.kind for leaf in expected) and not any("Norm" in x.kind for x in got)
    why = "the convolution is not followed by its BatchNorm." if norm else ""
    return Finding("parameters", "a layer is missing", said, why)


ORDER = "the same layers are there, but run in another order."


def first_difference(pairs: Pairs | Finding) -> Finding | None:
    """Say which layer is the first whose options are not as they should be."""
    if isinstance(pairs, Finding):
        return pairs
    for right, mine in pairs:
        for option, words in OPTIONS.items():
            expected, got = right.option(option), mine.option(option)
            if expected != got:
                said = f"`{right.name}`: {words} must be {expected}, yours is {got}."
                return Finding("parameters", *_why(option, words, pairs, right, said))
        if right.biased != mine.biased:
            has = "must have a bias" if right.biased else "must have no bias"
            said = f"`{right.name}` {has}, yours has {'one' if mine.biased else 'none'}."
            return Finding("parameters", *_bias(right, said))
    return None


def _bias(right: Leaf, said: str) -> tuple[str, str, str]:
    if right.biased:
        return "bias missing", said, "no BatchNorm follows that could shift the values."
    why = "BatchNorm takes the mean away, and a bias before it with it; so bias=False."
    return "bias too many", said, why


def _why(option: str, words: str, pairs: Pairs, right: Leaf, said: str) -> tuple[str, str, str]:
    """Fault, observation and reason of an option that differs."""
    moved = [(a, b) for a, b in pairs if a.option(option) != b.option(option)]
    values = [[str(leaf.option(option)) for leaf in some] for some in zip(*moved, strict=True)]
    changed = sorted(values[0]) == sorted(values[1])
    if option == "stride" and changed:
        sits = max((b for _, b in moved), key=lambda leaf: str(leaf.option(option)))
        belongs = max((a for a, _ in moved), key=lambda leaf: str(leaf.option(option)))
        why = f"the stride sits on the {sits.kernel} and belongs on the {belongs.kernel}."
        return "stride on the wrong layer", said, why
    if option in ("kernel_size", "groups", "dilation") and changed:
        return f"{words} on the wrong layer", said, f"two layers have changed their {words}."
    if option == "padding":
        return "other padding", said, "half the kernel keeps height and width: 1 for a 3×3."
    return f"other {words}", said, ""


def copy_weights(pairs: Pairs) -> None:
    """Give the second of each pair the weights and statistics of the first."""
    for right, mine in pairs:
        mine.module.load_state_dict(right.module.state_dict(), strict=False)


def fill(module: nn.Module) -> nn.Module:
    """Draw weights and statistics that hide nothing: no zeros, no ones, no symmetric layer."""
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if not value.is_floating_point():
                continue
            drawn = torch.rand(value.shape, generator=chance) + 0.5
            if value.ndim > 1:
                drawn = torch.randn(value.shape, generator=chance) / value[0].numel() ** 0.5
            elif not name.endswith(("running_var", "weight")):
                drawn = drawn - 1
            value.copy_(drawn)
    return module
