"""The triangle holds the weights of the network, and both languages read them alike."""

import numpy as np
import pytest
import torch

from yoloexplain import create_model
from yoloexplain.layers.dense import DenseBlock
from yoloexplain.widgets import ConcatProvenance


def by_hand(block: DenseBlock, convolution: int, growth: int) -> np.ndarray:
    """Shares of a block, by a plain loop over its layers and sources."""
    found = np.full((len(block.layers),) * 2, np.nan)
    for i, layer in enumerate(block.layers):
        read = layer.narrow[convolution] if len(layer.narrow) else layer.conv
        weights = read.weight.detach().double().abs().mean(dim=(0, 2, 3))
        parts = weights.split([len(weights) - growth * i] + i * [growth])
        found[i, : i + 1] = [float(part.mean() / weights.mean()) for part in parts]
    return found


def test_shares_are_those_of_the_weights() -> None:
    model = create_model("densenet-demo")
    widget = ConcatProvenance(model)
    for place, block in enumerate(model.backbone.blocks):
        np.testing.assert_allclose(widget.shares(place), by_hand(block, 2, 12), rtol=1e-12)


def test_both_languages_share_alike(javascript) -> None:
    widget = ConcatProvenance({"one": create_model("densenet-demo")})
    sent = torch.frombuffer(bytearray(widget.view.weights), dtype=torch.float32).double()
    start, calls, expected = 0, [], []
    for place, block in enumerate(widget.view.table["blocks"]):
        for i, count in enumerate(block["channels"]):
            sources = [block["channels"][0], *np.diff(block["channels"][: i + 1]).tolist()]
            calls.append(("drawnOn", [sent[start : start + count].tolist(), sources]))
            expected.append(widget.shares(place)[i, : i + 1])
            start += count
    assert start == len(sent)
    for found, wanted in zip(javascript("dense", calls), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_block_without_bottleneck_is_read_from_its_3x3() -> None:
    torch.manual_seed(3)
    block = DenseBlock(10, 4, 3, bottleneck=False)
    widget = ConcatProvenance(block)
    np.testing.assert_allclose(widget.shares(), by_hand(block, 0, 4), rtol=1e-12)
    assert widget.view.table["blocks"] == [{"name": "block", "channels": [10, 14, 18]}]


def test_it_says_what_it_read_and_draws_the_matrix() -> None:
    state = torch.random.get_rng_state()
    widget = ConcatProvenance(block=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert repr(widget).startswith(
        "ConcatProvenance: weights of trained, untrained; backbone.blocks.0 with 8 layers that "
        "read 96 to 180 channels"
    )
    assert "blocks.1 with 8 layers that read 96 to 180 channels, the input read least by 7" in (
        repr(widget)
    )
    picture = widget.picture()
    assert "matrix of 8 rows" in picture.alt
    reach = widget.reach()
    assert round(20 * reach) == pytest.approx(20 * reach), "a round twentieth, as in the browser"
    assert all(np.nanmax(abs(widget.shares(block) - 1)) <= reach for block in range(3))
    assert any(f"full blue {1 + reach:.2f}" in text.get_text() for text in picture.texts)
    assert len(widget.view.weights) == 2 * 3 * 8 * 4 * (96 + 180) // 2


def test_a_network_is_left_as_it_is() -> None:
    model = create_model("densenet-demo")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ConcatProvenance(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"got ResNet|got Classifier"):
        ConcatProvenance(create_model("resnet18"))
    with pytest.raises(TypeError, match="got int"):
        ConcatProvenance(3)
    with pytest.raises(ValueError, match="block must be from 0 to 2, got 3"):
        ConcatProvenance(block=3)
    with pytest.raises(ValueError, match="the same dense blocks"):
        ConcatProvenance({"a": DenseBlock(4, 2, 2), "b": DenseBlock(4, 2, 3)})
    with pytest.raises(ValueError, match="at least one network"):
        ConcatProvenance({})
    with torch.device("meta"):
        empty = DenseBlock(4, 2, 2)
    with pytest.raises(ValueError, match="must hold weights"):
        ConcatProvenance(empty)
