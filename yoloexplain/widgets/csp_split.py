"""CSP split: how many channels go around, where the lanes meet, and what that saves.

It belongs to the backbones. Source: CSPNet (Wang et al. 2019, arXiv 1911.11929), figure 3. Every
number is that of the package's own ``CSPDenseBlock``, beside a plain dense block with the
transition of a DenseNet; the browser counts by the same rules, and a test holds both together.
"""

from traitlets import Int

from ..figures.check import check_positive
from ..figures.csp import csp_split
from ..figures.picture import Picture
from ..layers.csp import FUSIONS
from .base import ExplainerWidget, View, choice, slider

MEASURES = ("parameters", "multiply-adds")
LAYERS, WIDEST = 16, 1024  # so many are drawn at most


class CSPSplitView(View):
    """The canvas of ``CSPSplit``."""

    stem = "csp_split"
    around = Int().tag(sync=True)
    fusion = Int().tag(sync=True)
    layers = Int().tag(sync=True)
    measure = Int().tag(sync=True)


class CSPSplit(ExplainerWidget):
    """The split ratio γ and the fusion of a CSP dense block: channels, cost, and whose gradient.

    Parameters
    ----------
    channels, growth_rate, layers
        Channels that enter the stage, and the dense block inside, as for ``CSPDenseBlock``.
    split_ratio
        γ to begin with: the share of the channels that goes around.
    fusion
        ``"both"``, ``"first"`` or ``"last"``, to begin with.
    map_size
        Height and width of the maps, for the multiply-adds.

    Raises
    ------
    ValueError
        For a count below 1 or too many to draw, a ratio that leaves a lane empty, or another
        fusion.
    """

    def __init__(
        self,
        channels: int = 64,
        growth_rate: int = 32,
        layers: int = 6,
        *,
        split_ratio: float = 0.5,
        fusion: str = "both",
        map_size: tuple[int, int] = (56, 56),
    ) -> None:
        counts = {"channels": channels, "growth_rate": growth_rate, "layers": layers}
        for name, value in counts.items():
            check_positive(name, value, least=2 if name == "channels" else 1)
            limit = LAYERS if name == "layers" else WIDEST
            if value > limit:
                raise ValueError(f"{name} must be at most {limit} to be drawn, got {value}")
        for side in map_size:
            check_positive("map_size", side)
        if fusion not in FUSIONS:
            raise ValueError(f"fusion must be one of {', '.join(FUSIONS)}; got {fusion!r}")
        most = min(channels, (channels + layers * growth_rate) // 2) - 1
        around = round(split_ratio * channels)
        if not 1 <= around <= most:
            raise ValueError(
                f"split_ratio must let 1 to {most} of {channels} channels go around, got "
                f"{split_ratio}, which are {around}; pass 0.5"
            )
        self._size = (channels, growth_rate, layers)
        view = CSPSplitView(
            label="A CSP stage: channels on both lanes, who reads them, and what it costs",
            around=around,
            fusion=FUSIONS.index(fusion),
            layers=layers,
            table={
                "channels": channels,
                "growth": growth_rate,
                "map_size": list(map_size),
            },
        )
        controls = [
            slider(view, "around", "channels that go around", 1, channels - 1),
            choice(view, "fusion", "fusion", FUSIONS),
            slider(view, "layers", "layers", 1, max(layers, 8)),
            choice(view, "measure", "curve of", MEASURES),
        ]
        super().__init__(view, controls)

    def facts(self) -> str:
        """Name the stage that it begins with."""
        channels, growth_rate, layers = self._size
        around, fusion = self.view.around, FUSIONS[self.view.fusion]
        return (
            f"{around} of {channels} channels go around a dense block of {layers} layers with "
            f"growth rate {growth_rate}, fusion {fusion}"
        )

    def picture(self) -> Picture:
        """Draw the stage in all three fusions."""
        return csp_split(*self._size, split_ratio=self.view.around / self._size[0])
