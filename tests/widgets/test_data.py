"""Maps become bytes, and the bytes can be read back."""

import io

import numpy as np
import pytest
from PIL import Image

from yoloexplain.widgets.data import NOTHING, STEPS, colour_bytes, map_bytes, photo_bytes


def test_a_value_can_be_read_back_to_a_half_step() -> None:
    maps = np.random.default_rng(0).normal(size=(3, 5, 7))
    coded = map_bytes(maps)
    assert coded.shape == maps.shape
    levels = np.frombuffer(coded.data, np.uint8).reshape(maps.shape)
    assert levels.min(axis=(1, 2)).tolist() == [0] * 3
    assert levels.max(axis=(1, 2)).tolist() == [STEPS] * 3
    low, high = np.array(coded.lows)[:, None, None], np.array(coded.highs)[:, None, None]
    back = low + (high - low) * levels / STEPS
    assert (abs(back - maps) <= (high - low) / STEPS / 2 + 1e-12).all()


def test_what_is_no_number_has_a_byte_of_its_own() -> None:
    maps = np.array([[[np.nan, 1.0], [np.inf, 3.0]], [[np.nan] * 2] * 2, [[2.0] * 2] * 2])
    coded = map_bytes(maps)
    assert list(coded.data) == [NOTHING, 0, NOTHING, STEPS, *[NOTHING] * 4, *[0] * 4]
    assert coded.lows[0] == 1.0
    assert coded.highs[0] == 3.0
    assert coded.lows[2] == coded.highs[2] == 2.0  # a constant map says so


def test_one_scale_for_all_maps_clips_at_its_ends() -> None:
    coded = map_bytes(np.array([[[-1.0, 0.0]], [[0.5, 9.0]]]), low=0.0, high=1.0)
    assert list(coded.data) == [0, 0, STEPS // 2, STEPS]
    assert coded.table() == {"shape": [2, 1, 2], "lows": [0.0, 0.0], "highs": [1.0, 1.0]}


def test_maps_need_three_axes() -> None:
    with pytest.raises(ValueError, match=r"\(N, H, W\)"):
        map_bytes(np.zeros((2, 2)))


def test_the_scale_ends_in_the_grey_of_no_number() -> None:
    colours = np.frombuffer(colour_bytes(), np.uint8).reshape(256, 3)
    assert colours[0].tolist() == [68, 1, 84]  # viridis
    assert colours[STEPS].tolist() == [253, 231, 37]
    assert len(set(colours[NOTHING].tolist())) == 1


def test_a_photograph_comes_back_nearly_the_same() -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    photo = np.stack([np.broadcast_to(ramp, (48, 64))] * 3, axis=-1)
    with Image.open(io.BytesIO(photo_bytes(photo))) as back:
        assert back.size == (64, 48)
        assert abs(np.asarray(back).astype(int) - photo).max() < 12
