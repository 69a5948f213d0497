"""Channels are ranked by what they answer to."""

import numpy as np
import pytest
import torch

from yoloexplain.inspection import answering
from yoloexplain.inspection.answers import agreement


def test_agreement_is_pearsons_correlation_over_the_cells() -> None:
    maps = torch.randn(5, 6, 9)
    wanted = (torch.rand(24, 36) > 0.6).float()
    cells = wanted.view(6, 4, 9, 4).mean(dim=(1, 3)).flatten().numpy()
    expected = [np.corrcoef(channel.flatten().numpy(), cells)[0, 1] for channel in maps]
    np.testing.assert_allclose(agreement(maps, wanted).numpy(), expected, atol=1e-6)


def test_the_channel_that_shows_it_comes_first_whatever_its_size_and_sign() -> None:
    wanted = torch.zeros(8, 12)
    wanted[2:5, 3:9] = 1
    maps = torch.randn(6, 8, 12)
    maps[4] = 100 - 0.01 * wanted
    maps[1] = wanted + 0.5 * torch.randn(8, 12)
    assert answering(maps, wanted, 2) == [4, 1]


def test_a_flat_channel_agrees_with_nothing() -> None:
    wanted = torch.eye(4)
    maps = torch.stack([torch.full((4, 4), 7.0), wanted])
    assert agreement(maps, wanted).tolist() == pytest.approx([0, 1])


def test_something_that_is_everywhere_cannot_be_asked_about() -> None:
    with pytest.raises(ValueError, match="in some places and not in others, got 1 everywhere"):
        agreement(torch.randn(2, 4, 4), torch.ones(8, 8))
    with pytest.raises(ValueError, match=r"must be \(C, H, W\) and wanted \(Y, X\), got \(1, 2, "):
        agreement(torch.randn(1, 2, 4, 4), torch.ones(8, 8))
