"""The lens reads its releases off the networks: the ledger's numbers, and what differs."""

import json

import pytest
import torch
from torch import nn

from yoloexplain import create_model, plans
from yoloexplain.ledger import yolov5 as published
from yoloexplain.widgets import VersionLens
from yoloexplain.yolov5.releases import RELEASES


@pytest.fixture(scope="module")
def lens() -> VersionLens:
    return VersionLens()


def told(lens: VersionLens, name: str) -> dict:
    return next(one for one in lens.view.table["versions"] if one["name"] == name)


def test_parameters_and_work_are_the_published_ones(lens) -> None:
    for release in ("1.0", "4.0", "6.0"):
        count = published.EXACT[release]["s"][0]
        assert f"{told(lens, release)['params']:,}" == count
        work = 2 * told(lens, release)["work"] / 1e9
        assert f"{work:.2f} B" == published.PLAIN_WORK["s", release]
        assert told(lens, release)["row"][-2:] == [count, f"{work:.2f}"]
    assert list(RELEASES) == [one["name"] for one in lens.view.table["versions"]]


def test_the_blocks_are_those_of_the_plan(lens) -> None:
    with torch.device("meta"):
        blocks = plans.blocks(create_model("yolov5s", release="7.0"), 640)
    found = told(lens, "7.0")["blocks"]
    assert [b["label"] for b in found] == [block.type for block in blocks]
    assert [b["count"] for b in found] == [block.repeats for block in blocks]
    assert [tuple(b["shape"]) for b in found] == [block.shape for block in blocks]
    assert [tuple(map(str, b["reads"])) for b in found] == [block.inputs for block in blocks]


def test_ten_releases_are_three_networks(lens) -> None:
    built = {
        one["name"]: sum(bool(block["build"]) for block in one["blocks"])
        for one in lens.view.table["versions"]
    }
    assert built == {
        **dict.fromkeys(("1.0", "2.0", "3.0", "3.1", "5.0", "6.1", "6.2", "7.0"), 0),
        **{"4.0": 8, "6.0": 5},
    }
    assert told(lens, "2.0")["summary"] == ["ε 0.0001 → 0.001 in 18 blocks"]
    assert "LeakyReLU → Hardswish in 10 blocks" in told(lens, "3.0")["summary"]
    assert "CSP → C3 in 6 blocks" in told(lens, "4.0")["summary"]
    six = told(lens, "6.0")["summary"]
    for words in (
        "backbone.stem: Focus → Conv 6×6",
        "backbone.stage3: C3 ×3 → C3 ×2",
        "backbone.pool: SPP → SPPF",
        "backbone.stage5: shortcuts added",
        "backbone.pool reads backbone.stage5 instead of backbone.down5",
    ):
        assert words in six
    assert told(lens, "7.0")["changed"] == 0
    assert lens.view.table["hint"].keys() == {"6.1", "7.0"}


def test_it_is_small_and_says_what_it_is(lens) -> None:
    assert len(json.dumps(lens.view.table)) < 60_000
    assert repr(lens).startswith("VersionLens: YOLOv5s, parameters by release: 1.0 7,468,157,")
    assert "YOLOv5s, release 1.0: 27 blocks" in lens.picture().alt


def test_any_two_networks_are_compared() -> None:
    with torch.device("meta"):
        models = {size: create_model(f"yolov5{size}") for size in ("n", "s")}
    lens = VersionLens(models, image_size=256)
    second = told(lens, "s")
    assert second["blocks"][0]["build"] == ["16×128×128 → 32×128×128", "1,760 → 3,520 parameters"]
    assert (second["changed"], second["gone"]) == (27, [])
    assert second["params"] == sum(p.numel() for p in models["s"].parameters())


def test_what_cannot_be_compared_is_named() -> None:
    with pytest.raises(ValueError, match="two versions or more, got 1"):
        VersionLens({"one": nn.Conv2d(3, 4, 3)})
    vector = nn.Sequential(nn.Sequential(nn.Flatten(), nn.Linear(3072, 4)))
    with pytest.raises(ValueError, match="every block must make a map"):
        VersionLens({"a": vector, "b": vector}, image_size=32)
    with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
        VersionLens({"a": "yolov5s", "b": "yolov5m"})
