from collections import OrderedDict

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from yoloexplain.inspection import trace


class Pyramid(nn.Module):
    """Ten convolutions upwards, one lateral, one that shortens the way down again."""

    def __init__(self) -> None:
        super().__init__()
        self.bottom = nn.Conv2d(3, 4, 3, padding=1)
        self.tower = nn.Sequential(*(nn.Conv2d(4, 4, 3, padding=1) for _ in range(10)))
        self.lateral = nn.Conv2d(4, 4, 1)
        self.top = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        low = self.bottom(x)
        high = self.tower(low)
        return {"high": high, "both": self.top(torch.relu(high + self.lateral(low)))}


def test_every_operation_is_a_node_with_its_inputs_module_and_shape():
    net = nn.Sequential(
        OrderedDict(conv=nn.Conv2d(3, 4, 3, stride=2), act=nn.ReLU(), norm=nn.BatchNorm2d(4))
    )
    graph = trace(net, (9, 11))
    nodes = [node for node in graph.nodes if node.from_image]
    assert [(node.op, node.path, node.shape) for node in nodes] == [
        ("image", "", (1, 3, 9, 11)),
        ("convolution", "conv", (1, 4, 4, 5)),
        ("relu", "act", (1, 4, 4, 5)),
        ("native_batch_norm", "norm", (1, 4, 4, 5)),
    ]
    assert [node.inputs for node in nodes[1:]] == [(n.index,) for n in nodes[:-1]]
    assert nodes[1].weights == ("conv.weight", "conv.bias")
    assert nodes[1].mult_adds == 20 * 4 * 27


def test_a_window_has_kernel_stride_padding_and_dilation():
    net = nn.Sequential(
        nn.Conv2d(3, 4, (3, 5), stride=(2, 1), padding=(1, 4), dilation=(1, 2)),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.AvgPool2d((2, 1)),
        nn.ReLU(),
    )
    graph = trace(net, 16)
    windows = [graph.node(str(place)).window for place in range(4)]
    assert windows[0] == {
        "kernel_size": (3, 5),
        "stride": (2, 1),
        "padding": (1, 4),
        "dilation": (1, 2),
    }
    assert windows[1]["stride"] == (2, 2)
    assert windows[2]["stride"] == windows[2]["kernel_size"] == (2, 1)
    assert windows[3] is None


def test_edges_show_branches_concatenation_and_addition():
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            a, b = self.a(x), self.b(x)
            return torch.cat([a + b, F.relu(a)], dim=1)

    graph = trace(Net(), 4)
    (last,) = [node for node in graph.nodes if node.op == "cat"]
    added, bent = (graph.nodes[index] for index in last.inputs)
    assert {graph.nodes[index].path for index in added.inputs} == {"a", "b"}
    assert [graph.nodes[index].path for index in bent.inputs] == ["a"]
    assert {node.op for node in graph.consumers("a")} == {"add", "relu"}
    assert graph.node("") is last


def test_paths_count_weighted_layers_along_the_shortest_and_the_longest_way():
    graph = trace(Pyramid(), (8, 12))
    assert graph.longest_path("image", "both").length == 1 + 10 + 1
    assert graph.shortest_path("image", "both").length == 1 + 1 + 1
    assert graph.shortest_path("bottom", "both").length == 2
    assert graph.longest_path("bottom", "high").length == 10
    ways = graph.shortest_path("image", "both"), graph.longest_path("image", "tower.1")
    assert [node.path for node in ways[0].layers] == ["bottom", "lateral", "top"]
    assert [node.path for node in ways[1].layers] == ["bottom", "tower.0", "tower.1"]


def test_a_linear_layer_counts_on_a_path_and_a_product_of_two_maps_does_not():
    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.project = nn.Linear(6, 6)

        def forward(self, x: Tensor) -> Tensor:
            x = self.project(x)
            return x @ x.transpose(2, 3) @ x

    assert trace(Attending(), 6).longest_path("image", "").length == 1


def test_there_is_no_path_backwards():
    graph = trace(Pyramid(), 8)
    with pytest.raises(ValueError, match="from an earlier place to one that depends on it"):
        graph.longest_path("both", "bottom")
    with pytest.raises(ValueError, match="from an earlier place"):
        graph.longest_path("lateral", "high")


def test_an_unknown_place_lists_the_nearest_names():
    with pytest.raises(ValueError, match=r"got 'latral'; try 'lateral'"):
        trace(Pyramid(), 8).node("latral")


def test_of_a_module_called_several_times_the_last_output_is_found():
    net = nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU())

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Tensor) -> Tensor:
            return self.net(self.net(x))

    graph = trace(Twice(), 8)
    assert graph.node("net").shape == (1, 3, 4, 4)
    assert [call.path for call in graph.calls] == ["", *["net", "net.0", "net.1"] * 2]


def test_what_is_written_in_place_is_followed_to_every_view():
    class InPlace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)
            self.late = nn.Conv2d(3, 2, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            whole = torch.zeros(1, 4, *x.shape[2:])
            whole[:, :2] = self.late(x)
            whole[:, 2:].add_(self.conv(x)[:, :2]).relu_()
            return whole

    graph = trace(InPlace(), (5, 6))
    assert graph.node("").from_image
    assert graph.longest_path("image", "").length == 1
    for layer in ("conv", "late"):
        assert graph.shortest_path(layer, "").length == 0


def test_what_is_written_in_place_beside_a_tensor_does_not_reach_it():
    class Halves(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)
            self.left, self.right = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            left, right = self.conv(x).chunk(2, dim=1)
            left.add_(self.left(right.clone()))
            return self.right(right)

    graph = trace(Halves(), (5, 6))
    assert graph.longest_path("image", "right").length == 2  # not by way of the left half


def test_an_output_is_what_it_was_when_it_was_returned():
    class Later(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            y.mul_(2)
            return y

    graph = trace(Later(), 4)
    assert graph.node("conv").op == "convolution"
    assert graph.node("").op == "mul_"


def test_constants_are_nodes_that_do_not_depend_on_the_image():
    class Grid(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x: Tensor) -> Tensor:
            grid = torch.linspace(-1, 1, x.shape[3]) * self.scale
            return x + grid

    graph = trace(Grid(), (3, 5))
    by_op = {node.op: node for node in graph.nodes}
    assert not by_op["linspace"].from_image
    assert not by_op["mul"].from_image
    assert by_op["mul"].weights == by_op["add"].weights == ("scale",)
    assert by_op["add"].from_image


def test_a_batch_gives_the_shape_and_its_values_are_not_used():
    batch = torch.full((2, 3, 6, 10), torch.nan)
    assert trace(nn.Conv2d(3, 4, 3), batch).node("").shape == (2, 4, 4, 8)
