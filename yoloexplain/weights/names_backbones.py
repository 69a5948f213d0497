"""torchvision's names for ResNet and DenseNet.

Source: the state dicts of torchvision's ``resnet*`` and ``densenet*``,
https://github.com/pytorch/vision. torchvision has no DenseNet-264; it gets the names that the same
pattern gives. Two traps in older checkpoint files: DenseNet's write ``norm.1`` and ``conv.1`` for
``norm1`` and ``conv1``, and those written before PyTorch 0.4.1 lack ``num_batches_tracked``.
"""

from ..backbones.classifier import Classifier
from ..backbones.densenet import DenseNet
from ..backbones.resnet import ResNet
from ..layers.dense import DenseLayer
from .naming import Rows, Tables, name_all

# one dense layer: BatchNorm, 1×1, BatchNorm, 3×3, as ours are called and as theirs
DENSE_LAYER: Tables = {
    DenseLayer: [
        ("narrow.0", "norm1"),
        ("narrow.2", "conv1"),
        ("norm", "norm2"),
        ("conv", "conv2"),
    ],
}


def resnet_rows(ours: str = "", theirs: str = "") -> Rows:
    """List the parts of a ResNet; ``ours`` and ``theirs`` stand before every name."""
    yield f"{ours}conv1", f"{theirs}conv1"
    yield f"{ours}bn1", f"{theirs}bn1"
    for i in range(4):
        yield f"{ours}stages.{i}", f"{theirs}layer{i + 1}"


def densenet_rows(trunk: DenseNet, ours: str = "") -> Rows:
    """List the parts of a DenseNet; ``ours`` stands before every one of our names."""
    yield f"{ours}stem.conv", "features.conv0"
    yield f"{ours}stem.norm", "features.norm0"
    last = len(trunk.blocks) - 1
    for i, block in enumerate(trunk.blocks):
        for j, _ in enumerate(block.get_submodule("layers").children()):
            yield f"{ours}blocks.{i}.layers.{j}", f"features.denseblock{i + 1}.denselayer{j + 1}"
        if i < last:
            yield f"{ours}transitions.{i}", f"features.transition{i + 1}"
    yield f"{ours}transitions.{last}.norm", "features.norm5"


def resnet_names(trunk: ResNet) -> dict[str, str]:
    """Name a trunk's tensors as torchvision does."""
    return name_all(trunk, resnet_rows(), {})


def densenet_names(trunk: DenseNet) -> dict[str, str]:
    """Name a trunk's tensors as torchvision does."""
    return name_all(trunk, densenet_rows(trunk), DENSE_LAYER)


def classifier_names(model: Classifier) -> dict[str, str] | None:
    """Name a classifier's tensors as torchvision does; ``None`` for a trunk it does not have."""
    trunk = model.backbone
    if isinstance(trunk, ResNet):
        return name_all(model, [*resnet_rows("backbone."), ("head.linear", "fc")], {})
    if isinstance(trunk, DenseNet):
        rows = [*densenet_rows(trunk, "backbone."), ("head.linear", "classifier")]
        return name_all(model, rows, DENSE_LAYER)
    return None
