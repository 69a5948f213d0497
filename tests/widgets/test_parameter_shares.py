"""The shares are those of the package's own tables, for its networks and for any other."""

import pytest
import torch
from torch import nn

from yoloexplain import create_model, summarize
from yoloexplain.widgets import ParameterShares
from yoloexplain.widgets.parameter_shares import weighted


def small() -> nn.Sequential:
    """Two convolutions, one of them called once, a norm each way, and a linear layer."""
    return nn.Sequential(
        nn.BatchNorm2d(3),
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 5),
        nn.LayerNorm(5),
    )


def test_a_norm_belongs_to_the_layer_before_it() -> None:
    layers = weighted(summarize(small(), (6, 8)))
    assert [layer.kind for layer in layers] == ["BatchNorm2d", "Conv2d", "Linear"]
    conv, linear = layers[1:]
    assert conv.amounts == (4 * 27 + 4 + 8, 4 * 27 * 48, 4 * 48)
    assert linear.amounts == (16 * 5 + 5 + 10, 80, 5)


@pytest.mark.parametrize(
    ("name", "size"),
    [("yolov1-resnet50", 448), ("densenet121", 224), ("yolov5s", 640), ("solo-small", 160)],
)
def test_the_layers_add_up_to_the_network(name, size) -> None:
    with torch.device("meta"):
        model = create_model(name)
    table = summarize(model, size)
    layers = weighted(table)
    assert sum(layer.amounts[0] for layer in layers) == table.total_params
    assert sum(layer.amounts[1] for layer in layers) == table.mult_adds


def test_parameters_that_no_layer_owns_are_not_forgotten() -> None:
    class Placed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.place = nn.Parameter(torch.zeros(3, 1, 1))
            self.conv = nn.Conv2d(3, 4, 1)

        def forward(self, x):
            return self.conv(self.conv(x + self.place)[:, :3])

    first, again, rest = weighted(summarize(Placed(), 8))
    assert (first.amounts[0], again.amounts[0]) == (16, 0)  # one module, called twice
    assert first.amounts[1] == again.amounts[1] == 12 * 64
    assert (rest.path, rest.amounts) == ("outside of layers", (3, 0, 0))


def test_two_layers_of_the_first_yolo_hold_nearly_all() -> None:
    widget = ParameterShares()
    assert repr(widget).startswith(
        "ParameterShares: yolov1-darknet 26 layers, 275,731,794 parameters, 215,562,642 of them in "
        "linear layers; yolov1-resnet50 56 layers, 25,877,568 parameters, 0 of them"
    )
    assert widget.view.chosen == 24
    assert "linear layers 78.2 %" in widget.picture().alt
    widget.view.network = 1
    assert "25,877,568 parameters: convolutions 100.0 %" in widget.picture().alt


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="'time'"):
        ParameterShares(small(), 8, measure="time")
    with pytest.raises(ValueError, match="a layer with weights, got none in ReLU"):
        ParameterShares(nn.ReLU(), 8)
    with pytest.raises(ValueError, match="at least one network"):
        ParameterShares({}, 8)
    with pytest.raises(TypeError, match="Module, got int"):
        ParameterShares(7, 8)
    many = nn.Sequential(*(nn.Conv2d(3, 3, 1) for _ in range(2001)))
    with pytest.raises(ValueError, match="at most 2000 layers can be drawn, got 2001"):
        ParameterShares(many, 4)
