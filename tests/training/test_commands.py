"""The commands as they are typed: what they write, and how they fail in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from small_training import NAMES, squares

from yoloexplain.__main__ import main
from yoloexplain.data import folders, photos
from yoloexplain.training.detecting import detect_in
from yoloexplain.training.running import from_weights
from yoloexplain.weights import read_weights

Capture = pytest.CaptureFixture[str]
SMALL = "--model yolov5n --image-size 64 --batch 4 --precision no"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a data set of twelve pictures in YOLO's layout."""
    monkeypatch.chdir(tmp_path)
    for split, count, seed in (("train", 8, 0), ("val", 4, 1)):
        for kind in ("images", "labels"):
            (tmp_path / kind / split).mkdir(parents=True)
        for number, scene in enumerate(squares(count, seed=seed)):
            Image.fromarray(scene.image).save(tmp_path / "images" / split / f"{number}.png")
            centre = (scene.boxes_xyxy[:, :2] + scene.boxes_xyxy[:, 2:]) / 128
            size = (scene.boxes_xyxy[:, 2:] - scene.boxes_xyxy[:, :2]) / 64
            rows = np.column_stack([scene.labels, centre, size]).tolist()
            lines = [" ".join([str(int(row[0])), *map(str, row[1:])]) for row in rows]
            (tmp_path / "labels" / split / f"{number}.txt").write_text("\n".join(lines))
    yaml = f"train: images/train\nval: images/val\nnames: [{', '.join(NAMES)}]\n"
    (tmp_path / "data.yaml").write_text(yaml)
    return tmp_path


def run(capsys: Capture, command: str, code: int = 0) -> str:
    assert main(command.split()) == code
    out, err = capsys.readouterr()
    return err if code else out


def test_train_evaluate_detect_one_after_the_other(here: Path, capsys: Capture) -> None:
    out = run(capsys, f"train --data data.yaml --release 6.0 --epochs 1 --name mine {SMALL}")
    assert "train: 8 images (0 without objects)" in out
    folder = here / "runs" / "mine"
    names = {file.name for file in folder.iterdir()}
    wanted = {"best.safetensors", "last.safetensors", "results.csv", "losses.png", "confusion.png"}
    assert wanted <= names
    _, card = read_weights(folder / "best.safetensors")
    assert card["names"] == list(NAMES)
    assert card["options"] == {"num_classes": 3, "release": "6.0"}

    command = f"evaluate --weights {folder}/best.safetensors --data data.yaml --task val"
    assert "4 images: mAP50 " in run(capsys, command)
    command = f"evaluate --weights {folder}/best.safetensors --data data.yaml --task test"
    assert "split must be one that it names (train, val), got 'test'" in run(capsys, command, 2)

    command = f"detect images/val --weights {folder}/best.safetensors --confidence 0.0001"
    assert "in 4 images" in run(capsys, command)
    rows = json.loads((here / "runs" / "detect" / "detections.json").read_text())
    assert {row["file_name"] for row in rows} <= {f"{i}.png" for i in range(4)}
    assert len(list((here / "runs" / "detect").glob("*.png"))) == 4

    out = run(capsys, f"train --data data.yaml --epochs 1 --name mine {SMALL}", 2)
    assert "a new training needs a folder of its own" in out
    start = f"train --data data.yaml --epochs 2 --name more {SMALL} --release 6.0 --cache"
    taken = run(capsys, f"{start} --weights {folder}/best.safetensors --no-autoanchor")
    whole = len(read_weights(folder / "best.safetensors")[0])
    assert f"{whole} of {whole} tensors start from" in taken


def test_the_same_command_gives_the_same_weights(here: Path, capsys: Capture) -> None:
    made = []
    for number, name in enumerate(("one", "two")):
        torch.manual_seed(number)  # what came before must not matter
        run(capsys, f"train --data data.yaml --epochs 1 --name {name} {SMALL}")
        made.append(read_weights(here / "runs" / name / "last.safetensors")[0])
    assert all((made[0][name] == value).all() for name, value in made[1].items())


def test_coco_annotations_are_validated_on_others(here: Path, capsys: Capture) -> None:
    for split, count, seed in (("train", 8, 0), ("val", 4, 1)):
        scenes = squares(count, seed=seed)
        annotations = [
            {"id": 10 * i + k, "image_id": i, "category_id": int(label), "iscrowd": 0,
             "bbox": [*map(float, box[:2]), *map(float, box[2:] - box[:2])]}
            for i, scene in enumerate(scenes)
            for k, (box, label) in enumerate(zip(scene.boxes_xyxy, scene.labels, strict=True))
        ]  # fmt: skip
        images = [{"id": i, "file_name": f"{i}.png", "width": 64, "height": 64}
                  for i in range(count)]  # fmt: skip
        kinds = [{"id": k, "name": name} for k, name in enumerate(NAMES)]
        content = {"images": images, "annotations": annotations, "categories": kinds}
        (here / f"{split}.json").write_text(json.dumps(content))
    command = f"train --data train.json --images images/train --epochs 1 {SMALL}"
    assert "no validation data, so no scores" in run(capsys, f"{command} --name alone")
    judged = "--validation val.json --validation-images images/val"
    out = run(capsys, f"{command} {judged} --name judged")
    assert "val: 4 images" in out
    assert "4 images: mAP50 " in out
    others = json.loads((here / "val.json").read_text())
    others["categories"][0]["name"] = "pink"
    (here / "val.json").write_text(json.dumps(others))
    error = run(capsys, f"{command} {judged} --name third", 2)
    assert "validation must have the classes of the training" in error


def test_user_data_are_never_changed(here: Path, capsys: Capture) -> None:
    def contents() -> dict[Path, bytes]:
        files = [file for kind in ("images", "labels") for file in (here / kind).rglob("*")]
        return {file: file.read_bytes() for file in files if file.is_file()}

    before = contents()
    run(capsys, f"train --data data.yaml --epochs 1 --cache {SMALL}")
    assert contents() == before


def test_bad_labels_stop_a_training_unless_they_are_skipped(here: Path, capsys: Capture) -> None:
    (here / "labels" / "train" / "3.txt").write_text("7 0.5 0.5 0.1 0.1\n")
    error = run(capsys, f"train --data data.yaml --epochs 1 {SMALL}", 2)
    assert error.count("\n") == 1
    assert "3.txt" in error
    out = run(capsys, f"train --data data.yaml --epochs 1 {SMALL} --skip-bad")
    assert "1 bad entries left out" in out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train --epochs 0", "epochs must be a positive integer, got 0"),
        ("train --optimizer sdg", "did you mean 'sgd'"),
        ("train --model yolo5n --data data.yaml", "a model must be one of"),
        ("train --data data.txt", "data must be scenes, things, a data YAML"),
        ("train --data none.yaml", "none.yaml"),
        ("train --name a/b", "name must be the name of one folder, got 'a/b'"),
        ("train --resume --data data.yaml", "resume needs a checkpoint, found none"),
        ("train --model yolov1-notebook --image-size 100", "must be a multiple of 64"),
        ("train --data data.yaml --weights data.yaml", "weights must be a safetensors file"),
        ("evaluate --weights none.safetensors", "weights must be a safetensors file"),
        ("detect none.jpg --weights w.safetensors", "images must be files or folders"),
        ("detect data.yaml --weights w --confidence 2", "confidence must lie from 0 to 1, got 2"),
    ],
)
def test_errors_are_one_line_with_exit_code_two(
    here: Path, capsys: Capture, command: str, words: str
) -> None:
    error = run(capsys, command, 2)
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert words in error


def test_full_disk_is_one_line_too(
    here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("yoloexplain.training.keeping.save_checkpoint", full)
    error = run(capsys, f"train --data data.yaml --epochs 1 {SMALL}", 2).splitlines()[-1]
    assert error.startswith("error: files must be readable and writable, got [Errno 28] No space")


def test_data_set_is_read_as_it_was_drawn(here: Path) -> None:
    data = folders.load(here / "data.yaml", "train")
    for read, drawn in zip(data, squares(8), strict=True):
        np.testing.assert_allclose(read.boxes_xyxy, drawn.boxes_xyxy, atol=1e-3)


def test_detections_come_back_in_the_photographs_pixels(here: Path, capsys: Capture) -> None:
    run(capsys, f"train --data data.yaml --epochs 1 --name mine {SMALL}")
    task = from_weights(here / "runs" / "mine" / "best.safetensors")
    photo = photos.load("chelsea")[:, :200]  # taller than wide
    found = detect_in(task, photo, confidence=1e-4)
    assert len(found) > 0
    assert found.image_size == photo.shape[:2]
    assert bool((found.boxes_xyxy >= 0).all())
    height, width = photo.shape[:2]
    assert bool((found.boxes_xyxy <= torch.tensor([width, height, width, height])).all())
