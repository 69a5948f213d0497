"""The steps are those of ``data.augment``, and points follow them in both languages."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from yoloexplain.data import augment
from yoloexplain.data.augment.matrices import follow
from yoloexplain.data.record import Scene
from yoloexplain.layers.dropblock import DropBlock2d
from yoloexplain.widgets import AugmentationSteps
from yoloexplain.widgets.augmentation_steps import KINDS

NAMES = ("red", "green")


def scenes(count: int = 4, size: tuple[int, int] = (48, 64)) -> list[Scene]:
    """Two rectangles on noise each; taller and wide pictures, so that a swap would show."""
    found = []
    for number in range(count):
        random = np.random.default_rng(number)
        image = random.integers(0, 255, (*size, 3), np.uint8)
        masks = np.zeros((2, *size), np.bool_)
        masks[0, 5:25, 8:20] = masks[1, 20:44, 30 + number : 60] = True
        found.append(Scene.from_masks(image, masks, [0, 1]))
    return found


@pytest.fixture(scope="module")
def widget() -> AugmentationSteps:
    values = np.random.default_rng(0).normal(size=(24, 30))
    return AugmentationSteps(scenes(), NAMES, seeds=(4, 5), feature_map=values)


def test_the_last_step_is_the_augmentation_itself(widget) -> None:
    given = scenes()
    for index, seed in enumerate((4, 5)):
        expected = {
            "CutMix": augment.cutmix(given[0], given[1], np.random.default_rng(seed)).scene,
            "MixUp": augment.mixup(given[0], given[1], np.random.default_rng(seed)).scene,
            "HSV": augment.hsv_jitter(given[0], np.random.default_rng(seed), hue=0.03).scene,
            "random affine": augment.random_affine(
                given[0], np.random.default_rng(seed), degrees=20, shear=10
            ).scene,
        }
        for kind, scene in expected.items():
            last = widget.frames[kind][index][-1].scene
            np.testing.assert_array_equal(last.image, scene.image)
            np.testing.assert_array_equal(last.boxes_xyxy, scene.boxes_xyxy)


def test_a_mosaic_fills_up_and_is_cut(widget) -> None:
    for index, seed in enumerate((4, 5)):
        random = np.random.default_rng(seed)
        whole = augment.mosaic(scenes(), random)
        cut = augment.random_affine(whole.scene, random, size=(48, 64))
        frames = widget.frames["Mosaic"][index]
        counts = [len(frame.scene) for frame in frames]
        assert counts[0] == 0
        assert counts[:5] == sorted(counts[:5])
        np.testing.assert_array_equal(frames[4].scene.boxes_xyxy, whole.scene.boxes_xyxy)
        np.testing.assert_array_equal(frames[5].scene.image, cut.scene.image)
        assert [len(frame.hidden) for frame in frames] == [1, 3, 2, 1, 0, 0]


def test_dropblock_drops_squares_and_keeps_the_mean(widget) -> None:
    before = torch.get_rng_state()
    frames = AugmentationSteps(scenes(), NAMES, seeds=(4,), feature_map=np.ones((24, 30))).frames
    assert torch.equal(before, torch.get_rng_state())  # nobody's dice are thrown
    torch.manual_seed(4)
    keep = DropBlock2d(0.25, 7).keep_mask(torch.ones(1, 1, 24, 30))
    gone = np.all(frames["DropBlock"][0][2].scene.image == [204, 120, 166], axis=2)[::4, ::4]
    np.testing.assert_array_equal(gone, keep[0, 0].numpy() == 0)
    assert f"{100 * (1 - keep.mean()):.0f} % is gone" in frames["DropBlock"][0][2].said


def test_every_picture_lies_on_the_sheet_where_the_table_says(widget) -> None:
    sheet = np.asarray(Image.open(BytesIO(widget.view.sheet))).astype(int)
    for kind, throws in zip(widget.view.table["kinds"], widget.frames.values(), strict=True):
        for rows, frames in zip(kind["throws"], throws, strict=True):
            for row, frame in zip(rows, frames, strict=True):
                x, y, w, h = row["at"]
                assert (h, w) == frame.scene.size
                part = sheet[y : y + h, x : x + w]
                assert np.abs(part.mean((0, 1)) - frame.scene.image.mean((0, 1))).max() < 2


def test_outlines_go_around_the_masks(widget) -> None:
    row = widget.view.table["kinds"][KINDS.index("flip")]["throws"][0][0]
    points = np.array(row["outlines"][0][0]).reshape(-1, 2)
    assert (points.min(0) - [8, 5] >= -0.51).all()
    assert (points.max(0) - [20, 25] <= 0.51).all()


def test_points_follow_in_both_languages(widget, javascript) -> None:
    random = np.random.default_rng(1)
    calls, expected = [], []
    for throws in widget.frames.values():
        for frame in (frame for frames in throws for frame in frames):
            point = random.uniform(0, 60, 2)
            flat = frame.matrix.ravel().tolist()
            calls += [
                ("followPoint", [flat, point.tolist()]),
                ("undoPoint", [flat, follow(frame.matrix, point)[0].tolist()]),
            ]
            expected += [follow(frame.matrix, point)[0], point]
    np.testing.assert_allclose(javascript("augment", calls), expected, atol=1e-9)
    bent = [[1, 0.2, 3, 0.1, 0.9, -4, 0.001, 0.0005, 1], [20, 30]]
    there = javascript("augment", [("followPoint", bent)])[0]
    assert there == pytest.approx(follow(np.reshape(bent[0], (3, 3)), bent[1])[0])
    back = javascript("augment", [("undoPoint", [bent[0], there]), ("undoPoint", [[0] * 9, there])])
    assert back[0] == pytest.approx(bent[1])
    assert back[1] is None


def test_it_names_its_steps_and_draws_them(widget) -> None:
    assert repr(widget) == (
        "AugmentationSteps: steps of Mosaic 5, CutMix 3, MixUp 2, random affine 4, flip 2, HSV 3, "
        "DropBlock 3; 2 throws of the dice"
    )
    widget.view.kind = KINDS.index("CutMix")
    words = "CutMix, step by step: 4 scenes (first picture; second picture; cut out; pasted)"
    assert widget.picture().alt.startswith(words)
    widget.view.kind = KINDS.index("DropBlock")
    assert "4 scenes (" in widget.picture().alt


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (scenes(3), {}, "four of one size"),
        (scenes(4, (48, 320)), {}, "at most 256 a side"),
        (scenes(), {"names": ("red",)}, "got 1 and 1 names"),
        (scenes(), {"seeds": ()}, "seeds must be 1 to 5, got 0"),
        (scenes(), {"augmentation": "Cutout"}, "'Cutout'"),
        (scenes(), {"feature_map": np.zeros((2, 3, 4))}, "two axes"),
    ],
)
def test_bad_input_is_named(given, options, words) -> None:
    with pytest.raises(ValueError, match=words):
        AugmentationSteps(given, **({"names": NAMES, "feature_map": np.ones((8, 8))} | options))
