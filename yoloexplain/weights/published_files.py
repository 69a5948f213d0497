"""Where the authors published their weights, and how a file gets from there to here.

It stands before everything else that loads weights. A file is fetched only if its checksum is
known: torchvision and mmdetection write its first eight digits into the file's name. Ultralytics
publish none. Those of YOLOv5 7.0 are what public projects pin, n, s and m in many of them, the
others in one family; that of 4.0's s stands in one project's tests. For all other files the address
or the page is named, and whoever has the file passes its path.

The cache is PyTorch's own, ``torch.hub``'s; torchvision's files are found where torchvision put
them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ..backbones.classifier import Classifier
from ..backbones.csp_darknet import CSPDarknet53
from ..backbones.darknet import Darknet53
from ..backbones.densenet import DENSENETS, DenseNet
from ..backbones.resnet import BasicBlock, Bottleneck, ResNet
from ..solo.head import GRIDS, DecoupledSOLOHead
from ..solo.network import SOLO
from ..yolov5.network import YOLOv5

TORCHVISION = "https://download.pytorch.org/models"
OPENMMLAB = "https://download.openmmlab.com/mmdetection/v2.0/solo"
ULTRALYTICS = "https://github.com/ultralytics/yolov5/releases"


@dataclass(frozen=True)
class PublishedFile:
    """One file: where it is, how its checksum (SHA-256) begins, and its folder in the cache."""

    address: str
    sha256: str
    folder: str = ""

    @property
    def name(self) -> str:
        """Of the file."""
        return self.address.rsplit("/", 1)[1]

    @property
    def place(self) -> Path:
        """Where the file belongs in PyTorch's cache."""
        return Path(torch.hub.get_dir()) / "checkpoints" / self.folder / self.name


def torchvision(name: str, digits: str) -> PublishedFile:
    """Describe a file of torchvision's, whose name ends in its checksum's first digits."""
    return PublishedFile(f"{TORCHVISION}/{name}-{digits}.pth", digits)


def mmdetection(name: str, date: str, digits: str) -> PublishedFile:
    """Describe a file of mmdetection's, whose name ends in its checksum's first digits."""
    return PublishedFile(f"{OPENMMLAB}/{name}/{name}_{date}-{digits}.pth", digits)


def ultralytics(name: str, release: str, sha256: str) -> PublishedFile:
    """Describe a file of a YOLOv5 release; the same name means another file in each."""
    return PublishedFile(
        f"{ULTRALYTICS}/download/v{release}/{name}.pt", sha256, f"yolov5-{release}"
    )


YOLOV5_7 = {
    "n": "4f180cf23ba0717ada0badd6c685026d73d48f184d00fc159c2641284b2ac0a3",
    "s": "8b3b748c1e592ddd8868022e8732fde20025197328490623cc16c6f24d0782ee",
    "m": "61d933360ba5a7733a36764996c800287d973889d875227f5beedd2473a97a56",
    "l": "2f603b7354c25454d1270663a14d8ddc1eea98e5eebc1d84ce0c6e3150fa155f",
    "x": "9f27a794fa0308e2606f90565164571d6f0a0ba18a3ce2e5e5d323b71c157859",
    "n6": "496c05a2b991da15acc6c4408c63da287f2513a46c6756618776d4dd71170781",
    "s6": "95bda9019ada63f37338308d0c81a66047a6fbaba061abaff271ba9334cf2a6f",
    "m6": "7afe7fa0f29a8351467200a2a5a33c7996d1155ed6636c7edd8ca70b14951c64",
    "l6": "b357b77f646b0190912985937c44e2923441369d5fda69ba86da2aa919212618",
    "x6": "257c991b216d625427dc4d9c7c76d6c6d93cf3732797538da34bdc02f97bfef0",
}
# network → its file; "yolov5s 7.0" names size and release
FILES: dict[str, PublishedFile] = {
    "densenet121": torchvision("densenet121", "a639ec97"),
    "densenet161": torchvision("densenet161", "8d451a50"),
    "densenet169": torchvision("densenet169", "b2777c0a"),
    "densenet201": torchvision("densenet201", "c1103571"),
    "resnet18": torchvision("resnet18", "f37072fd"),
    "resnet50": torchvision("resnet50", "0676ba61"),
    "solo-r50-fpn": mmdetection("solo_r50_fpn_3x_coco", "20210901_012353", "11d224d7"),
    "solo-r50-fpn-decoupled": mmdetection(
        "decoupled_solo_r50_fpn_3x_coco", "20210821_042504", "7b3301ec"
    ),
    "yolov5s 4.0": ultralytics("yolov5s", "4.0", "9ca9a642"),
    **{
        f"yolov5{size} 7.0": ultralytics(f"yolov5{size}", "7.0", sha256)
        for size, sha256 in YOLOV5_7.items()
    },
}
# blocks, their number in each stage, and the channels of the stem
RESNETS: dict[tuple[type, tuple[int, ...], int], str] = {
    (BasicBlock, (2, 2, 2, 2), 64): "resnet18",
    (Bottleneck, (3, 4, 6, 3), 64): "resnet50",
}
# published, but without a checksum that could be compared
ELSEWHERE = {
    "darknet53": "https://pjreddie.com/media/files/darknet53.weights",
    "cspdarknet53": (
        "https://github.com/AlexeyAB/darknet/releases/download/darknet_yolo_v3_optimal/"
        "yolov4.conv.137 (the trunk: load_official(model.backbone, …))"
    ),
}


def catalogue_name(model: nn.Module) -> str:
    """Name the published network that this one is, "" if it is none."""
    if isinstance(model, YOLOv5):
        return f"yolov5{model.size} {model.release}"
    if isinstance(model, SOLO):
        decoupled = isinstance(model.head, DecoupledSOLOHead)
        whole = trunk_name(model.backbone) == "resnet50" and model.head.grids == GRIDS
        return ("solo-r50-fpn-decoupled" if decoupled else "solo-r50-fpn") if whole else ""
    return trunk_name(model.backbone if isinstance(model, Classifier) else model)


def trunk_name(trunk: nn.Module) -> str:
    """Name a published trunk, "" if it is none."""
    if isinstance(trunk, DenseNet):
        depths = tuple(
            len(list(block.get_submodule("layers").children())) for block in trunk.blocks
        )
        growth = trunk.stem.conv.out_channels // 2
        return next((name for name, plan in DENSENETS.items() if plan == (growth, depths)), "")
    if isinstance(trunk, ResNet):
        stages = [list(stage.children()) for stage in trunk.stages]
        plan = (type(stages[0][0]), tuple(map(len, stages)), trunk.conv1.out_channels)
        return RESNETS.get(plan, "")
    if isinstance(trunk, Darknet53):
        return "darknet53"
    return "cspdarknet53" if isinstance(trunk, CSPDarknet53) else ""


def published_file(model: nn.Module) -> PublishedFile:
    """Find the file that was published for a network.

    Raises
    ------
    ValueError
        If there is none, or none whose checksum is known; it says what to do instead.
    """
    name = catalogue_name(model)
    if name in FILES:
        return FILES[name]
    if name.startswith("yolov5"):
        size, release = name.split()
        where = f"{ULTRALYTICS}/tag/v{release} has {size}.pt"
    elif name in ELSEWHERE:
        where = f"its weights are at {ELSEWHERE[name]}"
    else:
        where = "its authors published none"
    raise ValueError(
        f"source may be left out only where a file with a known checksum was published, got "
        f"{name or type(model).__name__}: {where}; pass the path of a file"
    )


def fetch(model: nn.Module) -> Path:
    """Give the published file of a network, from the cache or, once, from its address.

    Raises
    ------
    ValueError
        If there is no such file, or its checksum is wrong.
    ConnectionError
        If it is not in the cache and cannot be fetched.
    """
    file = published_file(model)
    place = file.place
    if not place.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(file.address, str(place), file.sha256, progress=True)
        except OSError as why:
            raise ConnectionError(
                f"{file.name} is not in PyTorch's cache and could not be fetched ({why}); download "
                f"{file.address} where there is a connection, and place it at {place}"
            ) from why
        except RuntimeError as why:  # the checksum; nothing was left in the cache
            raise ValueError(
                f"{file.name} must have a checksum that begins {file.sha256[:8]}, but what came "
                f"from {file.address} has not; nothing was kept or loaded; try again later"
            ) from why
    check_sum(file, place)
    return place


def check_sum(file: PublishedFile, place: Path) -> None:
    """Raise a ``ValueError`` unless a file in the cache is the one that was published."""
    with place.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if not found.startswith(file.sha256):
        raise ValueError(
            f"{file.name} must have a checksum that begins {file.sha256[:8]}, got {found[:8]} for "
            f"{place}; remove that file, and it will be fetched again"
        )


def official_if_present(model: nn.Module) -> Path | None:
    """Find a network's published file in PyTorch's cache, without fetching anything.

    Returns
    -------
    Its path, or ``None`` if it is not there, or is not the published one.
    """
    try:
        file = published_file(model)
        check_sum(file, file.place)
    except (ValueError, OSError):
        return None
    return file.place
