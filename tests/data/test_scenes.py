"""Scenes: the same numbers give the same scene, and what is said of a scene is true of it."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from yoloexplain.data import photos
from yoloexplain.data.record import Scene, boxes_around
from yoloexplain.data.scenes import (
    CLASSES,
    Prepared,
    Recipe,
    Scenes,
    backgrounds,
    compose,
    contact_sheet,
    prepare,
    prepared,
    scene,
    sequence,
    workers,
)
from yoloexplain.data.scenes.lively_things import THINGS
from yoloexplain.data.scenes.patch import Patch

FEW = range(12)
# What these scenes looked like when the shipped networks learned from such.
KNOWN = {
    ("train", 0): "bc4a03137628ae4e",
    ("train", 8): "dd04e453ace4b609",
    ("val", 2): "864bab1f29ab5eb9",
    ("val", 9): "51bad67f16e7f756",
}


def digest(drawn: Scene) -> str:
    assert drawn.masks is not None
    parts = (drawn.image, drawn.boxes_xyxy, drawn.labels, drawn.masks)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]


def same(a: Scene, b: Scene) -> bool:
    return digest(a) == digest(b)


@pytest.fixture
def canvases(monkeypatch: pytest.MonkeyPatch) -> list[compose.Canvas]:
    """Every canvas that became a scene."""
    found: list[compose.Canvas] = []
    finish = compose.Canvas.scene

    def remember(canvas: compose.Canvas, *rest: object) -> Scene:
        found.append(canvas)
        return finish(canvas, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(compose.Canvas, "scene", remember)
    return found


def test_the_eight_classes_stand_in_their_order() -> None:
    assert CLASSES == ("ball", "doughnut", "star", "sign", "mushroom", "fish", "boat", "car")


@pytest.mark.parametrize(("split", "index"), KNOWN)
def test_a_scene_is_the_one_that_it_was_on_any_other_machine(split: str, index: int) -> None:
    assert digest(scene(index, split=split)) == KNOWN[split, index]


def test_seed_split_and_number_each_give_another_scene_and_nothing_else_does() -> None:
    first = scene(3)
    np.random.default_rng(0).random(5)  # others' random numbers do not matter
    assert same(scene(3), first)
    others = [scene(4), scene(3, seed=1), scene(3, split="val")]
    assert len({digest(s) for s in [first, *others]}) == 4


@pytest.mark.parametrize("split", ["train", "val"])
def test_boxes_are_tight_around_masks_that_do_not_overlap(split: str) -> None:
    for index in FEW:
        drawn = scene(index, split=split, size=128)
        assert drawn.masks is not None
        assert drawn.image.shape == (128, 128, 3)
        assert drawn.boxes_xyxy.dtype == np.float32
        assert 1 <= len(drawn) <= 8
        assert set(drawn.labels.tolist()) <= set(range(8))
        assert drawn.masks.sum(axis=0).max() <= 1
        for mask, box in zip(drawn.masks, drawn.boxes_xyxy, strict=True):
            rows, columns = np.nonzero(mask)
            assert box.tolist() == [
                columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]  # fmt: skip


def test_of_every_thing_at_least_45_percent_can_be_seen(canvases: list[compose.Canvas]) -> None:
    hidden = 0
    for index in FEW:
        drawn = scene(index, min_objects=6, max_objects=8)
        assert drawn.masks is not None
        canvas = canvases[-1]
        seen = drawn.masks.sum(axis=(1, 2))
        assert seen.tolist() == canvas.seen
        assert (seen >= 0.45 * np.array(canvas.wholes)).all()
        hidden += int((seen < canvas.wholes).sum())
    assert hidden > 10  # and covering one another is not rare


def test_sizes_reach_from_a_dozen_pixels_to_half_the_picture() -> None:
    boxes = np.concatenate([scene(index).boxes_xyxy for index in range(40)])
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    assert sides.min() < 16
    assert sides.max() > 64
    assert 22 < np.median(sides) < 45


def test_numbers_of_objects_are_held_to() -> None:
    assert {len(scene(i, size=64, min_objects=2, max_objects=4)) for i in range(20)} == {2, 3, 4}
    empty = scene(0, min_objects=0, max_objects=0)
    assert len(empty) == 0
    assert empty.masks is not None
    assert empty.masks.shape == (0, 160, 160)
    assert empty.boxes_xyxy.shape == (0, 4)


def test_one_thing_is_painted_alike_at_every_size() -> None:
    for index in FEW:
        small = scene(index, size=96, max_objects=1)
        large = scene(index, size=192, max_objects=1)
        assert small.labels.tolist() == large.labels.tolist()
        np.testing.assert_allclose(small.boxes_xyxy * 2, large.boxes_xyxy, atol=4)
        halved = large.image.reshape(96, 2, 96, 2, 3).mean(axis=(1, 3))
        assert np.abs(halved - small.image).mean() < 12


def test_a_doughnut_has_a_hole_through_which_the_background_is_seen() -> None:
    for index in FEW:
        with_it = scene(index, classes=["doughnut"], max_objects=1, object_size=(0.4, 0.5))
        assert with_it.masks is not None
        mask, (left, top, right, bottom) = with_it.masks[0], with_it.boxes_xyxy[0]
        if right - left < 60 or bottom - top < 60 or right == 160 or bottom == 160:
            continue  # cut by the edge
        middle = int((top + bottom) / 2), int((left + right) / 2)
        hole = np.s_[middle[0] - 4 : middle[0] + 5, middle[1] - 4 : middle[1] + 5]
        assert not mask[hole].any()
        random = Recipe().generator(index)
        ground = backgrounds.background(random, 160, "train")[0]
        behind = np.rint(ground[:, hole[0], hole[1]] * 255).transpose(1, 2, 0)
        # Its own shadow may fall through it, which only darkens.
        assert (with_it.image[hole] <= behind + 5).all()
        assert np.corrcoef(with_it.image[hole].ravel(), behind.ravel())[0, 1] > 0.5 or (
            behind.std() < 6
        )
        return
    pytest.fail("no whole doughnut among these")


def painted(name: str, number: int, degrees: float, radius: float = 24) -> Patch:
    patch = Patch.blank(radius, degrees, light_degrees=-90)
    THINGS[name].paint(patch, np.random.default_rng([number]))
    return patch


@pytest.mark.parametrize("name", CLASSES)
def test_nothing_is_cut_by_the_edge_of_its_sheet(name: str) -> None:
    for number in range(12):
        for degrees in (0.0, 20.0, -45.0):
            patch = painted(name, number, degrees)
            cover = patch.layers[3]
            edge = np.concatenate([cover[0], cover[-1], cover[:, 0], cover[:, -1]])
            assert edge.max() == 0
            assert patch.layers.dtype == np.float32
            assert 0 <= cover.min() <= cover.max() <= 1 + 1e-6
            assert (patch.layers[:3] <= cover * 1.35 + 1e-5).all()


@pytest.mark.parametrize("name", CLASSES)
def test_every_thing_fills_its_sheet_and_differs_from_the_next(name: str) -> None:
    first, second = painted(name, 0, 0.0), painted(name, 1, 0.0)
    rows, columns = np.nonzero(first.layers[3] >= 0.5)
    longer = max(np.ptp(rows), np.ptp(columns)) + 1
    assert 0.9 * 48 <= longer <= 48  # so object_size is the longer side
    assert np.abs(first.layers - second.layers).max() > 0.1


def test_a_ball_is_brighter_towards_the_light() -> None:
    for number in range(4):
        grey = painted("ball", number, 70.0).layers[:3].mean(axis=0)
        half = len(grey) // 2
        assert grey[:half].sum() > 1.15 * grey[half:].sum()


def ground(value: float = 0.8, size: int = 96) -> np.ndarray:
    return np.full((3, size, size), value, np.float32)


def test_a_later_thing_covers_an_earlier_one_and_keeps_its_own_pixels() -> None:
    canvas = compose.Canvas.on(ground(), np.random.default_rng(0))
    assert canvas.lay(painted("ball", 0, 0.0, 30), (0.5, 0.5), 30)
    assert canvas.lay(painted("star", 0, 0.0, 12), (0.5, 0.5), 12)
    drawn = canvas.scene([0, 2], np.random.default_rng(0))
    assert drawn.masks is not None
    assert drawn.masks[1, 48, 48]
    assert not drawn.masks[0, 48, 48]
    assert drawn.masks[0].sum() + drawn.masks[1].sum() == canvas.wholes[0]


def test_a_thing_that_would_hide_another_finds_no_place_there() -> None:
    canvas = compose.Canvas.on(ground(), np.random.default_rng(0))
    assert canvas.lay(painted("star", 0, 0.0, 12), (0.5, 0.5), 12)
    before = canvas.picture.copy()
    assert not canvas.lay(painted("ball", 0, 0.0, 30), (0.5, 0.5), 30)
    assert (canvas.picture == before).all()
    assert len(canvas.wholes) == 1
    assert canvas.lay(painted("ball", 0, 0.0, 30), (0.75, 0.75), 30)


def test_a_thing_may_leave_the_picture_by_half_but_not_altogether() -> None:
    canvas = compose.Canvas.on(ground(), np.random.default_rng(0))
    assert not canvas.lay(painted("ball", 0, 0.0, 20), (-0.2, 0.5), 20)
    assert not canvas.lay(painted("ball", 0, 0.0, 20), (-0.9, -0.9), 20)
    assert canvas.lay(painted("ball", 0, 0.0, 20), (0.02, 0.5), 20)


def test_a_soft_shadow_falls_away_from_the_light() -> None:
    canvas = compose.Canvas.on(ground(), np.random.default_rng(0))
    canvas.light_degrees = -90.0
    canvas.lay(painted("ball", 0, 0.0, 20), (0.5, 0.5), 20)
    outside = np.where(canvas.owner == 0, canvas.picture[0], np.nan)
    assert np.nanmin(outside[70:]) < 0.7  # below it is darker
    assert np.nanmin(outside[:24]) > 0.79  # above it is not
    below = outside[69:90, 48]
    assert (np.diff(below) > -1e-6).all()  # fading outwards
    assert len(np.unique(below.round(3))) > 4


def test_four_in_ten_backgrounds_are_cut_from_photographs_of_the_right_split() -> None:
    for split, allowed in backgrounds.PHOTOS.items():
        names = [
            backgrounds.background(Recipe(split=split).generator(i), 32, split)[1]
            for i in range(300)
        ]
        cut = [name for name in names if name in photos.names()]
        assert 0.33 < len(cut) / len(names) < 0.47
        assert set(cut) == set(allowed)
        assert set(names) - set(cut) == set(backgrounds.PAINTED)


def test_validation_sees_no_photograph_of_the_training() -> None:
    train, val = (set(backgrounds.PHOTOS[split]) for split in ("train", "val"))
    assert not train & val
    assert train | val == set(photos.names())


@pytest.mark.parametrize("name", [*backgrounds.PAINTED, "rocket"])
def test_every_background_has_values_in_range_and_is_not_flat(name: str) -> None:
    for number in range(3):
        random = np.random.default_rng(number)
        paint = backgrounds.PAINTED.get(name)
        values = paint(random, 96) if paint else backgrounds.photographic(random, 96, name)
        assert values.shape == (3, 96, 96)
        assert values.dtype == np.float32
        assert values.min() >= -0.02
        assert values.max() <= 1.3
        assert values.std() > 0.005


@pytest.fixture
def _no_photographs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def missing(name: str) -> np.ndarray:
        raise FileNotFoundError(f"no file {name}.png")

    backgrounds._photo.cache_clear()
    monkeypatch.setattr(photos, "load", missing)
    yield
    backgrounds._photo.cache_clear()


@pytest.mark.usefixtures("_no_photographs")
def test_a_missing_photograph_is_an_error_not_another_scene() -> None:
    photographic = [
        i for i in range(12) if Recipe().generator(i).random() < backgrounds.PHOTOGRAPHIC
    ]
    assert 0 < len(photographic) < 12
    for index in range(12):
        if index in photographic:
            with pytest.raises(ValueError, match=r"need the photograph '\w+'.*install"):
                scene(index, size=64)
        else:
            scene(index, size=64)


def test_labels_count_within_the_classes_that_were_asked_for() -> None:
    chosen = ("star", "car")
    labels = {int(v) for i in FEW for v in scene(i, size=64, classes=chosen).labels}
    assert labels == {0, 1}
    assert Scenes(2, classes=["car"]).names == ("car",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": -1}, "seed must be an integer of at least 0, got -1"),
        ({"seed": 1.5}, "seed must be an integer"),
        ({"size": 16}, "size must be an integer of at least 32, got 16"),
        ({"size": True}, "size must be an integer"),
        ({"split": "test"}, "split must be one of train, val; got 'test'"),
        ({"classes": ["cat"]}, "classes must be some of ball.*got cat"),
        ({"classes": []}, "got none"),
        ({"classes": ["car", "car"]}, "each once; got car, car"),
        ({"min_objects": 5, "max_objects": 2}, "min_objects <= max_objects.*got 5 and 2"),
        ({"max_objects": 41}, "<= 40"),
        ({"min_objects": -1}, "min_objects must be an integer of at least 0"),
        ({"object_size": (0.5, 0.2)}, "smaller first.*got 0.5 and 0.2"),
        ({"object_size": (0.0, 0.2)}, "from 0.02"),
        ({"min_objects": 40, "max_objects": 40, "object_size": (0.9, 1.0)}, "found no room"),
    ],
)
def test_options_out_of_range_are_refused_with_the_value(
    options: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "BEGINNINGS", 1)
    with pytest.raises(ValueError, match=words):
        scene(0, **options)  # type: ignore[arg-type]


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="index must be an integer of at least 0, got -1"):
        scene(-1)


def test_scenes_are_a_sequence_of_them() -> None:
    several = Scenes(5, size=64, seed=2, max_objects=2)
    assert len(several) == 5
    assert len(list(several)) == 5
    assert same(several[-1], scene(4, size=64, seed=2, max_objects=2))
    assert [len(s) for s in several[1:3]] == [len(several[1]), len(several[2])]
    assert several.names == CLASSES
    with pytest.raises(IndexError):
        several[5]


@pytest.mark.parametrize(
    ("length", "options", "words"),
    [
        (0, {}, "length must be an integer of at least 1, got 0"),
        (4, {"colour": 1}, "scenes know the options seed, size.*got 'colour'"),
        (4, {"size": 8}, "size must be"),
    ],
)
def test_a_set_that_cannot_be_is_refused(
    length: int, options: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Scenes(length, **options)


def test_prepared_scenes_are_the_scenes_whoever_drew_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "CHUNK", 3)
    several, done = Scenes(13, size=68, min_objects=0, max_objects=3), []
    alone = prepare(several, workers=1)
    together = prepare(several, workers=2, progress=done.append)
    assert done[-1] == 13
    assert done == sorted(done)
    assert len(alone) == len(together) == 13
    assert alone.names == CLASSES
    for one, other, original in zip(alone, together, several, strict=True):
        assert same(one, original)
        assert same(other, original)
    assert [len(s) for s in alone[3:5]] == [len(several[3]), len(several[4])]
    with pytest.raises(IndexError):
        alone[13]


class Deadly(list[Scene]):
    """Scenes that end the process that unpacks them."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (1,)


def test_workers_that_cannot_start_are_reported_with_the_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "CHUNK", 1)
    with pytest.raises(RuntimeError, match="workers=1"):
        prepare(Deadly(Scenes(4, size=32, max_objects=1)), workers=2)


def test_scenes_without_masks_are_prepared_without_masks() -> None:
    image = np.zeros((6, 10, 3), np.uint8)
    boxed = [Scene.from_boxes(image, [[1, 2, 3, 4]], [0]), Scene.from_boxes(image, [], [])]
    packed = prepare(boxed, workers=1)
    assert packed.bits is None
    assert packed[0].masks is None
    assert packed[0].boxes_xyxy.tolist() == [[1, 2, 3, 4]]
    assert len(packed[1]) == 0


def test_scenes_of_different_sizes_cannot_be_prepared() -> None:
    mixed = [scene(0, size=32, max_objects=1), scene(0, size=48, max_objects=1)]
    with pytest.raises(ValueError, match=r"one size, got 32x32, 48x48.*letterboxed"):
        prepare(mixed, workers=1)
    with pytest.raises(ValueError, match="at least one scene"):
        prepare([], workers=1)
    with pytest.raises(ValueError, match="workers must be an integer of at least 1, got 0"):
        prepare(mixed, workers=0)


def test_prepared_scenes_are_kept_in_a_file_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several, file = Scenes(4, size=44, max_objects=2), tmp_path / "scenes.npz"
    first = prepare(several, workers=1, file=file)
    assert [path.name for path in tmp_path.iterdir()] == ["scenes.npz"]

    def refuse(*_: object) -> Scene:
        raise AssertionError("drawn although they lay there")

    with monkeypatch.context() as patch:
        patch.setattr(sequence, "compose", refuse)
        again = prepare(Scenes(4, size=44, max_objects=2), workers=1, file=file)
        with pytest.raises(AssertionError, match="drawn"):
            prepare(Scenes(4, size=44, max_objects=3), workers=1, file=file)
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert again.names == CLASSES
    other = prepare(Scenes(4, size=44, seed=1, max_objects=2), workers=1, file=file)
    assert not same(other[0], first[0])  # another recipe is drawn anew


@pytest.mark.parametrize("content", [b"my thesis", b"", b"PK\x03\x04 broken"])
def test_a_file_that_is_something_else_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "scenes.npz"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"scenes\.npz must hold prepared scenes.*move it away"):
        prepare(Scenes(2, size=32), workers=1, file=file)
    assert file.read_bytes() == content


def test_another_npz_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mine.npz"
    np.savez(file, thesis=np.arange(3))
    before = file.read_bytes()
    with pytest.raises(ValueError, match="must hold prepared scenes"):
        prepare(Scenes(2, size=32), workers=1, file=file)
    assert file.read_bytes() == before


def test_a_disk_that_fills_up_leaves_the_old_file_and_no_half_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "scenes.npz"
    prepare(Scenes(2, size=32, max_objects=1), workers=1, file=file)
    before = file.read_bytes()

    def full(stream: object, **_: object) -> None:
        stream.write(b"half of it")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepared.np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        prepare(Scenes(3, size=32, max_objects=1), workers=1, file=file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["scenes.npz"]


def test_only_scenes_known_by_a_recipe_can_be_kept_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only Scenes can be kept in a file"):
        prepare([scene(0, size=32)], workers=1, file=tmp_path / "x.npz")


def test_packing_keeps_masks_whose_width_is_no_multiple_of_eight() -> None:
    masks = np.random.default_rng(0).random((3, 5, 13)) < 0.5
    original = Scene.from_masks(np.zeros((5, 13, 3), np.uint8), masks, [2, 0, 1])
    unpacked = Prepared.pack([original, original])[1]
    assert unpacked.masks is not None
    assert unpacked.masks.dtype == np.bool_
    assert (unpacked.masks == masks).all()
    assert unpacked.labels.tolist() == [2, 0, 1]


def test_a_contact_sheet_says_how_many_scenes_and_objects_it_shows() -> None:
    several = Scenes(5, size=64, max_objects=3)
    count = sum(len(s) for s in several)
    sheet = contact_sheet(several, columns=3, title="Five scenes")
    assert sheet.alt.startswith(f"Five scenes: 5 scenes with {count} objects outlined: ")
    assert len(sheet.axes) == 5 + 1  # and the legend's
    assert sheet.to_png()[:4] == b"\x89PNG"
    plain = contact_sheet(several, outlines=False)
    assert plain.alt == "Contact sheet: 5 scenes."
    with pytest.raises(ValueError, match="at least one scene"):
        contact_sheet([])


def test_boxes_around_masks_of_which_one_is_empty() -> None:
    masks = np.zeros((3, 4, 6), bool)
    masks[0, 1:3, 2:5] = True
    masks[2, 3, 5] = True
    assert boxes_around(masks).tolist() == [[2, 1, 5, 3], [0, 0, 0, 0], [5, 3, 6, 4]]
    assert boxes_around(masks[:0]).shape == (0, 4)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (((4, 4, 1), (1, 4), (1,), (1, 4, 4)), r"uint8 array \(height, width, 3\)"),
        (((4, 5, 3), (2, 4), (1,), (2, 4, 5)), "must belong together"),
        (((4, 5, 3), (1, 4), (1,), (1, 5, 4)), "must belong together"),
        (((4, 5, 3), (1, 5), (1,), (1, 4, 5)), "must belong together"),
    ],
)
def test_a_scene_whose_parts_do_not_belong_together_is_refused(
    shapes: tuple[tuple[int, ...], ...], words: str
) -> None:
    image, boxes, labels, masks = shapes
    with pytest.raises(ValueError, match=words):
        Scene(np.zeros(image, np.uint8), np.zeros(boxes, np.float32),
              np.zeros(labels, np.int64), np.zeros(masks, bool))  # fmt: skip
