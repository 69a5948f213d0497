"""Feature maps of any network: what travels to the browser is what the network made."""

import copy
import json

import numpy as np
import pytest
import torch
from torch import nn

from yoloexplain import create_model
from yoloexplain.data import photos
from yoloexplain.figures.maps import strongest
from yoloexplain.inspection import activations, answering, receptive_field
from yoloexplain.widgets import FeatureMaps
from yoloexplain.widgets.field_tables import field_table
from yoloexplain.widgets.map_sheets import block_means


class Branches(nn.Module):
    """Three strides, a BatchNorm, and a way up that no single step and size describe."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 5, 2, 2), nn.BatchNorm2d(8), nn.ReLU())
        self.second = nn.Conv2d(8, 20, 3, 2, 1)
        self.up = nn.Upsample(scale_factor=2)
        self.mix = nn.Conv2d(20, 6, 3, padding=1)
        self.out = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mixed = self.mix(self.up(self.second(self.first(x))))
        return self.out(mixed.mean(dim=(2, 3)))


def image(height: int = 36, width: int = 52) -> np.ndarray:
    return (torch.rand(height, width, 3) * 255).to(torch.uint8).numpy()


def entries(widget: FeatureMaps) -> dict[str, dict]:
    return {entry["name"]: entry for entry in widget.view.table["layers"]}


def decoded(widget: FeatureMaps, name: str, network: int = 0) -> np.ndarray:
    """A layer's maps as the browser reads them out of the bytes."""
    sheet = entries(widget)[name]["sheets"][network]
    n, (h, w) = len(sheet["channels"]), sheet["cells"]
    codes = np.frombuffer(widget.view.maps, np.uint8)[sheet["start"] :][: n * h * w]
    low, high = (np.array(sheet[end])[:, None, None] for end in ("lows", "highs"))
    values = low + (high - low) * codes.reshape(n, h, w) / 254
    return np.where(codes.reshape(n, h, w) == 255, np.nan, values)


def test_the_strongest_channels_travel_with_their_values() -> None:
    model, photo = Branches(), image()
    widget = FeatureMaps(model, photo, channels=5)
    maps = activations(model, photos.to_tensor(photo))
    assert widget.layers == ("first.0", "first.1", "first", "second", "up", "mix")
    for name in widget.layers:
        sheet = entries(widget)[name]["sheets"][0]
        values = maps[name][0].numpy()
        assert sheet["channels"] == strongest(values, 5)
        span = np.ptp(values[sheet["channels"]], axis=(1, 2)).max()
        np.testing.assert_allclose(
            decoded(widget, name), values[sheet["channels"]], atol=span / 500
        )


def test_with_a_mask_those_that_agree_with_it_come_first() -> None:
    model, photo = Branches(), image()
    mask = np.zeros((36, 52))
    mask[10:20, 5:30] = 1
    widget = FeatureMaps(model, photo, ["second"], wanted=mask, channels=4)
    maps = activations(model, photos.to_tensor(photo), ["second"])["second"][0]
    sheet = entries(widget)["second"]["sheets"][0]
    assert sheet["channels"] == answering(maps, torch.tensor(mask), 4)
    assert widget.view.table["order"] == "agreement"


def test_neither_network_is_changed() -> None:
    model, fresh = Branches().train(), Branches().train()
    before = [copy.deepcopy(one.state_dict()) for one in (model, fresh)]
    widget = FeatureMaps(model, image(), untrained=fresh)
    for one, old in zip((model, fresh), before, strict=True):
        assert all(torch.equal(value, old[name]) for name, value in one.state_dict().items())
        assert one.training
        assert not any(module._forward_hooks for module in one.modules())
    assert "trained and untrained" in repr(widget)


def test_the_untrained_maps_are_those_of_a_calibrated_copy() -> None:
    model, fresh, photo = Branches(), Branches(), image()
    widget = FeatureMaps(model, photo, ["first"], untrained=fresh, channels=8)
    sheet = entries(widget)["first"]["sheets"][1]
    raw = activations(fresh, photos.to_tensor(photo), ["first.0"])["first.0"][0]
    mean, spread = raw.mean(dim=(1, 2)), raw.std(dim=(1, 2), unbiased=False)
    wanted = ((raw - mean[:, None, None]) / spread[:, None, None]).relu()[sheet["channels"]]
    np.testing.assert_allclose(decoded(widget, "first", 1), wanted.numpy(), atol=0.03)


def test_both_languages_know_the_same_fields(javascript) -> None:
    model = create_model("solo-demo")
    fields = receptive_field(model, (96, 160))
    cases, wanted = [], []
    for field in fields.values():
        rows, columns = field.cells
        cells = {(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 3)}
        for row, column in sorted(cells):
            cases.append(("fieldBox", [field_table(field), [row, column], [96, 160]]))
            wanted.append(list(field.box(row, column, clip=True)))
    assert javascript("fields", cases) == wanted
    regular = [field for field in fields.values() if "jump" in field_table(field)["rows"]]
    assert 0 < len(regular) < len(fields)  # both ways of writing an axis were tried


def test_a_square_of_cells_sees_what_any_of_them_sees(javascript) -> None:
    field = receptive_field(Branches(), (36, 52), ["mix"])["mix"]
    table = field_table(field, block=3)
    boxes = [field.box(r, c, clip=True) for r in (3, 4, 5) for c in (24, 25)]
    joined = [*np.min(boxes, axis=0)[:2].tolist(), *np.max(boxes, axis=0)[2:].tolist()]
    assert javascript("fields", [("fieldBox", [table, [1, 8], [36, 52]])]) == [joined]


def test_windows_of_windows_grow_alike_in_both_languages(javascript) -> None:
    steps = [(3, 2, 1, 1), (5, 1, 2, 1), (3, 2, 0, 2), (2, 2, 0, 1)]
    names = ("kernel", "stride", "padding", "dilation")
    model = nn.Sequential(*[nn.Conv2d(1, 1, k, s, p, d) for k, s, p, d in steps])
    layers = [dict(zip(names, step, strict=True)) for step in steps]
    for i, (axis,) in enumerate(
        javascript("fields", [("throughWindows", [layers[: i + 1]])]) for i in range(len(steps))
    ):
        field = receptive_field(model, 64, [str(i)])[str(i)]
        assert axis == {"jump": field.stride[0], "size": field.size[0], "start": field.start[0]}


@pytest.mark.parametrize("width", [360, 640, 980])
@pytest.mark.parametrize("counts", [[16], [16, 3]])
def test_nothing_lies_upon_anything_else(width, counts, javascript) -> None:
    for ratio in (0.5, 1, 1.7):
        (plan,) = javascript("panes", [("panesOf", [width, ratio, counts, 12])])
        places = [plan["photo"], *plan["maps"], *[p for t in plan["tiles"] for p in t["places"]]]
        if plan["list"]:
            places.append(plan["list"] | {"h": plan["list"]["row"] * plan["list"]["rows"]})
        for i, a in enumerate(places):
            assert a["x"] >= 0
            assert a["x"] + a["w"] <= width
            assert a["y"] + a["h"] <= plan["height"]
            for b in places[:i]:
                apart = (a["x"] >= b["x"] + b["w"], b["x"] >= a["x"] + a["w"])
                assert any(apart) or a["y"] >= b["y"] + b["h"] or b["y"] >= a["y"] + a["h"]


def test_a_long_list_is_opened_where_one_is(javascript) -> None:
    calls = [("listWindow", [20, 6, at]) for at in (0, 10, 19)] + [("listWindow", [4, 6, 2])]
    assert javascript("panes", calls) == [[0, 6], [7, 13], [14, 20], [0, 4]]


def test_large_maps_are_averaged_over_squares_of_cells() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 7, 10)).astype(np.float32)
    maps[0, 0, 0] = np.nan
    found = block_means(maps, 3)
    assert found.shape == (2, 3, 4)
    assert np.isnan(found[0, 0, 0])
    for r in range(3):
        for c in range(4):
            wanted = maps[1, 3 * r : 3 * r + 3, 3 * c : 3 * c + 3].mean()
            assert found[1, r, c] == pytest.approx(wanted, abs=1e-6)


def test_a_widget_stays_small() -> None:
    model = create_model("yolov5n-demo")
    widget = FeatureMaps(model, photos.load("astronaut"), untrained=create_model("yolov5n-demo"))
    view = widget.view
    assert len(view.maps) + len(view.photo) + len(json.dumps(view.table)) < 600_000
    assert len(widget.layers) == 12


def test_maps_that_say_nothing_are_named() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.none, self.flat = nn.Conv2d(3, 2, 3), nn.Identity(), nn.Identity()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x)
            self.none(x * float("nan"))
            return self.flat(torch.full_like(x, 3.1))

    widget = FeatureMaps(Odd(), image(), ["conv", "none", "flat"], layer="none")
    found = {name: entry["sheets"][0]["states"] for name, entry in entries(widget).items()}
    assert found == {"conv": ["", ""], "none": ["no number"] * 2, "flat": ["constant"] * 2}
    assert "NaN" in widget.picture().alt or "not finite" in widget.picture().alt


def test_the_still_is_of_what_is_shown() -> None:
    model, photo = Branches(), image()
    assert "second" in FeatureMaps(model, photo, layer="second").picture().alt
    assert "mix" in FeatureMaps(model, photo, compare="mix").picture().alt
    both = FeatureMaps(model, photo, untrained=Branches()).picture().alt
    assert "untrained" in both
    assert "trained:" in both


def test_networks_that_cannot_be_traced_are_shown_without_fields() -> None:
    class Asks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x) if x.sum() > 0 else x

    widget = FeatureMaps(Asks(), image())
    assert "cannot be traced" in entries(widget)["conv"]["untold"]
    assert "receptive fields known: 0" in repr(widget)


def test_a_thousand_layers_are_folded_to_a_dozen() -> None:
    layers = [nn.Conv2d(1, 1, 1) for _ in range(1000)]
    widget = FeatureMaps(nn.Sequential(*layers), torch.rand(1, 1, 6, 8))
    assert len(widget.layers) == 12
    assert {"0", "999"} <= set(widget.layers)
    assert "12 of 1,000 layers" in widget.view.table["notes"][0]


def test_a_large_photo_is_shrunk_and_it_is_said() -> None:
    widget = FeatureMaps(Branches(), image(900, 1300), ["mix"])
    assert widget.view.table["size"] == [443, 640]
    assert "resized from 900 × 1300 to 443 × 640" in widget.view.table["notes"][0]
    assert entries(widget)["mix"]["sheets"][0]["cells"] != [222, 320]  # and the maps are averaged


def test_a_photo_finds_the_size_that_the_network_takes() -> None:
    fixed = nn.Sequential(nn.Conv2d(1, 2, 3, 4, 1), nn.Flatten(), nn.Linear(2 * 56 * 56, 3))
    widget = FeatureMaps(fixed, image(30, 60))
    assert widget.view.table["size"] == [224, 224]
    assert "one channel" in widget.view.table["notes"][0]
    assert "framed to 224" in widget.view.table["notes"][1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image": torch.rand(2, 3, 32, 32)}, "batch of 2"),
        ({"image": np.zeros((3, 8, 8, 3), np.uint8)}, "batch of 3"),
        ({"image": np.zeros((8, 8, 3))}, "float64"),
        ({"image": np.zeros((3, 8, 8), np.uint8)}, "channels last"),
        ({"image": torch.zeros(3, 8, 8, dtype=torch.int64)}, "int64"),
        ({"layers": ["secnd"]}, "nearest: 'second'"),
        ({"layers": "second"}, "sequence of names"),
        ({"layers": []}, "at least one"),
        ({"layers": ["out"]}, "maps"),
        ({"compare": "mixx"}, "'mix'"),
        ({"channels": 65}, "1 to 64"),
        ({"model": nn.Sequential(nn.Flatten(), nn.Linear(3 * 36 * 52, 4))}, "more than one cell"),
        ({"untrained": nn.Sequential(nn.Conv2d(3, 8, 3))}, "named_modules"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        FeatureMaps(**{"model": Branches(), "image": image()} | options)


def test_what_is_no_image_or_no_network_is_named() -> None:
    with pytest.raises(TypeError, match="got str"):
        FeatureMaps(Branches(), "cat.jpg")
    with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
        FeatureMaps("yolov5s", image())
    with pytest.raises(RuntimeError, match="must take the image"):
        FeatureMaps(Branches(), torch.rand(1, 7, 32, 32))
