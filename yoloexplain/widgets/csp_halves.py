"""CSP halves: what went around a stage and what went through it, as maps side by side.

It belongs to the backbones. Source: CSPNet (Wang et al. 2019, arXiv 1911.11929). In a
``CSPDenseBlock`` the bypass is a part of the input, untouched; in YOLOv5's blocks it has passed a
1×1. The other half is what the dense part, or the bottlenecks, made of theirs. Both are shown as
they are just before they meet. Channels are ordered by how well they agree with the things in the
scene, or by strength where nobody knows what is there.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F
from traitlets import Bytes, Int

from ..catalog import create_model
from ..data import photos
from ..data.scenes import Scene, Scenes
from ..figures.check import check_photo
from ..figures.map_comparisons import compare_maps
from ..figures.maps import strongest
from ..figures.picture import Picture
from ..inspection import answering
from ..inspection.answers import agreement
from ..inspection.meta import check_model
from ..layers.csp import C3, BottleneckCSP, CSPDenseBlock
from .base import ExplainerWidget, View, choice, slider
from .data import colour_bytes, map_bytes, photo_bytes

HALVES = ("went around", "went through")
BLOCKS = 12  # so many are shown at most, and of each half so many channels
CHANNELS = {True: 72, False: 16}  # of few blocks, and of many
FEW = 4
CELLS = 48  # of a map's longer side; finer ones are averaged
LONGEST = 1024  # pixels of a photograph's side
KINDS = (CSPDenseBlock, C3, BottleneckCSP)


class CSPHalvesView(View):
    """The canvas of ``CSPHalves``."""

    stem = "csp_halves"
    photo = Bytes().tag(sync=True)
    colours = Bytes().tag(sync=True)
    maps = Bytes().tag(sync=True)
    stage = Int().tag(sync=True)
    around = Int().tag(sync=True)
    through = Int().tag(sync=True)


class CSPHalves(ExplainerWidget):
    """The two halves of each CSP stage of a trained network, side by side on one scene.

    Parameters
    ----------
    model
        A network with CSP blocks (``CSPDenseBlock``, ``C3``, ``BottleneckCSP``);
        ``csp-densenet-demo`` unless given.
    scene
        A scene, whose things order the channels, or a photograph: uint8 (H, W, 3).

    Raises
    ------
    TypeError
        If the model is no module.
    ValueError
        If it has no weights or no CSP block that is run, or the photo is none or too large.
    """

    def __init__(
        self, model: nn.Module | None = None, scene: Scene | ArrayLike | None = None
    ) -> None:
        network = create_model("csp-densenet-demo") if model is None else check_model(model)
        given = _scene() if scene is None else scene
        self._photo = check_photo(given.image if isinstance(given, Scene) else given)
        height, width = self._photo.shape[:2]
        if max(height, width) > LONGEST:
            raise ValueError(
                f"photo must be at most {LONGEST} pixels a side, got {height}×{width}; "
                "make it smaller with photos.letterbox(photo, 256).image"
            )
        if any(each.is_meta for each in network.parameters()):
            raise ValueError(
                "model must have weights, got one on the meta device; "
                "build it without torch.device('meta')"
            )
        self._halves = _halves(network, photos.to_tensor(self._photo))
        self._things = None
        if isinstance(given, Scene) and given.masks is not None and given.masks.any():
            self._things = torch.from_numpy(given.masks.any(0)).float()
        data, stages = self._pack()
        start = len(stages) // 2
        view = CSPHalvesView(
            label="A scene, and the two halves of a CSP stage as feature maps",
            photo=photo_bytes(self._photo),
            colours=colour_bytes(),
            maps=data,
            stage=start,
            table={
                "image": [height, width],
                "halves": HALVES,
                "stages": stages,
                "order": "strength" if self._things is None else "agreement",
            },
        )
        most = [max(len(one["halves"][k]["channels"]) for one in stages) - 1 for k in (0, 1)]
        controls = [
            choice(view, "stage", "stage", [one["name"] for one in stages]),
            slider(view, "around", "went around, place", 0, max(most[0], 1)),
            slider(view, "through", "went through, place", 0, max(most[1], 1)),
        ]
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the stages with the channels of both halves."""
        listed = ", ".join(
            f"{name} {around.shape[0]} + {through.shape[0]} channels of "
            f"{around.shape[1]}×{around.shape[2]}"
            for name, (around, through) in self._halves.items()
        )
        return f"photo of {self._photo.shape[0]}×{self._photo.shape[1]} pixels; {listed}"

    def picture(self) -> Picture:
        """Draw the first channels of the stage in the middle."""
        name = list(self._halves)[self.view.stage]
        maps = dict(zip(HALVES, self._halves[name], strict=True))
        return compare_maps(
            {half: one.numpy() for half, one in maps.items()},
            channels={half: self._order(one, 3) for half, one in maps.items()},
            photo=self._photo,
            title=f"What went around and what went through {name}",
            chosen="The first channels, "
            + ("by strength" if self._things is None else "by agreement"),
        )

    def _order(self, maps: Tensor, count: int) -> list[int]:
        if self._things is None:
            return strongest(maps.numpy(), min(count, len(maps)))
        return answering(maps, self._things, count)

    def _pack(self) -> tuple[bytes, list[dict[str, Any]]]:
        """Bytes of all maps that are kept, and what they stand for."""
        kept, data, stages = CHANNELS[len(self._halves) <= FEW], b"", []
        for name, halves in self._halves.items():
            told = []
            for maps in halves:
                order = self._order(maps, kept)
                agree = None if self._things is None else agreement(maps, self._things)[order]
                small = _averaged(maps[order])
                coded = map_bytes(small.numpy())
                told.append(
                    {
                        "channels": order,
                        "of": len(maps),
                        "start": len(data),
                        "cells": coded.shape[1:],
                        "lows": coded.lows,
                        "highs": coded.highs,
                        "agree": None if agree is None else np.round(agree.tolist(), 3).tolist(),
                    }
                )
                data += coded.data
            size = tuple(halves[0].shape[1:])
            stages.append({"name": f"{name}, {size[0]}×{size[1]}", "size": size, "halves": told})
        return data, stages


def _scene() -> Scene:
    """Several things of about the size that the network knows."""
    options = {"min_objects": 3, "max_objects": 4, "object_size": (0.2, 0.5)}
    return Scenes(24, seed=2, size=160, split="val", **options)[19]


def _averaged(maps: Tensor) -> Tensor:
    """Fine maps, each square the mean of a few cells."""
    block = -(-max(maps.shape[1:]) // CELLS)
    return F.avg_pool2d(maps[None], block, ceil_mode=True)[0] if block > 1 else maps


def _halves(model: nn.Module, image: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Both halves of each CSP block, (C, H, W) each, in the order in which the blocks run."""
    blocks = {path: m for path, m in model.named_modules() if isinstance(m, KINDS)}
    if not 1 <= len(blocks) <= BLOCKS:
        raise ValueError(
            f"model must hold 1 to {BLOCKS} CSP blocks ({', '.join(k.__name__ for k in KINDS)}), "
            f"got {len(blocks)} in {type(model).__name__}; pass create_model('csp-densenet-demo')"
        )
    seen: dict[str, dict[str, Tensor]] = {}
    handles: list[Any] = []

    def listen(path: str, half: str, module: nn.Module) -> None:
        def note(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            seen.setdefault(path, {})[half] = output[0].clone()

        handles.append(module.register_forward_hook(note))

    def split(path: str, block: CSPDenseBlock) -> None:
        def note(_module: nn.Module, inputs: tuple[Tensor]) -> None:
            seen[path] = {"around": inputs[0][0, : block.bypass_channels].clone()}

        handles.append(block.register_forward_pre_hook(note))

    for path, block in blocks.items():
        if isinstance(block, CSPDenseBlock):
            split(path, block)
            listen(path, "through", block.block if block.fusion == "first" else block.mix_dense)
        else:
            listen(path, "around", block.get_submodule("bypass"))
            after = "main_out" if isinstance(block, BottleneckCSP) else "bottlenecks"
            listen(path, "through", block.get_submodule(after))
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            model(image)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    return {path: (both["around"], both["through"]) for path, both in seen.items()}
