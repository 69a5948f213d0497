"""Settings: everything that decides how a training goes, apart from network and data.

They stand before the first step, where a wrong number can still be named. Two trainings with the
same settings, network and scenes give the same weights.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

from ..layers.check import check_choice, check_count
from .schedule import SHAPES

OPTIMIZERS = ("sgd", "adam", "adamw")
PRECISIONS = ("auto", "no", "bf16", "fp16")
AUGMENTATIONS = ("none", "light", "mosaic")
RATES = {"sgd": 0.01, "adam": 0.001, "adamw": 0.004}  # where none is given
# Least, most, and whether the ends are out: a number must lie between.
RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (0.0, 10.0),
    "final_rate": (0.0, 1.0),
    "momentum": (0.0, 1.0),
    "weight_decay": (0.0, 1.0),
    "warmup": (0.0, 1.0),
    "ema_decay": (0.0, 1.0),
    "ema_ramp": (0.0, 1e9),
    "clip": (0.0, 1e9),
    "label_smoothing": (0.0, 1.0),
}


@dataclass(frozen=True)
class Settings:
    """How a training goes.

    Attributes
    ----------
    epochs
        How often every scene is seen.
    batch
        Scenes a step, of all processes together.
    image_size
        Side of the square that every picture is framed to, in pixels.
    optimizer
        ``"sgd"`` (with Nesterov's momentum), ``"adam"`` or ``"adamw"``.
    learning_rate
        Peak of the schedule; 0 takes the optimiser's usual one.
    schedule, final_rate, warmup
        Shape of the way down, where it ends as a share of the peak, and the share of all steps
        over which the rate climbs first.
    momentum, weight_decay
        Of the optimiser; biases and norms are not decayed. Adam takes ``momentum`` as its β₁.
    ema_decay, ema_ramp
        Of the running mean of the weights; the ramp is in steps.
    clip
        Largest norm of the gradient; 0 does not clip.
    augment
        ``"none"``, ``"light"`` (mirrored, other colours) or ``"mosaic"`` (the same, and half of
        the pictures out of four).
    autoanchor
        Whether YOLOv5 gets better anchors before the first step, if its own do not suit.
    label_smoothing
        ε of YOLOv5's class term.
    precision
        ``"bf16"`` or ``"fp16"`` where the device has it, ``"no"``, or ``"auto"``.
    workers
        Further processes that read pictures; 0 reads in this one.
    validate_every
        Epochs from one evaluation to the next; the last epoch always has one.
    seed
        Of all random numbers.

    Raises
    ------
    ValueError
        For a value out of range.
    """

    epochs: int = 10
    batch: int = 16
    image_size: int = 128
    optimizer: str = "adamw"
    learning_rate: float = 0.0
    schedule: str = "linear"
    final_rate: float = 0.01
    warmup: float = 0.05
    momentum: float = 0.937
    weight_decay: float = 5e-4
    ema_decay: float = 0.998
    ema_ramp: float = 200.0
    clip: float = 10.0
    augment: str = "light"
    autoanchor: bool = True
    label_smoothing: float = 0.0
    precision: str = "auto"
    workers: int = 0
    validate_every: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "image_size", "validate_every"):
            check_count(name, getattr(self, name))
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check_choice("schedule", self.schedule, SHAPES)
        check_choice("augment", self.augment, AUGMENTATIONS)
        check_choice("precision", self.precision, PRECISIONS)
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} must be a number, got {value!r}; leave it out for "
                                 f"{default_of(name)}")  # fmt: skip
            if not least <= value <= most or (most == 1 and value == 1 and name not in CLOSED):
                ends = "" if name in CLOSED or most != 1 else "below "
                raise ValueError(
                    f"{name} must lie from {least:g} to {ends}{most:g}, got {value}; "
                    f"leave it out for {default_of(name)}"
                )
        if self.ema_ramp == 0:
            raise ValueError("ema_ramp must be above 0, got 0; leave it out for 200")
        for name in ("workers", "seed"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} must be a whole number from 0, got {value!r}; pass 0")

    @property
    def rate(self) -> float:
        """Peak learning rate: the one given, or else the optimiser's usual one."""
        return self.learning_rate or RATES[self.optimizer]

    def to_dict(self) -> dict[str, Any]:
        """Name every value, as a checkpoint keeps them."""
        return asdict(self)


CLOSED = ("final_rate", "warmup")  # 1 itself is allowed


def default_of(name: str) -> Any:
    """Give a setting's default."""
    return next(field.default for field in fields(Settings) if field.name == name)
