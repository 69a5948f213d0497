"""Dense block builder: growth rate, layers, bottleneck and compression, and what each costs.

It belongs to DenseNet's blocks. Source: Densely Connected Convolutional Networks (Huang et al.
2016, arXiv 1608.06993), sections 3 and 4. The browser counts by formula; the tests hold its numbers
to ``layers.dense`` built and summarized.
"""

import torch
from traitlets import Bool, Bytes, Float, Int

from ..figures.check import check_positive
from ..figures.dense import dense_block
from ..figures.picture import Picture
from ..inspection import Summary, summarize
from ..inspection.meta import ImageSize, check_image_size
from ..layers.dense import DenseBlock, Transition
from .base import ExplainerWidget, View, choice, slider, toggle
from .data import colour_bytes

MEASURES = ("channels", "parameters", "multiply-adds")
MOST_INPUTS, MOST_GROWTH, MOST_LAYERS = 512, 64, 24


class DenseBlockView(View):
    """The canvas of ``DenseBlockBuilder``."""

    stem = "dense_block_builder"
    colours = Bytes().tag(sync=True)
    in_channels = Int().tag(sync=True)
    growth_rate = Int().tag(sync=True)
    layers = Int().tag(sync=True)
    bottleneck = Bool().tag(sync=True)
    compression = Float().tag(sync=True)
    measure = Int().tag(sync=True)
    chosen = Int().tag(sync=True)


class DenseBlockBuilder(ExplainerWidget):
    """A dense block as growing stripes, one colour a source, with its parameters and work.

    Parameters
    ----------
    in_channels
        Channels that enter the block: k₀.
    growth_rate
        Channels that each layer adds: k.
    layers
        L, at most 24.
    bottleneck
        Whether a 1×1 convolution first narrows to 4·k channels.
    compression
        θ, the share of channels that the transition behind the block keeps.
    size
        Height and width of the maps, or one number for both.
    measure
        Whose curve over L is drawn: one of ``MEASURES``.

    Raises
    ------
    ValueError
        For a count out of range, a compression that is not above 0 and at most 1, or another
        measure.
    """

    def __init__(
        self,
        in_channels: int = 64,
        growth_rate: int = 32,
        layers: int = 6,
        *,
        bottleneck: bool = True,
        compression: float = 0.5,
        size: ImageSize = 56,
        measure: str = "parameters",
    ) -> None:
        counts = {
            "in_channels": (in_channels, MOST_INPUTS),
            "growth_rate": (growth_rate, MOST_GROWTH),
            "layers": (layers, MOST_LAYERS),
        }
        for name, (count, most) in counts.items():
            check_positive(name, count)
            if count > most:
                raise ValueError(f"{name} must be at most {most} to be drawn, got {count}")
        if not 0 < compression <= 1:
            raise ValueError(
                f"compression must be above 0 and at most 1, got {compression}; 0.5 keeps half"
            )
        if measure not in MEASURES:
            raise ValueError(f"measure must be one of {', '.join(MEASURES)}; got {measure!r}")
        self._size = check_image_size(size)
        view = DenseBlockView(
            label="A dense block: stripes of channels that grow layer by layer, and what they cost",
            colours=colour_bytes("cividis"),
            in_channels=in_channels,
            growth_rate=growth_rate,
            layers=layers,
            bottleneck=bool(bottleneck),
            compression=float(compression),
            measure=MEASURES.index(measure),
            chosen=layers,
            table={"size": self._size, "most": MOST_LAYERS, "measures": MEASURES},
        )
        controls = [
            slider(view, "growth_rate", "growth rate k", 1, MOST_GROWTH),
            slider(view, "layers", "layers L", 1, MOST_LAYERS),
            slider(view, "in_channels", "channels in", 1, MOST_INPUTS),
            slider(view, "compression", "compression θ", 0.05, 1, 0.05),
            toggle(view, "bottleneck", "bottleneck: 1×1 to 4k first"),
            choice(view, "measure", "curve over L of", MEASURES),
        ]
        super().__init__(view, controls)

    def counted(self) -> tuple[Summary, Summary]:
        """Build the block and its transition as they are set now, without weights, and count."""
        view = self.view
        with torch.device("meta"):
            block = DenseBlock(
                view.in_channels, view.growth_rate, view.layers, bottleneck=view.bottleneck
            )
            kept = max(1, int(view.compression * block.out_channels + 1e-9))
            transition = Transition(block.out_channels, kept)
        return summarize(block, self._size), summarize(transition, self._size)

    def facts(self) -> str:
        """Name channels, parameters and multiply-adds of the block and of its transition."""
        block, transition = self.counted()
        out, kept = (summary.rows[0].output_shape[1] for summary in (block, transition))
        height, width = self._size
        kind = "with" if self.view.bottleneck else "without"
        return (
            f"{self.view.layers} layers {kind} bottleneck, {self.view.in_channels} → {out} "
            f"channels, {block.total_params:,} parameters, {block.mult_adds:,} multiply-adds at "
            f"{height}×{width}; a transition to {kept} with {transition.total_params:,}"
        )

    def picture(self) -> Picture:
        """Draw the block as a staircase of stripes."""
        return dense_block(
            self.view.in_channels,
            self.view.growth_rate,
            self.view.layers,
            bottleneck=self.view.bottleneck,
        )
