"""With the same weights and the same image, every network says what the published one says.

``golden/official_outputs.json`` holds the numbers of the published code, ``filling.py`` the rule by
which weights and images were filled. The weights come in under their published names, so that a
wrong row in a table of names shows here as a wrong number.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filling import GAINS, fill, image
from torch import Tensor, nn

from yoloexplain import create_model
from yoloexplain.solo.head import DecoupledSOLOOutput, SOLOOutput
from yoloexplain.weights import load_official, save_official
from yoloexplain.weights.loading import in_published_names
from yoloexplain.yolov5 import RELEASES, YOLOv5, decode

GOLDEN = Path(__file__).parents[1] / "golden" / "official_outputs.json"
CASES = json.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]


def build(case: str) -> nn.Module:
    """Build "yolov5s 5.0, 1 channel, 3 classes" or "resnet18" on the meta device."""
    name, *rest = case.replace(",", "").split()
    options = {"release": rest[0]} if rest else {}
    options |= {"in_channels": 1, "num_classes": 3} if "channel" in case else {}
    return create_model(name, **options)


def gain(model: nn.Module, case: str) -> float:
    """Choose the gain with which the network's activations stay alive."""
    if isinstance(model, YOLOv5):
        return GAINS["SiLU" if float(model.release) >= 4 else
                     "Hardswish" if float(model.release) >= 3 else "LeakyReLU"]  # fmt: skip
    kind = {"densenet121": "dense", "cspdarknet53": "Mish"}.get(case, "residual")
    return GAINS[kind]


def outputs(model: nn.Module, picture: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Run a network and name its outputs as the golden file does."""
    answer = model(picture)
    if isinstance(answer, Tensor):
        yield "logits", answer
    elif isinstance(model, YOLOv5):
        yield from answer.items()
        yield "decoded", decode(answer, model)
    else:
        assert isinstance(answer, SOLOOutput | DecoupledSOLOOutput)
        for kind in answer._fields:
            yield from ((f"{kind} p{i + 2}", x) for i, x in enumerate(getattr(answer, kind)))


def filled_network(case: str) -> tuple[nn.Module, Tensor]:
    """Fill a network under published names, and make its image."""
    model = build(case)
    load_official(model, fill(in_published_names(model), gain(model, case)))
    channels = 1 if "channel" in case else 3
    six = isinstance(model, YOLOv5) and model.size.endswith("6")
    return model.eval(), image(2, channels, 64, 128 if six else 96)


def assert_same(ours: Tensor, published: dict[str, object], scale: float) -> None:
    """Hold an output to its probes: ``scale`` of each value, and of the largest one."""
    flat = ours.double().flatten()
    places = [(7919 * k * k + 104729 * k + 13) % len(flat) for k in range(12)]
    values = torch.tensor(published["values"], dtype=torch.float64)
    torch.testing.assert_close(
        flat[places], values, rtol=scale, atol=scale * float(flat.abs().max())
    )
    magnitude = published["magnitude"]
    assert flat.abs().sum().item() == pytest.approx(magnitude, rel=scale)
    assert flat.sum().item() == pytest.approx(published["sum"], abs=scale * magnitude)


@pytest.mark.parametrize("case", [case for case in CASES if not case.endswith("darknet53")])
@torch.no_grad()
def test_outputs_are_the_published_networks(case: str) -> None:
    model, picture = filled_network(case)
    published = CASES[case]
    while isinstance(published, str):  # a release that gave the same numbers as an earlier one
        published = CASES[published]
    single = dict(outputs(model, picture))
    assert set(single) == set(published)
    double = dict(outputs(model.double(), picture.double()))
    for name, numbers in published.items():
        assert single[name].dtype == torch.float32
        assert_same(single[name], numbers, 1e-5)
        assert_same(double[name], numbers, 1e-9)


@pytest.mark.parametrize("case", ["darknet53", "cspdarknet53"])
@torch.no_grad()
def test_darknets_logits_come_out_of_its_own_file(case: str, tmp_path: Path) -> None:
    model, picture = filled_network(case)
    save_official(model, tmp_path / "net.weights")
    with (tmp_path / "net.weights").open("rb") as file:  # the order that darknet itself has read
        assert hashlib.file_digest(file, "sha256").hexdigest() == CASES[case]["file"]
    fresh = load_official(build(case), tmp_path / "net.weights").eval()
    assert_same(fresh(picture), CASES[case]["logits"], 1e-5)


def test_every_release_and_every_published_family_is_held_to_numbers() -> None:
    releases = {case.split()[1].rstrip(",") for case in CASES if case.startswith("yolov5")}
    assert releases == set(RELEASES)
    assert {"resnet18", "resnet50", "densenet121", "darknet53", "cspdarknet53"} <= set(CASES)
    assert {"solo-r50-fpn", "solo-r50-fpn-decoupled", "yolov5s6 5.0", "yolov5n6 7.0"} <= set(CASES)


@torch.no_grad()
def test_the_filling_would_show_a_swapped_concatenation() -> None:
    # the comparison is worth nothing if the activations have died
    model, picture = filled_network("yolov5n 7.0")
    honest = dict(outputs(model, picture))
    fuse = model.get_submodule("neck.top_down3.fuse.conv")
    assert isinstance(fuse, nn.Conv2d)
    fuse.weight.copy_(fuse.weight.roll(fuse.in_channels // 2, dims=1))
    for name, swapped in outputs(model, picture):
        moved = (swapped - honest[name]).abs().max() / honest[name].abs().max()
        assert moved > 1e-3, name
