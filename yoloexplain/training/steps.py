"""Steps: from a batch to slightly better weights.

They stand in the middle of every training: forward, loss, backward, clip, step, mean.
Sources: Nesterov's momentum as in "On the importance of initialization and momentum in deep
learning" (Sutskever et al. 2013); Adam (Kingma and Ba 2014, arXiv 1412.6980); AdamW (Loshchilov and
Hutter 2017, arXiv 1711.05101).

Everything that depends on the machine (device, precision, number of processes) is accelerate's;
what is left reads like the recipe.
"""

import math
import os
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from .batches import Batch
from .ema import EMA
from .parallel import everyones, joint_batch, joint_norms
from .schedule import Schedule
from .settings import Settings
from .task import Task, Terms

with warnings.catch_warnings():  # accelerate brings tqdm, which in a notebook asks for widgets
    warnings.filterwarnings("ignore", message="IProgress not found")
    from accelerate import Accelerator, PartialState  # type: ignore[import-untyped]
    from accelerate.state import AcceleratorState  # type: ignore[import-untyped]


class BrokenLossError(ValueError):
    """A loss or a gradient that is not a finite number; training on would spoil the weights."""


class Stepper:
    """A network with everything that changes it.

    Parameters
    ----------
    task
        Of the network, whose weights are changed in place.
    settings
        How the training goes.
    total
        Steps of the whole training.

    Attributes
    ----------
    accelerator
        Knows device, precision and processes.
    ema
        The running mean.
    step
        Number of steps done.
    """

    def __init__(self, task: Task, settings: Settings, total: int) -> None:
        machine = this_process()
        AcceleratorState._reset_state()  # an earlier training may have had another precision
        self.accelerator = Accelerator(
            cpu=machine.device.type == "cpu", mixed_precision=precision_of(settings.precision)
        )
        self.task, self.settings = task, settings
        self.schedule = Schedule(
            total, round(settings.warmup * total), settings.rate, settings.final_rate,
            settings.schedule,
        )  # fmt: skip
        device = self.accelerator.device
        fast = device.type == "cuda" or self.accelerator.mixed_precision != "no"
        form = torch.channels_last if fast else torch.preserve_format
        task.model.to(device)
        task.model.to(memory_format=form)  # type: ignore[call-overload]
        self.ema = EMA(task.model, settings.ema_decay, settings.ema_ramp)
        if self.processes > 1:
            joint_norms(task.model)
        optimizer = optimizer_of(task.model, settings)
        self.model, self.optimizer = self.accelerator.prepare(task.model, optimizer)
        self.step = 0

    @property
    def processes(self) -> int:
        """How many there are."""
        return self.accelerator.num_processes

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that writes and evaluates."""
        return self.accelerator.is_main_process

    def take(self, batch: Batch, place: str) -> Terms:
        """Take one step, and return the terms of the loss before it.

        Raises
        ------
        BrokenLossError
            If a term or the gradient is not finite; ``place`` says where. No weight has changed
            then, though BatchNorm's running statistics have seen the batch.
        """
        self.task.model.train()
        self.set_rates()
        batch = batch.to(self.accelerator.device)
        raw = self.model(batch.images)
        if self.processes > 1:
            raw, batch = everyones(raw), joint_batch(batch)
        terms = self.task.loss(raw, batch)
        check_finite({name: term.item() for name, term in terms.items()}, batch.numbers, place)
        # Over several processes accelerate takes the mean of the gradients; their sum is meant.
        self.accelerator.backward(torch.stack(list(terms.values())).sum() * self.processes)
        norm = self.accelerator.clip_grad_norm_(
            self.model.parameters(), self.settings.clip or math.inf
        )
        if self.accelerator.scaler is None:  # with one, half precision skips such steps itself
            check_finite({"gradient": float(norm)}, batch.numbers, place)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update(self.task.model)
        self.step += 1
        return {name: term.detach() for name, term in terms.items()}

    def set_rates(self) -> None:
        """Set learning rate and momentum of the coming step."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate(self.step)
            momentum = self.schedule.momentum(self.step, self.settings.momentum)
            if "betas" in group:
                group["betas"] = (momentum, group["betas"][1])
            else:
                group["momentum"] = momentum

    def state(self) -> dict[str, Any]:
        """Everything but the weights that the next step depends on."""
        scaler = self.accelerator.scaler
        return {
            "step": self.step,
            "updates": self.ema.updates,
            "optimizer": self.optimizer.state_dict(),
            "scaler": None if scaler is None else scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.step, self.ema.updates = int(state["step"]), int(state["updates"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.accelerator.scaler is not None and state["scaler"] is not None:
            self.accelerator.scaler.load_state_dict(state["scaler"])


def this_process() -> Any:
    """Learn device and number of this process, and join the others if there are any.

    Without a GPU accelerate joins processes only if it is told that the processor is meant.
    """
    asked = os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes")
    return PartialState(cpu=asked or not torch.accelerator.is_available())


def optimizer_of(model: nn.Module, settings: Settings) -> Optimizer:
    """Build the optimiser; weights decay, biases and norms (tensors of one axis) do not."""
    trained = [value for value in model.parameters() if value.requires_grad]
    groups = [
        {"params": [v for v in trained if v.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [v for v in trained if v.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise ValueError("a network must have weights to train, got none that takes a gradient")
    if settings.optimizer == "sgd":
        nesterov = settings.momentum > 0
        return SGD(groups, settings.rate, momentum=settings.momentum, nesterov=nesterov)
    kind = {"adam": Adam, "adamw": AdamW}[settings.optimizer]
    return kind(groups, settings.rate, betas=(settings.momentum, 0.999), fused=True)


def precision_of(wanted: str) -> str:
    """Choose the precision: what is wanted, or with ``"auto"`` what the device is fast at.

    Raises
    ------
    ValueError
        For a precision that the device does not have.
    """
    on_gpu = this_process().device.type == "cuda"
    if wanted == "fp16" and not on_gpu:
        raise ValueError("precision fp16 needs a GPU, got a CPU; pass bf16 or no")
    if wanted != "auto":
        return wanted
    if on_gpu:
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return "bf16" if asked is not None and asked() else "no"


def check_finite(values: dict[str, float], numbers: Sequence[int], place: str) -> None:
    """Raise a ``BrokenLossError`` unless all values are finite."""
    broken = {name: value for name, value in values.items() if not math.isfinite(value)}
    if broken:
        listed = ", ".join(f"{name} {value}" for name, value in broken.items())
        scenes = ", ".join(map(str, numbers[:8])) + (" …" if len(numbers) > 8 else "")
        raise BrokenLossError(
            f"a loss must be finite, got {listed} in {place}, of the scenes {scenes}; look at "
            "these scenes, or train with a lower learning rate or without mixed precision"
        )
