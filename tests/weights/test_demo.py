"""The networks that have learned: what their cards say, and that they still do it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from yoloexplain import create_model, list_models
from yoloexplain.catalog import default_image_size
from yoloexplain.data.scenes import CLASSES
from yoloexplain.training.recipes import RECIPES, first_scores
from yoloexplain.training.task import task_of
from yoloexplain.weights import demo, demo_card, list_demos, read_weights
from yoloexplain.weights.stored import packed

NAMES = sorted(RECIPES)
# What each reaches at least on five hundred unseen scenes.
REACHED = {
    "yolov5n-demo": {"map50": 0.96, "map50_95": 0.78, "photographs_map50": 0.96},
    "yolov1-demo": {"map50": 0.91},
    "solo-demo": {"mask_map50": 0.94, "mask_map50_95": 0.62},
    "solo-decoupled-demo": {"mask_map50": 0.94, "mask_map50_95": 0.58},
    "densenet-demo": {"accuracy": 0.98},
    "csp-densenet-demo": {"accuracy": 0.98},
}


def test_every_recipe_is_shipped_and_can_be_built_by_name() -> None:
    assert list_demos() == NAMES
    assert set(NAMES) <= set(list_models())


def test_all_files_together_are_small() -> None:
    assert sum(demo.demo_file(name).stat().st_size for name in NAMES) < 25e6


@pytest.mark.parametrize("name", NAMES)
def test_a_card_says_how_the_network_was_made(name: str) -> None:
    card, recipe = demo_card(name), RECIPES[name]
    assert card["model"] == recipe.model
    assert card["command"] == f"python -m yoloexplain demo {name}"
    told = [card[key] for key in ("settings", "after") if key in card]
    assert told == [settings.to_dict() for settings in recipe.trainings]
    assert card["image_size"] == recipe.settings.image_size
    assert default_image_size(name) == (card["image_size"],) * 2
    assert tuple(card["names"]) == CLASSES
    assert card["steps"] == sum(
        settings.epochs * (recipe.scenes // settings.batch) for settings in recipe.trainings
    )
    assert card["seconds"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_it_reached_on_unseen_scenes_what_it_was_made_for(name: str) -> None:
    scores = demo_card(name)["scores"]
    assert {key: scores[key] >= least for key, least in REACHED[name].items()} == dict.fromkeys(
        REACHED[name], True
    )


def test_both_classifiers_are_about_as_good() -> None:
    dense, csp = (demo_card(f"{kind}-demo")["scores"] for kind in ("densenet", "csp-densenet"))
    assert abs(dense["accuracy"] - csp["accuracy"]) <= 0.015


@pytest.mark.parametrize("name", NAMES)
def test_asked_again_it_does_as_well_as_its_card_says(name: str) -> None:
    card = demo_card(name)
    model = create_model(name)
    assert not model.training
    task = task_of(model, card["names"], card["image_size"])
    found = first_scores(RECIPES[name], task, model)
    assert found.keys() == card["scores_of_the_first_64"].keys()
    for key, value in card["scores_of_the_first_64"].items():
        if key not in ("precision", "recall"):  # they jump with the score that is chosen for them
            assert found[key] == pytest.approx(value, abs=0.015), key


@pytest.mark.parametrize("name", NAMES)
def test_on_the_meta_device_it_is_built_without_numbers(name: str) -> None:
    with torch.device("meta"):
        model = create_model(name)
    assert all(value.is_meta for value in model.parameters())


def test_a_demo_takes_no_options() -> None:
    with pytest.raises(ValueError, match="yolov5n-demo takes no options; got 'num_classes'"):
        create_model("yolov5n-demo", num_classes=3)


def test_an_unknown_demo_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"must be one of .*yolov5n-demo; got 'yolov9-demo'"):
        demo_card("yolov9-demo")


def test_a_file_whose_numbers_were_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, card = read_weights(demo.demo_file("densenet-demo"))
    weights["head.linear.bias"][0] += 1
    (tmp_path / "densenet-demo.safetensors").write_bytes(packed(weights, card))
    monkeypatch.setattr(demo, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="must have the hash of their card"):
        create_model("densenet-demo")


def test_numbers_too_large_for_float16_are_refused() -> None:
    weights = {"a": torch.tensor([1.0, 2.5]), "n": torch.tensor(70_000)}
    assert demo.halved(weights)["a"].dtype == torch.float16
    assert demo.halved(weights)["n"] == 70_000
    with pytest.raises(ValueError, match=r"up to 65,504, got 70000 in b; train with a lower"):
        demo.halved({"b": torch.tensor([-7e4])})


def test_the_hash_sees_numbers_names_types_and_shapes() -> None:
    one = {"a": torch.arange(6.0)}
    others = [
        {"b": torch.arange(6.0)},
        {"a": torch.arange(6.0).view(2, 3)},
        {"a": torch.arange(6.0).half()},
        {"a": torch.arange(6.0) + 1e-6},
    ]
    assert demo.digest(one) == demo.digest({"a": torch.arange(6.0)})
    assert len({demo.digest(each) for each in [one, *others]}) == 5


def test_doughnuts_keep_their_holes() -> None:
    """In the mask that SOLO draws of a large doughnut, its middle stays open."""
    from yoloexplain.data.scenes import Scenes
    from yoloexplain.training.detecting import detect_in
    from yoloexplain.training.task import DetectorTask

    recipe = dict(size=160, split="val", classes=("doughnut",), min_objects=1, max_objects=1)
    scenes = Scenes(12, seed=7, object_size=(0.35, 0.55), **recipe)
    card = demo_card("solo-demo")
    task = task_of(create_model("solo-demo"), card["names"], 160)
    assert isinstance(task, DetectorTask)
    kept = 0
    for scene in scenes:
        found = detect_in(task, scene.image)
        x0, y0, x1, y1 = scene.boxes_xyxy[0]
        middle = int((y0 + y1) / 2), int((x0 + x1) / 2)
        assert scene.masks is not None
        if len(found) and not scene.masks[0][middle]:
            mask = found.masks[0].numpy()  # type: ignore[attr-defined]
            kept += bool(not mask[middle] and np.logical_and(mask, scene.masks[0]).any())
    assert kept >= 10
