from collections import OrderedDict
from fractions import Fraction

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from yoloexplain.inspection import receptive_field


def chain(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def by_hand(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """Size and stride by the textbook recurrence over (kernel, stride, dilation)."""
    size, jump = 1, 1
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * jump
        jump *= stride
    return size, jump


@pytest.mark.parametrize(
    "layers",
    [
        [(3, 1, 1)],
        [(7, 2, 1), (3, 2, 1), (3, 1, 1), (3, 2, 1), (5, 1, 3)],
        [(2, 2, 1), (4, 2, 1), (6, 2, 1)],
        [(1, 1, 1), (1, 2, 1), (3, 3, 2)],
    ],
)
def test_a_chain_of_convolutions_follows_the_textbook_recurrence(layers):
    net = chain(*(nn.Conv2d(3, 3, k, s, k // 2, d) for k, s, d in layers))
    field = list(receptive_field(net, (96, 128)).values())[-1]
    assert (field.size[0], field.stride[0]) == by_hand(layers)
    assert (field.size[1], field.stride[1]) == by_hand(layers)


def test_height_and_width_are_kept_apart():
    net = chain(nn.Conv2d(3, 4, (3, 5), stride=(1, 2), padding=(0, 3), dilation=(2, 1)))
    field = receptive_field(net, (20, 30))["0"]
    assert field.size == (5, 5)
    assert field.stride == (1, 2)
    assert field.start == (0, -3)
    assert field.cells == (16, 16)
    assert field.box(2, 3) == (3, 2, 8, 7)


@pytest.mark.parametrize("size", [(32, 48), (64, 32), (257, 391)])
def test_sizes_do_not_depend_on_the_image(size):
    net = chain(nn.Conv2d(3, 4, 7, 2, 3), nn.MaxPool2d(3, 2, 1), *(nn.Conv2d(4, 4, 3, 2, 1),) * 3)
    field = receptive_field(net, size)["4"]
    assert (field.size, field.stride, field.start) == ((67, 67), (32, 32), (-33, -33))


def test_a_box_is_clipped_only_when_asked_to():
    net = chain(nn.Conv2d(3, 4, 5, stride=2, padding=2))
    field = receptive_field(net, (9, 13))["0"]
    assert field.box(0, 0) == (-2, -2, 3, 3)
    assert field.box(0, 0, clip=True) == (0, 0, 3, 3)
    assert field.box(4, 6) == (10, 6, 15, 11)
    assert field.box(4, 6, clip=True) == (10, 6, 13, 9)


def test_a_strided_slice_is_space_to_depth():
    class Focus(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(12, 4, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            quarters = [x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)]
            return self.conv(torch.cat(quarters, dim=1))

    field = receptive_field(Focus(), (12, 16))["conv"]
    assert (field.size, field.stride, field.start) == ((6, 6), (2, 2), (-2, -2))


def test_branches_join_to_their_hull():
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.small, self.large = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 7, padding=3)
            self.after = nn.Conv2d(6, 3, 3, padding=1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            small, large = self.small(x), self.large(x)
            both = torch.cat([small, large], dim=1)
            return {"sum": small + large, "first": both[:, :3], "mixed": self.after(both)}

    sizes = {name: field.size for name, field in receptive_field(Branches(), 32).items()}
    assert sizes["sum"] == (7, 7)
    assert sizes["first"] == (1, 1)  # channels of one branch do not see the other
    assert sizes["mixed"] == sizes["after"] == (9, 9)


def test_grouped_channels_stay_apart():
    class Grouped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide = nn.Conv2d(3, 2, 5, padding=2)
            self.narrow = nn.Conv2d(3, 2, 1)
            self.grouped = nn.Conv2d(4, 6, 3, padding=1, groups=2)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.grouped(torch.cat([self.narrow(x), self.wide(x)], dim=1)).chunk(2, dim=1)

    fields = receptive_field(Grouped(), 16, ["0", "1"])
    assert fields["0"].size == (3, 3)
    assert fields["1"].size == (7, 7)


def test_enlarging_divides_the_stride():
    net = chain(
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        nn.Upsample(scale_factor=4, mode="nearest"),
        nn.Conv2d(4, 4, 3, padding=1),
    )
    fields = receptive_field(net, (16, 24))
    assert fields["1"].stride == (Fraction(1, 2), Fraction(1, 2))
    assert fields["1"].size == (3, 3)
    assert fields["2"].size == (5, 5)  # where the window straddles two cells
    assert [fields["2"].box(0, col)[::2] for col in range(3, 7)] == [
        (-1, 4),
        (1 - 2, 4),
        (1, 4),
        (1, 4),
    ]


def test_global_pooling_and_linear_layers_see_the_whole_image():
    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.excite = nn.Conv2d(4, 4, 1)
            self.head = nn.Linear(4 * 5 * 8, 6)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return self.head((x * self.excite(self.pool(x))).flatten(1))

    fields = receptive_field(Classifier(), (10, 16), ["conv", "pool", "excite", "head"])
    assert fields["conv"].size == (3, 3)
    for name in ("pool", "excite", "head"):
        assert fields[name].size == (10, 16)
        assert fields[name].cells == (1, 1)
        assert fields[name].stride == (0, 0)
        assert fields[name].box(0, 0) == (0, 0, 16, 10)


@pytest.mark.parametrize("pool", [nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)], ids=repr)
def test_pooling_to_one_cell_sees_the_image_and_nothing_beyond_it(pool):
    field = receptive_field(chain(nn.Conv2d(3, 4, 5, padding=2), pool), (10, 16))["1"]
    assert field.size == (10, 16)
    assert field.box(0, 0) == field.box(0, 0, clip=True) == (0, 0, 16, 10)


def test_a_linear_layer_on_a_map_of_one_cell_sees_the_whole_image():
    net = chain(nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1), nn.Flatten(), nn.Linear(4, 2))
    field = receptive_field(net, (4, 4), ["3"])["3"]
    assert field.size == (4, 4)


def test_adaptive_pooling_to_several_cells_has_overlapping_windows():
    field = receptive_field(chain(nn.AdaptiveMaxPool2d((3, 2))), (10, 5))["0"]
    assert [field.box(row, 0)[1::2] for row in range(3)] == [(0, 4), (3, 7), (6, 10)]
    assert [field.box(0, col)[::2] for col in range(2)] == [(0, 3), (2, 5)]


def test_rows_and_columns_are_found_wherever_a_view_puts_them():
    class Head(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            x = self.conv(x)
            b, _, h, w = x.shape
            return {
                "anchored": x.view(b, 2, 4, h, w).permute(0, 1, 3, 4, 2),
                "last": x.permute(0, 2, 3, 1),
                "tokens": x.flatten(2).transpose(1, 2).unflatten(1, (h, w)),
                "chunk": x.chunk(2, dim=1)[1],
            }

    fields = receptive_field(Head(), (10, 16))
    for name, axes in [
        ("anchored", (2, 3)),
        ("last", (1, 2)),
        ("tokens", (1, 2)),
        ("chunk", (2, 3)),
    ]:
        assert fields[name].axes == axes
        assert fields[name].cells == (5, 8)
        assert (fields[name].size, fields[name].stride) == ((3, 3), (2, 2))
        assert fields[name].box(2, 5) == (9, 3, 12, 6)


def test_statistics_of_normalisation_layers_are_no_part_of_the_field():
    net = chain(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.BatchNorm2d(4), nn.InstanceNorm2d(4))
    assert {field.size for field in receptive_field(net, 8).values()} == {(3, 3)}


def test_an_operation_without_a_rule_sees_everything_it_gets():
    class Fourier(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.fft.ifft2(torch.fft.fft2(x)).real

    field = receptive_field(chain(nn.Conv2d(3, 4, 3), Fourier()), (7, 9))["1"]
    assert field.box(2, 3) == (0, 0, 9, 7)


def test_attention_over_all_places_sees_everything():
    class Attention(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            tokens = x.flatten(2).transpose(1, 2)
            weights = torch.softmax(tokens @ tokens.transpose(1, 2), dim=-1)
            return (weights @ tokens).transpose(1, 2).unflatten(2, x.shape[2:])

    field = receptive_field(chain(nn.Conv2d(3, 4, 3), Attention()), (7, 9))["1"]
    assert field.box(0, 0, clip=True) == (0, 0, 9, 7)


def test_of_several_calls_the_last_one_counts():
    conv = nn.Conv2d(3, 3, 3, padding=1)
    fields = receptive_field(nn.Sequential(OrderedDict(a=conv, b=conv)), 16)
    assert (fields["a"].size, fields["b"].size) == ((3, 3), (5, 5))

    class Again(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = conv

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(self.conv(self.conv(x)))

    assert receptive_field(Again(), 16)["conv"].size == (7, 7)


def test_constants_add_nothing_to_a_field():
    class Coordinates(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(5, 4, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            rows = torch.linspace(-1, 1, x.shape[2]).view(1, 1, -1, 1).expand(1, 1, *x.shape[2:])
            return self.conv(torch.cat([x, rows, torch.zeros_like(rows)], dim=1))

    assert receptive_field(Coordinates(), (9, 12))["conv"].size == (3, 3)


def test_without_a_size_one_is_found_that_the_network_takes():
    fixed = chain(nn.Conv2d(3, 2, 3, 2, 1), nn.Flatten(), nn.Linear(2 * 224 * 224, 2))
    assert receptive_field(fixed)["0"].image_size == (448, 448)
    assert receptive_field(chain(nn.Conv2d(3, 2, 3)))["0"].image_size == (256, 256)


def test_a_network_that_fails_at_every_size_says_where():
    broken = chain(nn.Conv2d(3, 2, 3), nn.Conv2d(5, 2, 3))
    with pytest.raises(RuntimeError, match=r"failed in '1' \(Conv2d\)"):
        receptive_field(broken)


def test_unknown_layers_and_cells_are_refused():
    net = nn.Sequential(OrderedDict(stem=nn.Conv2d(3, 2, 3)))
    with pytest.raises(ValueError, match="got 'stam'; try 'stem'"):
        receptive_field(net, 8, ["stam"])
    with pytest.raises(ValueError, match=r"map of 6x6 \(rows x columns\), got row 6 and column 0"):
        receptive_field(net, 8)["stem"].box(6, 0)
    with pytest.raises(ValueError, match="got row 0 and column -1"):
        receptive_field(net, 8)["stem"].box(0, -1)


def test_a_layer_that_no_pixel_reaches_is_refused():
    class Embedding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.embed(torch.ones(1, 4)).view(1, 3, 1, 1)

    with pytest.raises(ValueError, match="must depend on the image, and 'embed' does not"):
        receptive_field(Embedding(), 8, ["embed"])


def test_the_network_is_neither_run_nor_changed():
    class Watched(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            assert x.is_meta
            return F.conv2d(x, self.weight)

    model = chain(Watched(3, 4, 3)).train()
    receptive_field(model, 8)
    assert model.training
    assert "forward" not in vars(model[0])
