"""Architecture map: a whole network to open, block by block, from image to output.

``explore(model, image)`` sends one image through any network and draws what really happened: depth
to the right, stride downward, every addition and concatenation with the ways that meet there. What
repeats is one box with ×N until somebody opens it, and each box tells its code, its shapes, what it
weighs, what it costs, how far it sees, and what its strongest channels make of the image.
"""

from typing import Any

from torch import nn
from traitlets import Bytes, Int, List

from ..figures.architecture import Block, architecture_map
from ..figures.picture import Picture
from ..inspection.meta import check_model
from ..inspection.observation import Observation, observe
from .base import ExplainerWidget, View, choice, slider
from .block_facts import Facts, compact
from .block_items import Item, Tree, levels, opened_to, visible
from .block_maps import Eye, packed
from .block_tree import grow
from .data import colour_bytes, photo_bytes
from .explored_image import Sent, sent

SHOWN = 34  # boxes that are open at first, at most
MOST_SHOWN = 240  # boxes that the slider opens at most
ON_PAPER = 48  # boxes of a still
SHADES = ("kind of block", "parameters", "multiply-adds", "receptive field")


class ArchitectureView(View):
    """The canvas of ``ArchitectureMap``."""

    stem = "architecture_map"
    maps = Bytes().tag(sync=True)
    photo = Bytes().tag(sync=True)
    colours = Bytes().tag(sync=True)
    opened = List(Int()).tag(sync=True)
    selected = Int(1).tag(sync=True)
    level = Int(1).tag(sync=True)
    shade = Int(0).tag(sync=True)


class ArchitectureMap(ExplainerWidget):
    """A map of any network that takes an image; see ``explore``.

    Parameters
    ----------
    model
        Any network; it is left as it is. One on the meta device has a map without feature maps.
    image
        A photograph, uint8 (H, W, 3) or (H, W), or a tensor (C, H, W) or (1, C, H, W). Longer than
        640 pixels it is made smaller.

    Attributes
    ----------
    failure
        Where and why the forward ended before its end, or None.
    note
        What else a reader should know: an image made smaller, modules that were never called.

    Raises
    ------
    TypeError
        If the model is no module, or the image none.
    ValueError
        If the image is a batch, or the network refuses it before anything is reached.
    """

    def __init__(self, model: nn.Module, image: object) -> None:
        observation, eye, image_sent = _observed(check_model(model), image)
        tree = grow(observation)
        facts = Facts(observation, tree, eye)
        self.failure = observation.failure
        self.note = " ".join(filter(None, [image_sent.note, _unreached(observation)]))
        self._facts, self._tree = facts, tree
        self._records = table = facts.table()
        self._start, deepest = levels(tree, SHOWN, MOST_SHOWN)
        opened = opened_to(tree, self._start) | _around_failure(tree, table)
        outer = visible(tree, opened)
        values = [facts.values[item.index] for item in tree.items]
        first = [facts.values[item.index] for item in outer]
        maps, places = packed(
            observation.seen,
            [value for value in first if value is not None],
            [value for value in values if value is not None],
        )
        for record, value in zip(table, values, strict=True):
            record["maps"] = None if value is None else places.get(value)
        chosen = next(
            (item for item in outer if table[item.index]["failed"]), outer[1 % len(outer)]
        )
        view = ArchitectureView(
            label=f"Map of {type(model).__name__}: its blocks, depth to the right, stride downward",
            table={
                "name": type(model).__name__,
                "image": list(image_sent.size),
                **compact(table),
                "edges": [list(edge) for edge in tree.edges],
                "sources": facts.sources,
                "params": facts.total_params(),
                "work": facts.total_mult_adds(),
                "failure": "" if self.failure is None else f"Failed in {self.failure}",
                "note": self.note,
                "levels": deepest,
            },
            maps=maps,
            photo=b"" if image_sent.tensor.is_meta else photo_bytes(image_sent.thumbnail()),
            colours=colour_bytes(),
            opened=sorted(opened),
            selected=chosen.index,
            level=self._start,
        )
        controls = [choice(view, "shade", "colour", SHADES)]
        if deepest > 1:
            controls.insert(0, slider(view, "level", "open to depth", 1, deepest))
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the network, its size, and where it failed."""
        facts, items = self._facts, self._tree.items
        calls = sum(item.kind == "block" for item in items)
        height, width = self.view.table["image"]
        words = (
            f"{self.view.table['name']} on an image of {height}×{width}: {calls} blocks, "
            f"{facts.total_params():,} parameters, {facts.total_mult_adds():,} multiply-adds"
        )
        failure = "" if self.failure is None else f"; failed in {self.failure}"
        return words + failure

    def picture(self) -> Picture:
        """Draw the boxes that are open at first."""
        fitting = [level for level in range(self._start, -1, -1) if self._fits(level)]
        level = fitting[0] if fitting else 0
        shown = visible(self._tree, opened_to(self._tree, level))[1:]
        title = self.view.table["name"] + (" (as far as it ran)" if self.failure else "")
        return architecture_map(self._blocks(shown), title=title)

    def _fits(self, level: int) -> bool:
        return len(visible(self._tree, opened_to(self._tree, level))) <= ON_PAPER

    def _blocks(self, shown: list[Item]) -> list[Block]:
        records = self._records
        height, width = self.view.table["image"]
        home = {leaf: item.index for item in shown for leaf in range(*item.span)}
        reads: dict[int, list[int]] = {item.index: [] for item in shown}
        for source, leaf in self._tree.edges:
            pair = home.get(source), home.get(leaf)
            if pair[0] is not None and pair[1] is not None and pair[0] != pair[1]:
                reads[pair[1]] += [pair[0]] if pair[0] not in reads[pair[1]] else []
        found = []
        for item in shown:
            record = records[item.index]
            stride = round(record["stride"]) or max(height, width)
            form = record["form"] or [0]
            channels = form[-1] if len(form) == 2 else form[0]
            cells = (
                form[1:] if len(form) == 3 else [max(1, round(s / stride)) for s in (height, width)]
            )
            found.append(
                Block(
                    str(item.index),
                    record["label"],
                    max(stride, 1),
                    (channels, cells[0], cells[1]),
                    tuple(map(str, reads[item.index])),
                    record["path"].split(".")[0],
                    record["count"],
                    record["params"],
                )
            )
        return found


def explore(model: nn.Module, image: object) -> ArchitectureMap:
    """Map any network that takes an image, as it treats this image.

    Parameters
    ----------
    model
        Any ``nn.Module`` that takes one image: a network of this package, or your own. It is not
        changed. A forward that decides by its pixels is followed as it went; of one that fails,
        what was reached is shown and the failure is named.
    image
        A photograph, such as ``photos.load("coffee")``, or a tensor of one image.

    Returns
    -------
    ArchitectureMap
        Shown by being the last expression of a cell.

    Raises
    ------
    TypeError, ValueError
        For what is no model or no image, a batch, or an image that the network refuses at once.
    """
    return ArchitectureMap(model, image)


def _observed(model: nn.Module, image: object) -> tuple[Observation, Eye, Sent]:
    """Send the image; if a photograph is refused at once, once more with sides to be halved."""
    given = sent(model, image)
    first = _look(model, given)
    if not _refused(first[0]):
        return first
    again = given.on_raster()
    if again.size != given.size:
        second = _look(model, again)
        if not _refused(second[0]):
            return second
    failure = first[0].failure
    words = "" if failure is None else f"{failure.error}: {failure.message}"
    height, width = given.size
    raise ValueError(
        f"the network must take the image, but {type(model).__name__} refused {height}×{width} "
        f"with {given.tensor.shape[1]} channels before any module was reached: {words}"
    )


def _look(model: nn.Module, given: Sent) -> tuple[Observation, Eye, Sent]:
    eye = Eye(given.size)
    return observe(model, given.tensor, eye), eye, given


def _refused(observation: Observation) -> bool:
    """Whether it failed before any module inside was called."""
    return observation.failure is not None and len(observation.graph.calls) == 1


def _unreached(observation: Observation) -> str:
    """Name modules with parameters that were never called."""
    calls = observation.graph.calls
    called = {id(call.module) for call in calls}
    named = calls[0].module.named_modules()
    idle = [
        path
        for path, module in named
        if id(module) not in called and any(True for _ in module.parameters(recurse=False))
    ]
    if not idle:
        return ""
    listed = ", ".join(idle[:3]) + (" …" if len(idle) > 3 else "")
    when = "before the failure" if observation.failure else "for this image"
    many = "One module was" if len(idle) == 1 else f"{len(idle):,} modules were"
    return f"{many} not called {when}: {listed}."


def _around_failure(tree: Tree, table: list[dict[str, Any]]) -> set[int]:
    """Open everything around what failed, so that it is seen."""
    return {item.index for item in tree.items if table[item.index]["failed"] and item.kids}
