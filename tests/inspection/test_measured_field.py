import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from yoloexplain.inspection import measured_field, receptive_field
from yoloexplain.inspection.graph import trace
from yoloexplain.inspection.measured_field import _support, _Target
from yoloexplain.inspection.meta import rebuild
from yoloexplain.inspection.probe import Averages, positive
from yoloexplain.inspection.receptive_field import fields_of


class Call(nn.Module):
    """A function as a layer."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Side(nn.Module):
    """Two ways of different reach, laid side by side."""

    def __init__(self, one: nn.Module, other: nn.Module) -> None:
        super().__init__()
        self.one, self.other = one, other

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.other(x)], dim=1)


def focus(x: Tensor) -> Tensor:
    return torch.cat([x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], dim=1)


def agree(net: nn.Module, size: tuple[int, int], cells=None) -> None:
    """Compare gradient support and theory at some cells, or at thirty all over the map."""
    graph = trace(net, size)
    name, theory = list(fields_of(graph).items())[-1]
    rows, columns = theory.cells
    probe = rebuild(net, positive)
    pixels = torch.ones(graph.image.shape, dtype=torch.float64)
    everywhere = [(r, c) for r in range(rows) for c in range(columns)]
    for cell in cells or [*everywhere[:: -(-len(everywhere) // 29)], everywhere[-1]]:
        target = _Target(graph, name, dict(zip(theory.axes, cell, strict=True)))
        with Averages():
            gradient = target.gradient(probe, pixels.clone())
        assert _support(gradient) == theory.box(*cell, clip=True), (name, cell)


class Part(nn.Module):
    """Half of the channels, normalised, then bent in place."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.act = nn.GroupNorm(1, 2), nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        one, other = x.chunk(2, dim=1)
        return torch.cat([self.act(self.norm(one)), other], dim=1)


NETWORKS = {
    "a part normalised and bent in place": nn.Sequential(nn.Conv2d(3, 4, 3), Part()),
    "padded, strided, dilated": nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3, 1, 2, dilation=2)
    ),
    "a border that is never read": nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 4, 3, 1, 1)),
    "uneven kernel": nn.Sequential(nn.Conv2d(3, 2, (4, 1), (3, 2), (2, 1))),
    "pooling": nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.Conv2d(3, 3, 3), nn.AvgPool2d(2)),
    "pooling with a ragged edge": nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True)),
    "dilated pooling": nn.Sequential(nn.MaxPool2d(3, 1, 1, dilation=2)),
    "adaptive pooling": nn.Sequential(nn.Conv2d(3, 3, 3), nn.AdaptiveMaxPool2d((3, 4))),
    "transposed": nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.ConvTranspose2d(4, 2, 3, 2, 1, output_padding=1)
    ),
    "transposed with holes": nn.Sequential(nn.ConvTranspose2d(3, 2, 1, 2)),
    "nearest": nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.Upsample(scale_factor=2), nn.Conv2d(4, 2, 3, 1, 1)
    ),
    "nearest to an odd size": nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.Upsample(size=(13, 9)), nn.Conv2d(4, 2, 3, 1, 1)
    ),
    "nearest exact": nn.Sequential(nn.Upsample(size=(7, 17), mode="nearest-exact")),
    "bilinear": nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(4, 2, 3)
    ),
    "bilinear to a third": nn.Sequential(nn.Upsample(size=(4, 3), mode="bilinear")),
    "bilinear with aligned corners": nn.Sequential(
        nn.Upsample(size=(6, 9), mode="bilinear", align_corners=True)
    ),
    "bicubic": nn.Sequential(nn.Upsample(scale_factor=1.5, mode="bicubic")),
    "space to depth": nn.Sequential(Call(focus), nn.Conv2d(12, 2, 3, 1, 1)),
    "pixel unshuffle and shuffle": nn.Sequential(
        nn.PixelUnshuffle(2), nn.Conv2d(12, 8, 3, 1, 1), nn.PixelShuffle(2), nn.Conv2d(2, 2, 2)
    ),
    "flip and roll": nn.Sequential(
        nn.Conv2d(3, 2, 3, 2), Call(lambda x: x.flip(3).roll(1, 2)), nn.Conv2d(2, 2, 2)
    ),
    "mirrored border": nn.Sequential(nn.ReflectionPad2d((2, 1, 3, 2)), nn.Conv2d(3, 2, 3, 2)),
    "repeated border": nn.Sequential(nn.ReplicationPad2d(2), nn.Conv2d(3, 2, 3)),
    "cut border": nn.Sequential(nn.ZeroPad2d((-1, 2, 0, -2)), nn.Conv2d(3, 2, 3, 1, 1)),
    "residual": nn.Sequential(Residual(nn.Conv2d(3, 3, 3, 1, 1), nn.SiLU()), nn.MaxPool2d(2)),
    "side by side": nn.Sequential(
        Side(nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 5, 1, 2)), nn.Conv2d(4, 2, 3, 1, 1)
    ),
    "one branch picked": nn.Sequential(
        Side(nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 5, 1, 2)), Call(lambda x: x[:, :2])
    ),
    "groups": nn.Sequential(
        Side(nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 5, 1, 2)),
        nn.Conv2d(4, 4, 3, groups=2),
        Call(lambda x: x.chunk(2, dim=1)[0]),
    ),
    "channels shuffled": nn.Sequential(
        Side(nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 5, 1, 2)),
        nn.ChannelShuffle(2),
        Call(lambda x: x[:, ::2]),
    ),
    "normalised": nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.Hardswish()),
    "squeeze and excite": nn.Sequential(
        Call(lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True))), nn.Conv2d(3, 2, 3)
    ),
    "rows mixed, columns kept": nn.Sequential(
        nn.Conv2d(3, 2, 3), Call(lambda x: x - 0.5 * torch.softmax(x, dim=2) + x.sum(2, True))
    ),
    "written in place": nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1),
        Call(lambda x: F.relu_(x.view(1, 2, 2, *x.shape[2:])).flatten(1, 2)),
    ),
    "tokens and back": nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1),
        Call(lambda x: x.flatten(2).transpose(1, 2).reshape(1, *x.shape[2:], 4)),
        Call(lambda x: x.permute(0, 3, 1, 2)),
        nn.Conv2d(4, 2, 3, 1, 1),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradients_support_is_the_theoretical_box_all_over_the_map(name):
    agree(NETWORKS[name], (12, 10))


LAYERS = st.one_of(
    st.tuples(
        st.just("conv"),
        st.sampled_from([1, 2, 3, 4, 5]),
        st.sampled_from([1, 2, 3]),
        st.integers(0, 3),
        st.sampled_from([1, 2]),
    ),
    st.tuples(st.just("pool"), st.sampled_from([2, 3]), st.sampled_from([1, 2]), st.integers(0, 1)),
    st.tuples(st.just("up"), st.sampled_from(["nearest", "bilinear"]), st.sampled_from([2, 3])),
    st.tuples(st.just("slice"), st.integers(0, 2), st.sampled_from([1, 2])),
    st.tuples(st.just("side"), st.sampled_from([1, 3, 5])),
)


def build(plan) -> nn.Sequential:
    layers: list[nn.Module] = []
    for kind, *settings_ in plan:
        if kind == "conv":
            k, s, p, d = settings_
            layers.append(nn.Conv2d(2, 2, k, s, min(p, (k - 1) * d), d))
        elif kind == "pool":
            k, s, p = settings_
            layers.append(nn.MaxPool2d(k, s, p))
        elif kind == "up":
            mode, factor = settings_
            layers.append(nn.Upsample(scale_factor=factor, mode=mode))
        elif kind == "slice":
            start, step = settings_
            layers.append(Call(lambda x, a=start, b=step: x[:, :, a::b, ::b]))
        else:
            k = settings_[0]
            layers += [Side(nn.Identity(), nn.Conv2d(2, 2, k, 1, k // 2)), nn.Conv2d(4, 2, 1)]
    return nn.Sequential(nn.Conv2d(3, 2, 1), *layers)


@given(plan=st.lists(LAYERS, min_size=1, max_size=5), data=st.data())
@settings(max_examples=60)
def test_theory_and_gradient_agree_for_networks_made_at_random(plan, data):
    net = build(plan)
    try:
        theory = list(receptive_field(net, (23, 17)).values())[-1]
    except RuntimeError:
        return  # the map has shrunk to nothing on the way
    rows, columns = theory.cells
    if rows * columns > 4000:
        return
    cell = data.draw(st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1)))
    agree(net, (23, 17), [(0, 0), (rows - 1, columns - 1), cell])


def test_the_probe_answers_as_the_theory_says():
    net = NETWORKS["padded, strided, dilated"]
    field = measured_field(net, (12, 10), "2", (1, 4), probe=True)
    assert field.box == field.theoretical == (3, 1, 10, 8)
    assert field.fraction == 1.0


def test_the_gradient_is_that_of_the_network_itself_on_the_image():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.SiLU(), nn.Conv2d(4, 2, 3))
    image = torch.randn(1, 3, 10, 14)
    field = measured_field(net, image, "3", (1, 2))
    pixels = image.clone().requires_grad_()
    (expected,) = torch.autograd.grad(net.eval()(pixels)[0, :, 1, 2].sum(), pixels)
    assert torch.allclose(field.gradient, expected[0].abs().sum(0))
    assert field.gradient.shape == (10, 14)
    assert field.box == field.theoretical == (3, 1, 10, 8)
    assert field.fraction == 1.0
    assert field.share((3, 1, 10, 4)) + field.share((3, 4, 10, 8)) == pytest.approx(1)


def test_the_probe_finds_pixels_that_the_network_itself_hides():
    net = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.MaxPool2d(4))
    nn.init.constant_(net[0].weight, -1.0)
    image = torch.rand(1, 3, 9, 9)
    assert measured_field(net, image, "2", (0, 0)).box == (0, 0, 0, 0)
    assert measured_field(net, image, "2", (0, 0), probe=True).box == (0, 0, 6, 6)


def test_the_probe_reaches_the_corner_of_a_very_deep_network():
    net = nn.Sequential(*(nn.Conv2d(1, 1, (1, 3), padding=(0, 1)) for _ in range(420)))
    field = measured_field(net, (1, 450), "419", (0, 0), probe=True)
    assert field.box == field.theoretical == (0, 0, 421, 1)


def test_statistics_over_the_map_let_the_rest_of_the_image_in():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.GroupNorm(2, 4))
    field = measured_field(net, torch.randn(1, 3, 12, 10), "1", (5, 5))
    assert field.box == (0, 0, 10, 12)
    assert field.theoretical == (4, 4, 7, 7)
    assert 0 < field.fraction < 1


def test_a_size_stands_for_a_grey_image():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.SiLU())
    grey = measured_field(net, torch.full((1, 1, 8, 9), 0.5), "1", (2, 3))
    assert torch.equal(measured_field(net, (8, 9), "1", (2, 3)).gradient, grey.gradient)


def test_of_several_calls_the_last_is_measured():
    class Again(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.names = nn.ModuleDict({"a": self.conv, "b": self.conv})

        def forward(self, x: Tensor) -> Tensor:
            return self.names["b"](self.names["a"](self.conv(x)))

    for layer, side in [("names.a", 5), ("names.b", 7)]:
        field = measured_field(Again(), (15, 15), layer, (7, 7))
        assert field.box == field.theoretical
        assert field.box[2] - field.box[0] == side


def test_what_comes_after_the_layer_is_not_computed():
    net = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    graph = trace(net, 9)
    target = _Target(graph, "0", {2: 0, 3: 0})
    ran = []
    net[1].register_forward_hook(lambda *_: ran.append("second"))
    target.gradient(net, torch.rand(1, 3, 9, 9))
    assert ran == []


def test_the_network_is_left_as_it_is():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2)).train()
    net[0].requires_grad_(False)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    image = torch.rand(1, 3, 8, 8)
    for probe in (False, True):
        measured_field(net, image, "2", (1, 1), probe=probe)
    assert net.training
    assert all(not module._forward_hooks for module in net.modules())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not image.requires_grad
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_without_weights_only_the_probe_can_measure():
    with torch.device("meta"):
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Mish())
    with pytest.raises(ValueError, match=r"must have weights to be measured.*probe=True"):
        measured_field(net, 8, "2", (0, 0))
    assert measured_field(net, 8, "2", (0, 0), probe=True).box == (0, 0, 3, 3)


def test_bad_questions_are_refused():
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pair = Call(lambda x: {"p3": x, "p4": x})

        def forward(self, x: Tensor) -> Tensor:
            return self.pair(x)["p3"]

    net = nn.Sequential(Two())
    with pytest.raises(ValueError, match=r"one output, got '0\.pair'; choose one of '0\.pair\.p3'"):
        measured_field(net, 8, "0.pair", (0, 0))
    with pytest.raises(ValueError, match="got row 8 and column 0"):
        measured_field(net, 8, "0.pair.p3", (8, 0))
    with pytest.raises(ValueError, match="image_size must be"):
        measured_field(net, 0, "0.pair.p3", (0, 0))
