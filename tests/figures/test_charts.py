"""Charts and concepts: the numbers on them are the numbers given, and nonsense is refused."""

from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.colors import to_hex

from yoloexplain import figures
from yoloexplain.figures import box_overlap, csp, necks, windows
from yoloexplain.figures.architecture import Block, architecture_map
from yoloexplain.figures.picture import Picture
from yoloexplain.figures.sizes import Stage
from yoloexplain.figures.style import BLUE, ORANGE, PAPER


class Row(NamedTuple):
    path: str
    type: str
    params: int
    mult_adds: int
    is_leaf: bool = True
    recursive: bool = False


ROWS = [
    Row("backbone", "Sequential", 0, 0, is_leaf=False),
    Row("backbone.0", "Conv2d", 3_000_000, 9_000_000),
    Row("backbone.1", "ReLU", 0, 0),
    Row("head.0", "Linear", 5_000_000, 1_000_000),
    Row("head.0", "Linear", 5_000_000, 1_000_000, recursive=True),
]


def written(picture: Picture) -> list[str]:
    return [text.get_text() for axes in picture.axes for text in axes.texts] + [
        text.get_text() for text in picture.texts
    ]


def test_a_layer_that_is_called_twice_works_twice_and_weighs_once() -> None:
    by_layer = figures.params_by_layer(ROWS)
    assert "8,000,000 parameters over 2 layers; the largest is head.0" in by_layer.alt
    heights = [bar.get_height() for bar in by_layer.axes[0].patches]
    assert heights == [3.0, 5.0]
    mirrored = figures.params_against_mult_adds(ROWS)
    assert "backbone: 37.5 % of the parameters, 81.8 % of the work" in mirrored.alt
    assert "head: 62.5 % of the parameters, 18.2 % of the work" in mirrored.alt
    assert "Linear: 62.5 %" in figures.params_against_mult_adds(ROWS, by="type").alt


def test_bars_are_as_long_as_their_numbers_and_say_them() -> None:
    picture = figures.bars({"a": 7_978_856, "b": 2.5}, title="Parameters", unit="M")
    assert [bar.get_width() for bar in picture.axes[0].patches] == [7_978_856, 2.5]
    assert {" 7,978,856 M", " 2.5 M"} <= set(written(picture))


def test_every_measure_has_a_column_of_its_own() -> None:
    rows = {"one": {"params": 1.0, "work": 30.0}, "two": {"params": 2.0, "work": 40.0}}
    picture = figures.compare_bars(rows, title="Both")
    assert [[bar.get_width() for bar in axes.patches] for axes in picture.axes] == [
        [1.0, 2.0],
        [30.0, 40.0],
    ]
    with pytest.raises(ValueError, match=r"same measures.*\['work'\] in 'three'"):
        figures.compare_bars(rows | {"three": {"work": 1.0}}, title="Both")


def test_curves_hold_the_values_given() -> None:
    x, squares = np.arange(5), np.arange(5) ** 2
    picture = figures.curves(x, {"squares": squares, "line": x}, title="Growth", xlabel="layers")
    np.testing.assert_array_equal(picture.axes[0].lines[0].get_xydata(), np.stack([x, squares], 1))
    assert picture.alt == "Growth: squares, line over layers, 5 points."
    large = figures.curves(x, {"squares": 1e5 * squares}, title="Growth")
    assert large.axes[0].yaxis.get_major_formatter()(3e5) == "300,000"
    with pytest.raises(ValueError, match="one to one, got 5 x, 4 values"):
        figures.curves(x, {"short": x[:4]}, title="Growth")


def test_a_matrix_writes_its_numbers_and_leaves_holes_blank() -> None:
    picture = figures.matrix([[0.5, np.nan, -1], [2, 3, 4]], ["a", "b"], list("xyz"), title="M")
    assert {"0.50", "−1.00", "4.00"} <= set(written(picture))
    assert not any("nan" in text for text in written(picture))
    with pytest.raises(ValueError, match="2 rows, 3 names"):
        figures.matrix(np.zeros((2, 3)), list("abc"), list("xyz"), title="M")


def test_a_matrix_around_a_middle_is_white_there_and_has_two_colours() -> None:
    options = {"title": "M", "around": (1.0, 0.2)}
    picture = figures.matrix([[0.8, 1.0, 1.2]], ["a"], list("xyz"), **options)
    (image,) = picture.axes[0].images
    found = [to_hex(image.to_rgba(value)) for value in (0.8, 1.0, 1.2)]
    assert found == [ORANGE.lower(), PAPER.lower(), BLUE.lower()]


def test_the_dense_block_counts_what_it_draws() -> None:
    picture = figures.dense_block(24, 12, 4, bottleneck=False)
    assert {"24", "36", "48", "60", "72"} <= set(written(picture))
    assert "24 input channels grow to 72" in picture.alt
    assert any("3×3 to 12" in text for text in written(picture))


@pytest.mark.parametrize("layers", [2, 5, 10])
def test_dense_connectivity_counts_its_own_arrows(layers: int) -> None:
    picture = figures.dense_connectivity(layers)
    links = layers * (layers + 1) // 2
    assert any(text.startswith(f"{links} links") for text in written(picture))
    arcs = [p for p in picture.axes[0].patches if getattr(p, "_posA_posB", None)]
    assert len(arcs) == links - layers  # the links to neighbours are straight


def test_the_fusion_that_is_asked_for_is_the_one_drawn() -> None:
    one, all_ = figures.csp_split(fusion="last"), figures.csp_split()
    assert "fusion last" in written(one)
    assert "fusion first" not in written(one)
    assert {f"fusion {name}" for name in csp.FUSIONS} <= set(written(all_))


def test_levels_have_the_sizes_of_the_image_given() -> None:
    picture = figures.fpn({"c3": 128, "c4": 256}, 64, (333, 200), join="concat")
    assert {"64 × 42 × 25", "64 × 21 × 13"} <= set(written(picture))
    assert {"128\n42 × 25", "256\n21 × 13"} <= set(written(picture))
    assert "C" in written(picture)
    assert necks._size("c5", (1333, 800)) == (42, 25)


def test_path_lengths_are_written_only_if_they_were_counted() -> None:
    assert "the long way" in written(figures.pan())
    assert "the long way: 53 layers" in written(figures.pan(long_path=53, short_path=9))
    assert "red path: 53 layers" in figures.pan(long_path=53).alt


def test_windows_that_are_applied_again_reach_as_far_as_a_plain_loop_says() -> None:
    seen = np.zeros(41)
    seen[20] = 1
    reach = [1]
    for _ in range(3):
        seen = np.array([seen[max(i - 2, 0) : i + 3].max() for i in range(41)])
        reach.append(int(seen.sum()))
    texts = written(windows.stacked_windows(5, 3))
    assert [text for text in texts if text in {"1", "5", "9", "13"}][:4] == [str(r) for r in reach]


def test_three_maps_of_different_sizes_give_vectors_of_one_length() -> None:
    maps = [np.random.default_rng(0).random(size) for size in ((4, 9), (13, 13), (30, 8))]
    picture = figures.pyramid_pooling(maps, bins=(1, 2, 3), channels=10)
    vectors = [
        axes.images[0].get_array().shape
        for axes in picture.axes
        if axes.images and axes.images[0].get_array().shape[0] == 1
        and axes.images[0].get_array().shape[1] > 1
    ]  # fmt: skip
    assert vectors == [(1, 14)] * 3
    assert "140 in all" in picture.alt


def test_the_architecture_map_takes_any_network() -> None:
    blocks = [
        Block("stem", "Conv", 2, (16, 20, 30), params=10),
        Block("down", "Conv", 4, (32, 10, 15), ("stem",), params=30),
        Block("up", "Upsample", 2, (32, 20, 30), ("down",), "neck"),
        Block("join", "Concat", 2, (48, 20, 30), ("up", "stem"), "neck"),
        Block("out", "Detect", 2, (5, 20, 30), ("join",), "head", params=5),
    ]
    picture = architecture_map(blocks, "Toy")
    assert picture.alt.startswith("Toy: 5 blocks (Concat, Conv, Detect, Upsample) on strides 2, 4")
    assert "Concat\n48" in written(picture)
    with pytest.raises(ValueError, match="'down' must have a name of its own and read earlier"):
        architecture_map(blocks[1:], "Toy")
    with pytest.raises(ValueError, match="1 to 48 records, got 0"):
        architecture_map([], "Toy")


def test_assignment_tells_when_two_centres_share_a_cell(photo: np.ndarray) -> None:
    boxes = [[100, 100, 200, 200], [110, 90, 200, 200]]
    shared = figures.grid_assignment(photo, boxes, ["a", "b"], grid=3)
    apart = figures.grid_assignment(photo, boxes, ["a", "b"], grid=40)
    assert "only one can be kept. Lost: b, to a." in shared.alt
    assert {"a", "b: lost"} <= {text.get_text() for text in shared.axes[0].texts}
    assert "The b is lost: the a, listed first, has its cell." in written(shared)
    taken = figures.grid_assignment(photo, boxes, ["a", "b"], grid=3, focus=1)
    assert "the target of a: " in taken.alt
    assert "only one can be kept" not in apart.alt
    with pytest.raises(ValueError, match="focus must be a box from 0 to 1, got 2"):
        figures.grid_assignment(photo, boxes, ["a", "b"], focus=2)


def test_slots_of_both_layouts_are_counted() -> None:
    alt = figures.target_slots(grid=9, boxes_per_cell=3, num_classes=4).alt
    assert "19 slots, 1,539 outputs" in alt
    assert "27 slots, 2,187 outputs" in alt


def test_anchors_are_drawn_at_their_true_size_around_the_lit_cell() -> None:
    image = np.zeros((320, 640, 3), np.uint8)
    picture = figures.anchors_on_photo(image, {"p4": [(30, 61)]}, centre=(100, 70))
    (axes,) = (axes for axes in picture.axes if axes.images)
    extents = {tuple(patch.get_bbox().extents) for patch in axes.patches}
    assert extents == {(96, 64, 112, 80), (89, 41.5, 119, 102.5)}
    assert "800 candidate boxes" in picture.alt


def test_solo_levels_count_the_levels_that_take_a_size() -> None:
    alt = figures.solo_levels((60, 400, 30)).alt
    assert "60 pixels: on 2 of them. 400 pixels: on 2 of them. 30 pixels: on 1 of them." in alt


def test_overlap_of_boxes_without_area_is_refused() -> None:
    with pytest.raises(ValueError, match="must have an area"):
        box_overlap.overlap((1, 1, 1, 1), (2, 2, 2, 2))


@pytest.mark.parametrize(
    ("draw", "rule"),
    [
        (lambda: figures.dense_block(0), "in_channels must be an integer of at least 1, got 0"),
        (lambda: figures.dense_block(layers=30), "at most 24"),
        (lambda: figures.dense_connectivity(1), "at least 2, got 1"),
        (lambda: figures.csp_split(split_ratio=1.0), "between 0 and 1"),
        (lambda: figures.csp_split(64, 1, 1, split_ratio=0.9), "leave channels on both ways"),
        (lambda: figures.csp_split(fusion="none"), "one of both, first, last; got 'none'"),
        (lambda: figures.fpn({"stem": 3, "c4": 4}), "2 to 5 levels"),
        (lambda: figures.pan(join="max"), "one of add, concat; got 'max'"),
        (lambda: figures.pooling_windows((4,)), r"odd and at most the grid's 20, got \(4,\)"),
        (lambda: figures.stacked_windows(9, 4), "at most 4 and see at most 29"),
        (lambda: figures.pyramid_pooling([]), "1 to 3 maps, got 0"),
        (lambda: figures.tensor_sizes({}), "1 to 4 networks, got 0"),
        (lambda: figures.tensor_sizes({"a": [Stage("x", (2, 3))]}), r"got \(2, 3\) in 'x'"),
        (lambda: figures.anchors_on_photo(np.zeros((9, 9, 3), np.uint8), centre=(9, 0)), "lie in"),
        (lambda: figures.anchors_on_photo(np.zeros((9, 9, 3), np.uint8), {"x": []}), "named by"),
        (lambda: figures.decode_curves(0), "reach must be positive, got 0"),
        (lambda: figures.focus(3, 4), "rows must be even and at most 8, got 3"),
        (lambda: figures.solo_levels((0,)), "must be positive"),
        (lambda: figures.coordinate_channels(20), "height must be at most 12"),
        (lambda: figures.matrix_nms_decay(0), "sigma must be positive"),
        (lambda: figures.matrix_nms(np.eye(2), [0.1, 0.9]), "scores must fall"),
        (lambda: figures.loss_curves((-1,)), "at least 0"),
        (lambda: figures.loss_curves(alpha=2), "alpha must lie between 0 and 1"),
        (lambda: figures.label_smoothing(3, truth=3), "truth one of them, got 3, 0.1 and 3"),
        (lambda: figures.activation_curves(["ReLU7"]), "must be among LeakyReLU 0.1"),
        (lambda: figures.bars({"a": -1}, title="t"), "at least 0, got {'a': -1}"),
        (lambda: figures.bars({}, title="t"), "1 to 30 bars, got 0"),
        (lambda: figures.params_by_layer([]), "at least one leaf layer"),
        (lambda: figures.params_against_mult_adds(ROWS, by="depth"), 'by must be "part" or "type"'),
        (lambda: figures.solo_grid(np.zeros((4, 5, 3), np.uint8), np.ones((4, 5))), "shape"),
        (
            lambda: figures.solo_grid(np.zeros((4, 5, 3), np.uint8), np.zeros((1, 4, 5))),
            "got none in mask 0",
        ),
        (
            lambda: figures.solo_grid(
                np.zeros((4, 5, 3), np.uint8), np.ones((1, 4, 5)), fitting=[True, False]
            ),
            "got 2 for 1",
        ),
    ],
)
def test_nonsense_is_refused_with_the_rule_and_the_value(draw: object, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        draw()
