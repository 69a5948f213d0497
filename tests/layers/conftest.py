"""A deterministic filling of weights that keeps activations alive."""

import pytest
import torch
from torch import nn


@pytest.fixture
def filled():
    """Give each convolution lively weights and each BatchNorm its own statistics; eval mode."""

    def fill(module: nn.Module) -> nn.Module:
        generator = torch.Generator().manual_seed(0)
        for part in module.modules():
            if isinstance(part, nn.Conv2d):
                fan_in = part.weight[0].numel()
                part.weight.data.normal_(0, (3 / fan_in) ** 0.5, generator=generator)
                if part.bias is not None:
                    part.bias.data.normal_(0, 0.1, generator=generator)
            elif isinstance(part, nn.BatchNorm2d):
                part.weight.data.uniform_(0.5, 1.5, generator=generator)
                part.bias.data.normal_(0, 0.2, generator=generator)
                part.running_mean.normal_(0, 0.2, generator=generator)
                part.running_var.uniform_(0.5, 1.5, generator=generator)
        return module.eval().requires_grad_(False)

    torch.manual_seed(0)
    return fill
