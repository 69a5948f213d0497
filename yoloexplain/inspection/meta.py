"""The twin without weight: the same network where tensors have a shape and no values.

Everything in this room that only asks about shapes works on such a twin. PyTorch's meta device
keeps the size and the type of a tensor and computes nothing, so a network of a billion weights
costs as little as its list of layers, and the caller's own network is never touched: not its
weights, not its mode, not its hooks.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

ImageSize = int | Sequence[int]
Replace = Callable[[str, Tensor], Tensor]

# Sides to try where nobody names one: a network that ends in a fixed linear layer takes only its
# own, and 224 and 448 are the customary ones.
USUAL_SIDES = (256, 224, 448, 320, 512, 640, 64, 32)


def check_model(model: object) -> nn.Module:
    """Return ``model``, or raise a ``TypeError`` unless it is a module that can be copied."""
    if not isinstance(model, nn.Module):
        hint = "; call it to build one" if isinstance(model, type) else ""
        raise TypeError(
            f"model must be a torch.nn.Module, got {_describe(model)}{hint}; "
            "yoloexplain.create_model('yolov5s') makes one"
        )
    for path, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise TypeError(
                f"model must be written in Python, got a scripted module at {path or 'its root'!r};"
                " pass the network as it was before torch.jit"
            )
    return model


def check_image_size(image_size: object) -> tuple[int, int]:
    """Return (height, width), or raise a ``ValueError`` unless it is one or two positive ints."""
    single = isinstance(image_size, Integral)
    sides = (image_size, image_size) if single else image_size
    if (
        not isinstance(sides, tuple | list | torch.Size)
        or len(sides) != 2
        or any(isinstance(side, bool) or not isinstance(side, Integral) for side in sides)
        or min(sides) < 1
    ):
        raise ValueError(
            f"image_size must be one positive integer or two, (height, width), got {image_size!r}; "
            "pass for example image_size=640 or image_size=(480, 640)"
        )
    return int(sides[0]), int(sides[1])


def _describe(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def rebuild(model: nn.Module, replace: Replace) -> nn.Module:
    """Copy a network's structure, with every tensor in it made anew by ``replace``.

    Shared modules and tied parameters stay shared, wherever tensors hide: in parameters, buffers,
    plain attributes or lists. The copy is in eval mode and has no hooks. What a hook had set (the
    ``weight`` of an old-style weight norm or of pruning) is there as an ordinary attribute.

    Parameters
    ----------
    model
        Left exactly as it is.
    replace
        Gets a tensor's dotted name ("" for one that is neither parameter nor buffer) and the
        tensor, and returns what the copy has in its place.

    Raises
    ------
    ValueError
        If a lazy layer does not know its shape yet.
    """
    memo: dict[int, Any] = {}
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise ValueError(
                f"every layer must know its shape, got the lazy parameter {name!r}; send one "
                "image through the network first"
            )
        memo[id(parameter)] = nn.Parameter(
            replace(name, parameter.detach()), requires_grad=parameter.requires_grad
        )
    for name, buffer in model.named_buffers():
        memo[id(buffer)] = replace(name, buffer.detach())
    for module in model.modules():
        for key, value in vars(module).items():
            if "_hooks" in key and isinstance(value, dict):
                memo[id(value)] = type(value)()
    with _Replacing(replace):
        return copy.deepcopy(model, memo).eval()


class _Replacing(TorchFunctionMode):
    """While it is on, a deep copy of a tensor is what ``replace`` makes of it."""

    def __init__(self, replace: Replace) -> None:
        super().__init__()
        self.replace = replace

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is Tensor.__deepcopy__:
            tensor, memo = args
            if id(tensor) not in memo:
                memo[id(tensor)] = self.replace("", tensor)
            return memo[id(tensor)]
        if func is Tensor.clone:  # how a parameter outside the register copies itself
            return self.replace("", args[0])
        return func(*args, **(kwargs or {}))


def meta_twin(model: nn.Module) -> nn.Module:
    """Return the network on the meta device, in eval mode, without reading a weight."""
    return rebuild(check_model(model), _without_values)


def _without_values(_name: str, tensor: Tensor) -> Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")


class OnMeta(TorchFunctionMode):
    """While it is on, a tensor that names another device is made on the meta device all the same.

    A forward may hold a device of its own (``torch.zeros(3, device="cpu")``, ``x.to("cuda")``);
    on the twin there is one device only.
    """

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        keywords = dict(kwargs or {})
        if keywords.get("device") is not None:
            keywords["device"] = "meta"
        if func in (Tensor.cpu, Tensor.cuda):
            return args[0]
        if func is Tensor.to:
            args = ["meta" if isinstance(arg, str | torch.device) else arg for arg in args]
        return func(*args, **keywords)


def meta_image(model: nn.Module, channels: int, size: tuple[int, int]) -> Tensor:
    """Return an image without values, one in the batch, of the type of the network's weights."""
    kinds = (p.dtype for p in model.parameters() if p.is_floating_point())
    dtype = next(kinds, torch.get_default_dtype())
    return torch.empty(1, channels, *size, dtype=dtype, device="meta")


def image_channels(twin: nn.Module, size: tuple[int, int]) -> int:
    """Channels of the images that a network takes.

    Its own ``in_channels`` where it has one; else from the first layer with weights that a trial
    image meets. A trial of 3 channels that arrives there with 12 (as behind a space-to-depth)
    where 4 are wanted tells that the image has one.
    """
    stated = getattr(twin, "in_channels", None)
    if isinstance(stated, int) and stated > 0:
        return stated
    trial = 3
    met: list[tuple[int, int]] = []

    def stop(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        axis = -1 if isinstance(module, nn.Linear) else 1
        met.append((inputs[0].shape[axis], _wanted(module)))
        raise _MetError

    layers = [m for m in twin.modules() if isinstance(m, _ConvNd | nn.Linear | _BatchNorm)]
    handles = [layer.register_forward_pre_hook(stop) for layer in layers]
    try:
        with torch.no_grad(), torch.device("meta"), OnMeta():
            twin(meta_image(twin, trial, size))
    except Exception:  # whatever it is, the forward proper will meet it again and say where
        pass
    finally:
        for handle in handles:
            handle.remove()
    if met and (trial * met[0][1]) % met[0][0] == 0:
        return trial * met[0][1] // met[0][0]
    return _wanted(layers[0]) if layers and not met else trial


class _MetError(Exception):
    """The trial image has reached the first layer with weights."""


def _wanted(layer: nn.Module) -> int:
    names = ("in_channels", "in_features", "num_features")
    return next(int(getattr(layer, name)) for name in names if hasattr(layer, name))


def named_tensors(output: object, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Every tensor in what a module returned, named by its place: "p3", "masks.0", "" if alone.

    Looks into mappings, named tuples, tuples, lists and dataclasses, in their order.
    """
    if isinstance(output, Tensor):
        yield name, output
        return
    if isinstance(output, Mapping):
        items: Any = output.items()
    elif isinstance(output, tuple) and hasattr(output, "_fields"):
        items = zip(output._fields, output, strict=True)
    elif isinstance(output, tuple | list):
        items = enumerate(output)
    elif is_dataclass(output) and not isinstance(output, type):
        items = ((field.name, getattr(output, field.name)) for field in fields(output))
    else:
        return
    for key, value in items:
        yield from named_tensors(value, join(name, str(key)))


def join(*names: str) -> str:
    """Join dotted names, leaving out the empty ones."""
    return ".".join(name for name in names if name)
