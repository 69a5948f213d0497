"""Feature maps: scrub through a network's layers and channels, over the photo that it saw.

It belongs everywhere: what has each layer made of this image? Any network will do. A layer's
channels come strongest first (``figures.maps``), each on its own scale; a cell names its value,
and its receptive field is framed on the photo.
"""

from collections.abc import Sequence
from typing import Any

import ipywidgets
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from traitlets import Bool, Bytes, Int

from ..figures.check import check_positive
from ..figures.map_comparisons import compare_maps
from ..figures.maps import feature_maps
from ..figures.picture import Picture
from .base import ExplainerWidget, View, choice, slider, toggle
from .capture import captured, captured_untrained, fields_by_name, layer_names
from .data import colour_bytes, map_bytes, photo_bytes
from .field_tables import field_table
from .layer_choice import owner
from .map_sheets import MapSheet, limits, sheet
from .one_image import OneImage, one_image

STILL, ALONE = 5, 11  # channels a row where the still compares, and where it does not


class MapsView(View):
    """The canvas of ``FeatureMaps``."""

    stem = "feature_maps"
    photo = Bytes().tag(sync=True)
    maps = Bytes().tag(sync=True)
    colours = Bytes().tag(sync=True)
    layer = Int().tag(sync=True)
    rank = Int().tag(sync=True)
    untrained = Bool().tag(sync=True)
    opacity = Int(70).tag(sync=True)
    beside = Int().tag(sync=True)
    beside_rank = Int().tag(sync=True)


class FeatureMaps(ExplainerWidget):
    """Feature maps of any network: scrub layers and channels, hover for value and field.

    Parameters
    ----------
    model
        Any ``nn.Module`` that takes one image; it is left as it is.
    image
        A photo, uint8 (H, W, 3), or a float tensor (1, C, H, W) or (C, H, W).
    layers
        Module paths, or single outputs of a module ("neck.p3"); unless given, about a dozen that
        tell the network's story. Of more than 48, as many are taken, evenly.
    untrained
        A second network of the same build, to switch to: a copy of it, with its BatchNorms
        calibrated to the image.
    compare
        A layer to show beside the first; the list above the maps changes it.
    channels
        At most so many of each layer, 1 to 64.
    wanted
        A mask (Y, X) over the image that the network sees: channels that agree best with it come
        first, instead of the strongest.
    layer
        Where to begin: one of the layers.

    Raises
    ------
    TypeError
        If the model is no module or the image no image.
    ValueError
        For a batch, an unknown layer (the nearest are named), a layer that returns no map, or a
        network that makes none.
    RuntimeError
        If the network refuses the image at every usual size.
    """

    def __init__(
        self,
        model: nn.Module,
        image: Any,
        layers: Sequence[str] | None = None,
        *,
        untrained: nn.Module | None = None,
        compare: str | None = None,
        channels: int = 16,
        wanted: ArrayLike | Tensor | None = None,
        layer: str | None = None,
    ) -> None:
        check_positive("channels", channels)
        if channels > 64:
            raise ValueError(f"channels must be 1 to 64, got {channels}; pass for example 16")
        given = one_image(model, image)
        notes = list(given.notes)
        names = layer_names(model, given.tensor, layers, given.graph, notes)
        names += [name for name in (layer, compare) if name is not None and name not in names]
        networks = [captured(model, given.tensor, names)]
        if untrained is not None:
            networks.append(captured_untrained(untrained, given.tensor, networks[0]))
        self._network, self._photo = type(model).__name__, given.photo
        self._order = "strength" if wanted is None else "agreement"
        self._sheets = _sheets(networks, channels, wanted, notes)
        view = MapsView(
            label="Feature maps of a network over the photo that it saw",
            photo=photo_bytes(given.photo),
            maps=b"".join(map_bytes(s.maps).data for each in self._sheets for s in each.values()),
            colours=colour_bytes(),
            table={
                "size": list(given.photo.shape[:2]),
                "layers": self._layers(model, given),
                "notes": notes,
                "order": self._order,
            },
            layer=_index(networks[0], layer, 0),
            beside=_index(networks[0], compare, -1) + 1,
        )
        super().__init__(view, self._controls(view))

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that can be scrubbed."""
        return tuple(self._sheets[0])

    def facts(self) -> str:
        """Name the network, its layers and what else there is to switch to."""
        height, width = self._photo.shape[:2]
        names = self.layers
        told = sum("rows" in one for one in self.view.table["layers"])
        listed = f"{len(names)} layers ({names[0]} … {names[-1]})"
        words = f"{self._network}, image {height} × {width}, "
        words += listed if len(names) > 1 else f"layer {names[0]}"
        most = max(len(one.channels) for one in self._sheets[0].values())
        words += f", channels of each: at most {most}, receptive fields known: {told}"
        return words + (", trained and untrained" if len(self._sheets) > 1 else "")

    def picture(self) -> Picture:
        """Draw the chosen layer's maps; beside it the second layer's, or the other network's."""
        view, names = self.view, self.layers
        name, last = names[view.layer], len(self._sheets) - 1
        here = self._sheets[last if view.untrained else 0]
        if view.beside:
            second = names[view.beside - 1]
            return self._compared({name: here[name], second: here[second]}, "Two layers")
        if last:
            rows = {"trained": self._sheets[0][name], "untrained": self._sheets[1][name]}
            return self._compared(rows, name)
        one = here[name]
        words = f" (means of {one.block} × {one.block} positions)" if one.block > 1 else ""
        chosen = list(one.channels)[:ALONE]
        return feature_maps(one.sparse(), channels=chosen, title=name + words, photo=self._photo)

    def _compared(self, rows: dict[str, MapSheet], title: str) -> Picture:
        maps = {name: one.sparse() for name, one in rows.items()}
        channels = {name: list(one.channels)[:STILL] for name, one in rows.items()}
        rule = f"The first channels of each by {self._order}"
        if any(one.block > 1 for one in rows.values()):
            rule += ", large maps averaged over squares of positions"
        return compare_maps(maps, channels=channels, photo=self._photo, title=title, chosen=rule)

    def _layers(self, model: nn.Module, given: OneImage) -> list[dict[str, Any]]:
        """Everything about each layer but its bytes: kind, sheets, and where its bytes begin."""
        modules = dict(model.named_modules(remove_duplicate=False))
        fields = fields_by_name(given.graph)
        entries: list[dict[str, Any]] = []
        for name, one in self._sheets[0].items():
            kind = type(modules[owner(name, modules)]).__name__
            entry: dict[str, Any] = {"name": name, "kind": kind}
            found = fields.get(name)
            if found is not None and found.axes == (2, 3) and found.cells == one.shape[1:]:
                entry |= field_table(found, one.block)
            else:
                entry["untold"] = given.untold or "the way from the image to it cannot be followed"
            entries.append(entry | {"sheets": []})
        start = 0
        for each in self._sheets:
            for entry, one in zip(entries, each.values(), strict=True):
                entry["sheets"].append(one.table() | {"start": start})
                start += one.maps.size
        return entries

    def _controls(self, view: MapsView) -> list[ipywidgets.Widget]:
        most = max(len(one.channels) for each in self._sheets for one in each.values()) - 1
        controls = []
        if len(self.layers) > 1:
            controls.append(slider(view, "layer", "layer", 0, len(self.layers) - 1))
        if most:
            controls.append(slider(view, "rank", f"channel by {self._order}", 0, most))
        controls.append(slider(view, "opacity", "map over photo, %", 0, 100))
        if len(self._sheets) > 1:
            controls.append(toggle(view, "untrained", "untrained"))
        if len(self.layers) > 1:
            controls.append(choice(view, "beside", "beside it", ["nothing", *self.layers]))
        return controls


def _sheets(
    networks: Sequence[dict[str, Tensor]],
    channels: int,
    wanted: ArrayLike | Tensor | None,
    notes: list[str],
) -> list[dict[str, MapSheet]]:
    """Shrink the maps of all networks to what a page can carry; says so in ``notes``."""
    shapes = {name: tuple(one.shape[1:]) for name, one in networks[0].items()}
    side, count = limits(shapes, channels, len(networks))
    if count < channels:
        notes.append(f"Only {count} channels a layer, to keep the page small.")
    mask = None if wanted is None else torch.as_tensor(wanted).float()
    return [{n: sheet(one, side, count, mask) for n, one in each.items()} for each in networks]


def _index(maps: dict[str, Tensor], name: str | None, missing: int) -> int:
    """Place of a layer; of the first of its outputs if it has several."""
    if name is None:
        return missing
    return next(i for i, each in enumerate(maps) if each == name or each.startswith(f"{name}."))
