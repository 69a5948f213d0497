"""Published weights are taken over whole or not at all, and given back under the same names."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from yoloexplain import create_model
from yoloexplain.backbones.resnet import resnet50
from yoloexplain.weights import load_official, published_names, save_official
from yoloexplain.weights.loading import in_published_names
from yoloexplain.yolov5 import RELEASES

EVERY = [
    ("yolov5n", {"release": "7.0"}),
    ("yolov5s", {"release": "1.0"}),
    ("yolov5s", {"release": "3.1", "num_classes": 2}),
    ("yolov5s", {"release": "5.0", "in_channels": 1}),
    ("yolov5s6", {"release": "5.0"}),
    ("densenet121", {}),
    ("resnet18", {"num_classes": 10}),
    ("densenet-cifar", {}),
    ("solo-r50-fpn-decoupled", {"num_classes": 5}),
]


def stirred(model: nn.Module) -> nn.Module:
    """Give a network statistics that no fresh one has."""
    for i, (name, value) in enumerate(model.state_dict().items()):
        if name.endswith(("running_mean", "running_var")):
            value.copy_(torch.rand_like(value) + 0.5)
        elif name.endswith("num_batches_tracked"):
            value.fill_(i)
    return model


def same(one: nn.Module, other: nn.Module) -> bool:
    """Say whether two networks hold the same numbers under the same names."""
    a, b = one.state_dict(), other.state_dict()
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("name", "options", "suffix"),
    [*((*case, ".pt") for case in EVERY), *((*case, ".safetensors") for case in EVERY[:3])],
)
def test_what_is_saved_is_loaded_to_the_bit(
    name: str, options: dict[str, object], suffix: str, tmp_path: Path
) -> None:
    model = stirred(create_model(name, **options))
    written = save_official(model, tmp_path / f"net{suffix}")
    assert list(written)[: len(published_names(model))] == list(published_names(model).values())
    fresh = create_model(name, **options)
    assert not same(model, fresh)
    assert load_official(fresh, tmp_path / f"net{suffix}") is fresh
    assert same(model, fresh)
    assert [path.name for path in tmp_path.iterdir()] == [f"net{suffix}"]


def test_files_hold_the_published_names_and_nothing_of_ours(tmp_path: Path) -> None:
    model = create_model("yolov5s", release="5.0")
    save_official(model, tmp_path / "net.pt")
    state = torch.load(tmp_path / "net.pt", weights_only=True)
    assert "model.24.m.0.weight" in state
    assert not [name for name in state if not name.startswith("model.")]
    save_official(create_model("resnet18"), tmp_path / "net.safetensors")
    assert "layer1.0.conv1.weight" in load_file(tmp_path / "net.safetensors")


@pytest.mark.parametrize("layout", ["authors", "mmdetection"])
def test_solo_is_read_in_both_layouts(layout: str, tmp_path: Path) -> None:
    model = create_model("solo-r50-fpn", num_classes=3)
    state = save_official(model, tmp_path / "net.pth", layout=layout)
    assert any(name.startswith("mask_head") for name in state) == (layout == "mmdetection")
    fresh = create_model("solo-r50-fpn", num_classes=3)
    torch.save({"meta": {"epoch": 36}, "state_dict": state}, tmp_path / "wrapped.pth")
    assert same(load_official(fresh, tmp_path / "wrapped.pth"), model)


# --- anchors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
def test_anchors_are_stored_in_cells_as_the_release_did(release: str) -> None:
    model = create_model("yolov5s", release=release)
    state = in_published_names(model)
    place = 27 if release == "1.0" else 24
    cells = state[f"model.{place}.anchors"]
    finest = cells[-1] if release == "1.0" else cells[0]
    assert torch.equal(finest, torch.tensor([[10.0, 13], [16, 30], [33, 23]]) / 8)
    grid = state.get(f"model.{place}.anchor_grid")
    assert (grid is not None) == (float(release) < 6)
    if grid is not None:
        assert grid.shape == (3, 1, 3, 1, 1, 2)
        coarsest = grid[0] if release == "1.0" else grid[-1]
        assert coarsest.flatten().tolist() == [116, 90, 156, 198, 373, 326]


@pytest.mark.parametrize("release", ["1.0", "4.0", "7.0"])
def test_anchors_of_ones_own_come_back_in_pixels(release: str) -> None:
    model = create_model("yolov5s", release=release)
    model.head.anchors.mul_(1.5)
    fresh = create_model("yolov5s", release=release)
    load_official(fresh, in_published_names(model))
    assert torch.allclose(fresh.head.anchors, model.head.anchors)
    assert fresh.head.anchors[0, 0].tolist() == [15.0, 19.5]


def test_anchors_that_contradict_one_another_are_refused() -> None:
    model = create_model("yolov5s", release="5.0")
    state = in_published_names(model)
    state["model.24.anchors"] = state["model.24.anchors"].flip(0)
    with pytest.raises(ValueError, match=r"anchors in cells times the stride must be the anchors"):
        load_official(model, state)


# --- older files --------------------------------------------------------------------------------


def test_the_old_key_style_of_densenet_is_read() -> None:
    model = stirred(create_model("densenet121"))
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", name): value
        for name, value in in_published_names(model).items()
        if not name.endswith("num_batches_tracked")
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    fresh = load_official(create_model("densenet121"), old)
    for (name, ours), theirs in zip(
        fresh.state_dict().items(), model.state_dict().values(), strict=True
    ):
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(ours, theirs), name


def test_a_trunk_takes_its_classifiers_file() -> None:
    whole = stirred(create_model("resnet50"))
    trunk = load_official(resnet50(), in_published_names(whole))
    assert same(trunk, whole.backbone)
    yolo = create_model("yolov1-resnet50")
    load_official(yolo.backbone, in_published_names(whole))
    assert same(yolo.backbone, whole.backbone)


# --- what does not fit --------------------------------------------------------------------------


def fails(model: nn.Module, source: object, *words: str) -> str:
    """Load what must not fit, and check that the network is as it was."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match="nothing was loaded") as error:
        load_official(model, source)  # type: ignore[arg-type]
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    for part in words:
        assert part in str(error.value)
    return str(error.value)


def test_missing_surplus_and_misshapen_are_listed_together() -> None:
    model = create_model("resnet18")
    state: dict[str, Tensor] = in_published_names(create_model("resnet18"))
    state["fc.wieght"] = state.pop("fc.weight")
    state["aux.bias"] = torch.zeros(3)
    state["bn1.weight"] = torch.zeros(65)
    state["conv1.weight"] = torch.zeros(64, 3, 7, 7, dtype=torch.int64)
    message = fails(model, state)
    assert message.splitlines()[1:] == [
        "  missing (1): fc.weight (nearest: fc.wieght)",
        "  surplus (2): fc.wieght; aux.bias",
        "  misshapen (2): conv1.weight is 64×3×7×7 in whole numbers, not 64×3×7×7; "
        "bn1.weight is 65, not 64",
    ]


def test_long_lists_are_counted_not_printed() -> None:
    message = fails(create_model("resnet18"), {"x": torch.zeros(1)})
    assert "missing (102): conv1.weight; " in message
    assert "; and 97 more" in message
    assert len(message) < 1000


MENDS = {
    ("yolov5n", "7.0"): [
        ("yolov5n", {"num_classes": 3}, "build the network with num_classes=3"),
        ("yolov5n", {"in_channels": 1}, "build the network with in_channels=1"),
        ("yolov5s", {}, "the stem in the file has 32 channels, as that of yolov5s"),
        ("yolov5n6", {}, "those of yolov5n, releases 6.0 to 7.0 with a fourth level"),
        ("yolov5s", {"release": "5.0"}, "those of yolov5s, releases 4.0 and 5.0"),
        ("yolov5s", {"release": "3.1"}, "those of yolov5s, releases 2.0 to 3.1"),
        ("yolov5s", {"release": "1.0"}, "those of yolov5s, release 1.0"),
    ],
    ("yolov5s", "1.0"): [
        ("yolov5s", {"release": "1.0", "num_classes": 3}, "num_classes=3"),
        ("yolov5s", {"release": "2.0"}, "those of yolov5s, releases 2.0 to 3.1"),
    ],
}


@pytest.mark.parametrize(("name", "release"), MENDS)
def test_the_error_says_how_to_build_the_network(name: str, release: str) -> None:
    model = create_model(name, release=release)
    for other, options, words in MENDS[name, release]:
        fails(model, in_published_names(create_model(other, **options)), words)


def test_the_error_says_how_to_build_the_other_networks() -> None:
    three = in_published_names(create_model("resnet18", num_classes=3))
    fails(create_model("resnet18"), three, "build the network with num_classes=3")
    solo = create_model("solo-r50-fpn", num_classes=2)
    four = in_published_names(create_model("solo-r50-fpn", num_classes=4), "mmdetection")
    fails(solo, four, "build the network with num_classes=4")
    decoupled = in_published_names(create_model("solo-r50-fpn-decoupled", num_classes=2))
    fails(solo, decoupled, "the file has the head of 'solo-r50-fpn-decoupled'")


def test_nonsense_under_the_right_names_is_refused_in_words() -> None:
    fails(create_model("resnet18"), {"fc.bias": torch.tensor(1.0)}, "misshapen (1): fc.bias is one")
    fails(
        create_model("yolov5n"),
        {"model.0.conv.weight": torch.zeros(3, 3)},
        "misshapen (1): model.0.",
    )
    fails(create_model("yolov5n"), {}, "pass weights of the same network")


def test_sources_that_are_none_are_refused(tmp_path: Path) -> None:
    model = create_model("resnet18")
    with pytest.raises(ValueError, match=r"there is no file '.*none.pt'; check the path"):
        load_official(model, tmp_path / "none.pt")
    with pytest.raises(ValueError, match=r"must map names to tensors, got str for 'fc.bias'"):
        load_official(model, {"fc.bias": "zero"})  # type: ignore[dict-item]
    (tmp_path / "empty.pt").touch()
    with pytest.raises(ValueError, match="but this one is empty"):
        load_official(model, tmp_path / "empty.pt")
    (tmp_path / "page.pt").write_text("<html>404 Not Found</html>")
    with pytest.raises(ValueError, match=r"this one is no file of PyTorch's"):
        load_official(model, tmp_path / "page.pt")


def test_a_network_without_memory_is_refused() -> None:
    with torch.device("meta"):
        model = create_model("resnet18")
    with pytest.raises(ValueError, match=r"build it outside torch\.device"):
        load_official(model, {})
    with pytest.raises(ValueError, match=r"build it outside torch\.device"):
        save_official(model, "anywhere.pt")


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    model = create_model("resnet18", num_classes=2)
    save_official(model, tmp_path / "net.pt")
    before = (tmp_path / "net.pt").read_bytes()
    with pytest.raises(ValueError, match="layout must be one of"):
        save_official(model, tmp_path / "net.pt", layout="nobody")
    with pytest.raises(OSError, match="nowhere"):
        save_official(model, tmp_path / "nowhere" / "net.pt")
    assert (tmp_path / "net.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["net.pt"]
