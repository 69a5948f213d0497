"""Photographs: they are there, they are credited, and boxes survive the letterbox."""

import socket
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.data import photos


def plain(height: int, width: int, channels: int = 3) -> np.ndarray:
    """A photograph in which every pixel differs from its neighbours."""
    values = np.arange(height * width * channels) * 37 % 251
    return values.reshape(height, width, channels).astype(np.uint8)


@pytest.mark.parametrize("name", photos.names())
def test_every_photograph_loads_as_rgb_without_a_network(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a photograph was looked for outside")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    photo = photos.load(name)
    assert photo.dtype == np.uint8
    assert photo.shape[2] == 3
    assert min(photo.shape[:2]) >= 300
    assert photo.std() > 20


def test_a_loaded_photograph_is_a_copy_that_may_be_written_to() -> None:
    first = photos.load("coffee")
    first[:] = 0
    assert photos.load("coffee").any()


@pytest.mark.parametrize("name", photos.names())
def test_every_photograph_says_who_took_it_and_under_which_terms(name: str) -> None:
    author, licence, source = photos.credits()[name]
    assert author
    assert source
    assert licence in {"CC0", "public domain", "no known copyright restrictions"}


@pytest.mark.parametrize("name", photos.names())
def test_every_box_lies_in_its_photograph(name: str) -> None:
    height, width = photos.load(name).shape[:2]
    for label, (left, top, right, bottom) in photos.objects(name):
        assert label
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height


def test_coin_masks_find_the_24_coins_apart_from_one_another() -> None:
    masks = photos.coin_masks()
    height, width = photos.load("coins").shape[:2]
    assert masks.shape == (24, height, width)
    assert masks.sum(axis=0).max() == 1
    assert all(800 < mask.sum() < 4000 for mask in masks)
    boxes = [(np.ptp(np.nonzero(m)[0]) + 1, np.ptp(np.nonzero(m)[1]) + 1) for m in masks]
    assert all(0.7 < tall / wide < 1.4 for tall, wide in boxes)  # coins are round


def test_an_unknown_photograph_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(ValueError, match=r"did you mean 'chelsea'\?"):
        photos.load("chelse")


def test_letterbox_scales_by_the_smaller_ratio_and_pads_evenly_with_grey() -> None:
    framed = photos.letterbox(plain(60, 100), (128, 160))
    assert framed.scale == 1.6
    assert framed.resized_size == (96, 160)
    assert framed.padding == (0, 16)
    assert framed.image.shape == (128, 160, 3)
    assert (framed.image[:16] == 114).all()
    assert (framed.image[112:] == 114).all()
    assert (framed.image[16:112] != 114).any(axis=(1, 2)).all()


def test_letterbox_leaves_a_photograph_of_the_right_size_alone() -> None:
    photo = plain(64, 96)
    framed = photos.letterbox(photo, (64, 96))
    assert (framed.image == photo).all()
    assert framed.scale == 1


def test_letterbox_keeps_one_channel_one_channel() -> None:
    assert photos.letterbox(plain(50, 30, 1), 64).image.shape == (64, 64, 1)


sides = st.integers(1, 400)
corner = st.floats(-200, 600)
boxes = st.lists(st.tuples(corner, corner, corner, corner), max_size=5)


@given(sides, sides, st.integers(1, 6), st.integers(1, 6), boxes)
def test_undo_takes_boxes_back_to_where_apply_took_them_from(
    height: int, width: int, rows: int, columns: int, found: list[tuple[float, ...]]
) -> None:
    framed = photos.letterbox(np.zeros((height, width, 3), np.uint8), (32 * rows, 32 * columns))
    original = np.array(found).reshape(-1, 4)
    there = framed.apply(original)
    assert there.shape == original.shape
    np.testing.assert_allclose(framed.undo(there), original, atol=1e-6)


@given(sides, sides, st.integers(1, 6), st.integers(1, 6))
def test_the_photograph_fills_the_frame_in_one_direction_and_is_centred_in_the_other(
    height: int, width: int, rows: int, columns: int
) -> None:
    size = 32 * rows, 32 * columns
    framed = photos.letterbox(np.zeros((height, width, 3), np.uint8), size)
    left, top, right, bottom = framed.apply([[0, 0, width, height]])[0]
    assert framed.image.shape[:2] == size
    assert left == 0 or top == 0
    assert right == pytest.approx(left + framed.resized_size[1])
    assert abs(left - (size[1] - right)) <= 1 + 1e-9
    assert abs(top - (size[0] - bottom)) <= 1 + 1e-9
    inside = (framed.image == 0).all(axis=2)
    assert inside.sum() == framed.resized_size[0] * framed.resized_size[1]


def test_undo_map_gives_each_pixel_the_cell_that_it_fell_into() -> None:
    photo = np.zeros((40, 80, 3), np.uint8)
    framed = photos.letterbox(photo, (64, 64))  # 32×64 inside, 16 above and below
    cells = np.arange(16).reshape(4, 4)  # 16 input pixels a cell
    back = framed.undo_map(cells)
    assert back.shape == (40, 80)
    expected = cells[1:3].repeat(20, axis=0).repeat(20, axis=1)
    assert (back == expected).all()


def test_grayscale_weighs_green_most_and_keeps_the_channel_axis() -> None:
    red, green, blue = (photos.grayscale(np.eye(3, dtype=np.uint8)[i] * np.full(
        (4, 6, 3), 200, np.uint8)) for i in range(3))  # fmt: skip
    assert green.shape == (4, 6, 1)
    assert green[0, 0, 0] > red[0, 0, 0] > blue[0, 0, 0] > 0
    assert (photos.grayscale(green) == green).all()


def test_to_tensor_puts_channels_first_and_values_between_0_and_1() -> None:
    photo = plain(6, 8)
    tensor = photos.to_tensor(photo)
    assert tensor.shape == (1, 3, 6, 8)
    assert float(tensor[0, 2, 5, 1]) == pytest.approx(photo[5, 1, 2] / 255)
    assert photos.to_tensor(photo[:, :, :1]).shape == (1, 1, 6, 8)
    tensor.zero_()
    assert photo.any()  # the tensor has memory of its own


@pytest.mark.parametrize(
    ("image", "received"),
    [
        (np.zeros((4, 4), np.uint8), r"\(4, 4\)"),
        (np.zeros((4, 4, 3)), "float64"),
        (np.zeros((4, 4, 4), np.uint8), r"\(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), r"\(0, 4, 3\)"),
    ],
)
@pytest.mark.parametrize("use", ["letterbox", "to_tensor", "grayscale"])
def test_what_is_no_photograph_is_refused_with_its_shape(
    image: np.ndarray, received: str, use: str
) -> None:
    arguments = (64,) if use == "letterbox" else ()
    with pytest.raises(ValueError, match=f"must be a uint8 array.*{received}"):
        getattr(photos, use)(image, *arguments)


def test_a_frame_that_is_no_multiple_of_the_stride_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        ValueError, match=r"multiples of the stride 32, got 1333x800.*\(1344, 800\)"
    ):
        photos.letterbox(plain(10, 10), (1333, 800))
    assert photos.letterbox(plain(10, 10), (1333, 800), stride=1).image.shape == (1333, 800, 3)


@pytest.mark.parametrize("wrong", [[1, 2, 3, 4], [[1, 2, 3]], np.zeros((2, 4, 1))])
def test_boxes_of_another_shape_are_refused(wrong: object) -> None:
    framed = photos.letterbox(plain(10, 10), 32)
    for way in (framed.apply, framed.undo):
        with pytest.raises(ValueError, match=r"boxes must have shape \(N, 4\)"):
            way(wrong)


def test_a_map_of_another_rank_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a map must have two axes.*maps\[0\]"):
        photos.letterbox(plain(10, 10), 32).undo_map(np.zeros((3, 4, 4)))


def test_nothing_warns_when_every_photograph_is_framed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in photos.names():
            photos.to_tensor(photos.letterbox(photos.load(name), (416, 640)).image)
