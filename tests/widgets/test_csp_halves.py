"""The halves are what the network's own blocks join, channel by channel."""

import numpy as np
import pytest
import torch
from torch import nn

from yoloexplain import create_model
from yoloexplain.data import photos
from yoloexplain.data.scenes import Scenes
from yoloexplain.inspection import activations
from yoloexplain.inspection.answers import agreement
from yoloexplain.layers import CSPDenseBlock
from yoloexplain.widgets import CSPHalves

STAGE = "backbone.blocks.1"


@pytest.fixture(scope="module")
def scene():
    return Scenes(2, seed=4, size=96, min_objects=2, max_objects=3)[1]


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return create_model("csp-densenet-demo")


@pytest.fixture(scope="module")
def widget(model, scene) -> CSPHalves:
    return CSPHalves(model, scene)


def test_joined_they_are_the_output_of_the_block(widget, model, scene) -> None:
    image = photos.to_tensor(scene.image)
    for path, halves in widget._halves.items():
        whole = activations(model, image, [path])[path][0]
        torch.testing.assert_close(torch.cat(halves), whole)  # fusion last: nothing is mixed


@pytest.mark.parametrize("fusion", ["both", "first"])
def test_in_other_fusions_the_bypass_is_part_of_the_input(fusion) -> None:
    block = CSPDenseBlock(8, 4, 2, split_ratio=0.25, fusion=fusion)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), block)
    photo = Scenes(1, size=32)[0].image
    around, through = CSPHalves(net, photo)._halves["1"]
    with torch.no_grad():
        x = net.eval()[0](photos.to_tensor(photo))
        inside = block.block(x[:, 2:])
        expected = inside if fusion == "first" else block.mix_dense(inside)
    torch.testing.assert_close(around, x[0, :2])
    torch.testing.assert_close(through, expected[0])


def test_blocks_of_yolov5_are_understood_too() -> None:
    model, photo = create_model("yolov5n-demo"), Scenes(1, size=64)[0].image
    widget = CSPHalves(model, photo)
    assert len(widget._halves) == 8
    around, through = widget._halves["backbone.stage3"]
    block, image = model.backbone["stage3"], photos.to_tensor(photo)
    with torch.no_grad():
        joined = block.fuse(torch.cat([through, around])[None])
    expected = activations(model, image, ["backbone.stage3"])["backbone.stage3"]
    torch.testing.assert_close(joined, expected, atol=1e-4, rtol=1e-4)


def test_bytes_stand_for_the_maps_in_order_of_agreement(widget, scene) -> None:
    data = np.frombuffer(widget.view.maps, np.uint8)
    things = torch.from_numpy(scene.masks.any(0)).float()
    (stage,) = [one for one in widget.view.table["stages"] if one["name"].startswith(STAGE)]
    for half, maps in zip(stage["halves"], widget._halves[STAGE], strict=True):
        h, w = half["cells"]
        assert sorted(half["channels"]) == list(range(len(maps)))
        sizes = agreement(maps, things)[half["channels"]].abs()
        assert (sizes.diff() <= 1e-6).all()
        for rank, channel in enumerate(half["channels"]):
            low, high = half["lows"][rank], half["highs"][rank]
            held = data[half["start"] + rank * h * w :][: h * w].reshape(h, w)
            values = low + (high - low) * held / 254
            np.testing.assert_allclose(values, maps[channel], atol=(high - low) / 254 + 1e-6)


def test_the_model_is_left_as_it_was(model, scene) -> None:
    model.train()
    CSPHalves(model, scene.image)
    assert model.training
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    model.eval()


def test_it_names_its_stages_and_draws_one(widget) -> None:
    assert "blocks.0 72 + 24 channels of 24×24, backbone.blocks.1 72 + 24" in repr(widget)
    assert "went through: channels" in widget.picture().alt
    assert len(widget.view.maps) == 96 * (24**2 + 12**2 + 6**2)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"model": "csp"}, TypeError, "torch.nn.Module"),
        ({"model": nn.Conv2d(3, 4, 3)}, ValueError, "1 to 12 CSP blocks"),
        ({"scene": np.zeros((64, 64), float)}, ValueError, "uint8"),
        ({"scene": np.zeros((2000, 64, 3), np.uint8)}, ValueError, "at most 1024"),
    ],
)
def test_bad_input_is_named(options, kind, words, model) -> None:
    with pytest.raises(kind, match=words):
        CSPHalves(**{"model": model} | options)


def test_a_model_must_have_weights(scene) -> None:
    with torch.device("meta"):
        model = create_model("csp-densenet-small")
    with pytest.raises(ValueError, match="meta device"):
        CSPHalves(model, scene)
