"""Calibration: give an untrained network's BatchNorms the statistics of a real image.

It stands beside a network, before its feature maps are looked at. Source: BatchNorm (Ioffe and
Szegedy 2015, arXiv 1502.03167), section 3.1.

A fresh BatchNorm assumes that every channel has mean 0 and variance 1. Deep in an untrained network
that is far from true: signals fade, and the maps look flat for a reason that has nothing to do with
what the layers do. Measured statistics make a fair picture of what random weights do to an image.
"""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def calibrate(model: nn.Module, image: Tensor) -> nn.Module:
    """Set each BatchNorm's running statistics to those of ``image``, in place.

    Weights stay as they are. One forward pass in train mode; dropout stays off.

    Parameters
    ----------
    model
        Any network with BatchNorm layers.
    image
        (B, C, H, W); more images give steadier statistics.

    Returns
    -------
    The same model, in eval mode.

    Raises
    ------
    ValueError
        If the model has no BatchNorm to calibrate.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        raise ValueError(
            f"a model must have BatchNorm layers to be calibrated, got {type(model).__name__} "
            "without any; look at its maps as they are"
        )
    momenta = [norm.momentum for norm in norms]
    model.eval()
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # an average over all calls, not a moving one
            norm.train()
        model(image)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        model.eval()
    return model
