"""Every combination that the pyramid holds is what the network says with those links off."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from yoloexplain import create_model, yolov5
from yoloexplain.data import photos
from yoloexplain.data.scenes import Scenes
from yoloexplain.widgets import Pyramid
from yoloexplain.widgets.neck_links import LINKS, OWN

COMBINATIONS = (0, 1, 0b01010101, 0b11110101, 0b11101111, 0b11111111)


@pytest.fixture(scope="module")
def scene():
    return Scenes(12, seed=2, size=128, split="val")[11]


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return create_model("yolov5n-demo")


@pytest.fixture(scope="module")
def widget(model, scene) -> Pyramid:
    return Pyramid(model, scene)


class ZeroingNeck:
    """The neck's forward again, written out, with each link by its name."""

    def __init__(self, neck: nn.ModuleDict, off: set[str]) -> None:
        self.neck, self.off = neck, off

    def meet(self, link: str, x: Tensor, across: str, y: Tensor) -> Tensor:
        kept = [torch.zeros_like(v) if n in self.off else v for n, v in ((link, x), (across, y))]
        return torch.cat(kept, dim=1)

    def __call__(self, c: dict[str, Tensor]) -> dict[str, Tensor]:
        neck = self.neck
        t5 = neck["lateral5"](c["c5"])
        merged = self.meet("t5 → t4", neck["upsample"](t5), "c4 → t4", c["c4"])
        t4 = neck["lateral4"](neck["top_down4"](merged))
        merged = self.meet("t4 → p3", neck["upsample"](t4), "c3 → p3", c["c3"])
        p3 = neck["top_down3"](merged)
        p4 = neck["bottom_up4"](self.meet("p3 → p4", neck["down3"](p3), "t4 → p4", t4))
        p5 = neck["bottom_up5"](self.meet("p4 → p5", neck["down4"](p4), "t5 → p5", t5))
        return {"p3": p3, "p4": p4, "p5": p5}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_maps_and_boxes_are_those_of_zeroed_links(combination, widget, model, scene) -> None:
    off = {name for i, (name, _) in enumerate(LINKS) if not combination >> i & 1}
    with torch.no_grad():
        pyramid = ZeroingNeck(model.neck, off)(model.backbone(photos.to_tensor(scene.image)))
        decoded = yolov5.decode(model.head(pyramid), model)
    (expected,) = yolov5.non_max_suppression(decoded, confidence=0.4)
    for name, maps in pyramid.items():
        held = widget._outcome.maps[name][combination & OWN[name] - 1]
        torch.testing.assert_close(held, maps[0], atol=1e-4, rtol=1e-3)
    found = widget._outcome.found[combination]
    torch.testing.assert_close(found.boxes_xyxy, expected.boxes_xyxy, atol=0.01, rtol=1e-3)
    assert found.labels.tolist() == expected.labels.tolist()


def test_bytes_stand_for_the_maps(widget) -> None:
    data, table = np.frombuffer(widget.view.maps, np.uint8), widget.view.table
    for name, count in OWN.items():
        one = table["maps"][f"{name} 1"]
        h, w = one["side"]
        held = data[one["start"] :][: count * h * w].reshape(count, h, w) / 254
        values = one["low"] + (one["high"] - one["low"]) * held
        expected = widget._outcome.maps[name].abs().mean(dim=1).numpy()
        np.testing.assert_allclose(values, expected, atol=(one["high"] - one["low"]) / 254)


def test_each_box_knows_its_level_and_its_thing(widget, model, scene) -> None:
    boxes = widget.view.table["found"][255]
    assert boxes
    with torch.no_grad():
        raw = model(photos.to_tensor(scene.image))
    for x0, y0, x1, y1, score, label, level, fits in boxes:
        alone = {
            n: r if i == level else torch.full_like(r, -20) for i, (n, r) in enumerate(raw.items())
        }
        (said,) = yolov5.non_max_suppression(yolov5.decode(alone, model), confidence=0.4)
        near = (said.boxes_xyxy - torch.tensor([x0, y0, x1, y1])).abs().amax(1) < 1
        assert (said.scores[near] * 100).round().int().tolist() == [score]
        assert fits == -1 or scene.labels[fits] == label


def test_the_model_is_left_as_it_was(model, scene) -> None:
    model.train()
    Pyramid(model, scene.image)
    assert model.training
    assert not model.neck["concat"]._forward_pre_hooks
    assert not model.neck["top_down4"]._forward_hooks
    model.eval()


def test_it_says_what_it_holds_and_draws_it(widget) -> None:
    words = "photo of 128×128 pixels with 8 things; p3 16×16, p4 8×8, p5 4×4; 8 links, 256"
    assert words in repr(widget)
    assert "without top-down" in widget.picture().alt
    assert len(widget.view.maps) + len(str(widget.view.table)) < 150_000


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"model": nn.Identity()}, TypeError, "Identity"),
        ({"model": "yolov5n"}, TypeError, "str"),
        ({"scene": np.zeros((100, 96, 3), np.uint8)}, ValueError, "100×96"),
        ({"scene": np.zeros((640, 640, 3), np.uint8)}, ValueError, "at most 416"),
        ({"scene": np.zeros((96, 96), float)}, ValueError, "uint8"),
        ({"confidence": 1.5}, ValueError, "1.5"),
    ],
)
def test_bad_input_is_named(options, kind, words, model) -> None:
    with pytest.raises(kind, match=words):
        Pyramid(**{"model": model} | options)


@pytest.mark.parametrize(("name", "words"), [("yolov5n6", "p3, p4, p5, p6"), ("yolov5n", "meta")])
def test_four_levels_or_no_weights_are_named(name, words) -> None:
    with torch.device("meta"):
        model = create_model(name)
    with pytest.raises(ValueError, match=words):
        Pyramid(model)
