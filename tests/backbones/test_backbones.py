"""Every trunk gives c2 … c5 at strides 4 to 32, on any size of image."""

import pytest
import torch
from torch import nn

from yoloexplain.backbones import (
    CIFARDenseNet,
    Classifier,
    CSPDarknet53,
    CSPDenseNet,
    Darknet53,
    DenseNet,
    ResNet,
)
from yoloexplain.backbones.resnet import BasicBlock, Bottleneck, resnet18, resnet50

TRUNKS = {
    "resnet18": (resnet18, [64, 128, 256, 512]),
    "resnet50": (resnet50, [256, 512, 1024, 2048]),
    "darknet53": (Darknet53, [128, 256, 512, 1024]),
    "cspdarknet53": (CSPDarknet53, [128, 256, 512, 1024]),
    "densenet121": (lambda: DenseNet(32, (6, 12, 24, 16)), [256, 512, 1024, 1024]),
    "csp": (lambda: CSPDenseNet(32, (6, 12, 24, 16)), [128, 256, 512, 512]),
}


@pytest.mark.parametrize("name", TRUNKS)
def test_levels_double_their_stride_and_have_the_published_channels(name):
    build, channels = TRUNKS[name]
    with torch.device("meta"):
        features = build()(torch.empty(2, 3, 128, 192))
    assert list(features) == ["c2", "c3", "c4", "c5"]
    for i, (feature, width) in enumerate(zip(features.values(), channels, strict=True)):
        stride = 4 * 2**i
        assert feature.shape[2:] == (128 // stride, 192 // stride)
        assert feature.shape[1] == width


@pytest.mark.parametrize("name", TRUNKS)
def test_a_classifier_scores_images_of_any_size_and_channel_count(name):
    trunks = {
        "resnet18": lambda: resnet18(1),
        "resnet50": lambda: resnet50(1),
        "darknet53": lambda: Darknet53(1),
        "cspdarknet53": lambda: CSPDarknet53(1),
        "densenet121": lambda: DenseNet(32, (6, 12, 24, 16), 1),
        "csp": lambda: CSPDenseNet(32, (6, 12, 24, 16), 1),
    }
    with torch.device("meta"):
        model = Classifier(trunks[name](), num_classes=7)
        assert model(torch.empty(2, 1, 75, 101)).shape == (2, 7)


def test_the_stride_of_a_bottleneck_sits_on_the_three_by_three():
    block = Bottleneck(64, 32, stride=2)
    assert [block.conv1.stride, block.conv2.stride, block.conv3.stride] == [(1, 1), (2, 2), (1, 1)]


@pytest.mark.parametrize("block", [BasicBlock(8, 8), Bottleneck(32, 8)])
def test_a_residual_block_with_silent_weights_is_a_relu(block):
    for part in block.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.zeros_(part.weight)
    x = torch.randn(2, 8 * block.expansion, 5, 7)
    assert torch.equal(block.eval()(x), x.relu())


def test_a_shortcut_is_projected_only_where_shapes_differ():
    stages = ResNet(Bottleneck, (2, 2, 1, 1)).stages
    assert [block.downsample is not None for block in stages[0]] == [True, False]
    assert [block.downsample is not None for block in stages[1]] == [True, False]
    assert ResNet(BasicBlock, (1, 1, 1, 1)).stages[0][0].downsample is None


def test_the_cifar_form_has_three_levels_and_keeps_the_first_at_full_size():
    with torch.device("meta"):
        features = CIFARDenseNet(40, 12, bottleneck=False)(torch.empty(2, 3, 32, 48))
    shapes = {name: tuple(feature.shape[1:]) for name, feature in features.items()}
    assert shapes == {"c0": (160, 32, 48), "c1": (304, 16, 24), "c2": (448, 8, 12)}


@pytest.mark.parametrize(("depth", "bottleneck"), [(41, False), (41, True), (4, True)])
def test_a_depth_that_no_block_count_gives_is_refused(depth, bottleneck):
    with pytest.raises(ValueError, match=r"depth must be [36]n \+ 4"):
        CIFARDenseNet(depth, 12, bottleneck)


def test_in_a_csp_stage_the_bypass_skips_every_bottleneck():
    torch.manual_seed(0)
    stage = CSPDarknet53().stages[2].eval()
    x = torch.randn(2, 128, 12, 20)
    expected = stage(x)
    down = stage.down(x)
    main = stage.main(down)
    for block in stage.blocks:
        main = main + block.expand(block.reduce(main))
    joined = torch.cat([stage.main_out(main), stage.bypass(down)], 1)
    torch.testing.assert_close(stage.fuse(joined), expected)


def test_the_csp_form_has_fewer_weights_than_densenet():
    with torch.device("meta"):
        plain, csp = DenseNet(32, (6, 12, 24, 16)), CSPDenseNet(32, (6, 12, 24, 16))
    weights = [sum(p.numel() for p in model.parameters()) for model in (plain, csp)]
    assert weights[1] < weights[0]
