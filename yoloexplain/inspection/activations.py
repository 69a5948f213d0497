"""Feature maps: what each layer makes of an image.

Hooks note the output of the layers that were asked for while the network runs once. They are
always taken away again, and the network is left in the mode in which it was.
"""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import TracebackType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .meta import check_model, join, named_tensors


class Activations(Mapping[str, Tensor]):
    """Captured outputs by name, in the order of the first call.

    A module that returns several tensors has one entry for each: "neck.p3", "head.0". Use it in
    a ``with`` statement to let go of the maps at its end.

    Attributes
    ----------
    calls
        By module path, how often the module was called; its entry is the output of the last.
    output
        What the network itself returned, without gradient.
    """

    def __init__(self, maps: dict[str, Tensor], calls: Mapping[str, int], output: Any) -> None:
        self._maps = maps
        self.calls = calls
        self.output = output

    def __getitem__(self, name: str) -> Tensor:
        if name in self._maps:
            return self._maps[name]
        raise KeyError(f"no activation {name!r} was captured{_nearest(name, self._maps)}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._maps)

    def __len__(self) -> int:
        return len(self._maps)

    def __enter__(self) -> "Activations":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._maps.clear()
        self.output = None

    def __repr__(self) -> str:
        lines = [f"  {name}: {tuple(value.shape)}" for name, value in self._maps.items()]
        return "\n".join([f"Activations of {len(self)} layers", *lines])


def activations(
    model: nn.Module,
    image: Float[Tensor, "b c h w"],
    layers: Sequence[str] | None = None,
) -> Activations:
    """Run a network once, in eval mode and without gradient, and keep what its layers return.

    Parameters
    ----------
    model
        Any network that takes one image. Its hooks run as ever; its mode comes back afterwards.
    image
        On the network's device.
    layers
        Module paths, or single outputs of a module ("neck.p3"). Unless given, every module's
        outputs that are maps (four axes).

    Returns
    -------
    Activations
        Copies, so that a later layer that works in place cannot change them.

    Raises
    ------
    TypeError
        If the model is no module.
    ValueError
        If a layer is unknown, or was never called; lists the nearest names.
    """
    modules = dict(check_model(model).named_modules(remove_duplicate=False))
    modules.pop("", None)
    chosen = {path: path for path in modules} if layers is None else _owners(layers, modules)
    recorder = _Recorder(modules, set(chosen.values()))
    modes = [(module, module.training) for module in model.modules()]
    try:
        recorder.attach()
        model.eval()
        with torch.no_grad():
            output = model(image)
    finally:
        recorder.detach()
        for module, training in modes:
            module.training = training
    maps = recorder.maps
    if layers is None:
        maps = {name: value for name, value in maps.items() if value.ndim == 4}
    else:
        maps = _chosen(layers, maps, modules)
    return Activations(maps, recorder.calls, output)


def _owners(layers: Sequence[str], modules: Mapping[str, nn.Module]) -> dict[str, str]:
    """Module to listen to for each layer: itself, or the longest path that it begins with."""
    if isinstance(layers, str):
        raise ValueError(
            f"layers must be a sequence of names, got the string {layers!r}; pass [{layers!r}]"
        )
    owners = {}
    for layer in layers:
        path = layer
        while path and path not in modules:
            path = path.rpartition(".")[0]
        if not path:
            raise ValueError(
                f"layers must be paths of model.named_modules(), got {layer!r}"
                f"{_nearest(layer, modules)}"
            )
        owners[layer] = path
    return owners


def _chosen(
    layers: Sequence[str], maps: dict[str, Tensor], modules: Mapping[str, nn.Module]
) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for layer in layers:
        entries = {n: v for n, v in maps.items() if n == layer or n.startswith(f"{layer}.")}
        if not entries:
            raise ValueError(
                f"layers must name outputs of modules that are called, got {layer!r}"
                f"{_nearest(layer, {**maps, **modules})}"
            )
        found.update({layer: entries[layer]} if layer in entries else entries)
    return found


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(name, known, n=3, cutoff=0.4) or list(known)[:3]
    return "; nearest: " + ", ".join(repr(entry) for entry in close) if close else ""


class _Recorder:
    """Listens to modules and copies what they return."""

    def __init__(self, modules: Mapping[str, nn.Module], paths: set[str]) -> None:
        self.maps: dict[str, Tensor] = {}
        self.calls: dict[str, int] = {}
        self._modules = modules
        self._paths = paths
        self._handles: list[Any] = []
        self._copies: dict[int, tuple[weakref.ref[Tensor], int, Tensor]] = {}

    def attach(self) -> None:
        """Listen, once to each module, however many names it has."""
        names: dict[nn.Module, list[str]] = {}
        for path, module in self._modules.items():
            if path in self._paths:
                names.setdefault(module, []).append(path)
        for module, paths in names.items():
            self._handles.append(module.register_forward_hook(self._hook(paths)))

    def detach(self) -> None:
        """Take every hook away."""
        for handle in self._handles:
            handle.remove()
        self._copies.clear()

    def _hook(self, paths: Sequence[str]) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            kept = [(item, self._copy(tensor)) for item, tensor in named_tensors(output)]
            for path in paths:
                self.calls[path] = self.calls.get(path, 0) + 1
                self.maps.update({join(path, item): tensor for item, tensor in kept})

        return hook

    def _copy(self, tensor: Tensor) -> Tensor:
        """Copy a tensor once, though a container returns it again that its last layer returned."""
        version = -1 if tensor.is_inference() else tensor._version
        known = self._copies.get(id(tensor))
        if known and known[0]() is tensor and known[1] == version >= 0:
            return known[2]
        kept = tensor.detach().clone()
        kept = kept if kept.dtype in (torch.float32, torch.float64) else kept.float()
        self._copies[id(tensor)] = (weakref.ref(tensor), version, kept)
        return kept
