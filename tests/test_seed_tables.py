"""Each printed table that this package reproduces, row by row.

The files under ``golden/`` hold the printed rows as facts: type, shape, parameters, in order. They
are no output of this package, and nothing here rewrites them.
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from yoloexplain import create_model, summarize
from yoloexplain.inspection import parameter_table
from yoloexplain.inspection.summary import Row
from yoloexplain.weights.official import published_names

GOLDEN = Path(__file__).parent / "golden"
WHOLE = 99  # deeper than any network here


def printed_table(name: str) -> list[dict[str, str]]:
    with (GOLDEN / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def on_meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **options).eval()


def without_batch(row: Row) -> str:
    return "x".join(str(size) for size in row.output_shape[1:])


def as_calls_finish(rows: tuple[Row, ...]) -> Iterator[Row]:
    """A container's row comes after its children's: the order in which calls return."""
    open_calls: list[Row] = []
    for row in rows:
        while open_calls and not is_inside(row.path, open_calls[-1].path):
            yield open_calls.pop()
        open_calls.append(row)
    yield from reversed(open_calls)


def is_inside(path: str, container: str) -> bool:
    return not container or path.startswith(f"{container}.")


# torchsummary prints one row a call, as calls return, for every module except those below.
UNPRINTED = {"YOLOv1", "YOLOv1ResNet", "ResNet", "Sequential", "ModuleList"}


@pytest.mark.parametrize(
    ("name", "table", "length"),
    [("yolov1-darknet", "yolov1_darknet", 104), ("yolov1-resnet50", "yolov1_resnet50", 184)],
)
def test_yolov1_has_every_row_of_its_printed_table(name: str, table: str, length: int) -> None:
    summary = summarize(on_meta(name), (448, 448), depth=WHOLE)
    ours = [
        {
            "type": row.type,
            "output_shape": without_batch(row),
            "params": str(row.params if row.is_leaf else 0),
        }
        for row in as_calls_finish(summary.rows)
        if row.type not in UNPRINTED
    ]
    printed = printed_table(table)
    assert len(printed) == length
    assert ours == printed
    assert summary.total_params == sum(int(row["params"]) for row in printed)


def test_yolov1_darknet_trains_everything() -> None:
    summary = summarize(on_meta("yolov1-darknet"), (448, 448))
    assert (summary.total_params, summary.trainable_params) == (275_731_794, 275_731_794)


def test_yolov1_resnet50_trains_its_head_alone() -> None:
    summary = summarize(on_meta("yolov1-resnet50"), (448, 448))
    assert (summary.total_params, summary.trainable_params) == (25_877_568, 2_369_536)
    assert summary.total_params - summary.trainable_params == 23_508_032


def test_yolov1_notebook_has_the_convolutions_of_its_code() -> None:
    model = on_meta("yolov1-notebook")
    ours = [plan_of(module) for module in model.backbone]
    assert ours == printed_table("yolov1_notebook")
    assert all(module.conv.bias is not None for module in model.backbone if hasattr(module, "conv"))


def plan_of(module: nn.Module) -> dict[str, str]:
    name = type(module).__name__
    core = module if isinstance(module, nn.MaxPool2d) else module.conv
    one = {key: first(getattr(core, key)) for key in ("kernel_size", "stride", "padding")}
    channels = {key: str(getattr(core, key, "")) for key in ("in_channels", "out_channels")}
    return {"type": name, **channels, **one}


def first(value: int | tuple[int, ...]) -> str:
    return str(value if isinstance(value, int) else value[0])


def test_yolov1_notebook_gives_thirty_values_a_cell() -> None:
    model = on_meta("yolov1-notebook")
    assert model(torch.empty(1, 3, 448, 448, device="meta")).shape == (1, 7, 7, 30)
    assert sum(p.numel() for p in model.parameters()) == 243_662_846
    head = [m for m in model.head if isinstance(m, nn.Linear | nn.Dropout | nn.LeakyReLU)]
    assert [type(m).__name__ for m in head] == ["Linear", "LeakyReLU", "Dropout", "Linear"]


# YOLOv5s, release 1.0: the printed tree. Our parts have names, the printed ones numbers.
PUBLISHED_CHILD = {
    "BottleneckCSP": {
        "main": "cv1",
        "bypass": "cv2",
        "main_out": "cv3",
        "fuse": "cv4",
        "bottlenecks": "m",
    },
    "Bottleneck": {"reduce": "cv1", "expand": "cv2"},
    "SPP": {"reduce": "cv1", "fuse": "cv2", "pools": "m"},
}


@pytest.fixture(scope="module")
def release_1() -> nn.Module:
    return on_meta("yolov5s", release="1.0")


def blocks_by_index(model: nn.Module) -> dict[int, str]:
    """Our path of each numbered block that has parameters, from the published names."""
    blocks = {}
    for ours, published in published_names(model).items():
        _, index, *rest = published.split(".")
        blocks[int(index)] = ".".join(ours.split(".")[: -len(rest)])
    return blocks


def tree(module: nn.Module, path: str) -> Iterator[tuple[str, str, str]]:
    """Every module under a path, parents first, as (published path, class, printed arguments)."""
    has_children = any(True for _ in module.children())
    yield path, type(module).__name__, "" if has_children else arguments(module)
    names = PUBLISHED_CHILD.get(type(module).__name__, {})
    for name, child in module.named_children():
        yield from tree(child, f"{path}.{names.get(name, name)}")


def arguments(module: nn.Module) -> str:
    """Print arguments as the tree does, which was printed before the model set its norms."""
    if isinstance(module, nn.BatchNorm2d):
        assert (module.eps, module.momentum) == (1e-4, 0.03)
        module = nn.BatchNorm2d(module.num_features, device="meta")
    # today's PyTorch quotes modes, and says of a BatchNorm that it has a bias
    return module.extra_repr().replace("'", "").replace("affine=True, bias=True", "affine=True")


def test_yolov5s_release_1_is_the_printed_tree_module_by_module(release_1: nn.Module) -> None:
    blocks = blocks_by_index(release_1)
    printed = printed_table("yolov5s_release1_modules")
    for index, path in sorted(blocks.items()):
        ours = list(tree(release_1.get_submodule(path), str(index)))
        assert ours == [
            tuple(row.values()) for row in printed if row["path"].split(".")[0] == str(index)
        ]
    without_parameters = {
        row["type"] for row in printed if int(row["path"].split(".")[0]) not in blocks
    }
    assert without_parameters == {"Upsample", "Concat", "Detect"}


def test_yolov5s_release_1_runs_its_blocks_in_the_printed_order(release_1: nn.Module) -> None:
    # The three output convolutions stand inside the printed list (18, 22, 26), and Detect (27) has
    # nothing of its own; here both are the head, which runs last.
    printed = [row for row in printed_table("yolov5s_release1_modules") if "." not in row["path"]]
    expected = [row for row in printed if row["type"] not in ("Conv2d", "Detect")]
    assert len(printed) - len(expected) == 4
    rows = [row for row in executed_blocks(release_1) if row.type != "Conv2d"]
    assert [row.type for row in rows] == [row["type"] for row in expected]
    upsample = release_1.get_submodule(next(row.path for row in rows if row.type == "Upsample"))
    assert {row["arguments"] for row in expected if row["type"] == "Upsample"} == {
        arguments(upsample)
    }


def executed_blocks(model: nn.Module) -> list[Row]:
    """One row a call of what the printed lists number."""
    paths = set(blocks_by_index(model).values())
    rows = summarize(model, (64, 96), depth=WHOLE).rows
    return [row for row in rows if row.path in paths or row.type in ("Upsample", "Concat")]


def test_yolov5s_release_1_has_every_row_of_the_weight_table() -> None:
    torch.manual_seed(0)
    model = create_model("yolov5s", release="1.0")
    rows = parameter_table(model, published_names(model))
    printed = printed_table("yolov5s_release1_weights")
    assert len(rows) == len(printed) == 191
    ours = [
        {
            "index": str(row.index),
            "name": row.name,
            "gradient": str(row.gradient),
            "parameters": f"{row.parameters:g}",
            "shape": "x".join(str(size) for size in row.shape),
        }
        for row in rows
    ]
    keys = ours[0].keys()
    assert ours == [{key: row[key] for key in keys} for row in printed]
    assert sum(row.parameters for row in rows) == 7_468_157
    assert ours[84]["parameters"] == "1.17965e+06"


def test_yolov5s_release_1_starts_with_the_printed_mean_and_deviation() -> None:
    torch.manual_seed(0)
    model = create_model("yolov5s", release="1.0")
    rows = parameter_table(model, published_names(model))
    for row, printed in zip(rows, printed_table("yolov5s_release1_weights"), strict=True):
        mu, sigma, count = float(printed["mu"]), float(printed["sigma"]), row.parameters
        if len(row.shape) == 4:
            # uniform between ±b: deviation b/√3 with b = 1/√fan_in, and its own sampling error
            expected = 1 / math.sqrt(3 * math.prod(row.shape[1:]))
            error = expected / math.sqrt(count)
            assert abs(row.mean) < 5 * error
            assert abs(mu) < 5 * error
            # a uniform's sample deviation errs by σ·√(0.8/4n); the printed one is rounded as well
            slack = 4 * expected * math.sqrt(0.2 / count)
            assert row.std == pytest.approx(expected, abs=slack)
            assert sigma == pytest.approx(expected, abs=slack + 0.005 * expected)
        elif printed["name"].endswith("weight") or ".bn." in printed["name"]:
            assert (row.mean, row.std) == (mu, sigma)
            assert (mu, sigma) == ((1, 0) if printed["name"].endswith("weight") else (0, 0))
        else:
            head_start(row.name, row.mean, row.std, mu, sigma)


# published index of each output convolution: stride and channels of its map
OUTPUTS = {"18": (8, 128), "22": (16, 256), "26": (32, 512)}


def head_prior(stride: int) -> torch.Tensor:
    """Three anchors of four zeros, one objectness (8 objects an image) and 80 classes."""
    objectness = math.log(8 / (640 / stride) ** 2)
    category = math.log(0.6 / (80 - 0.99))
    return torch.tensor(([0.0] * 4 + [objectness] + [category] * 80) * 3, dtype=torch.float64)


def head_start(name: str, mu: float, sigma: float, printed_mu: float, printed_sigma: float) -> None:
    """The prior, plus PyTorch's own uniform start of ±1/√channels."""
    stride, channels = OUTPUTS[name.split(".")[1]]
    start = head_prior(stride)
    error = 5 / math.sqrt(3 * channels * len(start))
    for value in (mu, printed_mu):
        assert value == pytest.approx(start.mean().item(), abs=error + 0.005)
    spread = math.sqrt(start.var().item() + 1 / (3 * channels))
    for value in (sigma, printed_sigma):
        assert value == pytest.approx(spread, abs=error + 0.005)


def test_head_biases_start_at_the_published_prior_value_by_value() -> None:
    model = create_model("yolov5s", release="1.0")
    state = model.state_dict()
    published = {theirs: ours for ours, theirs in published_names(model).items()}
    for index, (stride, channels) in OUTPUTS.items():
        bias = state[published[f"model.{index}.bias"]].double()
        deviation = bias - head_prior(stride)
        assert deviation.abs().max() <= 1 / math.sqrt(channels) + 1e-6
        assert deviation.std().item() == pytest.approx(1 / math.sqrt(3 * channels), rel=0.15)


# YOLOv5s for one channel, release 4.0 or 5.0: 25 numbered modules.
@pytest.mark.parametrize("release", ["4.0", "5.0"])
def test_yolov5s_for_one_channel_is_the_printed_list(release: str) -> None:
    model = on_meta("yolov5s", release=release, in_channels=1)
    printed = printed_table("yolov5s_one_channel_modules")
    numbered = [row for row in printed if "." not in row["path"]]
    assert len(numbered) == 25
    rows = executed_blocks(model)
    ours = [row.type for row in rows if not row.path.startswith("head")]
    assert [*ours, "Detect"] == [row["type"] for row in numbered]
    outputs = [model.get_submodule(row.path) for row in executed_outputs(model)]
    expected = [row["arguments"] for row in printed if row["path"].startswith("24.m.")]
    assert [output.extra_repr() for output in outputs] == expected
    assert sum(p.numel() for p in model.parameters()) == 7_274_301


def executed_outputs(model: nn.Module) -> list[Row]:
    rows = summarize(model, (64, 96), depth=WHOLE).rows
    return [row for row in rows if row.type == "Conv2d" and row.path.startswith("head.")]


def test_one_channel_saves_the_stem_two_thirds_of_its_weights() -> None:
    grey = on_meta("yolov5s", release="5.0", in_channels=1)
    colour = on_meta("yolov5s", release="5.0")
    counts = [sum(p.numel() for p in model.parameters()) for model in (colour, grey)]
    assert counts[0] - counts[1] == 32 * (12 - 4) * 9


# SOLO: rows down to depth 3, in the order in which calls begin. The printed tool also shows a row
# without shape or count for each ModuleList, which is never called. The head's own row is of the
# first tensor that it returns, which was a mask there and is a category here.
PUBLISHED_TYPE = {"FPN": "Solov1PredictNeck", "SOLOHead": "Solov1PredictHead"}


def test_solo_has_every_row_of_its_printed_table() -> None:
    summary = summarize(on_meta("solo-r50-fpn-table"), (1333, 800), depth=3)
    printed = printed_table("solo_r50_fpn_table")
    assert len(printed) == 119
    called = [row for row in printed if row["type"] != "ModuleList"]
    assert sum(row["depth"] == "3" for row in called) == 88
    rows = [row for row in summary.rows if 1 <= row.depth <= 3]
    assert [solo_row(row) for row in rows] == [shape_of_one(row) for row in called]
    assert sum(row.recursive for row in rows) == 60
    assert summary.total_params == summary.trainable_params == 36_892_591


def solo_row(row: Row) -> tuple[object, ...]:
    shown = row.params if row.depth == 3 or row.is_leaf else 0
    counted = not row.recursive and shown > 0
    return (
        row.depth,
        PUBLISHED_TYPE.get(row.type, row.type),
        without_batch(row) if row.type != "SOLOHead" else "",
        shown if counted else 0,
        row.recursive,
    )


def shape_of_one(printed: dict[str, str]) -> tuple[object, ...]:
    return (
        int(printed["depth"]),
        printed["type"],
        printed["output_shape"] if printed["type"] != PUBLISHED_TYPE["SOLOHead"] else "",
        int(printed["params"] or 0),
        printed["recursive"] == "True",
    )
