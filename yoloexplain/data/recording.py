"""Recording: what a network in training said about the same few scenes, moment by moment.

It stands between a training that is watched and whoever plays it again later: plain data, that
needs neither the network nor its training.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..results import Detections
from .record import Scene


@dataclass(frozen=True, eq=False)
class Moment:
    """What was known after some steps.

    Attributes
    ----------
    step
        Steps done by then.
    row
        Losses and scores by name, as in a training's table.
    found
        What was found in each scene, best first, the doubtful ones too.
    """

    step: int
    row: Mapping[str, float]
    found: tuple[Detections, ...]


@dataclass(frozen=True, eq=False)
class Recording:
    """A training, as a few scenes saw it.

    Attributes
    ----------
    names
        Of the classes.
    scenes
        Pictures that the training did not see, with what is in them.
    moments
        In order.

    Raises
    ------
    ValueError
        If a moment does not say something about every scene, or the steps do not rise.
    """

    names: tuple[str, ...]
    scenes: tuple[Scene, ...]
    moments: tuple[Moment, ...]

    def __post_init__(self) -> None:
        counts = {len(moment.found) for moment in self.moments}
        if counts - {len(self.scenes)}:
            raise ValueError(
                f"every moment must have an answer a scene, got {sorted(counts)} answers for "
                f"{len(self.scenes)} scenes"
            )
        steps = [moment.step for moment in self.moments]
        if steps != sorted(set(steps)):
            raise ValueError(f"the steps of a recording must rise, got {steps}; sort the moments")
