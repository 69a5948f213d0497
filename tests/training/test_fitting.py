"""Every detector learns, in the same loop; the same seed gives the same weights."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from small_training import NAMES, SETTINGS, Tiny, networks, small_solo, squares, train_small

from yoloexplain import create_model
from yoloexplain.data.record import Scene
from yoloexplain.training import Epoch, fit
from yoloexplain.training.task import SOLOTask, kind_of, task_of


def test_tiny_network_learns_to_find_rectangles() -> None:
    torch.manual_seed(0)
    epochs: list[Epoch] = []
    settings = replace(SETTINGS, epochs=30, batch=16, augment="none", ema_decay=0.95,
                       validate_every=30, learning_rate=0.01)  # fmt: skip
    fitted = fit(Tiny(), squares(160), settings, names=NAMES, validation=squares(40, seed=1),
                 on_epoch=epochs.append)  # fmt: skip
    assert fitted.scores is not None
    assert fitted.scores.map50 > 0.4
    losses = [sum(v for k, v in row.items() if k.startswith("loss_")) for row in fitted.history]
    assert losses[-1] < 0.5 * losses[0]
    assert [epoch.row["epoch"] for epoch in epochs] == list(range(1, 31))
    assert ["map50" in row for row in fitted.history] == [False] * 29 + [True]


def total(row: dict[str, float]) -> float:
    return sum(value for name, value in row.items() if name.startswith("loss_"))


@pytest.mark.parametrize("name", ["yolov5", "solo"])
def test_loss_of_the_larger_detectors_falls(name: str) -> None:
    model = networks()[name]
    assert kind_of(model) == name
    settings = replace(SETTINGS, epochs=8, batch=4, augment="none", validate_every=8,
                       learning_rate=0.002, optimizer="adam")  # fmt: skip
    fitted = fit(model, squares(8), settings, names=NAMES, validation=squares(2))
    assert total(fitted.history[-1]) < 0.9 * total(fitted.history[0])
    assert fitted.scores is not None
    assert (fitted.scores.mask_map50 is not None) == (name == "solo")


def test_same_seed_gives_the_same_weights_and_another_others(tmp_path: Any) -> None:
    first, again = train_small(tmp_path / "a"), train_small(tmp_path / "b")
    torch.manual_seed(5)
    other = fit(Tiny(), squares(40), replace(SETTINGS, seed=1), names=NAMES)
    for name, value in first.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])
    assert not torch.equal(first.model.last.weight, other.model.last.weight)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)


def test_background_alone_can_be_learned_from() -> None:
    empty = Scene.from_boxes(noise(), [], [])
    for model in networks().values():
        settings = replace(SETTINGS, epochs=1, batch=2)
        fitted = fit(model, [empty] * 2, settings, names=NAMES)
        assert np.isfinite(total(fitted.history[0]))


def test_anchors_that_do_not_suit_are_replaced_unless_told_not_to() -> None:
    scenes = [Scene.from_boxes(noise(), [[0, 30, 60, 32 + i % 2]], [0]) for i in range(4)]
    settings = replace(SETTINGS, epochs=1, batch=4, augment="none")
    for autoanchor in (True, False):
        model = networks()["yolov5"]
        before = model.get_buffer("head.anchors").clone()
        chosen = replace(settings, autoanchor=autoanchor)
        fitted = fit(model, scenes, chosen, names=NAMES)
        assert torch.equal(model.get_buffer("head.anchors"), before) != autoanchor
        assert bool(fitted.notes) == autoanchor


def test_image_smaller_than_the_stride_is_an_error_before_the_first_step() -> None:
    with pytest.raises(ValueError, match="multiple of the stride 32, got 48x48"):
        fit(networks()["yolov5"], squares(4), replace(SETTINGS, image_size=48), names=NAMES)


def test_solo_without_masks_says_so() -> None:
    scene = Scene.from_boxes(np.zeros((64, 64, 3), np.uint8), [[3, 3, 30, 30]], [0])
    with pytest.raises(ValueError, match="SOLO learns from masks, got boxes alone"):
        fit(small_solo(), [scene] * 2, replace(SETTINGS, epochs=1, batch=2), names=NAMES)


def test_solos_scale_ranges_shrink_with_the_image_and_leave_no_gap() -> None:
    task = task_of(small_solo(), NAMES, 160)
    assert isinstance(task, SOLOTask)
    ranges = task.scale_ranges()
    assert ranges == [(1, 19), (10, 38), (19, 77), (38, 154), (77, 2048)]
    for size in range(1, 300):
        assert any(low <= size <= high for low, high in ranges)


def test_the_small_solo_has_ranges_of_its_own_for_its_own_size() -> None:
    task = task_of(create_model("solo-small", num_classes=3), NAMES, 320)
    assert isinstance(task, SOLOTask)
    assert task.scale_ranges() == [(2, 64), (40, 128), (88, 512)]  # made for 160 pixels


def test_unknown_kind_and_missing_names_are_errors() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        task_of(Tiny(), NAMES, 64, kind="yolo9")
    with pytest.raises(ValueError, match="built for the data's 0 classes"):
        task_of(Tiny(), (), 64)
