"""From a published file to a state dict: which of the things in it are the network's tensors.

It stands between the file formats and the names. Authors wrap what they publish: YOLOv5 keeps whole
objects, the running mean under ``ema`` beside the network under ``model``, and an optimiser;
mmdetection puts a ``state_dict`` beside notes about the training; torchvision writes it bare. Only
tensors of the network are taken, the running mean first, for that is what YOLOv5 detects with.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from torch import Tensor

from .pickle_rules import Shell, Stored, refuse
from .stored import read_weights
from .torch_files import TorchFile

WRAPPINGS = ("ema", "state_dict", "model")  # where the network is, in the order to look
DEEPEST = 32
MOST_PARTS = 100_000  # the largest published network has about 7,000 layers and tensors

Source = str | PathLike[str] | Mapping[str, Tensor]


@dataclass(frozen=True)
class PublishedState:
    """What was read.

    Attributes
    ----------
    tensors
        Published name → tensor, on the processor.
    kinds
        Names of the layers' classes, ``"SiLU"`` for example; none if the file holds tensors only.
    epsilons
        Published name of a layer → the ε of its BatchNorm, where the file says it.
    """

    tensors: dict[str, Tensor]
    kinds: frozenset[str] = frozenset()
    epsilons: Mapping[str, float] = field(default_factory=dict)


def read_state(source: Source) -> PublishedState:
    """Read a network's tensors under the names they were published by; nothing in them is run.

    Parameters
    ----------
    source
        A file that ``torch.save`` wrote, a ``.safetensors`` file, or a state dict.

    Raises
    ------
    ValueError
        If there is no such file, or it is damaged, wants to run something, or holds no network.
    """
    if isinstance(source, Mapping):
        return PublishedState(check_state(source))
    path = existing(source)
    if path.suffix == ".safetensors":
        return PublishedState(without_wrapping(read_weights(path)[0]))
    with TorchFile(path) as file:
        walk = Walk()
        found = dict(walk.network_in(file.content))
        if not found:
            raise refuse("holds no network that could be recognised")
        tensors = {name: file.tensor(stored) for name, stored in found.items()}
        return PublishedState(without_wrapping(tensors), frozenset(walk.kinds), walk.epsilons)


def existing(source: str | PathLike[str]) -> Path:
    """Find a file, or raise a ``ValueError`` that says that there is none."""
    path = Path(source).expanduser()
    if not path.is_file():
        raise ValueError(
            f"source must be a file or a state dict, but there is no file {str(path)!r}; "
            "check the path, or leave source out to fetch what was published"
        )
    return path


def check_state(state: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Raise a ``ValueError`` unless every name is text and every value a tensor."""
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise ValueError(
                f"a state dict must map names to tensors, got {type(value).__name__} for "
                f"{name!r}; pass model.state_dict(), or the path of a file"
            )
    return without_wrapping({name: value.detach() for name, value in state.items()})


def without_wrapping(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Drop ``module.``, which training on several devices puts before every name."""
    if state and all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): value for name, value in state.items()}
    return state


@dataclass
class Walk:
    """A walk through what a file holds; it notes the layers on its way, and never gets lost.

    A file can describe a few layers that contain one another in a billion ways, so every step is
    counted.
    """

    kinds: set[str] = field(default_factory=set)
    epsilons: dict[str, float] = field(default_factory=dict)
    steps: int = 0

    def network_in(self, content: Any, depth: int = 0) -> Iterator[tuple[str, Stored]]:
        """Find the network, and name its tensors as its state dict would."""
        if isinstance(content, Shell):
            yield from self.tensors_of(content)
        elif isinstance(content, dict) and depth < DEEPEST:
            bare = [(name, x) for name, x in self.entries(content) if isinstance(x, Stored)]
            if bare:
                yield from bare
                return
            for key in WRAPPINGS:
                if content.get(key):
                    yield from self.network_in(content[key], depth + 1)
                    return

    def tensors_of(
        self, module: Shell, prefix: str = "", depth: int = 0
    ) -> Iterator[tuple[str, Stored]]:
        """Name the parameters and buffers of a module, then those of its parts, as PyTorch does."""
        if depth > DEEPEST:
            raise refuse("has layers nested deeper than any network")
        self.kinds.add(module.kind.name)
        if isinstance(module.fields.get("eps"), float):
            self.epsilons[prefix.removesuffix(".")] = module.fields["eps"]
        unsaved = module.fields.get("_non_persistent_buffers_set")
        passing = set(map(str, unsaved)) if isinstance(unsaved, list) else set()
        for name, value in self.entries(module.fields.get("_parameters")):
            if isinstance(value, Stored):
                yield f"{prefix}{name}", value
        for name, value in self.entries(module.fields.get("_buffers")):
            if isinstance(value, Stored) and name not in passing:
                yield f"{prefix}{name}", value
        for name, part in self.entries(module.fields.get("_modules")):
            if isinstance(part, Shell):
                yield from self.tensors_of(part, f"{prefix}{name}.", depth + 1)

    def entries(self, table: Any) -> Iterator[tuple[str, Any]]:
        """Take the named entries of a dictionary, or of the shell of one."""
        table = table.fields if isinstance(table, Shell) else table
        for name, value in table.items() if isinstance(table, dict) else ():
            self.steps += 1
            if self.steps > MOST_PARTS:
                raise refuse("has more layers than any network")
            if isinstance(name, str):
                yield name, value
