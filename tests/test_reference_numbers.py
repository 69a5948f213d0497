"""Every published number of the networks, counted by its own rule.

``golden/published_numbers.csv`` names what the ledger must hold; the rules themselves are held
against slower counts here.
"""

import csv
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from yoloexplain import create_model, summarize
from yoloexplain.layers.conv import Conv
from yoloexplain.ledger import Entry, Status
from yoloexplain.ledger.counting import Network, count_all_operations, count_fused
from yoloexplain.ledger.table import entries

GOLDEN = Path(__file__).parent / "golden" / "published_numbers.csv"
FAMILIES = (("1.0", "2.0", "3.0", "3.1"), ("4.0", "5.0"), ("6.0", "6.1", "6.2", "7.0"))

# What does not agree, and is known not to: network, printed figure.
DIFFERING = {
    ("densenet264", "27.21 M"),
    ("densenet264", "11.03 B"),
    ("yolov5s6, release=6.0", "16.8 M"),
    ("yolov5s6, release=6.0", "12.6 B"),
    ("yolov5l6, release=6.0", "76.8 M"),
    ("solo-r50-fpn-table", "296.58 G"),
}
NOT_BUILT = {"CSPResNeXt-50", "ResNeXt-50", "CSPPeleeNet", "PeleeNet"}


def expected_status(entry: Entry) -> Status:
    if entry.model in NOT_BUILT:
        return Status.NOT_BUILT
    if (entry.model, entry.published) in DIFFERING and "as printed" not in entry.quantity:
        return Status.DIFFERS
    return Status.AGREES


@pytest.mark.parametrize(
    "entry", entries(), ids=lambda entry: f"{entry.model}: {entry.quantity} {entry.published}"
)
def test_published_number_agrees_or_is_known_to_differ_and_says_why(entry: Entry) -> None:
    row = entry.weigh()
    assert row.status is expected_status(entry), row
    assert bool(row.reason) == (row.status is not Status.AGREES)


def test_golden_file_and_ledger_name_the_same_numbers() -> None:
    with GOLDEN.open(newline="") as file:
        golden = {tuple(row) for row in list(csv.reader(file))[1:]}
    ours = {(e.model, e.quantity, e.published) for e in entries()}
    assert ours == golden
    assert {(model, figure) for model, _, figure in golden} >= DIFFERING


@pytest.mark.parametrize("releases", FAMILIES)
@pytest.mark.parametrize("size", ["s", "m"])
def test_releases_of_one_family_are_of_one_size(releases: tuple[str, ...], size: str) -> None:
    summaries = []
    for release in releases:
        with torch.device("meta"):
            model = create_model(f"yolov5{size}", release=release)
        table = summarize(model, (64, 96))
        summaries.append((table.total_params, table.mult_adds))
    assert len(set(summaries)) == 1


@pytest.mark.parametrize("size", ["n6", "s6", "m6"])
def test_four_level_sizes_stayed_as_they_were_from_release_6_on(size: str) -> None:
    counts = set()
    for release in FAMILIES[2]:
        with torch.device("meta"):
            model = create_model(f"yolov5{size}", release=release)
        counts.add(sum(p.numel() for p in model.parameters()))
    assert len(counts) == 1


def test_fused_count_is_that_of_a_network_whose_norms_were_folded_away() -> None:
    for name, options in (
        ("yolov5n", (("release", "7.0"),)),
        ("yolov5s", (("release", "1.0"),)),
        ("yolov1-notebook", ()),
    ):
        with torch.device("meta"):
            model = create_model(name, **dict(options)).eval()
        for module in model.modules():
            if isinstance(module, Conv):
                module.conv = folded(module.conv, module.bn)
                module.bn = nn.Identity()
        ours = sum(p.numel() for p in model.parameters())
        assert count_fused(Network(name, options)) == ours


def folded(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> nn.Conv2d:
    return fuse_conv_bn_eval(conv, bn)


def test_operations_of_the_first_releases_are_those_that_hooks_count() -> None:
    options = (("release", "1.0"),)
    model = create_model("yolov5s", **dict(options)).eval()
    total = 0

    def count(module: nn.Module, _: object, output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            weights = module.weight[0].numel() + (module.bias is not None)
            total += 2 * weights * output.numel()
        elif isinstance(module, nn.BatchNorm2d):
            total += 4 * output.numel()
        elif isinstance(module, nn.LeakyReLU):
            total += 2 * output.numel()

    for module in model.modules():
        module.register_forward_hook(count)
    with torch.no_grad():
        model(torch.zeros(1, 3, 64, 96))
    assert count_all_operations(Network("yolov5s", options, (64, 96))) == total


@pytest.mark.parametrize(("height", "width"), [(640, 640), (480, 640)])
def test_predictions_are_three_for_each_cell(height: int, width: int) -> None:
    with torch.device("meta"):
        raw = create_model("yolov5s")(torch.empty(2, 3, height, width))
    boxes = sum(maps[0, ..., 0].numel() for maps in raw.values())
    assert boxes == 3 * sum((height // s) * (width // s) for s in (8, 16, 32))
    assert (height, width) != (640, 640) or boxes == 25_200
