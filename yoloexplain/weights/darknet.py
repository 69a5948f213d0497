"""Darknet's ``.weights``: a short head, then every number of the network, without a name.

It stands between a published file and Darknet-53 or CSPDarknet-53. Source: Darknet (Redmon
2013–2018; Bochkovskiy's branch), and the order of ``darknet53.cfg`` and ``csdarknet53.cfg``. Each
convolution writes its shift, then scale, mean and variance if BatchNorm follows it, then its
weights. Only the order says what a number is, so the length of the file is the one thing that can
be checked; it has to fit to the number.

Two traps. Bochkovskiy's branch, and Darknet on a graphics card, add ε = 1e-5 to the variance, as
here; Redmon's on a processor adds 1e-6 to its root, which differs by some 1e-6. And of the two
published forms of CSPDarknet-53 one bends with LeakyReLU and one, YOLOv4's, with Mish: their files
have the same length, and this package has Mish.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from ..backbones.classifier import Classifier
from ..backbones.csp_darknet import CSPDarknet53
from ..backbones.darknet import Darknet53
from .pickle_rules import RefusedFileError

VERSION = (0, 2, 5)  # what both branches write today
LARGEST_VERSION = 1000  # more than that marked transposed weights, long ago
# numbers behind the trunk in the published files that begin with it
TAILS: dict[type[nn.Module], dict[str, int]] = {
    Darknet53: {"darknet53.weights": 1_025_000, "yolov3.weights": 21_381_117},
    CSPDarknet53: {
        "csdarknet53.weights": 1_025_000,
        "yolov4.conv.137": 15_857_152,
        "yolov4.weights": 37_776_893,
    },
}


def is_darknet(model: nn.Module) -> bool:
    """Say whether Darknet published this network, whole or as a trunk."""
    return isinstance(trunk_of(model), Darknet53 | CSPDarknet53)


def trunk_of(model: nn.Module) -> nn.Module:
    """Take the trunk of a classifier; a trunk is its own."""
    return model.backbone if isinstance(model, Classifier) else model


def darknet_parts(trunk: nn.Module) -> Iterator[str]:
    """List the convolutions in the order of the ``.cfg``."""
    yield "stem"
    csp = isinstance(trunk, CSPDarknet53)
    for i, stage in enumerate(trunk.get_submodule("stages").children()):
        yield f"stages.{i}.down"
        yield from (f"stages.{i}.bypass", f"stages.{i}.main") if csp else ()
        for j, _ in enumerate(stage.get_submodule("blocks").children()):
            yield from (f"stages.{i}.blocks.{j}.reduce", f"stages.{i}.blocks.{j}.expand")
        yield from (f"stages.{i}.main_out", f"stages.{i}.fuse") if csp else ()


def darknet_order(model: nn.Module) -> list[str]:
    """Name every tensor of the network in the order in which Darknet stores their numbers."""
    before = "backbone." if isinstance(model, Classifier) else ""
    names = []
    for part in darknet_parts(trunk_of(model)):
        block = f"{before}{part}"
        names += [f"{block}.bn.{name}" for name in ("bias", "weight", "running_mean")]
        names += [f"{block}.bn.running_var", f"{block}.conv.weight"]
    return names + (["head.linear.bias", "head.linear.weight"] if before else [])


def read_darknet(model: nn.Module, path: Path) -> dict[str, Tensor]:
    """Read a ``.weights`` file into tensors under our names.

    Parameters
    ----------
    model
        Darknet-53 or CSPDarknet-53, with its classifier or, as a trunk, without. A trunk also reads
        the beginning of the published files that go on behind it.
    path
        Of the file.

    Raises
    ------
    RefusedFileError
        If the head is none of Darknet's, or the file has more or fewer numbers than the network.
    """
    content = path.read_bytes()
    start = head_length(content, path)
    own = model.state_dict()
    order = darknet_order(model)
    needed = sum(own[name].numel() for name in order)
    check_length(model, path, needed, len(content) - start)
    flat = torch.frombuffer(bytearray(content[start : start + 4 * needed]), dtype=torch.float32)
    state, place = {}, 0
    for name in order:
        tensor = own[name]
        state[name] = flat[place : place + tensor.numel()].view(tensor.shape).clone()
        place += tensor.numel()
    return state


def head_length(content: bytes, path: Path) -> int:
    """Give the length of the file's head: 20 bytes, or 16 before version 0.2."""
    if len(content) < 16:
        raise wrong(path, f"{len(content)} bytes, too short for a head")
    major, minor, revision = struct.unpack("<3i", content[:12])
    if not all(0 <= part < LARGEST_VERSION for part in (major, minor, revision)):
        raise wrong(path, f"a head of version {major}.{minor}.{revision}")
    return 20 if 10 * major + minor >= 2 else 16


def check_length(model: nn.Module, path: Path, needed: int, held: int) -> None:
    """Refuse a file that does not hold exactly the network's numbers, in bytes ``held``."""
    more = held - 4 * needed
    tails = TAILS[type(trunk_of(model))]
    if more == 0 or (not isinstance(model, Classifier) and more in (4 * n for n in tails.values())):
        return
    found = f"{held / 4:,.10g} numbers where {needed:,} are needed".replace(".00", "")
    if more < 0 and isinstance(model, Classifier):
        trunk = sum(model.state_dict()[name].numel() for name in darknet_order(model)[:-2])
        if held == 4 * trunk:
            found += ", those of the trunk alone; load it with load_official(model.backbone, …)"
    raise wrong(path, found)


def wrong(path: Path, found: str) -> RefusedFileError:
    """Make the error for a file that is none of this network's."""
    return RefusedFileError(
        f"a .weights file must have Darknet's head and exactly the numbers of the network, but "
        f"{str(path)!r} has {found}; nothing was loaded; check that the download is complete and "
        "that the network has the classes and channels of the file"
    )


def write_darknet(model: nn.Module) -> bytes:
    """Write a network's numbers as a ``.weights`` file.

    Raises
    ------
    ValueError
        For a network that Darknet has not.
    """
    if not is_darknet(model):
        raise ValueError(
            f"a .weights file holds Darknet-53 or CSPDarknet-53, got {type(model).__name__}; "
            "name the file .pth for a state dict"
        )
    own = model.state_dict()
    parts = [own[name].detach().cpu().float().contiguous() for name in darknet_order(model)]
    numbers = b"".join(part.numpy().astype("<f4").tobytes() for part in parts)
    return struct.pack("<3iQ", *VERSION, 0) + numbers
