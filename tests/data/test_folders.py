"""Folders: a user's data are read as they are, checked to the last row, and never changed."""

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from yoloexplain.data import augment, folders
from yoloexplain.data.data_yaml import describe
from yoloexplain.data.outlines import Outline
from yoloexplain.data.own import OwnData
from yoloexplain.data.pictures import read_image, read_size
from yoloexplain.data.problems import BadDataError, Problem
from yoloexplain.data.record import Scene
from yoloexplain.data.scenes import prepare

HEIGHT, WIDTH = 40, 60


def photo(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


class Folder:
    """A data set on a disk, to be built and spoilt."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.yaml = root / "data.yaml"
        self.describe("path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog, bird]\n")
        self.add("train/a", "0 0.5 0.5 0.2 0.4\n2 0.25 0.25 0.5 0.5\n")
        self.add("train/b", "")
        self.add("train/c", None)
        self.add("val/d", "1 0.5 0.5 1 1\n")

    def describe(self, text: str) -> None:
        self.yaml.write_text(textwrap.dedent(text))

    def add(self, name: str, rows: str | None, suffix: str = ".png") -> Path:
        image = self.root / "images" / f"{name}{suffix}"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo(len(name))).save(image)
        if rows is not None:
            self.label(name).write_text(rows)
        return image

    def label(self, name: str) -> Path:
        file = self.root / "labels" / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def load(self, split: str = "train", **options: bool) -> OwnData:
        return folders.load(self.yaml, split, **options)

    def snapshot(self) -> dict[str, tuple[bytes, int]]:
        files = [path for path in sorted(self.root.rglob("*")) if path.is_file()]
        return {str(p): (p.read_bytes(), os.stat(p).st_mtime_ns) for p in files}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_images_become_scenes_with_boxes_in_pixels(folder: Folder) -> None:
    data = folder.load()
    assert data.names == ("cat", "dog", "bird")
    assert len(data) == 3
    first = data[0]
    assert isinstance(first, Scene)
    assert first.size == (HEIGHT, WIDTH)
    np.testing.assert_allclose(first.boxes_xyxy, [[24, 12, 36, 28], [0, 0, 30, 20]], atol=1e-4)
    assert first.labels.tolist() == [0, 2]
    assert first.masks is None
    assert (first.image == photo(len("train/a"))).all()
    assert folder.load("val")[0].boxes_xyxy.tolist() == [[0, 0, WIDTH, HEIGHT]]


def test_an_image_without_labels_is_background(folder: Folder) -> None:
    data = folder.load()
    assert [len(scene) for scene in data] == [2, 0, 0]
    assert data.summary() == "3 images (2 without objects), 2 objects with boxes"
    assert data.skipped == ()


def test_nothing_of_the_users_is_changed_or_added(folder: Folder) -> None:
    folder.label("train/a").write_text("0 0.5 0.5 0.2 0.4\nbroken\n")
    before = folder.snapshot()
    data = folder.load(skip_bad=True)
    list(data)
    with pytest.raises(ValueError, match="1 problem"):
        folder.load()
    assert folder.snapshot() == before


def test_outlines_become_masks_and_boxes_are_measured_on_them(folder: Folder) -> None:
    folder.label("train/a").write_text("1 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n0 0 0 0.5 0 0 0.5\n")
    data = folder.load()
    scene = data[0]
    assert data.has_masks
    assert scene.masks is not None
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[4:20, 6:30] = True
    assert (scene.masks[0] == expected).all()
    assert scene.boxes_xyxy[0].tolist() == [6, 4, 30, 20]
    # A pixel belongs to the triangle if its middle does.
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    inside = x / 30 + y / 20 < 1
    assert (scene.masks[1] != inside).sum() <= 2
    assert data[1].masks is not None
    assert data[1].masks.shape == (0, HEIGHT, WIDTH)
    assert "2 objects with masks" in data.summary()


def test_boxes_beside_outlines_leave_boxes_only(folder: Folder) -> None:
    folder.label("train/b").write_text("1 0.1 0.2 0.5 0.2 0.5 0.6\n")
    data = folder.load()
    assert not data.has_masks
    assert data[1].masks is None
    np.testing.assert_allclose(data[1].boxes_xyxy, [[6, 8, 30, 24]], atol=1e-4)


def test_an_outline_without_a_pixel_is_left_out(folder: Folder) -> None:
    folder.label("train/a").write_text(
        "0 0.1 0.1 0.1001 0.1 0.1001 0.1001\n1 0.2 0.2 0.6 0.2 0.6 0.6\n"
    )
    assert folder.load()[0].labels.tolist() == [1]


def test_an_outlines_parts_add_up() -> None:
    square = np.array([[1.0, 1], [4, 1], [4, 4], [1, 4]])
    two = Outline((square, square + np.array([5.0, 0])))
    assert two.mask((6, 12)).sum() == 18
    assert two.box_xyxy((6, 12)) == (1, 1, 9, 4)


@pytest.mark.parametrize(
    "names", ["names: {0: cat, 1: dog, 2: bird}", "names: [cat, dog, bird]\nnc: 3"]
)
def test_names_may_be_a_list_or_numbered(folder: Folder, names: str) -> None:
    folder.describe(f"train: images/train\n{names}\n")
    assert folder.load().names == ("cat", "dog", "bird")


def test_classes_without_names_are_called_by_their_numbers(folder: Folder) -> None:
    folder.describe("train: images/train\nnc: 3\n")
    assert folder.load().names == ("0", "1", "2")


def test_a_path_may_be_relative_absolute_or_left_out(folder: Folder, tmp_path: Path) -> None:
    for path in (str(tmp_path), ".", f"../{tmp_path.name}"):
        folder.describe(f"path: {path}\ntrain: images/train\nnames: [a, b, c]\n")
        assert len(folder.load()) == 3


def test_several_folders_and_a_list_of_images_may_be_one_split(folder: Folder) -> None:
    (folder.root / "list.txt").write_text("images/val/d.png\n\n./images/train/b.png\n")
    folder.describe("train: [images/val, images/train]\nval: list.txt\nnames: [a, b, c]\n")
    assert [item.file.name for item in folder.load().items] == ["d.png", "a.png", "b.png", "c.png"]
    assert [item.file.name for item in folder.load("val").items] == ["d.png", "b.png"]


def test_labels_lie_beside_images_where_no_folder_is_called_images(tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "x.png")
    (tmp_path / "x.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    (tmp_path / "data.yaml").write_text("train: .\nnames: [a]\n")
    assert len(folders.load(tmp_path / "data.yaml")[0]) == 1


def test_only_the_last_folder_called_images_is_replaced() -> None:
    image = Path("/data/images/pets/images/train/one.two.jpg")
    assert folders.label_file(image) == Path("/data/images/pets/labels/train/one.two.txt")


def test_windows_line_ends_a_byte_order_mark_and_hidden_files_do_no_harm(folder: Folder) -> None:
    folder.label("train/a").write_bytes("\ufeff0 0.5 0.5 0.2 0.4\r\n\r\n".encode())
    (folder.root / "images" / "train" / "._a.png").write_bytes(b"resource fork")
    (folder.root / "labels" / "train" / "classes.txt").write_text("cat\ndog\n")
    data = folder.load()
    assert len(data) == 3
    assert len(data[0]) == 1


def test_a_box_that_overshoots_by_rounding_is_cut_at_the_edge(folder: Folder) -> None:
    folder.label("train/a").write_text("0 0.500001 0.5 1.000002 1\n")
    assert folder.load()[0].boxes_xyxy.tolist() == [[0, 0, WIDTH, HEIGHT]]


BAD_ROWS = [
    ("cat 0.5 0.5 0.1 0.1", "a row must be numbers, got 'cat 0.5 0.5 0.1 0.1'"),
    ("0 0.5 0.5 0.1", "a class and 4 numbers.*got 4 numbers"),
    ("0 0.5 0.5 0.1 0.1 0.9", "got 6 numbers"),
    ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "got 8 numbers"),
    ("3 0.5 0.5 0.1 0.1", "a class must be an integer from 0 to 2, got 3; the YAML names 3"),
    ("-1 0.5 0.5 0.1 0.1", "got -1"),
    ("0.5 0.5 0.5 0.1 0.1", "got 0.5"),
    ("0 nan 0.5 0.1 0.1", "finite numbers, got '0 nan 0.5 0.1 0.1'"),
    ("0 0.5 inf 0.1 0.1", "finite numbers"),
    ("0 0.5 0.5 0 0.1", "a width and a height above 0, got 0 and 4 pixels"),
    ("0 0.5 0.5 0.1 -0.1", "a width and a height above 0"),
    ("0 0.9 0.5 0.4 0.1", r"inside the image of 60 x 40 pixels, got from \(42, 18\) to \(66, 22\)"),
    ("0 30 20 10 10", "inside the image"),
    ("0 1.01 0.5 0.01 0.1", "inside the image"),
    ("0 0.1 0.1 0.5 0.1 1.5 0.5", "inside the image"),
    ("0 0.1 0.1 0.5 0.1 0.9 0.1", "a width and a height above 0"),
]


@pytest.mark.parametrize(("row", "words"), BAD_ROWS)
def test_a_bad_row_is_named_with_file_line_and_value(folder: Folder, row: str, words: str) -> None:
    folder.label("train/a").write_text(f"1 0.5 0.5 0.2 0.4\n\n{row}\n0 0.2 0.2 0.1 0.1\n")
    with pytest.raises(ValueError, match=rf"labels/train/a\.txt:3: .*{words}"):
        folder.load()
    data = folder.load(skip_bad=True)
    assert data[0].labels.tolist() == [1, 0]
    assert len(data.skipped) == 1
    assert data.skipped[0].place == 3
    assert data.summary().endswith("; 1 bad entries left out")


def spoil_missing_folder(folder: Folder) -> str:
    folder.describe("train: [images/train, images/nowhere]\nnames: [a, b, c]\n")
    return r"images/nowhere: there must be a folder of images or a \.txt list here"


def spoil_unreadable(folder: Folder) -> str:
    (folder.root / "images" / "train" / "b.png").write_bytes(b"no picture")
    return r"train/b\.png: an image must be readable, got: cannot identify image file"


def spoil_truncated(folder: Folder) -> str:
    file = folder.root / "images" / "train" / "b.png"
    file.write_bytes(file.read_bytes()[:3000])
    return r"train/b\.png: an image must be readable, got: .*truncated"


def spoil_empty_file(folder: Folder) -> str:
    (folder.root / "images" / "train" / "b.png").write_bytes(b"")
    return r"train/b\.png: an image must be readable"


def spoil_twins(folder: Folder) -> str:
    folder.add("train/b", "", suffix=".jpg")
    return r"train/b\.png: two images must not share a label file, this and b\.jpg do"


def spoil_orphan(folder: Folder) -> str:
    folder.label("train/lost").write_text("0 0.5 0.5 0.1 0.1\n")
    return r"labels/train/lost\.txt: a label file must have an image, found none"


def spoil_row_twice(folder: Folder) -> str:
    row = "0 0.5 0.5 0.2 0.4\n"
    folder.label("train/b").write_text(row + "1 0.5 0.5 0.2 0.4\n" + row)
    return r"train/b\.txt:3: a row must stand once, got the one of line 1 again"


def spoil_label_encoding(folder: Folder) -> str:
    folder.label("train/b").write_bytes(b"\xff\xfe\x00 0.5\n")
    return r"train/b\.txt: labels must be a readable text file"


def spoil_list(folder: Folder) -> str:
    (folder.root / "list.txt").write_text("images/train/a.png\nimages/train/gone.png\n")
    folder.describe("train: list.txt\nnames: [a, b, c]\n")
    return r"list\.txt:2: there must be an image .*gone\.png, found none"


def spoil_list_twice(folder: Folder) -> str:
    (folder.root / "list.txt").write_text("images/train/a.png\nimages/train/a.png\n")
    folder.describe("train: list.txt\nnames: [a, b, c]\n")
    return r"list\.txt:2: an image must be listed once, got .*a\.png again"


def spoil_folder_twice(folder: Folder) -> str:
    folder.describe("train: [images/val, images/val]\nnames: [a, b, c]\n")
    return r"val/d\.png: an image must be listed once"


def spoil_odd_pixels(folder: Folder) -> str:
    file = folder.root / "images" / "train" / "b.png"
    file.unlink()
    Image.fromarray(np.ones((4, 6), np.float32)).save(file.with_suffix(".tif"))
    return r"train/b\.tif: an image must be readable, got: its pixels are of the kind 'F'"


SPOILERS = [value for name, value in list(globals().items()) if name.startswith("spoil_")]


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_what_is_wrong_is_named_and_can_be_left_out(
    folder: Folder, spoil: Callable[[Folder], str]
) -> None:
    words = spoil(folder)
    with pytest.raises(BadDataError, match=words) as caught:
        folder.load()
    assert isinstance(caught.value, ValueError)
    assert "skip_bad=True" in str(caught.value)
    data = folder.load(skip_bad=True)
    assert data.skipped == caught.value.problems
    assert 0 < len(list(data)) == len(data) <= 3


def test_without_decoding_a_short_image_is_found_when_it_is_asked_for(folder: Folder) -> None:
    spoil_truncated(folder)
    data = folder.load(decode=False)
    assert len(data) == 3
    assert data[0].size == (HEIGHT, WIDTH)
    with pytest.raises(ValueError, match=r"b\.png: an image must be readable"):
        data[1]


def test_an_image_that_changes_after_the_check_is_refused(folder: Folder) -> None:
    data = folder.load()
    Image.fromarray(photo(height=10)).save(data.items[0].file)
    with pytest.raises(ValueError, match=r"a\.png: an image must stay as it was.*got 10x60"):
        data[0]


def test_an_error_names_ten_problems_and_counts_the_others(folder: Folder) -> None:
    folder.label("train/a").write_text("9 0.5 0.5 0.1 0.1\n" * 13)
    with pytest.raises(BadDataError) as caught:
        folder.load()
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("the data have 13 problems; mend them, or pass skip_bad=True")
    assert len(lines) == 12
    assert lines[10].startswith(f"{folder.label('train/a')}:10: a class must be")
    assert lines[11] == "and 3 more"
    assert len(caught.value.problems) == 13


def test_a_set_of_which_nothing_is_left_is_an_error_even_if_bad_entries_are_skipped(
    folder: Folder,
) -> None:
    for file in (folder.root / "images" / "train").iterdir():
        file.write_bytes(b"")
    with pytest.raises(ValueError, match="a data set must have images, found none"):
        folder.load(skip_bad=True)


def test_an_empty_folder_is_an_error(folder: Folder) -> None:
    (folder.root / "images" / "test").mkdir()
    folder.describe("test: images/test\nnames: [a]\n")
    with pytest.raises(ValueError, match=r"images/test: a data set must have images, found none"):
        folder.load("test", skip_bad=True)


BAD_YAMLS = [
    ("train: [", "must be YAML"),
    ("- a\n- b\n", "must hold keys"),
    ("", "must hold keys"),
    ("train: images/train\n", "names must be a list or a dict of class names, got None"),
    ("train: images/train\nnames: []\n", r"got \[\]"),
    ("train: images/train\nnames: cat\n", "got 'cat'"),
    (
        "train: images/train\nnames: [a, b]\nnc: 3\n",
        "nc must be the number of names, got nc 3 and 2",
    ),
    ("train: images/train\nnames: [a]\nnc: none\n", "nc must be a positive integer, got 'none'"),
    ("train: images/train\nnames: {0: a, 2: b}\n", "numbered 0 to 1 without a gap, got 0, 2"),
    ("train: images/train\nnames: [a, a]\n", "a name of its own, got 'a' twice"),
    ("train: images/train\nnames: [[a], b]\n", "names must be a list"),
    ("names: [a]\n", "must name train, val or test"),
    ("train: 5\nnames: [a]\n", "train must be a path or a list of paths, got 5"),
    ("path: 7\ntrain: images/train\nnames: [a]\n", "path must be the name of a folder, got 7"),
    ("train: !!python/object/apply:os.system [ls]\nnames: [a]\n", "must be YAML"),
]


@pytest.mark.parametrize(("text", "words"), BAD_YAMLS)
def test_a_yaml_that_breaks_a_rule_is_named_even_if_bad_entries_are_skipped(
    folder: Folder, text: str, words: str
) -> None:
    folder.yaml.write_text(text)
    with pytest.raises(ValueError, match=rf"data\.yaml: .*{words}"):
        folder.load(skip_bad=True)


def test_a_missing_yaml_and_a_missing_split_are_named(folder: Folder) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.yaml: there must be a data YAML here"):
        folders.load(folder.root / "nowhere.yaml")
    with pytest.raises(ValueError, match=r"must be one that it names \(train, val\), got 'test'"):
        folder.load("test")


def test_a_yaml_that_would_download_is_only_read(folder: Folder) -> None:
    marker = folder.root / "ran"
    folder.describe(f"train: images/train\nnames: [a, b, c]\ndownload: touch {marker}\n")
    assert describe(folder.yaml).splits["train"] == (folder.root / "images/train",)
    folder.load()
    assert not marker.exists()


def test_a_camera_that_was_held_sideways_is_obeyed(folder: Folder) -> None:
    tagged = Image.fromarray(photo(1))
    exif = tagged.getexif()
    exif[0x0112] = 6  # turn a quarter clockwise
    file = folder.root / "images" / "train" / "a.png"
    tagged.save(file, exif=exif)
    folder.label("train/a").write_text("0 0.5 0.25 1 0.5\n")
    scene = folder.load()[0]
    assert scene.size == (WIDTH, HEIGHT) == read_size(file)
    assert (scene.image == np.rot90(photo(1), -1)).all()
    assert scene.boxes_xyxy.tolist() == [[0, 0, HEIGHT, WIDTH / 2]]


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", ".png"), ("P", ".png"), ("RGBA", ".png"), ("CMYK", ".jpg"),
                         ("1", ".bmp"), ("RGB", ".webp"), ("LA", ".png")]
)  # fmt: skip
def test_every_kind_of_photograph_becomes_rgb(tmp_path: Path, mode: str, suffix: str) -> None:
    file = tmp_path / f"x{suffix}"
    Image.fromarray(photo()).convert(mode).save(file)
    image = read_image(file)
    assert image.dtype == np.uint8
    assert image.shape == (HEIGHT, WIDTH, 3)


def test_sixteen_bits_of_grey_are_scaled_not_cut_off(tmp_path: Path) -> None:
    deep = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 27
    Image.fromarray(deep).save(tmp_path / "deep.png")
    image = read_image(tmp_path / "deep.png")
    assert (image[..., 1] == deep >> 8).all()


def test_an_image_beyond_the_limit_of_pixels_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(photo()).save(tmp_path / "x.png")
    for limit in (HEIGHT * WIDTH - 1, HEIGHT * WIDTH // 3):  # Pillow warns, Pillow refuses
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        for read in (read_image, read_size):
            with pytest.raises(ValueError, match=f"at most {limit} pixels; this has more"):
                read(tmp_path / "x.png")


def test_a_short_image_is_refused_even_where_others_allowed_such(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = spoil_truncated(folder)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(ValueError, match=words):
        folder.load()
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


def test_users_scenes_go_where_drawn_ones_go(folder: Folder) -> None:
    folder.label("train/b").write_text("1 0.5 0.5 0.02 0.03\n")  # about one pixel
    data = folder.load()
    joined = augment.mosaic([data[0], data[1], data[2], data[0]], np.random.default_rng(0)).scene
    assert joined.size == (2 * HEIGHT, 2 * WIDTH)
    packed = prepare(data, workers=1)
    assert packed.names == data.names
    assert [len(scene) for scene in packed] == [2, 1, 0]


def test_a_problem_reads_as_file_and_place() -> None:
    assert str(Problem(Path("a.txt"), "odd", 3)) == "a.txt:3: odd"
    assert str(Problem(Path("a.json"), "odd", "images[3]")) == "a.json: images[3]: odd"
    assert str(Problem(Path("a.png"), "odd")) == "a.png: odd"
