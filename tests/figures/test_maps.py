"""Feature maps: the strongest first, and nothing pretended about the flat and the broken."""

import numpy as np
import pytest

from yoloexplain import figures
from yoloexplain.data import photos
from yoloexplain.figures.on_photo import _lit
from yoloexplain.figures.picture import Picture


def written(picture: Picture) -> list[str]:
    """Every text on a picture, page by page."""
    return [text.get_text() for axes in picture.axes for text in axes.texts] + [
        text.get_text() for text in picture.texts
    ]


def test_strength_is_the_spread_over_space_and_not_the_level(maps: np.ndarray) -> None:
    np.testing.assert_allclose(figures.strengths(maps), maps.std(axis=(1, 2)))
    assert figures.strongest(maps, 3) == [7, 6, 5]  # the level falls with the number
    assert figures.strongest(maps, 99) == [7, 6, 5, 4, 3, 2, 1, 0]


def test_equal_strengths_come_in_the_order_of_their_numbers() -> None:
    assert figures.strongest(np.ones((4, 2, 3)), 3) == [0, 1, 2]


def test_strength_looks_at_finite_values_only(maps: np.ndarray) -> None:
    maps[2, 0] = [np.nan, np.inf, -np.inf, *maps[2, 0, 3:]]
    rest = maps[2].ravel()[3:]
    assert figures.strengths(maps)[2] == pytest.approx(rest.std())


def test_channels_are_drawn_strongest_first_with_their_numbers_and_ranges(
    maps: np.ndarray,
) -> None:
    picture = figures.feature_maps(maps, channels=3, title="stage 2")
    numbers = [text for text in written(picture) if text.isdigit()]
    assert numbers == ["7", "6", "5"]
    low, high = (f"{value:.1f}".replace("-", "−") for value in (maps[7].min(), maps[7].max()))
    assert f"{low} … {high}" in written(picture)
    assert "3 of 8 channels of 6 × 10 positions" in written(picture)[-1]
    assert "channels 7, 6, 5; 0 of them flat" in picture.alt


def test_chosen_channels_are_drawn_in_the_readers_order(maps: np.ndarray) -> None:
    picture = figures.feature_maps(maps, channels=[0, 5, 2])
    assert [text for text in written(picture) if text.isdigit()] == ["0", "5", "2"]


def test_a_map_shows_its_values_and_none_of_its_neighbours(maps: np.ndarray) -> None:
    picture = figures.feature_maps(maps, channels=[5, 6])
    images = [image for axes in picture.axes for image in axes.images]
    np.testing.assert_allclose(images[0].get_array(), maps[5])
    np.testing.assert_allclose(images[1].get_array(), maps[6])
    assert images[0].get_clim() == pytest.approx((maps[5].min(), maps[5].max()))


def test_a_shared_range_is_shared(maps: np.ndarray) -> None:
    picture = figures.feature_maps(maps, channels=[5, 6], shared_range=True)
    limits = {image.get_clim() for axes in picture.axes for image in axes.images}
    assert limits == {(maps[5:7].min(), maps[5:7].max())}


def test_a_flat_map_is_drawn_flat_and_called_flat(maps: np.ndarray) -> None:
    picture = figures.feature_maps(maps, channels=[0, 1])
    assert "flat" in written(picture)
    assert "flat at 100" in written(picture)
    assert "1 of them flat" in picture.alt
    assert len([image for axes in picture.axes for image in axes.images]) == 1


def test_broken_values_are_counted_and_shown_in_a_colour_of_their_own(maps: np.ndarray) -> None:
    maps[7, 0, :2] = np.nan
    picture = figures.feature_maps(maps, channels=[7])
    assert any(text.endswith("2 NaN") for text in written(picture))
    assert "2 values are not finite" in picture.alt
    (image,) = (image for axes in picture.axes for image in axes.images)
    assert np.ma.getmaskarray(image.get_array()).sum() == 2
    hopeless = figures.feature_maps(np.full((1, 3, 4), np.nan))
    assert "no finite value" in written(hopeless)


def test_two_networks_side_by_side_have_a_row_each(maps: np.ndarray, photo: np.ndarray) -> None:
    layers = {"untrained": maps, "trained": -maps[:, :4]}
    picture = figures.compare_maps(layers, channels=4, photo=photo)
    assert len([image for axes in picture.axes for image in axes.images]) == 1 + 8
    assert "untrained: channels 7, 6, 5, 4 of 8" in picture.alt


def test_levels_of_a_pyramid_are_drawn_at_one_size(maps: np.ndarray, photo: np.ndarray) -> None:
    picture = figures.pyramid_maps({"p3": maps, "p4": maps[:, :3, :5]}, photo)
    places = [axes.get_position().bounds[2:] for axes in picture.axes if axes.images]
    np.testing.assert_allclose(places, np.tile(places[0], (5, 1)))
    shown = [axes.images[0].get_array() for axes in picture.axes if axes.images]
    np.testing.assert_allclose(shown[1], np.abs(maps).mean(axis=0))
    np.testing.assert_allclose(shown[2], maps[7])


def test_a_map_over_its_photograph_covers_all_of_it(maps: np.ndarray, photo: np.ndarray) -> None:
    picture = figures.overlay_map(photo, maps[3])
    laid = picture.axes[1].images[1]
    height, width = photo.shape[:2]
    assert laid.get_extent() == [0, width, height, 0]
    np.testing.assert_allclose(laid.get_array(), maps[3])


def test_boxes_on_a_photograph_are_named_scored_and_counted(photo: np.ndarray) -> None:
    boxes = [thing.box_xyxy for thing in photos.objects("coffee")]
    picture = figures.photo_with_boxes(photo, boxes, ["dish", "dish", "spoon"], [0.9, 0.815, 0.5])
    assert {"dish 0.90", "dish 0.81", "spoon 0.50"} <= set(written(picture))
    assert picture.alt.endswith("with 3 boxes: 2 dish, 1 spoon.")
    frames = {tuple(patch.get_bbox().extents) for patch in picture.axes[0].patches}
    assert frames == {tuple(float(side) for side in box) for box in boxes}


def test_a_photograph_without_boxes_is_shown_as_it_is(photo: np.ndarray) -> None:
    assert figures.photo_with_boxes(photo, np.zeros((0, 4))).alt.endswith("with 0 boxes.")


def test_a_field_that_reaches_past_the_photograph_is_drawn_whole(photo: np.ndarray) -> None:
    picture = figures.receptive_field_on_photo(photo, (-50, 20, 300, 470))
    (axes,) = picture.axes
    assert axes.get_xlim() == (-50, 600)
    assert axes.get_ylim() == (470, 0)
    assert "past the image" in picture.alt
    inside = figures.receptive_field_on_photo(photo, (10, 20, 300, 370))
    assert "past the image" not in inside.alt


def test_light_falls_where_the_gradient_is_whatever_its_sign(photo: np.ndarray) -> None:
    gradient = np.zeros(photo.shape[:2])
    gradient[100:150, 200:300] = -2.0
    lit = _lit(photo, np.abs(gradient)).astype(int)
    dark = _lit(photo, np.zeros_like(gradient)).astype(int)
    changed = (lit != dark).any(axis=2)
    assert changed[100:150, 200:300].mean() > 0.99
    assert changed.sum() == changed[100:150, 200:300].sum()
    alt = figures.receptive_field_on_photo(photo, (150, 50, 350, 200), gradient).alt
    assert f"not zero on {100 * 50 * 100 / gradient.size:.0f} %" in alt


def test_letterbox_steps_tell_both_sizes_and_the_padding(photo: np.ndarray) -> None:
    alt = figures.letterbox_steps(photo, photos.letterbox(photo, (448, 448))).alt
    assert "400×600" in alt
    assert "to 299×448 and framed in grey to 448×448" in alt
    with pytest.raises(ValueError, match=r"must come from this photo"):
        figures.letterbox_steps(photo[:50], photos.letterbox(photo, 448))


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (np.zeros((2, 3, 4, 5)), r"three axes.*\(2, 3, 4, 5\).*maps\[0\]"),
        (np.zeros((3, 4)), r"three axes.*\(3, 4\)"),
        (np.zeros((0, 3, 4)), r"three axes.*\(0, 3, 4\)"),
    ],
)
def test_what_are_no_feature_maps_is_refused_with_its_shape(wrong: np.ndarray, rule: str) -> None:
    for draw in (figures.feature_maps, figures.strengths):
        with pytest.raises(ValueError, match=rule):
            draw(wrong)
    with pytest.raises(ValueError, match=rule):
        figures.compare_maps({"a": wrong})


@pytest.mark.parametrize("channels", [0, 65, [8], [-1], []])
def test_channels_that_do_not_exist_are_refused(maps: np.ndarray, channels: int | list) -> None:
    with pytest.raises(ValueError, match="channels must be 1 to 64"):
        figures.feature_maps(maps, channels=channels)


def test_wrong_boxes_photographs_and_lists_are_refused_by_name(photo: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"shape \(N, 4\).*got \(4,\)"):
        figures.photo_with_boxes(photo, [1, 2, 3, 4])
    with pytest.raises(ValueError, match=r"left <= right.*as box 1"):
        figures.photo_with_boxes(photo, [[0, 0, 5, 5], [9, 0, 5, 5]])
    with pytest.raises(ValueError, match=r"one to one, got 1 boxes, 2 labels"):
        figures.photo_with_boxes(photo, [[0, 0, 5, 5]], ["a", "b"])
    with pytest.raises(ValueError, match="got float64"):
        figures.photo_with_boxes(photo / 255, [])
    with pytest.raises(ValueError, match=r"photo's size \(400, 600\), got \(3, 4\)"):
        figures.receptive_field_on_photo(photo, (0, 0, 9, 9), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="1 to 5 levels, got 0"):
        figures.pyramid_maps({}, photo)
