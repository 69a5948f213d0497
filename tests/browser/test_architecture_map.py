"""The map opens and folds by mouse, keys and slider, and tells what Python counts."""

import pytest
import torch
from torch import nn

from yoloexplain import create_model, receptive_field, show_source, summarize
from yoloexplain.inspection import activations
from yoloexplain.layers import C3
from yoloexplain.widgets import explore

pytestmark = pytest.mark.browser

SIZE = (64, 96)


def words(path: str, model: nn.Module) -> tuple[str, str]:
    """What the line below the map must say of a block's numbers."""
    table = summarize(model, SIZE)
    row = next(row for row in table.rows if row.path == path)
    field = receptive_field(model, SIZE, [path])[path].size
    return f"{row.params:,} parameters", f"sees {field[0]} × {field[1]} pixels"


def test_keys_walk_open_and_fold(static) -> None:
    torch.manual_seed(0)
    model, image = create_model("yolov5n-demo"), torch.rand(3, *SIZE)
    shown = static(explore(model, image))
    assert shown.status().startswith("backbone.stem: Conv 6×6, makes 1 × 16 × 32 × 48 at stride 2")

    shown.press("ArrowRight", "ArrowRight")
    assert shown.status().startswith("backbone.stage2: C3")
    for part in words("backbone.stage2", model):
        assert part in shown.status()
    code = shown.page.locator(".yx-block pre")
    assert code.inner_text().strip() == show_source(C3, without_docstring=True).code

    before = shown.canvas().bounding_box()
    shown.press("Enter")  # its own parts, one more lane for the bypass
    assert shown.status().startswith("backbone.stage2.main: Conv 1×1")
    assert shown.canvas().bounding_box()["height"] > before["height"]
    shown.press("-")
    assert shown.status().startswith("backbone.stage2: C3")
    assert shown.canvas().bounding_box() == before
    shown.press("ArrowUp")
    assert "at stride 2" in shown.status()
    assert shown.complaints == []


def test_feature_maps_are_the_networks_own(static) -> None:
    torch.manual_seed(0)
    model, image = create_model("yolov5n-demo"), torch.rand(3, *SIZE)
    shown = static(explore(model, image))
    maps = activations(model, image[None], ["backbone.stem"])["backbone.stem"][0]
    order = maps.flatten(1).std(dim=1, correction=0).argsort(descending=True)[:4]
    label = shown.page.locator(".yx-block canvas").get_attribute("aria-label")
    for channel in order.tolist():
        low, high = maps[channel].min().item(), maps[channel].max().item()
        told = f"channel {channel} {float(f'{low:.2g}'):g} to {float(f'{high:.2g}'):g}"
        assert told.replace("-", "−") in label
    assert shown.complaints == []


def test_the_mouse_opens_a_stack_and_the_slider_opens_all(static) -> None:
    block = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())
    model = nn.Sequential(nn.Conv2d(3, 3, 1), *[block for _ in range(3)], nn.MaxPool2d(2))
    shown = static(explore(model, torch.rand(3, 16, 16)))
    assert shown.status().startswith("0: Conv2d 1×1")
    shown.press("ArrowRight")
    assert "Conv2d 3×3 ×3" in shown.status()
    stack = middle_of_ink(shown)
    shown.press("ArrowLeft")
    shown.drag(stack, stack)
    assert shown.status().startswith("1: Conv2d 3×3, makes 1 × 3 × 16 × 16")
    assert (
        "One module called 3 times, this is call 1" in shown.page.locator(".yx-block").inner_text()
    )

    shown.page.get_by_role("button", name="Fold").last.click()
    assert "Conv2d 3×3 ×3" in shown.status()
    shown.page.get_by_role("button", name="Open").click()
    assert shown.status().startswith("1: Conv2d 3×3")
    shown.page.get_by_label("colour").select_option("parameters")
    assert shown.status().startswith("1: Conv2d 3×3")
    assert shown.complaints == []


def middle_of_ink(shown) -> tuple[float, float]:
    """Middle of the box that is selected, by its thick frame, as shares of the canvas."""
    shown.settle()
    x, y = shown.canvas().evaluate(
        """canvas => {
          const { width, height } = canvas;
          const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          const ink = (x, y) => {
            const at = 4 * (y * width + x);
            return data[at + 3] > 200 && data[at] < 60 && data[at + 2] < 60;
          };
          let best = [0, 0, 0];
          for (let y = 0; y < height; y++) {
            let run = 0;
            for (let x = 0; x < width; x++) {
              run = ink(x, y) ? run + 1 : 0;
              if (run > best[0] && run < width / 3) best = [run, x - run / 2, y];
            }
          }
          return [best[1] / width, (best[2] + 12) / height];
        }"""
    )
    return x, y


def test_the_slider_opens_to_a_depth(static) -> None:
    torch.manual_seed(0)
    shown = static(explore(create_model("yolov5n-demo"), torch.rand(3, *SIZE)))
    shown.slide("open to depth", 1)
    assert shown.status().startswith("backbone.stem.conv: Conv2d 6×6")
    shown.slide("open to depth", -2)
    assert shown.status().startswith("backbone: Backbone")
    assert shown.complaints == []


def test_a_failure_is_named_on_the_page(static) -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(9, 8, 3))
    shown = static(explore(model, torch.rand(3, 16, 16)), theme="dark", width=420)
    assert "Failed in '1' (Conv2d): RuntimeError" in shown.status()
    assert "to have 9 channels" in shown.page.locator(".yx-block-note").inner_text()
    assert shown.complaints == []
