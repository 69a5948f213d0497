"""Prepared: scenes drawn ahead of a training and packed, so that no epoch ever waits for one.

It stands between the drawing and the training. Pictures are kept as bytes and masks as bits, a
scene of 160 pixels in about 90 kB; taking one out again costs less than a tenth of a millisecond.
"""

import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from ..record import Scene

FORMAT = "yoloexplain scenes 1"
_ASIDE = ("format", "names")  # what a file holds besides the packed arrays


@dataclass(frozen=True, eq=False)
class Prepared(Sequence[Scene]):
    """Scenes of one size, packed.

    Attributes
    ----------
    images
        uint8 (M, H, W, 3).
    starts
        int64 (M + 1,): the objects of scene i are those from ``starts[i]`` to ``starts[i + 1]``.
    boxes_xyxy, labels
        float32 (T, 4) and int64 (T,), the objects of all scenes.
    bits
        uint8 (T, H, ⌈W/8⌉), eight pixels of a mask in a byte; None where only boxes are known.
    names
        Of the classes, in order.
    """

    images: NDArray[np.uint8]
    starts: NDArray[np.int64]
    boxes_xyxy: NDArray[np.float32]
    labels: NDArray[np.int64]
    bits: NDArray[np.uint8] | None
    names: tuple[str, ...] = ()

    @classmethod
    def pack(cls, scenes: Iterable[Scene], names: Sequence[str] = ()) -> "Prepared":
        """Pack scenes of one size; their masks are kept if all have them.

        Raises
        ------
        ValueError
            If there is none, or the sizes differ.
        """
        parts = list(scenes)
        sizes = {part.size for part in parts}
        if len(sizes) != 1:
            listed = ", ".join(f"{h}x{w}" for h, w in sorted(sizes)[:3]) or "none"
            raise ValueError(
                f"prepared scenes must all have one size, got {listed}; give them one with "
                "augment.letterboxed"
            )
        (height, width), counts = sizes.pop(), [len(part) for part in parts]
        boxes = np.concatenate([part.boxes_xyxy for part in parts])
        labels = np.concatenate([part.labels for part in parts])
        packed = [
            np.packbits(part.masks, axis=2)
            if part.masks is not None
            else np.zeros((0, height, -(-width // 8)), np.uint8)
            for part in parts
        ]
        whole = all(part.masks is not None or not len(part) for part in parts)
        bits = np.concatenate(packed) if whole else None
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        images = np.stack([part.image for part in parts])
        return cls(images, starts, boxes, labels, bits, tuple(names))

    @classmethod
    def join(cls, parts: Sequence["Prepared"]) -> "Prepared":
        """Put packed scenes one behind the other."""
        bits = [part.bits for part in parts if part.bits is not None]
        counts = np.concatenate([np.diff(part.starts) for part in parts])
        return cls(
            np.concatenate([part.images for part in parts]),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([part.boxes_xyxy for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate(bits) if len(bits) == len(parts) else None,
            parts[0].names,
        )

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Scene: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Scene]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Scene | Sequence[Scene]:
        """Take a scene out again; its image is the prepared one, not a copy of it."""
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        place = range(len(self))[index]
        part = slice(int(self.starts[place]), int(self.starts[place + 1]))
        masks = None
        if self.bits is not None:
            width = self.images.shape[2]
            masks = np.unpackbits(self.bits[part], axis=2, count=width).view(np.bool_)
        return Scene(self.images[place], self.boxes_xyxy[part], self.labels[part], masks)

    def save(self, file: Path, fingerprint: str = "") -> None:
        """Write one ``.npz`` file, beside its place and then renamed: it is there whole or not."""
        beside = file.with_name(file.name + f".{os.getpid()}.part")
        parts: dict[str, Any] = {
            "format": np.array([FORMAT, fingerprint]),
            "names": np.array(self.names, dtype=np.str_),
            "images": self.images,
            "starts": self.starts,
            "boxes_xyxy": self.boxes_xyxy,
            "labels": self.labels,
        }
        if self.bits is not None:
            parts["bits"] = self.bits
        try:
            with beside.open("wb") as stream:
                np.savez(stream, **parts)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)

    @classmethod
    def load(cls, file: Path) -> tuple["Prepared", str]:
        """Read what ``save`` wrote, and its fingerprint.

        Raises
        ------
        ValueError
            If the file is something else, or damaged.
        """
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                if str(stored["format"][0]) != FORMAT:
                    raise ValueError(f"the format is {stored['format'][0]}")
                parts = {key: stored[key] for key in stored.files if key not in _ASIDE}
                names = tuple(str(name) for name in stored["names"])
                return cls(**{"bits": None} | parts, names=names), str(stored["format"][1])
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ValueError(
                f"{file} must hold prepared scenes, but could not be read so ({error}); move it "
                "away, or name another file"
            ) from error
