"""Functions that learners write: what differs first, and what is guessed of the reason."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from yoloexplain.exercises.functions import FunctionTask, compare, equal


def softmax(x: torch.Tensor) -> torch.Tensor:
    return x.softmax(dim=1)


def cases() -> list[tuple[torch.Tensor]]:
    torch.manual_seed(0)
    return [(torch.randn(3, 5),), (torch.randn(4, 4),)]


TASK = FunctionTask(softmax, cases)


def no_return(x: torch.Tensor) -> None:
    x.softmax(dim=1)


def in_place(x: torch.Tensor) -> torch.Tensor:
    answer = x.softmax(dim=1)
    x.zero_()
    return answer


def nothing_taken() -> int:
    return 3


def nan(x: torch.Tensor) -> torch.Tensor:
    return softmax(x) * float("nan")


@pytest.mark.parametrize(
    ("answer", "fault", "why"),
    [
        (no_return, "returns nothing", "no return"),
        (in_place, "changes its input", "clone"),
        (nothing_taken, "stops with TypeError", ""),
        (nan, "not a number", "divided by zero"),
        (lambda x: 2 * softmax(x), "a constant factor", "2 times"),
        (lambda x: softmax(x) - 1, "a constant shift", "-1"),
        (lambda x: softmax(x).T, "axes swapped", "changed places"),
        (lambda x: softmax(x)[None], "an axis too many", "left over"),
        (lambda x: softmax(x).flip(0), "order reversed", "reversed"),
        (lambda x: softmax(x).roll(1, 0), "other order", "other places"),
        (lambda x: softmax(x).argmax(1), "other shape", ""),
        (lambda x: x.softmax(dim=0), "other numbers", ""),
        (lambda x: "soft", "not numbers", ""),
        (lambda x: 1 / 0, "stops with ZeroDivisionError", ""),
        ("softmax", "not a function", "without brackets"),
    ],
)
def test_what_differs_is_named_with_a_reason(answer: Any, fault: str, why: str) -> None:
    finding = TASK.examine(answer)
    assert finding is not None
    assert finding.fault == fault
    assert why in finding.why
    assert finding.said.endswith((".", "given", "zero"))


def test_a_function_that_is_right_passes_with_arrays_too() -> None:
    assert TASK.examine(lambda x: softmax(x).numpy().astype(np.float64)) is None


def test_a_wrong_call_counts_as_interface() -> None:
    finding = TASK.examine(nothing_taken)
    assert finding is not None
    assert finding.stage == "interface"


@pytest.mark.parametrize(
    ("expected", "got", "fault"),
    [
        ({"a": 1.0}, {"b": 1.0}, "other names"),
        ({"a": 1.0}, 1.0, "other names"),
        ((1.0, 2.0), (1.0,), "other number of results"),
        ((1.0, 2.0), 1.0, "other number of results"),
        ((1.0, 2.0), (1.0, 3.0), "other numbers"),
        ({"a": (1.0, 2.0)}, {"a": (1.0, 2.5)}, "other numbers"),
    ],
)
def test_results_of_several_parts_are_compared_part_by_part(
    expected: Any, got: Any, fault: str
) -> None:
    finding = compare(expected, got, 1e-5, "case 1")
    assert finding is not None
    assert finding.fault == fault


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (float("nan"), float("nan"), True),
        ({"a": [1, 2]}, {"a": (1, 2)}, True),
        ([1, 2], [1, 2, 3], False),
        (None, None, True),
        (None, 0.0, False),
        ("a", "a", True),
        (torch.ones(2), np.ones(2), True),
        (torch.ones(2), np.ones((1, 2)), False),
        ([1, 2], torch.tensor([1, 2]), True),  # a list of numbers and a tensor of them
        (torch.zeros(0), [], True),
        ([1, 2], torch.tensor([[1, 2]]), False),
        ([torch.ones(2), torch.ones(3)], torch.ones(5), False),
        ([1, 2], {"a": 1}, False),
    ],
)
def test_equality_asks_for_kind_shape_and_numbers(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other, 0.0) is same


def test_a_mistake_is_only_recognised_where_all_cases_agree() -> None:
    from yoloexplain.exercises.exercise import Mistake

    def wrong(x: torch.Tensor) -> torch.Tensor:
        return x.softmax(dim=0)

    def nearly(x: torch.Tensor) -> torch.Tensor:
        return wrong(x) if x.shape == (3, 5) else softmax(x)

    task = FunctionTask(softmax, cases, (Mistake("wrong axis", wrong, "the softmax is wrong."),))
    faults: list[Callable[..., Any]] = [wrong, nearly]
    found = [task.examine(answer) for answer in faults]
    assert [finding.fault for finding in found if finding] == ["wrong axis", "other numbers"]
