"""Live: a training to watch, in a notebook.

It stands beside a training and changes nothing about it. While the network learns, a bar fills, and
after every epoch the same few unseen scenes are asked about again, so that one sees what it knows
by then. What is written to the notebook besides the pictures is the same in every run.
"""

import base64
import io
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

from PIL import Image, ImageDraw

from ..data.record import Scene
from ..data.recording import Moment, Recording
from .batches import Framed, in_order
from .evaluation import answers, only_cpu
from .fitting import Epoch
from .plots import sample_sheet
from .settings import Settings
from .task import DetectorTask, task_of

BAR = (640, 12)  # pixels
DONE, LEFT = (0, 114, 178), (225, 225, 225)
EVERY = 5  # steps from one drawing of the bar to the next
DOUBTFUL = 0.05  # boxes less sure than this are not even recorded


class Live:
    """Show in a notebook how a detector learns: pass ``on_step`` and ``on_epoch`` to ``fit``.

    Parameters
    ----------
    scenes
        A few that the training does not see.
    names
        Of the classes.
    settings
        Of the training.
    confidence
        How sure a box must be to be drawn.

    Attributes
    ----------
    frames, moments
        The sheets drawn so far, one an epoch, and what they were drawn from.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        names: Sequence[str],
        settings: Settings,
        confidence: float = 0.25,
    ) -> None:
        self.scenes, self.names, self.settings = list(scenes), tuple(names), settings
        self.confidence = confidence
        self.frames: list[Any] = []
        self.moments: list[Moment] = []
        self.bar, self.sheet = Slot("progress of a training"), Slot("what it finds by now")

    def on_step(self, done: int, total: int) -> None:
        """Fill the bar."""
        if done % EVERY == 0 or done == total:
            self.bar.show(bar_png(done / total))

    def on_epoch(self, epoch: Epoch) -> None:
        """Ask about the scenes again, and draw what is found."""
        task = task_of(epoch.model, self.names, self.settings.image_size)
        assert isinstance(task, DetectorTask)
        found = [only_cpu(result).above(min(DOUBTFUL, self.confidence))
                 for _, results in answers(task, in_order(self.scenes, self.settings))
                 for result in results]  # fmt: skip
        row = epoch.row
        self.moments.append(Moment(int(row["step"]), MappingProxyType(dict(row)), tuple(found)))
        words = f"After {row['step']:,.0f} steps"
        if "map50" in row:
            words += f": mAP50 {row['map50']:.2f}"
        sure = [result.above(self.confidence) for result in found]
        samples = list(zip(self.scenes, sure, strict=True))
        self.frames.append(sample_sheet(samples, title=words))
        self.sheet.show(self.frames[-1].to_png())

    def recording(self) -> Recording:
        """Give what was seen so far as plain data, to be played again."""
        framed = Framed(self.scenes, self.settings.image_size)[:]  # the boxes count in its pixels
        return Recording(self.names, tuple(framed), tuple(self.moments))


class Slot:
    """A place in a cell's output whose picture changes; its words stay."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.handle: Any = None

    def show(self, png: bytes) -> None:
        """Put a picture there, in place of the one before."""
        data = {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": self.words}
        metadata = {"image/png": {"alt": self.words}}
        if self.handle is None:
            room = import_module("IPython.display")  # a notebook has it; the package needs it not
            self.handle = room.DisplayHandle()
            self.handle.display(data, metadata=metadata, raw=True)
        else:
            self.handle.update(data, metadata=metadata, raw=True)


def bar_png(share: float) -> bytes:
    """Draw a progress bar."""
    width, height = BAR
    image = Image.new("RGB", BAR, LEFT)
    if share > 0:
        right = max(round(share * width) - 1, 0)
        ImageDraw.Draw(image).rectangle((0, 0, right, height - 1), fill=DONE)
    output = io.BytesIO()
    image.save(output, format="png")
    return output.getvalue()
