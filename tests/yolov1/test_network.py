"""The three YOLOv1 networks: what comes out, and what a cell can see."""

import pytest
import torch

from yoloexplain import create_model
from yoloexplain.yolov1 import yolov1_darknet, yolov1_notebook, yolov1_resnet50
from yoloexplain.yolov1.network import YOLOv1, trunk


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (yolov1_darknet, (2, 7, 7, 50)),
        (yolov1_resnet50, (2, 9, 9, 30)),
        (yolov1_notebook, (2, 7, 7, 30)),
    ],
)
def test_each_network_ends_as_its_table_does(build, shape):
    with torch.device("meta"):
        model = build()
        assert model(torch.empty(2, 3, 448, 448)).shape == shape


def test_more_classes_and_boxes_widen_a_cell():
    with torch.device("meta"):
        image = torch.empty(2, 1, 448, 448)
        assert yolov1_darknet(3, in_channels=1, num_boxes=4)(image).shape[-1] == (5 + 3) * 4
        assert yolov1_notebook(3, in_channels=1, num_boxes=4)(image).shape[-1] == 5 * 4 + 3
        assert yolov1_resnet50(3, in_channels=1, grid=5)(image).shape == (2, 5, 5, 13)


def small(depth: int = 6, grid: int = 2) -> YOLOv1:
    torch.manual_seed(0)
    return YOLOv1(trunk([(7, 8, 2), *["pool"] * 4, (3, 1024, 2)], 3), 3, grid, depth).eval()


def test_a_cell_holds_neighbouring_values_of_the_vector():
    model, image = small(), torch.rand(2, 3, 128, 128)
    vector = model.head(model.backbone(image))
    grid = model(image)
    for row in range(2):
        for column in range(2):
            start = 6 * (2 * row + column)
            assert torch.equal(grid[:, row, column], vector[:, start : start + 6])


def test_with_linear_layers_every_cell_sees_the_whole_image():
    model, image = small(), torch.rand(2, 3, 128, 128, requires_grad=True)
    model(image)[0, 0, 0].sum().backward()
    assert image.grad[0, :, -20:, -20:].abs().sum() > 0


def test_the_resnet_form_keeps_place_and_the_values_of_a_cell_together():
    torch.manual_seed(0)
    model = yolov1_resnet50(num_classes=2, grid=3).eval()
    image = torch.rand(2, 3, 96, 128)
    maps = model.head[:-1](model.backbone(image)["c5"])
    assert torch.equal(model(image), maps.permute(0, 2, 3, 1))


def test_the_frozen_trunk_learns_neither_weights_nor_statistics():
    torch.manual_seed(0)
    model = yolov1_resnet50(num_classes=2).train()
    before = {name: value.clone() for name, value in model.backbone.state_dict().items()}
    model(torch.rand(2, 3, 64, 96)).sum().backward()
    assert all(parameter.grad is None for parameter in model.backbone.parameters())
    assert all(parameter.grad is not None for parameter in model.head.parameters())
    after = model.backbone.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_a_fixed_network_takes_its_own_size_only():
    with (
        pytest.raises(ValueError, match="takes 448x448 pixels only, got 416x416"),
        torch.device("meta"),
    ):
        yolov1_notebook()(torch.empty(1, 3, 416, 416))


def test_the_small_network_takes_any_size_and_gives_a_cell_to_sixteen_pixels() -> None:
    model = create_model("yolov1-small").eval()
    assert model(torch.rand(2, 3, 96, 160)).shape == (2, 6, 10, 18)
    convolutions = [m for m in model.backbone.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 13
    with pytest.raises(ValueError, match="16"):
        model(torch.rand(2, 3, 90, 160))
