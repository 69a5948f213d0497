"""The recording is played as it was made, and boxes are right by one rule in both languages."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from yoloexplain.boxes import iou
from yoloexplain.data.recording import Recording
from yoloexplain.widgets import TrainingCurve


@pytest.fixture(scope="module")
def made() -> ModuleType:
    path = Path(__file__).parents[1] / "browser/samples/training_curve.py"
    spec = importlib.util.spec_from_file_location("training_curve_sample", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found_slowly(results: list[list[float]], truths: list[list[float]]) -> list[int]:
    """By the chapter's rule, with the package's IoU."""
    taken: list[int] = []
    answer = []
    for result in results:
        overlaps = {
            i: float(iou(torch.tensor(result[:4]), torch.tensor(truth[:4])))
            for i, truth in enumerate(truths)
            if truth[4] == result[5] and i not in taken
        }
        best = max(overlaps, key=lambda i: overlaps[i], default=-1)
        answer.append(best if overlaps.get(best, 0) >= 0.5 else -1)
        taken += [answer[-1]] * (answer[-1] >= 0)
    return answer


def test_right_and_wrong_are_told_apart_in_both_languages(javascript) -> None:
    torch.manual_seed(1)
    calls: list[tuple[str, list[Any]]] = []
    for _ in range(60):
        low = torch.rand(4, 2, dtype=torch.float64) * 50
        truths = torch.cat([low, low + 10 + 30 * torch.rand(4, 2), torch.rand(4, 1).round()], 1)
        near = truths[torch.randint(4, (9,)), :4] + 4 * torch.randn(9, 4)
        near[:, 2:] = near[:, 2:].maximum(near[:, :2] + 1)
        results = torch.cat([near, torch.rand(9, 1), torch.rand(9, 1).round()], dim=1)
        calls.append(("foundTruths", [results.tolist(), truths.tolist()]))
    answers = javascript("training", calls)
    assert answers == [found_slowly(*given) for _, given in calls]
    hits = [hit for answer in answers for hit in answer]
    assert min(hits.count(-1), len(hits) - hits.count(-1)) > 50


def test_everything_of_the_recording_is_in_the_table(made) -> None:
    table = TrainingCurve(made.recording()).view.table
    assert [moment["step"] for moment in table["moments"]] == [100, 200, 300]
    assert [moment["row"] for moment in table["moments"]] == list(made.ROWS)
    assert table["losses"] == ["loss_box", "loss_classes"]
    assert table["scores"] == ["map50", "map50_95"]
    for moment, expected in zip(table["moments"], made.FOUND, strict=True):
        assert moment["found"] == [
            sorted(rows, key=lambda row: -row[4]) for rows in map(list, expected)
        ]


def test_a_training_without_scores_has_its_losses(made) -> None:
    whole = made.recording()
    rows = [{"loss_box": 1.0, "map50": float("nan")} for _ in whole.moments]
    moments = tuple(
        type(moment)(moment.step, row, moment.found)
        for moment, row in zip(whole.moments, rows, strict=True)
    )
    table = TrainingCurve(Recording(whole.names, whole.scenes, moments)).view.table
    assert table["moments"][0]["row"] == {"loss_box": 1.0}


def test_it_counts_and_draws_its_moments(made) -> None:
    widget = TrainingCurve(made.recording())
    assert repr(widget) == (
        "TrainingCurve: 3 moments from step 100 to 300, 2 scenes with 3 objects of 2 classes"
    )
    alt = widget.picture().alt
    assert alt.startswith("What was found in one scene, surer than 0.25: 3 scenes (step 100: ")
    assert "with 4 objects outlined" in alt


def test_bad_input_is_named(made) -> None:
    whole = made.recording()
    with pytest.raises(ValueError, match="got 2 scenes and 0 moments"):
        TrainingCurve(Recording(whole.names, whole.scenes, ()))
    with pytest.raises(ValueError, match=r"from 0.05 to 0.95, got 0"):
        TrainingCurve(whole, confidence=0)
    with pytest.raises(ValueError, match="from 1 to 3, got 0"):
        TrainingCurve(whole, moment=0)
