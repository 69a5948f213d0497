"""Batches: scenes as tensors, in an order that a seed decides.

They stand between the data set and the network.

Which scenes share a step, and how each is changed before, follows from the seed, the epoch and the
scene's number alone. So it does not matter how many processes read them, nor where a training was
broken off: the same step sees the same pictures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..data import augment
from ..data.record import Scene
from .settings import Settings

Numbered = tuple[int, Scene]


@dataclass(frozen=True, eq=False)
class Batch:
    """A few pictures of one size and everything in them.

    Attributes
    ----------
    images
        (B, 3, H, W), from 0 to 1.
    targets
        (N, 6): image index, class, and cx, cy, w, h as fractions of the image.
    masks
        (n, H, W) for each image, in the order of its targets; None where only boxes are known.
    numbers
        Of the scenes in their data set, so that one can be named.
    """

    images: Float[Tensor, "b 3 h w"]
    targets: Float[Tensor, "n 6"]
    masks: tuple[Bool[Tensor, "_ h w"], ...] | None
    numbers: tuple[int, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        return self.images.shape[2], self.images.shape[3]

    def to(self, device: torch.device) -> "Batch":
        """Move everything to a device."""
        masks = None if self.masks is None else tuple(mask.to(device) for mask in self.masks)
        return replace(
            self, images=self.images.to(device), targets=self.targets.to(device), masks=masks
        )

    def labels(self) -> list[Tensor]:
        """Classes of each image's objects."""
        return [self.targets[self.targets[:, 0] == i, 1].long() for i in range(len(self.numbers))]


def collate(numbered: Sequence[Numbered]) -> Batch:
    """Put scenes of one size into a batch.

    Objects without width or height, which no loss could take, are left out.
    """
    scenes = [keep_visible(scene) for _, scene in numbered]
    images = torch.from_numpy(np.stack([scene.image for scene in scenes]))
    rows = [box_rows(i, scene) for i, scene in enumerate(scenes)]
    known = all(scene.masks is not None or not len(scene) for scene in scenes)
    return Batch(
        images.permute(0, 3, 1, 2).float().div(255),
        torch.from_numpy(np.concatenate(rows)),
        tuple(mask_tensor(scene) for scene in scenes) if known else None,
        tuple(number for number, _ in numbered),
    )


def keep_visible(scene: Scene) -> Scene:
    """Leave out boxes without area."""
    seen = (scene.boxes_xyxy[:, 2:] > scene.boxes_xyxy[:, :2]).all(axis=1)
    return scene if seen.all() else scene.pick(seen)


def box_rows(index: int, scene: Scene) -> Any:
    """Write a scene's objects as targets: float32 (N, 6)."""
    height, width = scene.size
    low, high = scene.boxes_xyxy[:, :2], scene.boxes_xyxy[:, 2:]
    boxes = np.concatenate([(low + high) / 2, high - low], axis=1) / [width, height, width, height]
    rows = np.concatenate([np.full((len(scene), 1), index), scene.labels[:, None], boxes], axis=1)
    return rows.astype(np.float32)


def mask_tensor(scene: Scene) -> Tensor:
    """Give a scene's masks as a tensor; of no object, none."""
    if scene.masks is None:
        return torch.zeros((0, *scene.size), dtype=torch.bool)
    return torch.from_numpy(np.ascontiguousarray(scene.masks))


class Framed(Sequence[Scene]):
    """Scenes framed to a square of one size; those that have it already stay as they are."""

    def __init__(self, scenes: Sequence[Scene], size: int) -> None:
        self.scenes, self.side = scenes, size

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        scene = self.scenes[index]
        if scene.size == (self.side, self.side):
            return scene
        return augment.letterboxed(scene, self.side)[0]


class Pictures(Dataset[Numbered]):
    """Scenes as one epoch sees them: framed and, in training, changed at random."""

    def __init__(
        self, scenes: Sequence[Scene], settings: Settings, epoch: int, *, change: bool = True
    ) -> None:
        self.scenes = Framed(scenes, settings.image_size)
        self.settings, self.epoch = settings, epoch
        self.change = change and settings.augment != "none"

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> Numbered:
        if not self.change:
            return index, self.scenes[index]
        random = np.random.default_rng((self.settings.seed, self.epoch, index))
        if self.settings.augment == "mosaic" and random.random() < 0.5:
            return index, lightly(self.four(index, random), random)
        return index, lightly(self.scenes[index], random)

    def four(self, index: int, random: Generator) -> Scene:
        """Put a scene and three others into one picture of the usual size."""
        others = [self.scenes[int(i)] for i in random.integers(len(self.scenes), size=3)]
        joined = augment.mosaic([self.scenes[index], *others], random).scene
        side = self.settings.image_size
        return augment.random_affine(joined, random, size=(side, side)).scene


def lightly(scene: Scene, random: Generator) -> Scene:
    """Mirror every second picture, and change the colours of all."""
    mirrored = augment.flip_horizontal(scene) if random.random() < 0.5 else scene
    return augment.hsv_jitter(mirrored, random).scene


def shares(
    count: int, settings: Settings, epoch: int, process: int = 0, processes: int = 1
) -> list[list[int]]:
    """Deal an epoch's scenes into batches, and give one process its share of each.

    The processes' shares, one behind the other, are the batch that one process alone would see.
    What is left over at the end of an epoch waits for the next shuffle.

    Raises
    ------
    ValueError
        If there is no scene, or a batch cannot be shared evenly.
    """
    if count < 1:
        raise ValueError("a training needs at least one scene, got none; check the data's paths")
    if settings.batch % processes:
        raise ValueError(
            f"batch must be a multiple of the {processes} processes, got {settings.batch}; pass "
            f"for example {max(settings.batch // processes, 1) * processes}"
        )
    order = np.random.default_rng((settings.seed, epoch)).permutation(count).tolist()
    size = min(settings.batch, count - count % processes)
    if not size:
        raise ValueError(
            f"{processes} processes need as many scenes, got {count}; start fewer of them"
        )
    share = size // processes
    starts = range(process * share, count - size + process * share + 1, size)
    return [order[start : start + share] for start in starts]


def loader(
    scenes: Sequence[Scene],
    batches: Sequence[Sequence[int]],
    settings: Settings,
    epoch: int = 0,
    *,
    change: bool = True,
) -> Iterator[Batch]:
    """Read the scenes of these batches, in this order."""
    pictures = Pictures(scenes, settings, epoch, change=change)
    yield from DataLoader(
        pictures,
        batch_sampler=batches,  # type: ignore[arg-type]
        collate_fn=collate,
        num_workers=settings.workers,
    )


def in_order(scenes: Sequence[Scene], settings: Settings) -> Iterator[Batch]:
    """Read all scenes once, unchanged and in order, as for an evaluation."""
    numbers = list(range(len(scenes)))
    parts = [numbers[i : i + settings.batch] for i in range(0, len(numbers), settings.batch)]
    return loader(scenes, parts, settings, change=False)
