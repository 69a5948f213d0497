"""Chapter 1: from the last map to class probabilities, as learners write it, right and wrong.

It stands beside the path from image to picture, under ``ch01``.
"""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional as F

from ..backbones.classifier import ClassificationHead
from ..backbones.densenet import Normed
from .exercise import Mistake


class MyClassifier(nn.Module):
    """A solution of ch01.classify."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.linear = nn.Linear(in_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(x)).mean(dim=(2, 3))
        return self.linear(x).softmax(dim=1)


def classifier(in_channels: int, num_classes: int) -> nn.Sequential:
    """Put the package's parts behind one another, under the exercise's names."""
    last, head = Normed(in_channels), ClassificationHead(in_channels, num_classes)
    parts = {"norm": last.norm, "act": last.act, "pool": head.pool, "flatten": head.flatten}
    return nn.Sequential(OrderedDict(parts, linear=head.linear, softmax=nn.Softmax(dim=1)))


class Guess(nn.Module):
    """A classifier in which something is wrong."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.linear = nn.Linear(in_channels, num_classes)

    def gather(self, x: Tensor) -> Tensor:
        """From the map to one value a channel."""
        return F.relu(self.norm(x)).mean(dim=(2, 3))

    def say(self, scores: Tensor) -> Tensor:
        """From scores to probabilities."""
        return scores.softmax(dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Gather, score, say."""
        return self.say(self.linear(self.gather(x)))


class OverTheBatch(Guess):
    def say(self, scores: Tensor) -> Tensor:
        return scores.softmax(dim=0)


class Scores(Guess):
    def say(self, scores: Tensor) -> Tensor:
        return scores


class Logarithms(Guess):
    def say(self, scores: Tensor) -> Tensor:
        return scores.log_softmax(dim=1)


class EachForItself(Guess):
    def say(self, scores: Tensor) -> Tensor:
        return scores.sigmoid()


class Twice(Guess):
    def say(self, scores: Tensor) -> Tensor:
        return scores.softmax(dim=1).softmax(dim=1)


class Unbent(Guess):
    def gather(self, x: Tensor) -> Tensor:
        return self.norm(x).mean(dim=(2, 3))


class BentLate(Guess):
    def gather(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(x).mean(dim=(2, 3)))


class BentEarly(Guess):
    def gather(self, x: Tensor) -> Tensor:
        return self.norm(F.relu(x)).mean(dim=(2, 3))


class Maximum(Guess):
    def gather(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(x)).amax(dim=(2, 3))


class Sum(Guess):
    def gather(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(x)).sum(dim=(2, 3))


class NoNorm(Guess):
    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__(in_channels, num_classes)
        del self.norm

    def gather(self, x: Tensor) -> Tensor:
        return F.relu(x).mean(dim=(2, 3))


class EveryPosition(Guess):
    def forward(self, x: Tensor) -> Tensor:
        scores = self.linear(F.relu(self.norm(x)).movedim(1, 3))
        return scores.softmax(dim=3).mean(dim=(1, 2))


CLASSIFY_MISTAKES = (
    Mistake(
        "softmax over the wrong axis",
        OverTheBatch,
        "dim=0 is the batch, so the images compete for a class. The classes of one image must add "
        "up to 1, and they lie along dim=1.",
    ),
    Mistake(
        "scores, not probabilities",
        Scores,
        "the linear layer gives scores of any size; a softmax makes them add up to 1.",
    ),
    Mistake(
        "logarithms",
        Logarithms,
        "log_softmax gives the logarithms of the probabilities, which a loss likes better.",
    ),
    Mistake(
        "sigmoid",
        EachForItself,
        "a sigmoid asks about each class by itself; of classes that exclude one another the "
        "probabilities add up to 1, so softmax.",
    ),
    Mistake("softmax twice", Twice, "the second softmax makes all classes nearly equal."),
    Mistake(
        "ReLU left out",
        Unbent,
        "the blocks are pre-activated and leave their maps unbent, so their last reader bends too.",
    ),
    Mistake(
        "average before ReLU",
        BentLate,
        "bend each position first, then average: in an average, what is below zero cancels what "
        "is above.",
    ),
    Mistake("ReLU before norm", BentEarly, "the norm comes first, as everywhere in a DenseNet."),
    Mistake("maximum", Maximum, "the positions are averaged; a maximum would hear one alone."),
    Mistake(
        "sum",
        Sum,
        "a sum grows with the size of the image; the average over all positions does not.",
    ),
    Mistake(
        "norm left out",
        NoNorm,
        "the last block writes without a norm, as all do; its reader brings one.",
    ),
    Mistake(
        "softmax before the average",
        EveryPosition,
        "the positions are averaged first, and judged together.",
    ),
)
