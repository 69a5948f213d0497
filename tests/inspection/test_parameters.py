import math

import pytest
import torch
from torch import nn

from yoloexplain.inspection import parameter_table


@pytest.fixture
def model() -> nn.Module:
    net = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Linear(2, 1))
    net[0].requires_grad_(False)
    return net


def test_a_row_holds_what_the_parameter_is(model):
    table = parameter_table(model)
    assert [row.name for row in table] == ["0.weight", "1.weight", "1.bias", "2.weight", "2.bias"]
    assert [row.index for row in table] == [0, 1, 2, 3, 4]
    assert [row.gradient for row in table] == [False, True, True, True, True]
    assert [row.parameters for row in table] == [108, 4, 4, 2, 1]
    assert table[0].shape == (4, 3, 3, 3)
    assert table.total == 119
    assert len(table[1:]) == 4


def test_mean_and_unbiased_deviation_are_those_of_torch(model):
    row = parameter_table(model)[0]
    assert row.mean == pytest.approx(model[0].weight.mean().item(), abs=1e-7)
    assert row.std == pytest.approx(model[0].weight.std().item(), rel=1e-5)


def test_a_single_value_has_no_deviation(model):
    row = parameter_table(model)[4]
    assert row.mean == pytest.approx(model[2].bias.item())
    assert math.isnan(row.std)


def test_published_names_and_their_order_are_taken_over(model):
    names = {
        "2.bias": "head.bias",
        "2.weight": "head.weight",
        "1.running_mean": "bn.running_mean",
        "0.weight": "conv",
        "1.weight": "bn.weight",
        "1.bias": "bn.bias",
    }
    table = parameter_table(model, names)
    listed = ["head.bias", "head.weight", "conv", "bn.weight", "bn.bias"]
    assert [row.name for row in table] == listed
    assert [row.index for row in table] == [0, 1, 2, 3, 4]
    assert table[2].shape == (4, 3, 3, 3)


def test_names_that_leave_out_a_parameter_or_invent_one_are_refused(model):
    with pytest.raises(ValueError, match=r"nothing for '0\.weight'"):
        parameter_table(model, {"1.weight": "a"})
    with pytest.raises(ValueError, match=r"'9\.weight', which it has not"):
        parameter_table(model, {"9.weight": "a"})


def test_without_weights_there_is_no_mean():
    with torch.device("meta"):
        table = parameter_table(nn.Conv2d(3, 4, 3))
    assert [(row.mean, row.std, row.parameters) for row in table] == [
        (None, None, 108),
        (None, None, 4),
    ]
    assert str(table).splitlines()[1].split()[-2:] == ["-", "-"]


def test_a_shared_parameter_is_listed_once():
    net = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    net[1].weight = net[0].weight
    assert len(parameter_table(net)) == 1


def test_the_printed_table_lines_up_and_rounds_to_three_digits(model):
    nn.init.constant_(model[1].weight, 1.23456)
    lines = str(parameter_table(model)).splitlines()
    assert lines[0].split() == [
        "layer",
        "name",
        "gradient",
        "parameters",
        "shape",
        "mean",
        "std",
    ]
    assert lines[2].split() == ["1", "1.weight", "True", "4", "[4]", "1.23", "0"]
    assert len({len(line) for line in lines}) == 1


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError):
        parameter_table("yolov5s")
