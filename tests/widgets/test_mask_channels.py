"""Mask channels: the widget's maps are the networks' own, and both languages multiply alike."""

import zlib

import numpy as np
import pytest
import torch

from yoloexplain import create_model, solo
from yoloexplain.data.scenes import Scenes
from yoloexplain.solo.loss import cell_masks
from yoloexplain.widgets import MaskChannels
from yoloexplain.widgets.mask_channels import shrink

PHOTO = Scenes(4, seed=5, size=160)[0].image[:96]


@pytest.fixture(scope="module")
def pair() -> tuple[solo.SOLO, solo.SOLO]:
    torch.manual_seed(0)
    return solo.solo_small().train(), solo.solo_small(decoupled=True).eval()


def test_the_channels_are_counted_alike_in_both_languages(javascript) -> None:
    counts = javascript("solo", [("channelCounts", [list(solo.GRIDS)])])[0]
    assert counts == {"vanilla": 3872, "decoupled": 256}


def test_a_cells_channel_is_the_networks_own(pair) -> None:
    widget = MaskChannels(PHOTO, *pair, level=1)
    pixels = torch.from_numpy(PHOTO).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        output = pair[0].eval()(pixels)
    held = np.frombuffer(zlib.decompress(widget.view.vanilla), np.uint8)
    h, w = widget.view.table["shapes"][0]
    second = held[20 * 20 * h * w :]
    h, w = widget.view.table["shapes"][1]
    channel = second[(3 * 14 + 11) * h * w :][: h * w].reshape(h, w)
    expected = shrink(output.masks[1])[3 * 14 + 11]
    np.testing.assert_allclose(channel / 254, expected, atol=0.5 / 254 + 1e-5)


def test_products_of_maps_are_the_decoupled_masks(pair, javascript) -> None:
    widget = MaskChannels(PHOTO, *pair)
    pixels = torch.from_numpy(PHOTO).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        output = pair[1](pixels)
    sides = [20, 14, 8]
    shapes = widget.view.table["shapes"]
    held = np.frombuffer(zlib.decompress(widget.view.decoupled), np.uint8)
    start = sum(2 * s * h * w for s, (h, w) in zip(sides[:2], shapes, strict=False))
    h, w = shapes[2]
    maps = held[start:].reshape(16, h * w)  # columns, then rows
    row, column = 2, 5
    call = ("productOfMaps", [maps[column].tolist(), maps[8 + row].tolist()])
    found = np.array(list(javascript("solo", [call])[0].values())).reshape(h, w) / 254
    expected = cell_masks(output, 2, 0, torch.tensor([row * 8 + column]))[0]
    assert expected.shape == (h, w)  # of this level nothing is averaged down
    np.testing.assert_allclose(found, expected.numpy(), atol=1.6 / 254)


def test_a_point_lies_in_the_cell_that_is_named(javascript) -> None:
    points = [(0, 0), (0.999, 0.5), (1, 1), (0.26, 0.74)]
    found = javascript("solo", [("cellAt", [x, y, 4]) for x, y in points])
    assert [(one["row"], one["column"]) for one in found] == [(0, 0), (2, 3), (3, 3), (2, 1)]


def test_it_says_what_it_shows_and_leaves_the_networks_as_they_were(pair) -> None:
    pair[0].train()
    widget = MaskChannels(PHOTO, *pair, at=(1.0, 0.0))
    assert repr(widget) == (
        "MaskChannels: grids of 20, 14, 8 cells a side; 660 vanilla channels, 84 decoupled"
    )
    assert "channel 19" in widget.picture().alt
    assert pair[0].training
    assert not pair[1].training


def test_what_does_not_fit_is_refused(pair) -> None:
    with pytest.raises(ValueError, match="with the vanilla head"):
        MaskChannels(PHOTO, pair[1], pair[1])
    with pytest.raises(ValueError, match="must be a SOLO network, got Linear"):
        MaskChannels(PHOTO, torch.nn.Linear(2, 2), pair[1])
    with pytest.raises(ValueError, match="level must lie in 0 to 2, got 3"):
        MaskChannels(PHOTO, *pair, level=3)
    with pytest.raises(ValueError, match="two shares"):
        MaskChannels(PHOTO, *pair, at=(3, 4))
    with pytest.raises(ValueError, match="uint8"):
        MaskChannels(PHOTO.astype(float), *pair)


def test_the_trained_pair_brings_its_names() -> None:
    widget = MaskChannels(PHOTO)
    assert "doughnut" in widget.view.table["names"]
    assert len(widget.view.vanilla) + len(widget.view.decoupled) < 450_000
    assert create_model("solo-demo").head.grids == tuple(widget.grids)
