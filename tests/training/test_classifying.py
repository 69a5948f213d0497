"""A classifier learns in the same loop, from pictures of one thing each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_training import NAMES, SETTINGS, squares
from torch import nn

from yoloexplain import create_model
from yoloexplain.__main__ import main
from yoloexplain.backbones.classifier import Classifier
from yoloexplain.backbones.trunk import Trunk
from yoloexplain.data.record import Scene
from yoloexplain.training import evaluate, fit
from yoloexplain.training.accuracy import Accuracy, measure_accuracy
from yoloexplain.training.plots import pictures
from yoloexplain.training.sources import THINGS, open_data
from yoloexplain.training.task import ClassifierTask, kind_of, task_of

Capture = pytest.CaptureFixture[str]


class Means(Trunk):
    """The image itself, so that its classifier sees the mean colour."""

    in_channels, out_channels, stride = 3, 3, 1

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Identity()

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"c0": self.same(image)}


def single(count: int, seed: int = 0) -> list[Scene]:
    """One rectangle of one colour each."""
    return [scene for scene in squares(6 * count, seed=seed) if len(scene) == 1][:count]


def test_a_classifier_learns_to_name_colours() -> None:
    torch.manual_seed(0)
    settings = replace(SETTINGS, epochs=40, learning_rate=0.3, optimizer="adam", augment="none",
                       validate_every=40)  # fmt: skip
    fitted = fit(Classifier(Means(), 3), single(60), settings, names=NAMES,
                 validation=single(30, seed=1))  # fmt: skip
    assert isinstance(fitted.scores, Accuracy)
    assert fitted.scores.accuracy > 0.9
    assert fitted.history[-1]["accuracy"] == fitted.scores.accuracy
    assert list(fitted.history[0]) == ["epoch", "step", "seconds", "rate", "loss_classes"]
    assert fitted.scores.line() == f"30 images: accuracy {fitted.scores.accuracy:.3f}"
    drawn = [name for name, _ in pictures(fitted.history, fitted.scores, [])]
    assert drawn == ["losses", "scores", "confusion"]


def test_accuracy_is_counted_picture_by_picture() -> None:
    scenes = single(20)
    torch.manual_seed(1)
    model = Classifier(Means(), 3).eval()
    task = task_of(model, NAMES, 64)
    assert isinstance(task, ClassifierTask)
    assert kind_of(model) == "classifier"
    found = evaluate(task, scenes, SETTINGS)
    assert isinstance(found, Accuracy)
    right = 0
    confusion = np.zeros((3, 3), int)
    for scene in scenes:
        image = torch.from_numpy(scene.image).permute(2, 0, 1)[None].float() / 255
        said = int(model(image).argmax())
        confusion[said, int(scene.labels[0])] += 1
        right += said == int(scene.labels[0])
    assert found.accuracy == right / 20
    np.testing.assert_array_equal(found.confusion, confusion)
    shares = confusion.diagonal() / confusion.sum(axis=0)
    assert list(found.per_class.values()) == pytest.approx(shares.tolist(), nan_ok=True)


def test_a_class_that_no_picture_shows_has_no_share() -> None:
    scenes = [scene for scene in single(30) if int(scene.labels[0]) != 2]
    task = task_of(Classifier(Means(), 3).train(), NAMES, 64)
    assert isinstance(task, ClassifierTask)
    found = measure_accuracy(task, scenes, SETTINGS, task.model)
    assert np.isnan(found.per_class["blue"])
    assert task.model.training


def test_pictures_of_several_things_are_refused_by_number() -> None:
    scenes = [*single(3), next(scene for scene in squares(20) if len(scene) == 2)]
    with pytest.raises(ValueError, match="of one thing each, got 2 in scene 3; pass --da"):
        fit(Classifier(Means(), 3), scenes, SETTINGS, names=NAMES)


def test_things_are_drawn_one_a_picture_and_large() -> None:
    things, names, line = open_data("things", "val", 64, count=40)
    assert line == "val: 40 drawn things of 64 pixels"
    assert len(names) == 8
    assert {len(thing) for thing in things} == {1}
    sides = [(t.boxes_xyxy[:, 2:] - t.boxes_xyxy[:, :2]).max() / 64 for t in things]
    assert min(sides) > 0.5 * THINGS["object_size"][0]


def test_the_commands_train_and_evaluate_a_classifier_and_detect_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    command = "train --data things --scenes 16 --model csp-densenet-small --image-size 64"
    assert main(f"{command} --epochs 1 --batch 8 --precision no --name c".split()) == 0
    assert "500 images: accuracy 0." in capsys.readouterr().out
    weights = "--weights runs/c/best.safetensors"
    assert main(f"evaluate --data things --scenes 24 {weights}".split()) == 0
    out = capsys.readouterr().out
    assert "24 images: accuracy 0." in out
    assert "  car: accuracy " in out
    (tmp_path / "photo.png").write_bytes(b"")
    assert main(f"detect photo.png {weights}".split()) == 2
    assert "detect needs a detector's weights, got a classifier's" in capsys.readouterr().err


def test_the_csp_form_does_the_same_for_a_quarter_less() -> None:
    import yoloexplain

    dense, csp = (
        yoloexplain.summarize(create_model(f"{name}-small"), (64, 64)).mult_adds
        for name in ("densenet", "csp-densenet")
    )
    assert csp <= 0.75 * dense
