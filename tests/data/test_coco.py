"""COCO JSON: boxes, polygons and run lengths are read exactly, and what is wrong is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from yoloexplain.data import coco_json
from yoloexplain.data.outlines import mask_of_runs, runs_of_text
from yoloexplain.data.own import OwnData
from yoloexplain.data.problems import BadDataError
from yoloexplain.results import run_lengths

HEIGHT, WIDTH = 30, 50


def annotation(number: int, **changes: Any) -> dict[str, Any]:
    """An annotation of a box, from (10, 5) to (30, 20)."""
    entry = {"id": number, "image_id": 7, "category_id": 20, "bbox": [10, 5, 20, 15]}
    return {key: value for key, value in {**entry, **changes}.items() if value is not ...}


class Coco:
    """An annotation file on a disk, to be built and spoilt."""

    def __init__(self, root: Path) -> None:
        self.folder, self.file = root / "pictures", root / "instances.json"
        self.folder.mkdir()
        for name in ("one.png", "two.png"):
            pixels = np.random.default_rng(len(name)).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            Image.fromarray(pixels).save(self.folder / name)
        self.data: Any = {
            "images": [
                {"id": 7, "file_name": "one.png", "height": HEIGHT, "width": WIDTH},
                {"id": 3, "file_name": "two.png", "height": HEIGHT, "width": WIDTH},
            ],
            "categories": [{"id": 20, "name": "dog"}, {"id": 4, "name": "cat"}],
            "annotations": [annotation(1), annotation(2, category_id=4, bbox=[0, 0, 50, 30])],
        }

    def load(self, **options: bool) -> OwnData:
        self.file.write_text(json.dumps(self.data))
        return coco_json.load(self.file, self.folder, **options)


@pytest.fixture
def coco(tmp_path: Path) -> Coco:
    return Coco(tmp_path)


def test_boxes_become_corners_and_categories_labels_by_rising_number(coco: Coco) -> None:
    data = coco.load()
    assert data.names == ("cat", "dog")
    assert data.category_ids == (4, 20)
    first, second = data
    assert first.boxes_xyxy.tolist() == [[10, 5, 30, 20], [0, 0, 50, 30]]
    assert first.labels.tolist() == [1, 0]
    assert first.masks is None
    assert first.size == (HEIGHT, WIDTH)
    assert len(second) == 0
    assert data.summary() == "2 images (1 without objects), 2 objects with boxes"


def test_polygons_become_masks_and_parts_add_up(coco: Coco) -> None:
    parts = [[10, 5, 20, 5, 20, 9, 10, 9], [30, 15, 40, 15, 40, 20, 30, 20]]
    coco.data["annotations"] = [annotation(1, segmentation=parts, bbox=[10, 5, 30, 15])]
    scene = coco.load()[0]
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[5:9, 10:20] = True
    expected[15:20, 30:40] = True
    assert scene.masks is not None
    assert (scene.masks[0] == expected).all()
    assert scene.boxes_xyxy.tolist() == [[10, 5, 40, 20]]


def compressed(runs: list[int]) -> str:
    """Write run lengths as COCO's text: the plainest way to do it."""
    text = ""
    for k, run in enumerate(runs):
        value = run - runs[k - 2] if k > 2 else run
        while True:
            piece, value = value & 31, value >> 5
            last = (value == 0 and not piece & 16) or (value == -1 and piece & 16)
            text += chr((piece if last else piece | 32) + 48)
            if last:
                break
    return text


@pytest.mark.parametrize("form", ["numbers", "text"])
def test_run_lengths_become_the_mask_that_was_written(coco: Coco, form: str) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[3:9, 11:40] = True
    mask[5:7, 20:25] = False  # a hole
    runs = run_lengths(torch.from_numpy(mask))
    counts = runs if form == "numbers" else compressed(runs)
    segmentation = {"size": [HEIGHT, WIDTH], "counts": counts}
    coco.data["annotations"] = [annotation(1, segmentation=segmentation)]
    scene = coco.load()[0]
    assert scene.masks is not None
    assert (scene.masks[0] == mask).all()
    assert scene.boxes_xyxy.tolist() == [[11, 3, 40, 9]]  # of the mask, not the stated box


@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 11))))
def test_run_lengths_there_and_back_give_every_mask(mask: np.ndarray) -> None:
    runs = run_lengths(torch.from_numpy(mask.copy()))
    size = mask.shape[0], mask.shape[1]
    assert (mask_of_runs(runs, size) == mask).all()
    assert runs_of_text(compressed(runs)) == runs


def test_a_known_text_of_run_lengths_is_read() -> None:
    # 6 off, 1 on, 40 off, 4 on, 5 off, 4 on, 5 off, 4 on, 21 off
    assert runs_of_text("61X13mN000`0") == [6, 1, 40, 4, 5, 4, 5, 4, 21]


@pytest.mark.parametrize(
    ("text", "words"), [("6\x01", "cannot hold the character"), ("X", "ends? within")]
)
def test_a_text_that_cannot_be_run_lengths_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        runs_of_text(text)


def test_a_box_may_be_left_out_where_there_is_an_outline(coco: Coco) -> None:
    square = [[10, 5, 20, 5, 20, 9, 10, 9]]
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[2:4, 5:9] = True
    runs = {"size": [HEIGHT, WIDTH], "counts": run_lengths(torch.from_numpy(mask))}
    coco.data["annotations"] = [
        annotation(1, segmentation=square, bbox=...),
        annotation(2, segmentation=runs, bbox=...),
    ]
    data = coco.load()
    boxes = [thing.box_xyxy for thing in data.items[0].objects]
    assert boxes == [(10, 5, 20, 9), (5, 2, 9, 4)]
    assert data[0].boxes_xyxy.tolist() == [list(map(float, box)) for box in boxes]


def test_one_object_without_outline_leaves_boxes_only(coco: Coco) -> None:
    square = [[10, 5, 20, 5, 20, 9, 10, 9]]
    coco.data["annotations"] = [
        annotation(1, segmentation=square), annotation(2, segmentation=[])
    ]  # fmt: skip
    data = coco.load()
    assert not data.has_masks
    assert data[0].masks is None
    assert len(data[0]) == 2


def test_crowds_are_left_out_with_a_note(coco: Coco) -> None:
    coco.data["annotations"].append(annotation(3, iscrowd=1, bbox=[1, 1, 5, 5]))
    data = coco.load()
    assert len(data[0]) == 2
    assert data.summary().endswith("; 1 crowds left out")


BAD_ANNOTATIONS: list[tuple[Any, str]] = [
    ("text", "an annotation must have an image_id, got 'text'"),
    (annotation(9, image_id=...), "must have an image_id"),
    (annotation(9, image_id=99), "image_id must be the id of an image of this file, got 99"),
    (annotation(9, image_id=[7]), r"got \[7\]"),
    (annotation(9, category_id=5), "category_id must be one of the 2 categories, got 5"),
    (annotation(9, category_id="20"), "got '20'"),
    (annotation(9, bbox=...), "bbox must be four numbers.*got None"),
    (annotation(9, bbox=[1, 2, 3]), r"bbox must be four numbers.*got \[1, 2, 3\]"),
    (annotation(9, bbox=[1, 2, "3", 4]), "bbox must be four numbers"),
    (annotation(9, bbox=[1, 2, 10**400, 4]), "bbox must be four numbers"),
    (annotation(9, bbox=[1, 2, float("nan"), 4]), "finite numbers, got nan or inf"),
    (annotation(9, bbox=[1, 2, float("inf"), 4]), "finite numbers"),
    (annotation(9, bbox=[1, 2, 0, 4]), "a width and a height above 0, got 0 and 4 pixels"),
    (annotation(9, bbox=[40, 2, 20, 4]), r"inside the image of 50 x 30 pixels, got from \(40, 2\)"),
    (annotation(9, bbox=[-5, 2, 20, 4]), "inside the image"),
    (annotation(9, segmentation=[[1, 2, 3, 4]]), "at least three pairs of numbers"),
    (annotation(9, segmentation=[[1, 2, 3, 4, 5, 6, 7]]), "at least three pairs"),
    (annotation(9, segmentation=[1, 2, 3, 4, 5, 6]), "at least three pairs of numbers, got 1"),
    (annotation(9, segmentation=[[1, 2, 3, 4, 5, None]]), "at least three pairs"),
    (annotation(9, segmentation=[[1, 2, 3, 4, 5, float("nan")]]), "finite numbers"),
    (annotation(9, segmentation=[[1, 2, 3, 4, 99, 6]]), "a polygon must lie inside the image"),
    (annotation(9, segmentation="abc"), "polygons or run lengths, got 'abc'"),
    (
        annotation(9, segmentation={"size": [50, 30], "counts": [1500]}),
        r"size \[30, 50\], got \[50",
    ),
    (annotation(9, segmentation={"size": [30, 50], "counts": [7, 8]}), "1500 pixels, got 15"),
    (annotation(9, segmentation={"size": [30, 50], "counts": [-1, 1501]}), "at least 0"),
    (annotation(9, segmentation={"size": [30, 50], "counts": 5}), "must be integers"),
    (annotation(9, segmentation={"size": [30, 50], "counts": "\x01"}), "cannot hold"),
    (annotation(9), "an annotation must stand once, got an earlier one again"),
]


@pytest.mark.parametrize(("entry", "words"), BAD_ANNOTATIONS)
def test_a_bad_annotation_is_named_by_its_place_and_can_be_left_out(
    coco: Coco, entry: Any, words: str
) -> None:
    coco.data["annotations"].append(entry)
    with pytest.raises(BadDataError, match=rf"instances\.json: annotations\[2\]: .*{words}"):
        coco.load()
    data = coco.load(skip_bad=True)
    assert len(data[0]) == 2
    assert [problem.place for problem in data.skipped] == ["annotations[2]"]


BAD_IMAGES: list[tuple[Any, str]] = [
    ("text", "an image must have an id, got 'text'"),
    ({"file_name": "one.png"}, "an image must have an id"),
    ({"id": 8}, "an image must have a file_name"),
    ({"id": 7, "file_name": "other.png"}, r"an image must stand once, got other\.png \(id 7\)"),
    ({"id": 8, "file_name": "one.png"}, r"an image must stand once, got one\.png \(id 8\) again"),
    (
        {"id": 8, "file_name": "three.png"},
        r"three\.png: there must be an image here, found no file",
    ),
    ({"id": 8, "file_name": "broken.png"}, r"broken\.png: an image must be readable"),
    (
        {"id": 8, "file_name": "wide.png", "height": 9, "width": 5},
        r"wide\.png must have the size that the file states, 9x5, got 5x9",
    ),
]


@pytest.mark.parametrize(("entry", "words"), BAD_IMAGES)
def test_a_bad_image_is_named_and_can_be_left_out(coco: Coco, entry: Any, words: str) -> None:
    Image.fromarray(np.zeros((5, 9, 3), np.uint8)).save(coco.folder / "wide.png")
    (coco.folder / "broken.png").write_bytes(b"no picture")
    coco.data["images"].append(entry)
    if isinstance(entry, dict) and entry.get("id") == 8:
        coco.data["annotations"].append(annotation(9, image_id=8))  # goes with its image
    with pytest.raises(BadDataError, match=words) as caught:
        coco.load()
    assert len(caught.value.problems) == 1
    assert len(coco.load(skip_bad=True)) == 2


def drop(key: str) -> Callable[[Any], Any]:
    return lambda data: {name: value for name, value in data.items() if name != key}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: [], "must hold the lists images, annotations, categories"),
        (drop("images"), "must hold the lists"),
        (drop("categories"), "must hold the lists"),
        (lambda data: {**data, "annotations": {}}, "must hold the lists"),
        (lambda data: {**data, "categories": []}, "there must be categories, found none"),
        (lambda data: {**data, "categories": [{"id": 1}]}, r"categories\[0\] must have an id and"),
        (
            lambda data: {**data, "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]},
            "each category must stand once, got 1 twice",
        ),
        (
            lambda data: {**data, "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]},
            "got 'a' twice",
        ),
        (lambda data: {**data, "images": [], "annotations": []}, "must have images, found none"),
    ],
)
def test_a_file_that_is_no_annotation_file_is_refused_even_if_bad_entries_are_skipped(
    coco: Coco, change: Callable[[Any], Any], words: str
) -> None:
    coco.data = change(coco.data)
    with pytest.raises(ValueError, match=words):
        coco.load(skip_bad=True)


def test_broken_json_is_named_with_its_line_and_a_missing_file_by_its_name(coco: Coco) -> None:
    coco.file.write_text('{"images": [],\n "annotations": [}\n')
    with pytest.raises(ValueError, match=r"instances\.json:2: this must be JSON"):
        coco_json.load(coco.file, coco.folder)
    coco.file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"instances\.json: this must be JSON"):
        coco_json.load(coco.file, coco.folder)
    with pytest.raises(ValueError, match=r"gone\.json: there must be a JSON file here"):
        coco_json.load(coco.folder / "gone.json", coco.folder)


def test_nothing_is_written_beside_the_annotations(coco: Coco) -> None:
    list(coco.load())
    names = sorted(path.name for path in coco.file.parent.rglob("*"))
    assert names == ["instances.json", "one.png", "pictures", "two.png"]


def test_run_lengths_alternate_from_off() -> None:
    mask = mask_of_runs([2, 3, 1], (2, 3))  # down the columns
    assert mask.tolist() == [[False, True, True], [False, True, False]]
