"""Networks and scenes so small that a training takes a second; also run as a script by tests."""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from yoloexplain import create_model
from yoloexplain.backbones.resnet import resnet18
from yoloexplain.data.record import Scene
from yoloexplain.layers.fpn import FPN
from yoloexplain.solo import SOLO, SOLOHead
from yoloexplain.training import Settings, fit
from yoloexplain.training.batches import loader, shares
from yoloexplain.training.steps import Stepper
from yoloexplain.training.task import task_of

NAMES = ("red", "green", "blue")
COLOURS = np.eye(3) * 255


class Tiny(nn.Module):
    """A YOLOv1 of four convolutions, with BatchNorm and dropout: (B, 3, H, W) → a grid."""

    def __init__(self, num_classes: int = 3, num_boxes: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 16), (16, 24), (24, 32)):
            layers += [
                nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.SiLU(),
            ]  # fmt: skip
        self.body = nn.Sequential(*layers, nn.Dropout(0.1))
        self.last = nn.Conv2d(32, 5 * num_boxes + num_classes, 3, 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Image → grid."""
        return self.last(self.body(image)).permute(0, 2, 3, 1)


def small_solo() -> SOLO:
    backbone = resnet18()
    head = SOLOHead(len(NAMES), channels=32, depth=1)
    return SOLO(backbone, FPN(backbone.channels, 32), head)


def squares(count: int, size: int = 64, seed: int = 0) -> list[Scene]:
    """One to three plain rectangles of three colours, on noise."""
    scenes = []
    for number in range(count):
        random = np.random.default_rng((seed, number))
        image = random.integers(90, 130, (size, size, 3), np.uint8)
        labels = random.integers(0, 3, random.integers(1, 4))
        masks = np.zeros((len(labels), size, size), bool)
        for k, label in enumerate(labels):
            (h, w) = random.integers(size // 5, size // 2, 2)
            y, x = random.integers(0, size - h), random.integers(0, size - w)
            masks[:k, y : y + h, x : x + w] = False
            masks[k, y : y + h, x : x + w] = True
            image[y : y + h, x : x + w] = COLOURS[label]
        scenes.append(Scene.from_masks(image, masks, labels))
    return scenes


class Slow(list[Scene]):
    """Scenes that take their time, so that a test can strike in the middle of an epoch."""

    def __getitem__(self, index: Any) -> Any:
        time.sleep(0.02)
        return super().__getitem__(index)


SETTINGS = Settings(epochs=4, batch=8, image_size=64, precision="no", ema_decay=0.9, ema_ramp=5)


def train_small(folder: Path, *, scenes: list[Scene] | None = None, **options: Any) -> Any:
    """The training that is broken and taken up again."""
    torch.manual_seed(5)
    return fit(
        Tiny(), squares(40) if scenes is None else scenes, SETTINGS, names=NAMES, folder=folder,
        validation=squares(8, seed=1), **options,
    )  # fmt: skip


def networks() -> dict[str, nn.Module]:
    """One of each detector; without dropout, whose random numbers differ between processes."""
    torch.manual_seed(3)
    tiny = Tiny()
    tiny.body[-1] = nn.Identity()
    return {
        "yolov1": tiny,
        "yolov5": create_model("yolov5n", num_classes=3),
        "solo": small_solo(),
    }


def one_step(name: str) -> dict[str, Tensor]:
    """Weights after one plain step of rate 1, so that they differ by the gradient alone."""
    settings = Settings(
        epochs=1, batch=4, image_size=64, optimizer="sgd", learning_rate=1.0, warmup=0.0,
        momentum=0.0, weight_decay=0.0, clip=0.0, precision="no",
    )  # fmt: skip
    scenes = squares(4)
    stepper = Stepper(task_of(networks()[name], NAMES, 64), settings, 1)
    process = stepper.accelerator.process_index
    batches = shares(4, settings, 0, process, stepper.processes)
    (batch,) = loader(scenes, batches, settings)
    stepper.take(batch, "the only batch")
    stepper.accelerator.wait_for_everyone()
    return stepper.task.model.state_dict()


if __name__ == "__main__":
    torch.set_num_threads(1)
    command, place = sys.argv[1], Path(sys.argv[2])
    if command == "train":
        train_small(
            place, scenes=Slow(squares(40)), on_epoch=lambda e: print(e.row["epoch"], flush=True)
        )
    elif command == "step":
        for name in networks():
            weights = one_step(name)
            assert torch.distributed.get_world_size() == 2
            if torch.distributed.get_rank() == 0:
                torch.save(weights, place / f"{name}.pt")
        torch.distributed.destroy_process_group()
