"""Versions of a network: the blocks of each, and what a block has that it had not before.

It stands between networks and the version lens. Blocks are known by their names, so two versions
can be compared block by block: what kind it is, how many blocks are inside, what it reads, which
activation and which ε it uses. All is read off the networks, by the package's rules of counting.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from ..inspection.calls import Call
from ..inspection.graph import Graph, count_mult_adds, trace
from ..plans import block_calls, connections, label

POOLS = ("SPP", "SPPF", "Pool")


@dataclass(frozen=True)
class VersionBlock:
    """One block of one version.

    Attributes
    ----------
    path
        Dotted name; a module called again has its turn behind it, "neck.concat (2)".
    kind, repeats
        What it is, and how many blocks are inside.
    shape
        (channels, height, width) of its output.
    reads
        Numbers of the blocks that it reads; none for the image alone.
    activations, epsilons
        Those of the layers inside.
    additions
        How many shortcuts add inside.
    params, mult_adds
        By the package's rules.
    """

    path: str
    kind: str
    repeats: int
    shape: tuple[int, int, int]
    reads: tuple[int, ...]
    activations: tuple[str, ...]
    epsilons: tuple[float, ...]
    additions: int
    params: int
    mult_adds: int

    @property
    def words(self) -> str:
        """Kind, with the number of blocks inside."""
        return f"{self.kind} ×{self.repeats}" if self.repeats > 1 else self.kind


@dataclass(frozen=True)
class Version:
    """One version of a network."""

    name: str
    blocks: tuple[VersionBlock, ...]
    params: int
    mult_adds: int

    def path(self, number: int) -> str:
        """Name of a block by its number."""
        return self.blocks[number].path

    def row(self) -> list[str]:
        """Return its row of the table: main block, first block, pooling, activation, ε, weights."""
        weighted: Counter[str] = Counter()
        for block in self.blocks:
            weighted[block.kind] += block.params
        main = max(weighted, key=lambda kind: weighted[kind]) if weighted else "none"
        pools = [block.kind for block in self.blocks if block.kind.endswith(POOLS)]
        bends = dict.fromkeys(name for block in self.blocks for name in block.activations)
        small = dict.fromkeys(eps for block in self.blocks for eps in block.epsilons)
        return [
            main,
            self.blocks[0].kind,
            ", ".join(dict.fromkeys(pools)) or "none",
            ", ".join(bends) or "none",
            ", ".join(f"{eps:g}" for eps in small) or "none",
            f"{self.params:,}",
            f"{2 * self.mult_adds / 1e9:.2f}",
        ]


COLUMNS = ("block", "stem", "pooling", "activation", "BatchNorm's ε", "parameters", "GFLOPs")


def version(name: str, model: nn.Module, image_size: int) -> Version:
    """Read a version off its network; of any depth by name, two as in ``plans.blocks``."""
    graph = trace(model, image_size)
    calls = list(block_calls(graph, 2))
    work = count_mult_adds(graph)
    reads = connections(graph, calls)
    turns: Counter[str] = Counter()
    blocks = []
    for call, sources in zip(calls, reads, strict=True):
        turns[call.path] += 1
        turn = f" ({turns[call.path]})" if turns[call.path] > 1 else ""
        blocks.append(_block(graph, call, f"{call.path}{turn}", tuple(sources), work[call.index]))
    params = sum(parameter.numel() for parameter in model.parameters())
    return Version(name, tuple(blocks), params, work[0])


def _block(
    graph: Graph, call: Call, path: str, reads: tuple[int, ...], mult_adds: int
) -> VersionBlock:
    inside = _within(graph, call)
    nodes = [node for node in graph.nodes if node.call in inside]
    leaves = [one for one in graph.calls if one.index in inside and one.is_leaf]
    shape = call.output_shape
    return VersionBlock(
        path=path,
        kind=label(call.module),
        repeats=len(list(getattr(call.module, "bottlenecks", [None]))),
        shape=(shape[1], shape[2], shape[3]),
        reads=reads,
        activations=tuple(dict.fromkeys(one.type for one in leaves if _bends(graph, one))),
        epsilons=tuple(dict.fromkeys(_epsilons(call.module))),
        additions=sum(n.op.removesuffix("_") == "add" and len(n.inputs) > 1 for n in nodes),
        params=sum(parameter.numel() for parameter in call.module.parameters()),
        mult_adds=mult_adds,
    )


def _within(graph: Graph, call: Call) -> set[int]:
    found = {call.index}
    for other in graph.calls[call.index + 1 :]:
        if other.parent in found:
            found.add(other.index)
    return found


def _bends(graph: Graph, call: Call) -> bool:
    """Whether a layer is an activation: no weights, and each value depends on its own place."""
    nodes = [node for node in graph.nodes if node.call == call.index]
    weights = any(True for _ in call.module.parameters())
    return bool(nodes) and not weights and all(node.pointwise for node in nodes)


def _epsilons(module: nn.Module) -> Iterator[float]:
    for part in module.modules():
        eps = getattr(part, "eps", None)
        if isinstance(eps, float):
            yield eps


def changes(before: Version, after: Version) -> dict[str, tuple[list[str], list[str]]]:
    """Say what each block of a version has that it had not: by name, build and settings."""
    old = {block.path: block for block in before.blocks}
    found: dict[str, tuple[list[str], list[str]]] = {}
    for block in after.blocks:
        earlier = old.get(block.path)
        if earlier is None:
            found[block.path] = (["new"], [])
            continue
        build = list(_build(before, earlier, after, block))
        settings = []
        if earlier.activations != block.activations:
            settings.append(f"{_listed(earlier.activations)} → {_listed(block.activations)}")
        if earlier.epsilons != block.epsilons:
            was, now = ([f"{eps:g}" for eps in one.epsilons] for one in (earlier, block))
            settings.append(f"ε {_listed(was)} → {_listed(now)}")
        if build or settings:
            found[block.path] = (build, settings)
    return found


def _build(before: Version, old: VersionBlock, after: Version, new: VersionBlock) -> Iterator[str]:
    if old.words != new.words:
        yield f"{old.words} → {new.words}"
    if old.shape != new.shape:
        yield f"{'×'.join(map(str, old.shape))} → {'×'.join(map(str, new.shape))}"
    was, now = [before.path(i) for i in old.reads], [after.path(i) for i in new.reads]
    if was != now:
        yield f"reads {_listed(now)} instead of {_listed(was)}"
    if (old.additions > 0) != (new.additions > 0):
        yield "shortcuts added" if new.additions else "shortcuts dropped"
    if old.params != new.params and old.words == new.words:
        yield f"{old.params:,} → {new.params:,} parameters"


def _listed(words: Sequence[Any]) -> str:
    return ", ".join(map(str, words)) or "nothing"
