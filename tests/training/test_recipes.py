"""Recipes: a network that is trained twice, and one whose training was stopped in between."""

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from yoloexplain.training import Settings, recipes
from yoloexplain.training.recipes import Recipe, make_demo
from yoloexplain.training.sources import THINGS
from yoloexplain.weights.stored import read_weights

FIRST = Settings(epochs=2, batch=8, image_size=64, augment="none", validate_every=2)
TWICE = Recipe(
    "csp-densenet-small", FIRST, 16, content=THINGS,
    after=replace(FIRST, epochs=1, learning_rate=1e-3, seed=7),
)  # fmt: skip


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Train on little, in a folder of its own."""
    monkeypatch.setitem(recipes.RECIPES, "twice", TWICE)
    monkeypatch.setitem(recipes.RECIPES, "once", replace(TWICE, after=None))
    monkeypatch.setattr(recipes, "JUDGED", 8)
    monkeypatch.setattr(recipes, "AGAIN", 4)
    monkeypatch.setattr(recipes, "prepare", partial(recipes.prepare, workers=1))
    monkeypatch.chdir(tmp_path)


def test_the_second_training_goes_on_from_the_first_with_fresh_scenes() -> None:
    weights, card = read_weights(make_demo("twice", Path("demos")))
    assert card["steps"] == 2 * 2 + 1 * 2
    assert card["settings"] == FIRST.to_dict()
    assert TWICE.after is not None
    assert card["after"] == TWICE.after.to_dict()
    torch.manual_seed(5)
    alone, _ = read_weights(make_demo("once", Path("demos")))
    first, second = (read_weights(Path(f"runs/{name}/last.safetensors"))[0]
                     for name in ("twice", "twice-2"))  # fmt: skip
    for name, value in alone.items():
        assert (first[name].to(value) == value).all(), name
        assert (second[name].to(value) == weights[name]).all(), name
    assert any((weights[name] != value).any() for name, value in alone.items())
    drawn = [TWICE.draw("train", 2, seed)[0].image for seed in (None, 0, 7)]
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[0] != drawn[2]).any()


def test_a_network_trained_once_has_no_second_training_on_its_card() -> None:
    card = read_weights(make_demo("once", Path("demos")))[1]
    assert "after" not in card
    assert card["steps"] == 4


def test_stopped_between_its_trainings_it_comes_to_the_same_numbers() -> None:
    unbroken = read_weights(make_demo("twice", Path("demos")))[1]
    torch.manual_seed(5)  # what came before must not matter
    shutil.rmtree("runs/twice-2")
    again = read_weights(make_demo("twice", Path("again"), resume=True))[1]
    assert again["sha256"] == unbroken["sha256"]
