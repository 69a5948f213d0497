"""Answers: which channels of a layer answer to something that is known to be there.

It stands between the feature maps and the eye. A layer has hundreds of channels, and in a network
that has learned, the largest is seldom the one worth looking at. If the place of what one asks
about is known (the mask of a car, all boxes, the objectness that the head finds), the channels can
be ranked by how well they agree with it.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def agreement(maps: Float[Tensor, "c h w"], wanted: Float[Tensor, "y x"]) -> Float[Tensor, "c"]:
    """Correlate every channel with a picture of what is asked about.

    Parameters
    ----------
    maps
        (C, H, W) of one image.
    wanted
        (Y, X) of any size, 1 where it is and 0 elsewhere, or any other number a pixel; it is
        averaged down to the cells.

    Returns
    -------
    (C,) Pearson's correlation over the cells, from −1 to 1; 0 for a channel that is flat.

    Raises
    ------
    ValueError
        If one of the two has another form, or what is asked about is everywhere or nowhere.
    """
    if maps.ndim != 3 or wanted.ndim != 2:
        raise ValueError(
            f"maps must be (C, H, W) and wanted (Y, X), got {tuple(maps.shape)} and "
            f"{tuple(wanted.shape)}; take one image of a batch"
        )
    cells = F.interpolate(wanted[None, None].double(), size=maps.shape[-2:], mode="area").flatten()
    if not cells.std() > 0:
        raise ValueError(
            f"what is asked about must be in some places and not in others, got {cells[0]:g} "
            "everywhere; pass a mask, or maps of a finer level"
        )
    values = maps.flatten(1).double()
    centred, aim = values - values.mean(dim=1, keepdim=True), cells - cells.mean()
    size = centred.norm(dim=1) * aim.norm()
    return torch.where(size > 0, (centred @ aim) / size.clamp(min=1e-12), 0.0).to(maps.dtype)


def answering(maps: Float[Tensor, "c h w"], wanted: Float[Tensor, "y x"], count: int) -> list[int]:
    """Name the channels that agree best, surest first; one that is dark there counts as well."""
    order = agreement(maps, wanted).abs().argsort(descending=True, stable=True)
    return order[:count].tolist()
