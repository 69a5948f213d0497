"""The lens moves through the releases by slider, keys and table, and marks what changed."""

import pytest

from yoloexplain.widgets import VersionLens

pytestmark = pytest.mark.browser

ORANGE = (230, 159, 0)


@pytest.fixture(scope="module")
def lens() -> VersionLens:
    return VersionLens()


def orange(shown) -> int:
    """How many pixels of the canvas are the orange of a frame."""
    shown.settle()
    return shown.canvas().evaluate(
        """(canvas, [r, g, b]) => {
          const { width, height } = canvas, box = canvas.getContext("2d");
          const data = box.getImageData(0, 0, width, Math.round(height * 0.85)).data;
          let count = 0;
          for (let i = 0; i < data.length; i += 4) {
            const far = [r, g, b].map((c, k) => Math.abs(data[i + k] - c));
            if (Math.max(...far) < 6) count += 1;
          }
          return count;
        }""",
        list(ORANGE),
    )


def test_the_slider_shows_a_release_and_what_it_changed(static, lens) -> None:
    shown = static(lens)
    assert shown.status().startswith("Release 1.0, 7,468,157 parameters, 17.38 GFLOPs.")
    assert orange(shown) == 0
    shown.slide("release", 4)
    assert shown.status().startswith(
        "Release 4.0: 18 of 27 blocks differ from 3.1; 7,276,605 parameters (−191,552), "
        "16.96 GFLOPs (−0.42)."
    )
    assert orange(shown) > 200
    assert "CSP → C3 in 6 blocks" in shown.page.locator(".yx-told").inner_text()
    assert shown.page.locator("tr.yx-on").inner_text().split() == (
        ["4.0", "C3", "Focus", "SPP", "SiLU", "0.001", "7,276,605", "16.96"]
    )
    shown.slide("release", 1)
    assert "the same map as 4.0" in shown.status()
    assert orange(shown) == 0
    assert shown.complaints == []


def test_keys_choose_a_block_and_a_release(static, lens) -> None:
    shown = static(lens)
    shown.press("+", "+", "+", "+", "+", "+")
    assert shown.status().startswith("Release 6.0: 5 of 27 blocks differ from 5.0")
    assert "backbone.stem: Conv 6×6, 32 × 320 × 320: Focus → Conv 6×6" in shown.status()
    shown.press("ArrowRight")
    assert "backbone.down2: Conv 3×3, 64 × 160 × 160, as before" in shown.status()
    shown.press("ArrowUp", "-")
    assert shown.status().startswith("Release 5.0: the same map as 4.0")
    assert "backbone.stem: Focus" in shown.status()
    assert shown.complaints == []


def test_the_mouse_chooses_in_map_and_table(static, lens) -> None:
    shown = static(lens, width=1000)
    shown.page.get_by_role("button", name="6.0").click()
    assert shown.status().startswith("Release 6.0")
    place = shown.canvas().bounding_box()
    shown.page.mouse.click(place["x"] + 144, place["y"] + 120)  # second column, second row
    assert "backbone.down2: Conv 3×3" in shown.status()
    assert shown.complaints == []
