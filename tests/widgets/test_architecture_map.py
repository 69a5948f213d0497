"""The map says what a network did: of our own, of strangers, and of those that fail."""

import json

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from yoloexplain import create_model, plans, receptive_field, summarize
from yoloexplain.inspection import trace
from yoloexplain.widgets import ArchitectureMap, explore
from yoloexplain.widgets.block_items import opened_to, visible


class Bottleneck(nn.Module):
    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, 8, 1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, outside, 3, stride, 1), nn.BatchNorm2d(outside)
        self.relu = nn.ReLU(inplace=True)
        same = stride == 1 and inside == outside
        self.downsample = None if same else nn.Conv2d(inside, outside, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.maxpool = nn.Conv2d(3, 16, 7, 2, 3), nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(*[Bottleneck(16, 16) for _ in range(4)])
        self.layer2 = nn.Sequential(Bottleneck(16, 32, 2), *[Bottleneck(32, 32) for _ in range(2)])
        self.fc = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.maxpool(F.relu(self.conv1(x)))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def two(inside: int, outside: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outside, outside, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    def __init__(self, cut: int = 0) -> None:
        super().__init__()
        self.cut = cut
        self.down1, self.down2, self.middle = two(3, 8), two(8, 16), two(16, 32)
        self.up2, self.up1 = nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)
        self.merge2, self.merge1 = two(32, 16), two(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        first = self.down1(x)
        second = self.down2(F.max_pool2d(first, 2))
        x = self.up2(self.middle(F.max_pool2d(second, 2)))
        x = self.merge2(torch.cat([second, x], 1))
        return self.merge1(torch.cat([first[..., self.cut :], self.up1(x)], 1))


class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.three = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 3, padding=1)
        self.pool = nn.MaxPool2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.three(x), self.pool(x)], 1)


class ViT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 8, 8))
        self.token = nn.Parameter(torch.zeros(1, 1, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, 5, enable_nested_tensor=False)
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1)
        return self.head(self.blocks(x)[:, 0])


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.again = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1)
        self.unused = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = self.again(self.stem(x))
        return {"fine": x, "coarse": self.again(F.max_pool2d(x, 2))}


class Choosing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dark, self.light = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.light(x) if x.mean() > 0.5 else self.dark(x)


class Failing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(9, 8, 3), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 3, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        y = F.conv2d(x, self.weight, padding=1)
        return torch.cat([x, F.relu(y)], 1)


def image(side: int = 64) -> Tensor:
    return torch.rand(3, side, side)


def shown(widget: ArchitectureMap) -> list[str]:
    """Labels of the boxes that are open at first."""
    records = [widget._records[i.index] for i in visible(widget._tree, set(widget.view.opened))]
    return [f"{r['label']} ×{r['count']}" if r["count"] > 1 else r["label"] for r in records]


def record(widget: ArchitectureMap, path: str) -> dict:
    return next(r for r in widget._records if r["path"] == path and r["kind"] == "block")


def lift(widget: ArchitectureMap, ids: list[int]) -> list[list[int]]:
    """Slowly: which of the drawn items reads which."""
    spans = [range(*widget._tree.items[i].span) for i in ids]
    pairs = []
    for source, leaf in widget._tree.edges:
        a = next(k for k, span in enumerate(spans) if source in span)
        b = next(k for k, span in enumerate(spans) if leaf in span)
        if a != b and [a, b] not in pairs:
            pairs.append([a, b])
    return pairs


@pytest.fixture(scope="module")
def yolo() -> ArchitectureMap:
    torch.manual_seed(0)
    return explore(create_model("yolov5n"), torch.rand(3, 96, 160))


def test_yolov5_has_the_blocks_of_its_plan(yolo) -> None:
    model = create_model("yolov5n")
    graph = trace(model, (96, 160))
    calls = list(plans.block_calls(graph, 2))
    ids = [item.index for item in visible(yolo._tree, opened_to(yolo._tree, 2))]
    assert [yolo._records[i]["path"] for i in ids[1:]] == [call.path for call in calls]
    reads = plans.connections(graph, calls)
    expected = sorted([a + 1, b + 1] for b, sources in enumerate(reads) for a in sources)
    assert sorted(pair for pair in lift(yolo, ids) if pair[0]) == expected


def test_counts_and_fields_are_the_packages_own(yolo) -> None:
    model = create_model("yolov5n")
    table, fields = summarize(model, (96, 160)), receptive_field(model, (96, 160))
    assert yolo.view.table["params"] == table.total_params
    assert yolo.view.table["work"] == table.mult_adds
    for row in table.rows:
        if row.path and not row.recursive and row.path in fields:
            found = record(yolo, row.path)
            assert (found["params"], found["work"]) == (row.params, row.mult_adds)
            assert found["out"][0] == " × ".join(map(str, row.output_shape))
    for path in ("backbone.stem", "backbone.stage4", "head.outputs.p3"):
        assert record(yolo, path)["field"] == list(fields[path].size)


def test_the_page_stays_small(yolo) -> None:
    whole = explore(create_model("yolov5n"), torch.rand(3, 640, 640))
    for widget in (yolo, whole):
        state = len(json.dumps(widget.view.table)) + len(widget.view.maps) * 4 // 3
        assert state < 800_000


def test_both_languages_open_lift_and_lay_out_alike(yolo, javascript) -> None:
    widgets = [yolo, explore(ResNet(), image()), explore(Inception(), image())]
    for widget in widgets:
        table, edges = widget.view.table, [list(edge) for edge in widget._tree.edges]
        items = javascript("blocks", [("expandedItems", [table])])[0]
        assert [i["out"] for i in items] == [r["out"] for r in widget._records]
        for level in range(1, 4):
            opened = sorted(opened_to(widget._tree, level))
            ids = [item.index for item in visible(widget._tree, set(opened))]
            asked = [("openedTo", [items, level]), ("visibleItems", [items, opened])]
            assert javascript("blocks", asked) == [opened, ids]
            pairs = javascript("blocks", [("lifted", [items, ids, edges])])[0]
            assert pairs == lift(widget, ids)
            columns = javascript("blocks", [("columnsOf", [len(ids), pairs])])[0]
            assert all(columns[a] < columns[b] for a, b in pairs)
            rows = [items[i]["row"] for i in ids]
            place = javascript("blocks", [("arranged", [rows, pairs])])[0]
            spots = zip(place["rows"], place["columns"], place["lanes"], strict=True)
            assert len(set(spots)) == len(ids)  # no box lies on another


def test_a_resnet_folds_what_repeats_and_draws_its_additions() -> None:
    widget = explore(ResNet(), image())
    assert "Bottleneck ×4" in shown(widget)
    assert "Bottleneck ×2" in shown(widget)
    block = record(widget, "layer2.0")
    inside = [widget._records[kid]["label"] for kid in block["kids"]]
    assert inside[-2:] == ["add", "ReLU"]
    assert record(widget, "layer2")["stride"] == 8
    assert record(widget, "fc")["row"] == -1
    assert "ResNet" in widget.picture().alt


def test_a_unet_joins_by_concatenation_and_comes_back_up() -> None:
    widget = explore(UNet(), image())
    labels = shown(widget)
    assert labels.count("concat") == 2
    assert labels.count("max pool") == 2
    strides = [record(widget, name)["stride"] for name in ("down1", "middle", "merge1")]
    assert strides == [1, 4, 1]
    assert "ConvTranspose2d 2×2" in labels


def test_an_inception_block_has_three_ways() -> None:
    widget = explore(Inception(), image())
    ids = [item.index for item in visible(widget._tree, set(widget.view.opened))]
    labels = ["image", "Conv2d 1×1", "Conv2d 3×3", "MaxPool2d", "concat"]
    assert shown(widget) == labels
    assert lift(widget, ids) == [[0, 1], [0, 2], [0, 3], [1, 4], [2, 4], [3, 4]]


def test_tokens_lie_on_the_grid_that_they_came_from() -> None:
    widget = explore(ViT().eval(), image(96))
    assert "TransformerEncoderLayer ×5" in shown(widget)
    block = record(widget, "blocks.layers.0")
    assert (block["stride"], block["field"]) == (16, [96, 96])
    assert block["maps"]["cells"] == [6, 6]
    assert block["work"] > 0  # the fused shortcut would hide its layers


def test_a_shared_module_is_there_once_a_call() -> None:
    widget = explore(Shared(), image())
    calls = [r for r in widget._records if r["path"] == "again"]
    assert [r["stride"] for r in calls] == [2, 4]
    assert "called 2 times, this is call 2" in calls[1]["note"]
    assert widget.view.table["params"] == sum(p.numel() for p in Shared().parameters())
    assert widget.note == "One module was not called for this image: unused."


def test_a_forward_that_looks_at_its_pixels_is_followed() -> None:
    model = Choosing()
    assert "Conv2d 3×3" in shown(explore(model, torch.zeros(3, 32, 32)))
    assert "Conv2d 5×5" in shown(explore(model, torch.ones(3, 32, 32)))


def test_what_was_reached_before_a_failure_is_shown_and_the_failure_named() -> None:
    widget = explore(Failing(), image())
    assert shown(widget) == ["image", "Conv2d 3×3", "ReLU", "Conv2d"]
    failure = widget.failure
    assert failure is not None
    assert (failure.path, failure.type, failure.error) == ("body.2", "Conv2d", "RuntimeError")
    assert "expected input[1, 8, 62, 62] to have 9 channels" in failure.message
    assert "failed in 'body.2' (Conv2d): RuntimeError" in repr(widget)
    assert record(widget, "body.2")["failed"]
    assert not record(widget, "body.0")["failed"]
    between = explore(UNet(cut=1), image())  # fails in no module but in the network's own lines
    assert shown(between)[-1] == "stops here"
    assert "in the forward of UNet: RuntimeError" in repr(between)


@pytest.mark.parametrize(
    ("model", "labels"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(192, 4)), ["image", "Flatten", "Linear"]),
        (Functional(), ["image", "convolution", "concat"]),
        (nn.Conv2d(3, 4, 3), ["image", "convolution"]),
        (nn.MaxPool2d(2), ["image", "max pool"]),
    ],
)
def test_a_network_without_the_usual_parts_shows_its_blocks(model, labels) -> None:
    widget = explore(model, image(8))
    assert shown(widget) == labels
    assert widget.picture().alt


def test_a_thousand_layers_are_folded() -> None:
    alike = [layer for _ in range(500) for layer in (nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())]
    widget = explore(nn.Sequential(*alike), image(16))
    assert shown(widget) == ["image", "Conv2d 3×3 + ReLU ×500"]
    unlike = [nn.Conv2d(3 + (i * i) % 97, 3 + (i + 1) ** 2 % 97, 1) for i in range(400)]
    folded = explore(nn.Sequential(*unlike), image(8))
    for one in (widget, folded):
        assert max(len(item.kids) for item in one._tree.items) <= 36
        assert len(json.dumps(one.view.table)) + len(one.view.maps) * 4 // 3 < 1_200_000


def test_the_model_is_left_as_it_is() -> None:
    model = ResNet()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    explore(model, image())
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_photographs_are_taken_as_they_come() -> None:
    photo = np.full((1000, 1500, 3), 90, np.uint8)
    assert "shown at 416×640" in explore(Choosing(), photo).note
    grey = nn.Conv2d(1, 2, 3)
    assert explore(grey, photo[:64, :64]).view.table["image"] == [64, 64]
    refused = explore(create_model("yolov5n"), photo[:70, :100])
    assert refused.view.table["image"] == [64, 96]
    assert "sides that can be halved" in refused.note


def test_constant_maps_and_missing_numbers_are_told() -> None:
    picture = torch.zeros(3, 16, 16)
    picture[0, :8, :8] = torch.nan
    maps = record(explore(nn.Sequential(nn.Conv2d(3, 3, 1, bias=False)), picture), "0")["maps"]
    assert maps["ranges"] == [(0.0, 0.0)] * 3
    empty = explore(nn.Sequential(nn.ReLU()), torch.full((3, 8, 8), torch.nan))
    assert record(empty, "0")["maps"]["ranges"] == [None] * 3


def test_a_network_without_weights_has_a_map_without_feature_maps() -> None:
    with torch.device("meta"):
        widget = explore(create_model("yolov5s"), torch.rand(3, 64, 64))
    assert widget.view.maps == b""
    assert widget.view.table["params"] == 7_235_389


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (torch.rand(4, 3, 32, 32), ValueError, "a batch of 4.*image\\[:1\\]"),
        (torch.rand(32, 32), ValueError, "got shape \\(32, 32\\)"),
        (torch.rand(32, 40, 3), ValueError, "channels last"),
        ("cat.jpg", TypeError, "got str 'cat.jpg'"),
        (None, TypeError, "got NoneType None"),
        (np.zeros((2, 8, 8, 3), np.uint8), ValueError, "a batch of 2.*image\\[0\\]"),
        (torch.rand(4, 32, 32), ValueError, "refused 32×32 with 4 channels"),
    ],
)
def test_what_is_no_image_is_named(given, error, words) -> None:
    with pytest.raises(error, match=words):
        explore(nn.Conv2d(3, 4, 3), given)


def test_what_is_no_model_is_named() -> None:
    with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
        explore("yolov5s", image())
