import copy
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
import torchinfo
from torch import Tensor, nn
from torch.nn import functional as F

from yoloexplain.inspection import Summary, summarize


class Branching(nn.Module):
    """A stem, a list of blocks, a branch that is added, one that is concatenated, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.ReLU(inplace=True))
            for _ in range(2)
        )
        self.head = nn.Conv2d(16, 4, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = x
        for block in self.blocks:
            y = y + block(y)
        return self.head(torch.cat([x, y], dim=1))


class Shared(nn.Module):
    """One convolution called at three places, one activation under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.first = nn.Sequential(OrderedDict(act=nn.ReLU()))
        self.second = nn.Sequential(OrderedDict(act=self.first.act, norm=nn.BatchNorm2d(3)))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(self.conv(x))
        x = self.second(self.conv(x))
        return self.conv(x)


class Tied(nn.Module):
    """Two layers that share one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(6, 6, bias=False)
        self.b = nn.Linear(6, 6, bias=False)
        self.b.weight = self.a.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x.mean((2, 3))))


class Pair(NamedTuple):
    left: Tensor
    right: Tensor


@dataclass
class Record:
    note: str
    value: Tensor


class Returning(nn.Module):
    def __init__(self, pack) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 1)
        self.pack = pack

    def forward(self, x: Tensor):
        return self.pack(self.conv(x))


def rows(summary: Summary) -> list[tuple]:
    return [(row.path, row.type, row.output_shape, row.params) for row in summary.rows]


def test_rows_follow_the_order_of_execution_with_one_row_a_call():
    assert rows(summarize(Branching(), (10, 14))) == [
        ("", "Branching", (1, 4, 5, 7), 216 + 2 * 576 + 64),
        ("stem", "Conv2d", (1, 8, 5, 7), 216),
        ("blocks.0", "Sequential", (1, 8, 5, 7), 576),
        ("blocks.0.0", "Conv2d", (1, 8, 5, 7), 576),
        ("blocks.0.1", "ReLU", (1, 8, 5, 7), 0),
        ("blocks.1", "Sequential", (1, 8, 5, 7), 576),
        ("blocks.1.0", "Conv2d", (1, 8, 5, 7), 576),
        ("blocks.1.1", "ReLU", (1, 8, 5, 7), 0),
        ("head", "Conv2d", (1, 4, 5, 7), 64),
    ]


def test_a_mult_add_is_one_weight_at_one_position_and_biases_and_norms_count_nothing():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=True),
        nn.BatchNorm2d(8),
        nn.Conv2d(8, 8, 3, groups=4, bias=True),
        nn.ConvTranspose2d(8, 4, 2, stride=2, bias=True),
        nn.AvgPool2d(2),
        nn.Upsample(scale_factor=2),
        nn.Linear(10, 7, bias=True),
    )
    summary = summarize(net, (14, 14))  # 7×7, then 5×5, then 10×10
    assert [row.mult_adds for row in summary.rows[1:]] == [
        7 * 7 * 8 * 3 * 9,
        0,
        5 * 5 * 8 * 2 * 9,
        5 * 5 * 8 * 4 * 4,  # a transposed one counts positions of its input
        0,
        0,
        4 * 10 * 10 * 7,  # a linear layer counts each row of its input
    ]
    assert summary.mult_adds == sum(row.mult_adds for row in summary.rows[1:])


def test_a_container_counts_what_happens_inside_its_call():
    summary = summarize(Branching(), (10, 14))
    by_path = {row.path: row.mult_adds for row in summary.rows}
    assert by_path["blocks.0"] == by_path["blocks.0.0"] == 35 * 576
    assert by_path[""] == summary.mult_adds == 35 * (216 + 2 * 576 + 64)


def test_functional_layers_count_in_the_module_that_calls_them():
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = nn.Parameter(torch.randn(4, 3, 3, 3))
            self.matrix = nn.Parameter(torch.randn(4, 2))

        def forward(self, x: Tensor) -> Tensor:
            x = F.conv2d(x, self.kernel - self.kernel.mean(), padding=1)
            scores = x.flatten(2)
            attention = torch.softmax(scores.transpose(1, 2) @ scores, dim=-1)  # not a weight
            return (attention @ scores.transpose(1, 2)) @ self.matrix

    summary = summarize(Functional(), (5, 6))
    assert summary.mult_adds == 30 * 4 * 3 * 9 + 30 * 4 * 2
    assert summary.rows[0].mult_adds == summary.mult_adds
    assert f"{summary.mult_adds:,}" in str(summary)


def test_recurrent_and_attention_layers_count_their_weights():
    class Sequence(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(6, 5, bias=False, batch_first=True)
            self.attention = nn.MultiheadAttention(5, 1, bias=False, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            y, _ = self.rnn(x.mean(1))
            return self.attention(y, y, y)[0]

    summary = summarize(Sequence(), (4, 6))
    by_path = {row.path: row for row in summary.rows}
    assert by_path["rnn"].mult_adds == 4 * (4 * 5 * 6 + 4 * 5 * 5)
    assert by_path["attention"].mult_adds == 4 * (3 * 5 * 5 + 5 * 5)
    assert by_path["attention"].output_shape == (1, 4, 5)


def test_a_module_called_again_is_recursive_and_its_parameters_count_once():
    summary = summarize(Shared(), 6)
    conv = [row for row in summary.rows if row.path == "conv"]
    assert [row.recursive for row in conv] == [False, True, True]
    assert [row.params for row in conv] == [84, 84, 84]
    assert summary.total_params == 84 + 6
    assert summary.mult_adds == 3 * 36 * 81
    assert str(summary).count("(recursive)") == 2


def test_a_module_with_two_names_is_called_by_the_name_its_caller_knows():
    paths = [row.path for row in summarize(Shared(), 6).rows]
    assert paths == [
        "",
        "conv",
        "first",
        "first.act",
        "conv",
        "second",
        "second.act",
        "second.norm",
        "conv",
    ]


def test_one_activation_used_twice_in_a_sequence_has_both_names():
    act = nn.ReLU()
    net = nn.Sequential(nn.Conv2d(3, 3, 1), act, nn.Conv2d(3, 3, 1), act)
    assert [row.path for row in summarize(net, 4).rows] == ["", "0", "1", "2", "3"]


def test_parameters_that_two_layers_share_count_once():
    model = Tied()
    summary = summarize(nn.Sequential(nn.Conv2d(3, 6, 1), model), 4)
    assert summary.total_params == summary.trainable_params == 24 + 36
    assert [row.recursive for row in summary.rows if row.type == "Linear"] == [False, True]


def test_a_parameter_that_two_blocks_share_is_on_one_line_of_the_table():
    class Scaled(nn.Module):
        def __init__(self, scale: nn.Parameter) -> None:
            super().__init__()
            self.scale = scale
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x * self.scale)

    scale = nn.Parameter(torch.ones(3, 1, 1))
    summary = summarize(nn.Sequential(Scaled(scale), Scaled(scale)), 4)
    lines = [line.split() for line in str(summary).splitlines() if "─" in line]
    assert [line[-2] for line in lines] == ["3", "12", "--", "12"]
    assert summary.total_params == 3 + 12 + 12


def test_frozen_parameters_are_not_trainable():
    model = Branching()
    model.stem.requires_grad_(False)
    summary = summarize(model, 8)
    assert (summary.total_params, summary.trainable_params) == (1432, 1216)
    assert "(216)" in str(summary)


def test_parameters_of_a_layer_that_is_never_called_are_in_the_total():
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used = nn.Conv2d(3, 3, 1)
            self.unused = nn.Linear(10, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.used(x)

    summary = summarize(Idle(), 4)
    assert summary.total_params == 12 + 110
    assert [row.path for row in summary.rows] == ["", "used"]
    assert summary.statistics.total_params == 122


@pytest.mark.parametrize(
    "pack",
    [
        lambda x: {"small": x[:, :1], "whole": x},
        lambda x: Pair(x[:, :1], x),
        lambda x: (("a", x[:, :1]), [x]),
        lambda x: Record("a note", x[:, :1]),
        lambda x: {"none": None, "pairs": [Pair(x[:, :1], x)]},
    ],
    ids=["dict", "named tuple", "nested", "dataclass", "dict of lists"],
)
def test_output_shape_is_that_of_the_first_tensor_whatever_holds_it(pack):
    summary = summarize(nn.Sequential(OrderedDict(net=Returning(pack))), (4, 7))
    assert summary.rows[1].output_shape == (1, 1, 4, 7)
    assert "[1, 1, 4, 7]" in str(summary)


def test_a_module_that_returns_no_tensor_has_an_empty_shape():
    summary = summarize(Returning(lambda x: None), 4)
    assert summary.rows[0].output_shape == ()


def test_control_flow_is_followed_as_it_runs():
    class Looping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.halve = nn.Conv2d(3, 3, 3, stride=2, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            while x.shape[-1] > 4:
                x = self.halve(x)
            return x

    assert len(summarize(Looping(), 32).rows) == 1 + 3
    assert len(summarize(Looping(), 64).rows) == 1 + 4


def test_the_table_is_torchinfos_where_both_rules_of_counting_agree():
    model = Branching().eval()
    theirs = torchinfo.summary(
        model,
        (1, 3, 10, 14),
        device="cpu",
        verbose=0,
        col_names=("output_size", "num_params", "mult_adds"),
    )
    ours = summarize(model, (10, 14))
    assert repr(ours.statistics) == repr(theirs)
    assert str(ours) == repr(theirs).replace("(Units.MEGABYTES)", "(M)")


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_shorter_table_collapses_rows_without_losing_anything(depth):
    summary = summarize(Branching(), (10, 14), depth=depth)
    lines = str(summary).splitlines()[3:]
    table = lines[: next(i for i, line in enumerate(lines) if line.startswith("="))]
    numbers = [line.split()[-2:] for line in table]
    params = sum(int(n.replace(",", "")) for n, _ in numbers if n[0].isdigit())
    mult_adds = sum(int(n.replace(",", "")) for _, n in numbers if n[0].isdigit())
    assert (params, mult_adds) == (summary.total_params, summary.mult_adds)
    assert len(summary.rows) == 9


def test_containers_that_are_never_called_have_a_line_but_no_row():
    summary = summarize(Branching(), 8, depth=1)
    assert "ModuleList" not in {row.type for row in summary.rows}
    (line,) = [line for line in str(summary).splitlines() if "ModuleList" in line]
    assert line.split()[-2:] == ["1,152", f"{16 * 1152:,}"]


def test_to_dict_survives_json():
    summary = summarize(Branching(), (10, 14))
    data = json.loads(json.dumps(summary.to_dict()))
    assert set(data) == {"image_size", "rows", "total_params", "trainable_params", "mult_adds"}
    assert data["image_size"] == [10, 14]
    assert data["rows"][1] == {
        "path": "stem",
        "type": "Conv2d",
        "depth": 1,
        "is_leaf": True,
        "output_shape": [1, 8, 5, 7],
        "params": 216,
        "mult_adds": 35 * 216,
        "recursive": False,
    }


def test_a_network_on_the_meta_device_has_the_same_table():
    with torch.device("meta"):
        weightless = Branching()
    assert str(summarize(weightless, 32)) == str(summarize(Branching(), 32))


def test_the_network_is_left_as_it_is():
    model = nn.Sequential(Branching(), nn.BatchNorm2d(4), nn.Dropout())
    model.train()
    model[1].eval()
    model[0].stem.requires_grad_(False)
    fired = []
    model[0].register_forward_hook(lambda *_: fired.append("hook"))
    model[0].stem.register_forward_pre_hook(lambda *_: fired.append("pre-hook"))
    before = copy.deepcopy(model.state_dict())
    modes = [module.training for module in model.modules()]
    summarize(model, 16)
    assert fired == []
    assert [module.training for module in model.modules()] == modes
    assert [len(module._forward_hooks) for module in model.modules()].count(1) == 1
    assert all("forward" not in vars(module) for module in model.modules())
    assert [p.requires_grad for p in model.parameters()].count(False) == 1
    after = model.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_no_forward_is_computed_for_a_network_with_weights():
    devices = set()

    class Watched(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            devices.update((x.device.type, self.weight.device.type))
            return super().forward(x)

    summarize(nn.Sequential(Watched(3, 4, 3), Watched(4, 4, 3)), 8)
    assert devices == {"meta"}


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_channels_are_found_from_the_first_layer_that_the_image_meets(channels):
    class Focused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Conv2d(7, 2, 1)  # listed first, met last
            self.conv = nn.Conv2d(4 * channels, 7, 3)

        def forward(self, x: Tensor) -> Tensor:
            quarters = [x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]
            return self.head(self.conv(torch.cat(quarters, dim=1)))

    assert summarize(Focused(), 8).rows[1].params == 4 * channels * 63 + 7
    flat = nn.Sequential(nn.Flatten(), nn.Linear(channels * 30, 2))
    assert summarize(flat, (5, 6)).rows[-1].output_shape == (1, 2)
    normed = nn.Sequential(nn.BatchNorm2d(channels), nn.Conv2d(channels, 2, 1))
    assert summarize(normed, 5).rows[-1].output_shape == (1, 2, 5, 5)


def test_channels_stated_by_the_network_are_used():
    class Strict(nn.Module):
        in_channels = 2

        def forward(self, x: Tensor) -> Tensor:
            if x.shape[1] != 2:
                raise ValueError("two channels, please")
            return x

    assert summarize(Strict(), 4).rows[0].output_shape == (1, 2, 4, 4)


def test_maps_of_one_cell_pass_batch_norm_though_the_network_is_training():
    model = nn.Sequential(nn.Conv2d(3, 4, 4), nn.BatchNorm2d(4)).train()
    assert summarize(model, 4).rows[-1].output_shape == (1, 4, 1, 1)
    assert model.training


@pytest.mark.parametrize("size", [0, -3, (4, 0), (1, 2, 3), (5,), [], True, (True, 4)], ids=str)
def test_a_size_that_is_not_one_or_two_positive_integers_is_refused(size):
    with pytest.raises(ValueError, match="image_size must be one positive integer or two") as info:
        summarize(Branching(), size)
    assert repr(size) in str(info.value)
    assert "image_size=640" in str(info.value)


@pytest.mark.parametrize("size", [(4.5, 3), "64", None], ids=str)
def test_a_size_of_another_type_is_refused(size):
    with pytest.raises((TypeError, ValueError)):
        summarize(Branching(), size)


@pytest.mark.parametrize("model", [Branching, "yolov5s", None], ids=["class", "name", "None"])
def test_what_is_no_module_is_refused(model):
    with pytest.raises(TypeError):
        summarize(model, 64)


def test_a_negative_depth_is_refused():
    with pytest.raises(ValueError, match="depth must be zero or a positive integer, got -1"):
        summarize(Branching(), 64, depth=-1)


def test_a_forward_that_fails_names_the_module_in_which_it_did():
    model = nn.Sequential(OrderedDict(stem=nn.Conv2d(3, 8, 3), neck=Branching()))
    with pytest.raises(RuntimeError, match=r"failed in 'neck\.stem' \(Conv2d\)") as info:
        summarize(model, 16)
    assert info.value.__cause__ is not None
    assert "(1, 3, 16, 16)" in str(info.value)


def test_a_check_of_the_networks_own_comes_through_as_it_is():
    class Picky(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError(f"sides must be 32, got {x.shape[-1]}; resize")

    with pytest.raises(ValueError, match=r"^sides must be 32, got 64; resize$"):
        summarize(Picky(), 64)


def test_a_decision_that_needs_pixel_values_is_explained():
    class Deciding(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if x.mean().item() > 0 else -x

    with pytest.raises(RuntimeError, match="without values, but failed in Deciding itself"):
        summarize(Deciding(), 8)


def test_a_lazy_layer_is_asked_for_its_shape_first():
    with pytest.raises(ValueError, match=r"lazy parameter '0\.weight'; send one image"):
        summarize(nn.Sequential(nn.LazyConv2d(4, 1)), 8)
