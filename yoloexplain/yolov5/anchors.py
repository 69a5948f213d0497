"""Anchors for one's own data: how well they fit, and how to find better ones.

They stand before a training: the head's anchors decide which boxes it can answer for at all.
Source: k-means anchors from YOLOv2 (Redmon and Farhadi 2016, arXiv 1612.08242), section 2; the
genetic refinement and the fit's two figures from YOLOv5 (Jocher et al. 2020–2022), facts only.

An anchor suits a box if no side is more than ``threshold`` times the other's. The share of boxes
that some anchor suits is the best recall any training could reach. k-means finds typical shapes;
small random changes, kept only if the fit gets better, then drive at that share itself.

Departures: k-means starts from well-spread shapes (k-means++, Arthur and Vassilvitskii 2007) and
needs no other library; every random number comes from one seed.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..layers.check import check_count
from .hyperparameters import check_range
from .network import Head

Sizes = Float[Tensor, "n 2"]
Anchors = Float[Tensor, "m 2"]
ENOUGH = 0.98  # anchors that suit more boxes than this are left alone; release 1.0 asked for 0.99
SMALLEST = 2.0  # pixels; nothing smaller shapes an anchor


class AnchorFit(NamedTuple):
    """How well anchors fit boxes.

    Attributes
    ----------
    best_possible_recall
        Share of the boxes that at least one anchor suits.
    anchors_per_box
        How many suit a box on average.
    """

    best_possible_recall: float
    anchors_per_box: float


def closeness(sizes: Sizes, anchors: Anchors) -> Float[Tensor, "n m"]:
    """How alike each box and anchor are: the shorter over the longer side, the worse of the two."""
    ratio = sizes[:, None] / anchors
    return torch.minimum(ratio, 1 / ratio).amin(dim=2)


def anchor_fit(
    sizes: Tensor, anchors: Float[Tensor, "*levels m 2"], threshold: float = 4.0
) -> AnchorFit:
    """Measure how well anchors fit boxes.

    Parameters
    ----------
    sizes
        (N, 2), width and height of every labelled box, in the pixels of the network's input.
    anchors
        In the same pixels; ``model.head.anchors`` goes as it is.
    threshold
        The loss's ``anchor_threshold``.

    Raises
    ------
    ValueError
        Without boxes, or for sizes that are not finite and above 0.
    """
    check_sizes(sizes)
    check_range("anchor_threshold", threshold, 1.0, above=True)
    suits = (
        closeness(sizes.double(), anchors.to(sizes.device).double().flatten(0, -2)) > 1 / threshold
    )
    share = suits.any(dim=1).double().mean()
    return AnchorFit(share.item(), suits.sum(dim=1).double().mean().item())


def fit_anchors(
    sizes: Tensor,
    count: int = 9,
    threshold: float = 4.0,
    *,
    generations: int = 1000,
    seed: int = 0,
) -> Anchors:
    """Find ``count`` anchors for these boxes: k-means, then genetic refinement.

    Parameters
    ----------
    sizes
        (N, 2), width and height in pixels of the network's input. Boxes below 2 pixels both ways
        are left out, unless there are no others.
    count
        Anchors of all levels together.
    threshold
        The loss's ``anchor_threshold``.
    generations
        Rounds of change and choice.
    seed
        The same seed finds the same anchors.

    Returns
    -------
    (count, 2) in pixels, by area, smallest first.

    Raises
    ------
    ValueError
        Without boxes, or for sizes that are not finite and above 0.
    """
    check_sizes(sizes)
    check_count("count", count)
    check_range("anchor_threshold", threshold, 1.0, above=True)
    shapes = sizes.detach().cpu().double()
    seen = shapes[(shapes >= SMALLEST).any(dim=1)]
    shapes = seen if len(seen) else shapes
    generator = torch.Generator().manual_seed(seed)
    anchors = evolve(shapes, k_means(shapes, count, generator), threshold, generations, generator)
    return anchors[anchors.prod(dim=1).argsort()].float()


def k_means(
    sizes: Sizes, count: int, generator: torch.Generator, rounds: int = 30, starts: int = 10
) -> Anchors:
    """Centres of ``count`` clusters, the best of several starts.

    Width and height are first divided by their spread, so that neither rules the distance.
    """
    spread = sizes.std(dim=0, correction=0).clamp(min=1e-6)
    points = sizes / spread
    best, least = points[:0], float("inf")
    for _ in range(starts):
        centres = spread_out(points, count, generator)
        for _ in range(rounds):
            nearest = torch.cdist(points, centres).argmin(dim=1)
            moved = centres_of(points, nearest, centres)
            if torch.equal(moved, centres):
                break
            centres = moved
        distortion = torch.cdist(points, centres).amin(dim=1).mean().item()
        if distortion < least:
            best, least = centres, distortion
    return best * spread


def spread_out(points: Sizes, count: int, generator: torch.Generator) -> Anchors:
    """Choose the first centres: each at random, the likelier the farther from those before."""
    chosen = [int(torch.randint(len(points), (1,), generator=generator))]
    while len(chosen) < count:
        away = torch.cdist(points, points[chosen]).amin(dim=1).square()
        chance = away if away.any() else torch.ones_like(away)  # fewer shapes than anchors
        chosen.append(int(torch.multinomial(chance, 1, generator=generator)))
    return points[chosen]


def centres_of(points: Sizes, nearest: Int[Tensor, "n"], centres: Anchors) -> Anchors:
    """Mean of each cluster; an empty one keeps its centre."""
    total = torch.zeros_like(centres).index_add(0, nearest, points)
    members = torch.bincount(nearest, minlength=len(centres))[:, None]
    return torch.where(members > 0, total / members.clamp(min=1), centres)


def evolve(
    sizes: Sizes, anchors: Anchors, threshold: float, generations: int, generator: torch.Generator
) -> Anchors:
    """Change anchors at random, and keep a change if they fit better.

    A change multiplies nine sides in ten by about 1 ± 0.1 times a common strength between 0 and 1.
    The fit is the mean closeness of each box to its best anchor, 0 where none suits.
    """

    def fitness(candidates: Anchors) -> float:
        best = closeness(sizes, candidates).amax(dim=1)
        return torch.where(best > 1 / threshold, best, 0.0).mean().item()

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64)

    best = anchors.clamp(min=SMALLEST)
    top = fitness(best)
    for _ in range(generations):
        noise = torch.randn(anchors.shape, generator=generator, dtype=torch.float64)
        factors = 1 + 0.1 * draw(1) * noise * (draw(*anchors.shape) < 0.9)
        child = (best * factors.clamp(0.3, 3.0)).clamp(min=SMALLEST)
        score = fitness(child)
        if score > top:
            best, top = child, score
    return best


def improve_anchors(
    head: Head, sizes: Tensor, threshold: float = 4.0, *, generations: int = 1000, seed: int = 0
) -> tuple[AnchorFit, AnchorFit]:
    """Give a head better anchors in place, if its own suit 98 % of the boxes or fewer.

    Small anchors go to fine levels. New ones that suit no more boxes are not taken.

    Returns
    -------
    The fit before and after, equal if nothing changed.
    """
    before = anchor_fit(sizes, head.anchors, threshold)
    if before.best_possible_recall > ENOUGH:
        return before, before
    count = head.anchors.shape[:2].numel()
    found = fit_anchors(sizes, count, threshold, generations=generations, seed=seed)
    after = anchor_fit(sizes, found.to(sizes.device), threshold)
    if after.best_possible_recall <= before.best_possible_recall:
        return before, before
    head.anchors.copy_(found.view_as(head.anchors))
    return before, after


def check_sizes(sizes: Tensor) -> None:
    """Raise a ``ValueError`` unless these are widths and heights of at least one box."""
    if sizes.ndim != 2 or sizes.shape[1] != 2 or not len(sizes):
        raise ValueError(
            "sizes must be (N, 2), width and height of at least one box in pixels, got shape "
            f"{tuple(sizes.shape)}; without labelled boxes keep the anchors as they are"
        )
    fine = (sizes.isfinite() & (sizes > 0)).all(dim=1)
    if not bool(fine.all()):
        row = int((~fine).nonzero()[0])
        raise ValueError(
            f"a width and a height must be finite and above 0, got {sizes[row].tolist()} as size "
            f"{row}; mend or leave out that box"
        )
