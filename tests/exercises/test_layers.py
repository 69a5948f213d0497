"""Layers that learners write: the first that deviates is named, with the likely reason."""

from typing import Any

import pytest
import torch
from torch import nn

from yoloexplain.exercises.layers import LayerTask


class Block(nn.Module):
    """A 1×1 and a 3×3 with stride 2, as the measure; every wrong one below changes one thing."""

    strides, paddings, kernels, bias = (1, 2), (0, 1), (1, 3), False
    norm: Any = nn.BatchNorm2d

    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        (a, b), (p, q), (s, t) = self.kernels, self.paddings, self.strides
        self.narrow = nn.Conv2d(c, k, a, s, p, bias=self.bias)
        self.norm1 = nn.BatchNorm2d(k)
        self.look = nn.Conv2d(k, k, b, t, q, bias=False)
        self.norm2 = nn.BatchNorm2d(k)
        self.act = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.norm1(self.narrow(x)))
        return self.act(self.norm2(self.look(x)))


TASK = LayerTask(Block, given=((6, 4), (3, 8)), inputs=lambda c, k: (torch.randn(2, c, 10, 14),))


class StrideFirst(Block):
    strides = (2, 1)


class NoPadding(Block):
    paddings = (0, 0)


class KernelsSwapped(Block):
    kernels, paddings = (3, 1), (1, 0)


class Biased(Block):
    bias = True


class Wider(Block):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.look = nn.Conv2d(k, 2 * k, 3, 2, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(2 * k)


class NoLastNorm(Block):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        del self.norm2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.look(self.act(self.norm1(self.narrow(x)))))


class OneTooMany(Block):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.extra = nn.Conv2d(k, k, 1)


class Renamed(Block):
    def __init__(self, c: int, k: int) -> None:
        super().__init__(c, k)
        self.reduce, self.fold = self.narrow, nn.Linear(3, 3)
        del self.narrow

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.norm1(self.reduce(x)))
        return self.act(self.norm2(self.look(x)))


class NoBend(Block):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.norm2(self.look(self.norm1(self.narrow(x)))))


class NoLastBend(Block):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm2(self.look(self.act(self.norm1(self.narrow(x)))))


class Unused(Block):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.look(self.act(self.norm1(self.narrow(x)))))


class Shuffled(Block):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.norm1(self.narrow(x)))
        return self.act(self.norm2(self.look(x.flip(1))))


class InPlace(Block):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer = super().forward(x)
        x.relu_()
        return answer


class NoSuper(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        self.narrow = nn.Conv2d(c, k, 1)


class NoForward(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()


class OtherArguments(Block):
    def __init__(self, c: int) -> None:
        super().__init__(c, c)


class NoModule:
    def __init__(self, c: int, k: int) -> None:
        pass


class GivesNothing(Block):
    def forward(self, x: torch.Tensor) -> Any:
        super().forward(x)


@pytest.mark.parametrize(
    ("answer", "fault", "said", "why"),
    [
        (StrideFirst, "stride on the wrong layer", "`narrow`", "sits on the 1×1 and belongs on"),
        (NoPadding, "other padding", "`look`", "half the kernel"),
        (KernelsSwapped, "kernel on the wrong layer", "`narrow`", "changed their kernel"),
        (Biased, "bias too many", "`narrow`", "BatchNorm takes the mean away"),
        (Wider, "other channels out", "`look`: channels out must be 4, yours is 8", ""),
        (NoLastNorm, "a layer is missing", "`norm2`", ""),
        (OneTooMany, "a layer too many", "`extra`", ""),
        (Renamed, "a layer is missing", "`narrow`", ""),
        (NoBend, "activation missing", "`look`", "ReLU"),
        (NoLastBend, "other numbers", "behind the last of them", ""),
        (Unused, "a layer does not run", "`norm2` is never used", ""),
        (Shuffled, "other order", "`look`", "another order"),
        (InPlace, "changes its input", "changed afterwards", "in place"),
        (NoSuper, "stops with AttributeError", "(6, 4)", "super().__init__()"),
        (NoForward, "a layer is missing", "`narrow`", ""),
        (OtherArguments, "other arguments", "(6, 4)", ""),
        (NoModule, "not a module", "NoModule", "nn.Module"),
        (GivesNothing, "returns nothing", "nothing back", "no return"),
        (Block(6, 4), "not a class", "Block", "without brackets"),
        ("Block", "not a class", "str", "without brackets"),
    ],
)
def test_the_first_deviation_is_named_with_a_reason(
    answer: Any, fault: str, said: str, why: str
) -> None:
    finding = TASK.examine(answer)
    assert finding is not None
    assert finding.fault == fault
    assert said in finding.said
    assert why in finding.why


class AsASequence(nn.Module):
    """Right, though all names are others and the layers were listed backwards."""

    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.second = nn.Sequential(nn.Conv2d(k, k, 3, 2, 1, bias=False), nn.BatchNorm2d(k))
        self.first = nn.Sequential(nn.Conv2d(c, k, 1, bias=False), nn.BatchNorm2d(k))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x).relu()).relu()


@pytest.mark.parametrize("answer", [Block, AsASequence])
def test_what_does_the_same_passes_whatever_its_names(answer: type[nn.Module]) -> None:
    assert TASK.examine(answer) is None


def test_a_right_layer_is_left_as_it_was_and_chance_may_be_drawn() -> None:
    class Chancy(Block):
        def __init__(self, c: int, k: int) -> None:
            torch.randn(7)
            super().__init__(c, k)

    assert TASK.examine(Chancy) is None
