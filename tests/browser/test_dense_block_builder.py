"""The builder answers to controls, keys and mouse, with the numbers of blocks that were built."""

import pytest

from yoloexplain.widgets import DenseBlockBuilder

pytestmark = pytest.mark.browser


def block_words(widget: DenseBlockBuilder) -> str:
    """What the status line must say of the block as it is set, counted by the package."""
    block, transition = widget.counted()
    channels, kept = (table.rows[0].output_shape[1] for table in (block, transition))
    view = widget.view
    other = DenseBlockBuilder(
        view.in_channels, view.growth_rate, view.layers, bottleneck=not view.bottleneck
    )
    kind = "without" if view.bottleneck else "with"
    return (
        f"Block: {view.in_channels} → {channels} channels, {block.total_params:,} parameters "
        f"({other.counted()[0].total_params:,} {kind} bottleneck), {block.mult_adds:,} "
        f"multiply-adds at 56×56; then {kept} channels after the transition."
    )


def test_every_slider_changes_the_numbers_as_the_package_counts(static) -> None:
    shown = static(DenseBlockBuilder())
    assert block_words(DenseBlockBuilder()) in shown.status()
    shown.slide("growth rate k", -2)
    shown.slide("layers L", 1)
    shown.slide("channels in", 3)
    shown.slide("compression θ", -4)
    assert block_words(DenseBlockBuilder(67, 30, 7, compression=0.3)) in shown.status()
    shown.page.get_by_label("bottleneck").click()
    plain = DenseBlockBuilder(67, 30, 7, compression=0.3, bottleneck=False)
    assert block_words(plain) in shown.status()
    assert shown.complaints == []


def test_keys_choose_and_add_layers(static) -> None:
    shown = static(DenseBlockBuilder())
    layers = [r for r in DenseBlockBuilder().counted()[0].rows if r.type == "DenseLayer"]
    assert f"Layer 6 of 6 reads 224 channels and adds 32, with {layers[5].params:,}" in (
        shown.status()
    )
    shown.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    assert f"Layer 3 of 6 reads 128 channels and adds 32, with {layers[2].params:,}" in (
        shown.status()
    )
    shown.press("+", "+", "-")
    assert shown.status().startswith("Layer 3 of 7")
    assert block_words(DenseBlockBuilder(layers=7)) in shown.status()
    shown.press(*["ArrowRight"] * 9)
    assert shown.status().startswith("The transition mixes 288 channels into 144, with 42,048")


def test_a_click_chooses_and_every_source_has_its_colour(static) -> None:
    shown = static(DenseBlockBuilder(layers=2))
    floor, high = 336 - 46 - 4, 338 + 6  # pixels: just above the axis, and the canvas's height
    wide = round(0.56 * 968) - 12
    step = (wide - 102) / 3
    middle = [(46 + column * step + 13) / 968 for column in range(3)]
    assert shown.pixel(middle[0], floor / high) == (0, 114, 178)  # the input, blue, ...
    assert shown.pixel(middle[2], floor / high) == (0, 114, 178)  # ... runs on to the end
    assert shown.pixel(middle[2], (290 - 240 * 80 / 160) / high) == (
        230,
        159,
        0,
    )  # layer 1; the axis ends at 160
    box = shown.canvas().bounding_box()
    shown.page.mouse.click(box["x"] + middle[1] * box["width"], box["y"] + 0.5 * box["height"])
    assert shown.status().startswith("Layer 1 of 2 reads 64 channels")
    assert shown.complaints == []


def test_the_curve_can_be_of_other_things(static) -> None:
    shown = static(DenseBlockBuilder())
    before = shown.canvas().evaluate("canvas => canvas.toDataURL()")
    shown.page.get_by_label("curve over L of").select_option("channels")
    shown.settle()
    assert shown.canvas().evaluate("canvas => canvas.toDataURL()") != before
