"""Augmentation: what happens to the pixels happens to masks and boxes, exactly."""

import colorsys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.data import augment
from yoloexplain.data.augment import Keep
from yoloexplain.data.augment.pasting import Tile, placed, without
from yoloexplain.data.record import Scene, boxes_around
from yoloexplain.data.scenes import scene

ALL = Keep(min_side=0, min_share=0, max_aspect=1e9)  # loses nothing that can still be seen


def oblong(number: int, height: int = 72, width: int = 96) -> Scene:
    """A drawn scene cut to an oblong."""
    drawn = scene(number, size=max(height, width), min_objects=3, max_objects=6)
    assert drawn.masks is not None
    cut = drawn.masks[:, :height, :width]
    return Scene.from_masks(drawn.image[:height, :width].copy(), cut.copy(), drawn.labels)


def boxed(drawn: Scene) -> Scene:
    """The same scene without its masks."""
    return replace(drawn, masks=None)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def pair(number: int) -> tuple[Scene, Scene]:
    return oblong(number), oblong(number + 1)


Change = Callable[[Scene, np.random.Generator], Scene]
CHANGES: dict[str, Change] = {
    "flip_horizontal": lambda s, _: augment.flip_horizontal(s),
    "flip_vertical": lambda s, _: augment.flip_vertical(s),
    "affine": lambda s, r: augment.random_affine(s, r).scene,
    "affine with all": lambda s, r: (
        augment.random_affine(
            s, r, degrees=30, translate=0.2, scale=0.4, shear=10, perspective=0.001
        ).scene
    ),
    "affine to another size": lambda s, r: augment.random_affine(s, r, size=(50, 70)).scene,
    "mosaic": lambda s, r: augment.mosaic([s, oblong(7), oblong(8), oblong(9)], r).scene,
    "small mosaic": lambda s, r: (
        augment.mosaic([oblong(7), s, oblong(8), oblong(9)], r, size=(64, 80)).scene
    ),
    "mixup": lambda s, r: augment.mixup(s, oblong(7), r).scene,
    "cutmix": lambda s, r: augment.cutmix(s, oblong(7), r).scene,
    "colours": lambda s, r: augment.hsv_jitter(s, r).scene,
    "letterbox": lambda s, _: augment.letterboxed(s, 64)[0],
    "large letterbox": lambda s, _: augment.letterboxed(s, (128, 256), stride=32)[0],
}


@pytest.mark.parametrize("name", CHANGES)
def test_boxes_stay_tight_around_masks_through_every_change(name: str) -> None:
    objects = 0
    for number in range(6):
        changed = CHANGES[name](oblong(number), generator(number))
        assert changed.masks is not None
        assert changed.masks.shape[1:] == changed.image.shape[:2]
        assert changed.masks.any(axis=(1, 2)).all()
        assert (changed.boxes_xyxy == boxes_around(changed.masks)).all()
        assert changed.boxes_xyxy.dtype == np.float32
        objects += len(changed)
    assert objects > 10


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_the_old_scene_as_it_was_and_repeats_with_its_seed(name: str) -> None:
    drawn = oblong(2)
    assert drawn.masks is not None
    before = drawn.image.copy(), drawn.boxes_xyxy.copy(), drawn.masks.copy()
    first = CHANGES[name](drawn, generator(3))
    first.image[:] = 0
    second = CHANGES[name](drawn, generator(3))
    assert (drawn.image == before[0]).all()
    assert (drawn.boxes_xyxy == before[1]).all()
    assert (drawn.masks == before[2]).all()
    assert (first.boxes_xyxy == second.boxes_xyxy).all()
    assert second.image.any()


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_takes_scenes_without_masks_and_without_objects(name: str) -> None:
    known = CHANGES[name](boxed(oblong(4)), generator(1))
    assert known.masks is None
    assert len(known.boxes_xyxy) == len(known.labels) > 0
    height, width = known.size
    assert (known.boxes_xyxy >= 0).all()
    assert (known.boxes_xyxy[:, 2] <= width).all()
    assert (known.boxes_xyxy[:, 3] <= height).all()
    assert (known.boxes_xyxy[:, 2:] > known.boxes_xyxy[:, :2]).all()
    alone = oblong(4).pick([])
    assert CHANGES[name](alone, generator(1)).image.shape[2] == 3


@pytest.mark.parametrize("flip", [augment.flip_horizontal, augment.flip_vertical])
def test_a_flip_done_twice_is_undone(flip: Callable[[Scene], Scene]) -> None:
    for number in range(2):
        drawn = oblong(number)
        twice = flip(flip(drawn))
        assert drawn.masks is not None
        assert twice.masks is not None
        assert (twice.image == drawn.image).all()
        assert (twice.masks == drawn.masks).all()
        assert (twice.boxes_xyxy == drawn.boxes_xyxy).all()
        assert not (flip(drawn).image == drawn.image).all()


def test_flips_put_a_box_where_its_pixels_went() -> None:
    image = np.zeros((10, 20, 3), np.uint8)
    image[1:4, 2:8] = 255
    drawn = Scene.from_boxes(image, [[2, 1, 8, 4]], [5])
    across, down = augment.flip_horizontal(drawn), augment.flip_vertical(drawn)
    assert across.boxes_xyxy.tolist() == [[12, 1, 18, 4]]
    assert across.image[1:4, 12:18].all()
    assert down.boxes_xyxy.tolist() == [[2, 6, 8, 9]]
    assert down.image[6:9, 2:8].all()


STILL = {"degrees": 0, "translate": 0, "scale": 0, "shear": 0, "perspective": 0}


def test_an_affine_of_nothing_is_the_identity() -> None:
    for number in range(3):
        drawn = oblong(number)
        same = augment.random_affine(drawn, generator(number), **STILL)
        assert drawn.masks is not None
        assert same.scene.masks is not None
        assert (same.scene.image == drawn.image).all()
        assert (same.scene.masks == drawn.masks).all()
        assert (same.scene.boxes_xyxy == drawn.boxes_xyxy).all()
        assert (same.matrix == np.eye(3)).all()
        assert same.kept.tolist() == list(range(len(drawn)))


@pytest.mark.parametrize("known", [True, False])
def test_the_identity_drops_neither_a_single_pixel_nor_a_thread_nor_a_corner(known: bool) -> None:
    masks = np.zeros((3, 30, 200), bool)
    masks[0, 12, 40] = True
    masks[1, 5, :150] = True  # 150 times as long as high
    masks[2, 29, 199] = True
    drawn = Scene.from_masks(np.zeros((30, 200, 3), np.uint8), masks, [0, 1, 2])
    same = augment.random_affine(drawn if known else boxed(drawn), generator(), **STILL).scene
    assert (same.boxes_xyxy == drawn.boxes_xyxy).all()


def test_a_step_of_whole_pixels_moves_everything_by_them() -> None:
    drawn = oblong(1)
    assert drawn.masks is not None
    height, width = drawn.size
    matrix = augment.affine_matrix(drawn.size, drawn.size, translate=(6 / width, -5 / height))
    moved = augment.warp(drawn, matrix, drawn.size, keep=ALL, fill=9)
    assert moved.scene.masks is not None
    assert (moved.scene.image[:-5, 6:] == drawn.image[5:, :-6]).all()
    assert (moved.scene.image[:, :6] == 9).all()
    assert (moved.scene.image[-5:] == 9).all()
    for k, old in enumerate(moved.kept):
        assert (moved.scene.masks[k, :-5, 6:] == drawn.masks[old, 5:, :-6]).all()
        assert not moved.scene.masks[k, -5:].any()


@pytest.mark.parametrize(("degrees", "turns"), [(90, 3), (180, 2), (-90, 1)])
def test_a_quarter_turn_is_clockwise_and_exact(degrees: int, turns: int) -> None:
    drawn = oblong(3)
    assert drawn.masks is not None
    size = drawn.size if turns == 2 else drawn.size[::-1]
    matrix = augment.affine_matrix(drawn.size, size, degrees=degrees)
    turned = augment.warp(drawn, matrix, size, keep=ALL).scene
    expected = np.rot90(drawn.masks, turns, axes=(1, 2))
    assert turned.masks is not None
    assert (turned.masks != expected).mean() < 2e-3  # but for ties between two pixels
    difference = np.abs(turned.image.astype(int) - np.rot90(drawn.image, turns))
    assert np.median(difference) <= 1


def test_a_point_lies_where_the_matrix_says() -> None:
    image = np.zeros((80, 120, 3), np.uint8)
    image[28:33, 68:73] = 255
    masks = np.zeros((1, 80, 120), bool)
    masks[0, 28:33, 68:73] = True
    marked = Scene.from_masks(image, masks, [0])
    for seed in range(5):
        warped = augment.random_affine(
            marked, generator(seed), degrees=25, scale=0.3, shear=8, perspective=0.0008,
            translate=0.05, size=(100, 90), fill=0,
        )  # fmt: skip
        (x, y), bright = warped.points([[70.5, 30.5]])[0], warped.scene.image[..., 0] > 100
        rows, columns = np.nonzero(bright)
        assert abs(columns.mean() + 0.5 - x) < 0.7
        assert abs(rows.mean() + 0.5 - y) < 0.7
        assert warped.scene.masks is not None
        assert (warped.scene.masks[0] & bright).sum() > 0.8 * bright.sum()


def test_boxes_of_moved_corners_hold_the_moved_masks() -> None:
    looser = 0.0
    for seed in range(5):
        drawn = oblong(seed)
        options = {"degrees": 30, "shear": 5, "keep": ALL}
        exact = augment.random_affine(drawn, generator(seed), **options)
        loose = augment.random_affine(boxed(drawn), generator(seed), **options)
        places = {old: k for k, old in enumerate(loose.kept.tolist())}
        for k, old in enumerate(exact.kept.tolist()):
            inner, outer = exact.scene.boxes_xyxy[k], loose.scene.boxes_xyxy[places[old]]
            assert (outer[:2] <= inner[:2] + 1).all()
            assert (outer[2:] >= inner[2:] - 1).all()
            looser = max(looser, float(np.ptp(outer[::2]) - np.ptp(inner[::2])))
    assert looser > 3


def test_a_picture_shrunk_about_its_middle_keeps_the_middle() -> None:
    image = np.zeros((60, 80, 3), np.uint8)
    drawn = Scene.from_boxes(image, [[30, 20, 50, 40]], [0])
    matrix = augment.affine_matrix((60, 80), (60, 80), scale=0.5)
    assert augment.warp(drawn, matrix, (60, 80)).scene.boxes_xyxy.tolist() == [[35, 25, 45, 35]]
    matrix = augment.affine_matrix((60, 80), (30, 40))
    assert augment.warp(drawn, matrix, (30, 40)).scene.boxes_xyxy.tolist() == [[10, 5, 30, 25]]


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({"degrees": -1}, "degrees must lie from 0 to 180, got -1"),
        ({"translate": 2}, "translate must lie from 0 to 1, got 2"),
        ({"scale": 1}, "scale must lie from 0 to 0.99, got 1"),
        ({"shear": 90}, "shear must lie from 0 to 80"),
        ({"perspective": 0.1}, "perspective must lie from 0 to 0.001"),
        ({"scale": float("nan")}, "scale must lie"),
    ],
)
def test_amounts_out_of_range_are_refused(amounts: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        augment.random_affine(oblong(0), generator(), **amounts)  # type: ignore[arg-type]


def test_a_matrix_without_inverse_or_with_a_corner_behind_the_eye_is_refused() -> None:
    flat = np.array([[1.0, 0, 0], [2.0, 0, 0], [0, 0, 1]])
    behind = augment.affine_matrix((72, 96), (72, 96), perspective=(0.03, 0))
    for matrix in (flat, behind):
        with pytest.raises(ValueError, match="inverse and leave the whole picture before the eye"):
            augment.warp(oblong(0), matrix, (72, 96))


def keeps(before: list[float], after: list[float], share: float = 1.0, **rule: float) -> bool:
    return bool(Keep(**rule).test([before], [after], [share])[0])


def test_the_rule_of_staying_is_held_to_at_its_limits() -> None:
    one, half = [0, 0, 1, 1], [0, 0, 0.5, 1]
    assert keeps([0, 0, 9, 9], one)  # 1×1 stays
    assert not keeps([0, 0, 9, 9], half)
    assert keeps(half, half)  # unless it was so before
    assert not keeps(one, [0, 0, 0, 1], min_side=0)  # nothing is left
    assert keeps([0, 0, 9, 9], [0, 0, 2, 2], share=0.1)
    assert not keeps([0, 0, 9, 9], [0, 0, 2, 2], share=0.09)
    assert not keeps([0, 0, 30, 30], [0, 0, 30, 1], max_aspect=20)
    assert keeps([0, 0, 30, 30], [0, 0, 30, 1.5], max_aspect=20)
    assert keeps([0, 0, 30, 1], [0, 0, 30, 1], max_aspect=20)
    assert not keeps([0, 0, 9, 9], [0, 0, 3, 3], min_side=4)
    with pytest.raises(ValueError, match=r"max_aspect at least 1; got 1, 0\.1 and 0"):
        Keep(max_aspect=0)


def test_an_object_mostly_pushed_out_of_the_picture_goes() -> None:
    masks = np.zeros((2, 40, 40), bool)
    masks[0, 10:30, 20:40] = True
    masks[1, 10:30, 0:20] = True
    drawn = Scene.from_masks(np.zeros((40, 40, 3), np.uint8), masks, [0, 1])
    matrix = augment.affine_matrix((40, 40), (40, 40), translate=(0.475, 0))  # 19 of 40 pixels
    for known in (drawn, boxed(drawn)):
        moved = augment.warp(known, matrix, (40, 40))
        assert moved.kept.tolist() == [1]
        assert moved.scene.boxes_xyxy.tolist() == [[19, 10, 39, 30]]
        every = augment.warp(known, matrix, (40, 40), keep=ALL)
        assert every.kept.tolist() == [0, 1]
        assert every.scene.boxes_xyxy[0].tolist() == [39, 10, 40, 30]


def test_a_mosaic_puts_each_scenes_pixels_where_it_says() -> None:
    four = [oblong(k) for k in range(4)]
    centres = set()
    for seed in range(6):
        made = augment.mosaic(four, generator(seed), fill=7)
        assert made.scene.size == (144, 192)
        covered = np.zeros((144, 192), bool)
        x, y = made.centre
        assert 48 <= x <= 144
        assert 36 <= y <= 108
        for source, tile in zip(four, made.tiles, strict=True):
            left, top, right, bottom = tile.source_xyxy
            u, v, p, q = tile.target_xyxy
            assert (right - left, bottom - top) == (p - u, q - v)
            there = made.scene.image[v:q, u:p]
            assert (there == source.image[top:bottom, left:right]).all()
            assert not covered[v:q, u:p].any()
            covered[v:q, u:p] = True
        corners = [(t.target_xyxy[2], t.target_xyxy[3]) for t in made.tiles[:1]]
        corners += [(made.tiles[1].target_xyxy[0], made.tiles[1].target_xyxy[3])]
        corners += [(made.tiles[2].target_xyxy[2], made.tiles[2].target_xyxy[1])]
        corners += [made.tiles[3].target_xyxy[:2]]
        assert corners == [made.centre] * 4
        assert (made.scene.image[~covered] == 7).all()
        centres.add(made.centre)
    assert len(centres) == 6


def test_a_mosaic_carries_every_mask_into_its_tile() -> None:
    four = [oblong(k) for k in range(4)]
    made = augment.mosaic(four, generator(4), keep=ALL)
    expected = []
    for source, tile in zip(four, made.tiles, strict=True):
        left, top, right, bottom = tile.source_xyxy
        u, v, p, q = tile.target_xyxy
        assert source.masks is not None
        for mask, label in zip(source.masks, source.labels, strict=True):
            whole = np.zeros(made.scene.size, bool)
            whole[v:q, u:p] = mask[top:bottom, left:right]
            if whole.any():
                expected.append((int(label), whole.tobytes()))
    assert made.scene.masks is not None
    found = [
        (int(k), m.tobytes()) for k, m in zip(made.scene.labels, made.scene.masks, strict=True)
    ]
    assert found == expected


def test_a_mosaic_knows_masks_only_if_all_four_do() -> None:
    four = [oblong(0), boxed(oblong(1)), oblong(2), oblong(3)]
    assert augment.mosaic(four, generator()).scene.masks is None
    four[1] = boxed(oblong(1)).pick([])  # without objects there is nothing to know
    assert augment.mosaic(four, generator()).scene.masks is not None


def test_a_mosaic_takes_scenes_of_different_sizes_and_grey_fills_the_gaps() -> None:
    four = [oblong(0, 40, 30), oblong(1, 30, 60), oblong(2, 90, 80), oblong(3, 20, 32)]
    made = augment.mosaic(four, generator(1), size=(100, 120))
    assert made.scene.size == (100, 120)
    assert (made.scene.image[-1, -1] == 114).all()


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_a_mosaic_of_another_number_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"takes four scenes, got {count}"):
        augment.mosaic([oblong(0)] * count, generator())


def test_mixup_shows_both_by_their_shares_and_keeps_all_objects() -> None:
    first, second = pair(0)
    made = augment.mixup(first, second, generator(2), alpha=1)
    mixed = first.image * made.share + second.image * (1 - made.share)
    assert 0.05 < made.share < 0.95
    assert np.abs(made.scene.image - mixed).max() <= 0.5 + 1e-3
    assert made.scene.labels.tolist() == [*first.labels, *second.labels]
    np.testing.assert_allclose(
        made.weights, [made.share] * len(first) + [1 - made.share] * len(second), rtol=1e-6
    )


def test_a_large_alpha_mixes_by_halves_and_a_small_one_hardly_at_all() -> None:
    first, second = pair(0)
    random = generator()
    even = [augment.mixup(first, second, random).share for _ in range(30)]
    pure = [augment.mixup(first, second, random, alpha=0.1).share for _ in range(30)]
    assert max(abs(share - 0.5) for share in even) < 0.25
    assert np.median([min(share, 1 - share) for share in pure]) < 0.05


def test_cutmix_takes_the_rectangle_from_the_second_and_the_rest_from_the_first() -> None:
    first, second = pair(0)
    shares = []
    for seed in range(8):
        made = augment.cutmix(first, second, generator(seed))
        left, top, right, bottom = made.rectangle_xyxy
        inside = np.zeros(first.size, bool)
        inside[top:bottom, left:right] = True
        assert (made.scene.image[inside] == second.image[inside]).all()
        assert (made.scene.image[~inside] == first.image[~inside]).all()
        assert made.share == pytest.approx(1 - inside.mean())
        shares.append(made.share)
        every = augment.cutmix(first, second, generator(seed), keep=ALL).scene
        assert first.masks is not None
        assert second.masks is not None
        expected = [m & ~inside for m in first.masks] + [m & inside for m in second.masks]
        assert every.masks is not None
        assert [m.tobytes() for m in every.masks] == [m.tobytes() for m in expected if m.any()]
    assert min(shares) < 0.5 < max(shares)


def test_a_rectangle_within_the_picture_takes_the_share_that_was_drawn() -> None:
    first, second = pair(0)
    # So large an alpha draws a half; where the edge cuts the rectangle, more is left.
    shares = [augment.cutmix(first, second, generator(k), alpha=1e6).share for k in range(60)]
    assert 0.48 < min(shares) < 0.53
    assert max(shares) > 0.6


rectangles = st.tuples(
    st.integers(0, 18), st.integers(0, 26), st.integers(1, 20), st.integers(1, 28)
)


def solid(rectangle: tuple[int, int, int, int]) -> Scene:
    """A scene whose only object is a full rectangle, so that its mask is its box."""
    top, left, high, wide = rectangle
    mask = np.zeros((1, 20, 28), bool)
    mask[0, top : top + high, left : left + wide] = True
    return Scene.from_masks(np.zeros((20, 28, 3), np.uint8), mask, [3])


@given(rectangles, rectangles)
def test_a_rectangle_cut_away_shrinks_a_box_as_it_shrinks_the_mask(
    thing: tuple[int, int, int, int], hole: tuple[int, int, int, int]
) -> None:
    drawn = solid(thing)
    cut = hole[1], hole[0], min(hole[1] + hole[3], 28), min(hole[0] + hole[2], 20)
    exact = without(drawn, cut, Keep(), known=True)
    loose = without(boxed(drawn), cut, Keep(), known=False)
    assert exact.boxes_xyxy.tolist() == loose.boxes_xyxy.tolist()


@given(rectangles, rectangles)
def test_a_rectangle_taken_out_shrinks_a_box_as_it_shrinks_the_mask(
    thing: tuple[int, int, int, int], window: tuple[int, int, int, int]
) -> None:
    drawn = solid(thing)
    part = window[1], window[0], min(window[1] + window[3], 28), min(window[0] + window[2], 20)
    tile = Tile(part, (part[0] + 2, part[1] + 1, part[2] + 2, part[3] + 1))
    exact = placed(drawn, tile, (22, 31), Keep(), known=True)
    loose = placed(boxed(drawn), tile, (22, 31), Keep(), known=False)
    assert exact.boxes_xyxy.tolist() == loose.boxes_xyxy.tolist()
    assert exact.masks is not None
    assert (exact.boxes_xyxy == boxes_around(exact.masks)).all()


@pytest.mark.parametrize("mix", [augment.mixup, augment.cutmix])
def test_scenes_of_different_sizes_or_without_an_alpha_are_not_mixed(
    mix: Callable[..., object],
) -> None:
    with pytest.raises(ValueError, match="equally large, got 72x96 and 60x96; letterbox both"):
        mix(oblong(0), oblong(1, 60), generator())
    for alpha in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="alpha must be above 0"):
            mix(oblong(0), oblong(1), generator(), alpha=alpha)


def test_colours_changed_by_nothing_are_the_same_to_the_bit() -> None:
    drawn = oblong(0)
    same = augment.hsv_jitter(drawn, generator(), hue=0, saturation=0, value=0)
    assert (same.scene.image == drawn.image).all()
    assert (same.turn, same.saturation, same.value) == (0, 1, 1)
    assert (augment.change_hsv(drawn.image, turn=1.0) == drawn.image).mean() > 0.999


colour = st.tuples(*[st.integers(0, 255)] * 3)


@given(colour, st.floats(-0.5, 0.5), st.floats(0, 2), st.floats(0, 2))
def test_colours_change_as_a_plain_loop_over_hsv_changes_them(
    rgb: tuple[int, int, int], turn: float, saturation: float, value: float
) -> None:
    image = np.array([[rgb, rgb]], np.uint8)
    changed = augment.change_hsv(image, turn, saturation, value)
    h, s, v = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    expected = colorsys.hsv_to_rgb((h + turn) % 1, min(s * saturation, 1), min(v * value, 1))
    assert np.abs(changed[0, 1] - np.array(expected) * 255).max() <= 0.6


def test_known_colours_turn_into_their_neighbours() -> None:
    image = np.array([[[255, 0, 0], [200, 100, 100]]], np.uint8)
    assert augment.change_hsv(image, turn=1 / 3)[0, 0].tolist() == [0, 255, 0]
    assert augment.change_hsv(image, saturation=0)[0, 1].tolist() == [200, 200, 200]
    assert augment.change_hsv(image, value=0.5)[0, 1].tolist() == [100, 50, 50]
    assert augment.change_hsv(image, value=0).max() == 0
    # A colour can be no more than pure; what lies between largest and smallest keeps its place.
    deep = np.array([[[200, 100, 50]]], np.uint8)
    assert augment.change_hsv(deep, saturation=2)[0, 0].tolist() == [200, 67, 0]
    assert augment.change_hsv(deep, value=2)[0, 0].tolist() == [255, 128, 64]


def test_jitter_stays_within_its_amounts_and_uses_them() -> None:
    drawn, random = oblong(0), generator()
    found = [
        augment.hsv_jitter(drawn, random, hue=0.1, saturation=0.5, value=0.3) for _ in range(40)
    ]
    for name, middle, reach in (("turn", 0, 0.1), ("saturation", 1, 0.5), ("value", 1, 0.3)):
        values = [getattr(jittered, name) - middle for jittered in found]
        assert max(map(abs, values)) <= reach
        assert min(values) < -0.6 * reach
        assert max(values) > 0.6 * reach


@pytest.mark.parametrize("amounts", [{"hue": 0.6}, {"saturation": -0.1}, {"value": 1.5}])
def test_colour_amounts_out_of_range_are_refused(amounts: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(amounts))} must lie from 0 to"):
        augment.hsv_jitter(oblong(0), generator(), **amounts)


def test_a_letterboxed_box_is_undone_to_where_it_was() -> None:
    drawn = boxed(oblong(0))
    framed, letterbox = augment.letterboxed(drawn, (64, 128), stride=32)
    assert framed.size == (64, 128)
    np.testing.assert_allclose(letterbox.undo(framed.boxes_xyxy), drawn.boxes_xyxy, atol=1e-3)


def test_letterboxing_to_the_own_size_changes_nothing() -> None:
    drawn = oblong(0)
    same = augment.letterboxed(drawn, drawn.size)[0]
    assert drawn.masks is not None
    assert same.masks is not None
    assert (same.image == drawn.image).all()
    assert (same.masks == drawn.masks).all()


def test_masks_that_vanish_when_they_are_shrunk_take_their_objects_with_them() -> None:
    masks = np.zeros((2, 80, 120), bool)
    masks[0, 10, 10] = True
    masks[1, 20:60, 30:90] = True
    drawn = Scene.from_masks(np.zeros((80, 120, 3), np.uint8), masks, [4, 5])
    shrunk = augment.letterboxed(drawn, 24)[0]
    assert shrunk.labels.tolist() == [5]
    only_boxes = augment.letterboxed(boxed(drawn), 24)[0]
    assert only_boxes.labels.tolist() == [5]  # a fifth of a pixel wide
    assert augment.letterboxed(boxed(drawn), 240)[0].labels.tolist() == [4, 5]


def test_softened_labels_add_up_and_leave_what_epsilon_says() -> None:
    soft = augment.smooth_labels([2, 0], 5, 0.1)
    assert soft.shape == (2, 5)
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(soft[0], [0.02, 0.02, 0.92, 0.02, 0.02], rtol=1e-6)
    binary = augment.smooth_binary([2, 0], 5, 0.1)
    np.testing.assert_allclose(binary[1], [0.95, 0.05, 0.05, 0.05, 0.05], rtol=1e-6)
    assert (augment.smooth_labels([1], 3, 0) == [[0, 1, 0]]).all()
    assert augment.smooth_labels([], 4).shape == (0, 4)


def test_mixed_targets_share_one_between_two_labels() -> None:
    mixed = augment.mixed_targets([0, 1], [2, 1], [0.75, 0.4], 3)
    np.testing.assert_allclose(mixed, [[0.75, 0, 0.25], [0, 1, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: augment.smooth_labels([3], 3), r"labels must lie.*got \[3\] and num_classes=3"),
        (lambda: augment.smooth_labels([-1], 3), r"got \[-1\]"),
        (lambda: augment.smooth_binary([0], 0), "num_classes=0"),
        (lambda: augment.smooth_labels([0], 3, 1), "epsilon must lie from 0 to below 1, got 1"),
        (lambda: augment.smooth_binary([0], 3, -0.1), "epsilon"),
        (lambda: augment.mixed_targets([0], [1], 1.2, 3), "share must lie from 0 to 1, got 1.2"),
    ],
)
def test_targets_that_cannot_be_are_refused(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
