"""A training that was watched can be played again from plain data."""

import dataclasses

import pytest
import torch
from small_training import NAMES, SETTINGS, squares

from yoloexplain import create_model
from yoloexplain.data.recording import Moment, Recording
from yoloexplain.training import Live
from yoloexplain.training.fitting import Epoch


def watched() -> Live:
    torch.manual_seed(0)
    model = create_model("yolov5n", num_classes=3).eval()
    for conv in model.head.outputs.values():  # so that it claims something
        conv.bias.data.fill_(-0.5)
    live = Live(squares(3, size=80), NAMES, SETTINGS, confidence=0.3)
    for step in (4, 8):
        live.on_epoch(Epoch({"epoch": step / 4, "step": step, "map50": 0.5}, model, None))
    return live


def test_a_recording_holds_every_moment_and_the_doubtful_boxes_too(capsys) -> None:
    recording = watched().recording()
    assert recording.names == NAMES
    assert [moment.step for moment in recording.moments] == [4, 8]
    assert [moment.row["map50"] for moment in recording.moments] == [0.5, 0.5]
    scores = torch.cat([found.scores for found in recording.moments[0].found])
    assert 0.05 < float(scores.min()) < 0.3
    sizes = {scene.size for scene in recording.scenes}
    assert sizes == {(SETTINGS.image_size,) * 2}  # the boxes' own pixels


def test_a_recording_cannot_be_changed(capsys) -> None:
    recording = watched().recording()
    with pytest.raises(dataclasses.FrozenInstanceError):
        recording.names = ()
    with pytest.raises(TypeError):
        recording.moments[0].row["map50"] = 1.0


def test_moments_must_fit_the_scenes_and_rise(capsys) -> None:
    recording = watched().recording()
    first, second = recording.moments
    with pytest.raises(ValueError, match="must rise, got \\[8, 4\\]"):
        Recording(NAMES, recording.scenes, (second, first))
    with pytest.raises(ValueError, match="an answer a scene, got \\[1\\] answers for 3 scenes"):
        Recording(NAMES, recording.scenes, (Moment(1, {}, first.found[:1]),))
