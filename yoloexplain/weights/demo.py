"""Demo: the small networks that have learned, as they come with the package.

They stand beside the networks, not on the way from image to picture. A feature map of an untrained
network explains nothing, so each kind of network has a small one that was trained on drawn scenes.
Its file holds float16 numbers, and a card that says which network it is for, how it was made, and
how well it does; ``python -m yoloexplain demo NAME`` makes it again.
"""

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .stored import read_weights

FOLDER = Path(__file__).parent / "demos"


def list_demos() -> list[str]:
    """Name the networks that have learned."""
    return sorted(file.stem for file in FOLDER.glob("*.safetensors"))


def demo_file(name: str) -> Path:
    """Find the file of a demo network.

    Raises
    ------
    ValueError
        For a name that is not there.
    """
    if name not in list_demos():
        raise ValueError(
            f"a demo must be one of {', '.join(list_demos()) or 'none'}; got {name!r}; install the "
            "package again if its files are missing"
        )
    return FOLDER / f"{name}.safetensors"


def demo_card(name: str) -> dict[str, Any]:
    """Read a demo network's card.

    Returns
    -------
    dict
        ``model`` and ``options`` to build it, ``names`` of its classes, ``image_size`` in pixels,
        ``data``, ``command``, ``settings`` (and ``after``, of a second training), ``steps`` and
        ``seconds`` of its training, ``scores`` on unseen scenes, and ``sha256`` of its numbers.
    """
    return read_weights(demo_file(name))[1]


def load_demo(model: nn.Module, name: str) -> None:
    """Give a network what it has learned; one on the meta device stays without numbers.

    Raises
    ------
    ValueError
        If the file is not what its card says.
    """
    weights, card = read_weights(demo_file(name))
    if digest(weights) != card.get("sha256"):
        raise ValueError(
            f"the weights of {name} must have the hash of their card, {card.get('sha256')}, got "
            f"{digest(weights)}; install the package again"
        )
    if not any(value.is_meta for value in model.state_dict().values()):
        model.load_state_dict(weights)


def halved(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Round to float16, which takes half the room; whole numbers stay.

    Raises
    ------
    ValueError
        If a number is too large for it.
    """
    rounded = {n: x.half() if x.is_floating_point() else x for n, x in weights.items()}
    for name, value in rounded.items():
        if not torch.isfinite(value).all():
            raise ValueError(
                f"float16 holds numbers up to 65,504, got {weights[name].abs().max():g} in {name}; "
                "train with a lower learning rate"
            )
    return rounded


def digest(weights: dict[str, Tensor]) -> str:
    """Hash names, shapes and numbers, in the order of the names."""
    found = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].detach().cpu().contiguous()
        found.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        found.update(value.numpy().tobytes())
    return found.hexdigest()
