"""Published numbers of the classifiers: DenseNet, ResNet, Darknet-53 and its CSP form.

Sources: DenseNet (Huang et al. 2016, arXiv 1608.06993), tables 1 and 2; torchvision's
metadata; Darknet's configuration files, counted; the tables of CSPNet (Wang et al. 2019, arXiv
1911.11929).
"""

from collections.abc import Iterator

from .counting import Network
from .entry import Entry, Reading
from .rules import (
    MULT_ADDS,
    OPERATIONS,
    PARAMETERS,
    WEIGHTS,
    entry,
    field,
    part,
)

TORCHVISION = "torchvision, metadata of its weights"
CFG = "Darknet's configuration file, counted"
CSPNET = "CSPNet's README, table of ImageNet models"
# name: parameters, thousand millions of multiply-adds at 224×224, source
IMAGENET = {
    "densenet121": ("7,978,856", "2.83 G", TORCHVISION),
    "densenet169": ("14,149,480", "3.36 G", TORCHVISION),
    "densenet201": ("20,013,928", "4.29 G", TORCHVISION),
    "densenet161": ("28,681,000", "7.73 G", TORCHVISION),
    "densenet264": ("33,337,704", "5.75 G", "arXiv 1608.06993, table 1 with k = 32, counted"),
    "resnet50": ("25,557,032", "4.089 G", TORCHVISION),
}
# depth, growth rate, bottleneck: the paper's figure, the count behind it
CIFAR = {
    (40, 12, False): ("1.0 M", "1,019,722"),
    (100, 12, False): ("7.0 M", "6,979,642"),
    (100, 24, False): ("27.2 M", "27,249,082"),
    (100, 12, True): ("0.8 M", "769,162"),
    (250, 24, True): ("15.3 M", "15,324,406"),
    (190, 40, True): ("25.6 M", "25,624,430"),
}
# Darknet's configuration files, counted: parameters, those of the backbone, weights only,
# operations at 256×256 and at 224×224
DARKNETS = {
    "darknet53": ("41,609,928", "40,584,928", "41,573,216", "18.570 B", "14.218 B"),
    "cspdarknet53": ("27,642,184", "26,617,184", "27,605,856", "13.067 B", "10.005 B"),
}
# the table of CSPNet: "parameters", which are weights only, and BFLOPs
CSPNET_TABLE = {"darknet53": ("41.57 M", "18.57 B"), "cspdarknet53": ("27.61 M", "13.07 B")}
# networks of the same table that are not built here: parameters, BFLOPs
OTHERS = {
    "CSPResNeXt-50": ("20.50 M", "7.93 B"),
    "ResNeXt-50": ("22.19 M", "10.11 B"),
    "CSPPeleeNet": ("2.83 M", "0.888 B"),
    "PeleeNet": ("2.79 M", "1.017 B"),
}


def entries() -> Iterator[Entry]:
    """Every published number of the classifiers."""
    yield from imagenet_entries()
    yield from cifar_entries()
    yield from darknet_entries()
    yield from other_entries()


def imagenet_entries() -> Iterator[Entry]:
    """Networks for images of 224×224 and 1,000 classes."""
    for name, (parameters, work, source) in IMAGENET.items():
        network = Network(name, image_size=(224, 224))
        yield entry(network, PARAMETERS, parameters, source)
        yield entry(network, MULT_ADDS, work, source, Reading.ROUNDED)
    resnet = Network("resnet50")
    yield entry(resnet, part("backbone", "backbone"), "23,508,032", f"{TORCHVISION}, without fc")
    source = "worked out from kernels and strides, stride on the 3×3"
    yield entry(resnet, field("c5", "backbone.stages.3"), "427", source)
    densenet = Network("densenet264", image_size=(256, 256))
    reason = "neither figure follows from table 1 of arXiv 1608.06993, by any rule of this ledger"
    yield entry(densenet, WEIGHTS, "27.21 M", CSPNET, Reading.ROUNDED, reason)
    yield entry(densenet, OPERATIONS, "11.03 B", CSPNET, Reading.ROUNDED, reason)


def cifar_entries() -> Iterator[Entry]:
    """Networks for images of 32×32 and ten classes."""
    for (depth, growth_rate, bottleneck), (printed, counted) in CIFAR.items():
        options = (("depth", depth), ("growth_rate", growth_rate), ("bottleneck", bottleneck))
        network = Network("densenet-cifar", options)
        source = "arXiv 1608.06993, table 2"
        yield entry(network, PARAMETERS, printed, source, Reading.ROUNDED)
        yield entry(network, PARAMETERS, counted, "arXiv 1608.06993, section 4.1, counted")


def darknet_entries() -> Iterator[Entry]:
    """Darknet-53 and CSPDarknet-53, as Darknet counts and as the table of CSPNet does."""
    for name, (parameters, backbone, weights, at_256, at_224) in DARKNETS.items():
        network = Network(name, image_size=(256, 256))
        smaller = Network(name, image_size=(224, 224))
        yield entry(network, PARAMETERS, parameters, CFG)
        yield entry(network, part("backbone", "backbone"), backbone, CFG)
        yield entry(network, WEIGHTS, weights, CFG)
        yield entry(network, OPERATIONS, at_256, CFG, Reading.ROUNDED)
        yield entry(smaller, OPERATIONS, at_224, CFG, Reading.ROUNDED)
    for name, (weights, work) in CSPNET_TABLE.items():
        network = Network(name, image_size=(256, 256))
        yield entry(network, WEIGHTS, weights, CSPNET, Reading.ROUNDED)
        yield entry(network, OPERATIONS, work, CSPNET, Reading.ROUNDED)
    rule = field("c5", "backbone.stages.4")
    yield entry(Network("cspdarknet53"), rule, "725", "arXiv 2004.10934, table 1")


def other_entries() -> Iterator[Entry]:
    """Networks of the same table that this package does not build: quoted, not counted."""
    for model, figures in OTHERS.items():
        for rule, published in zip((WEIGHTS, OPERATIONS), figures, strict=True):
            yield Entry(
                model=model,
                quantity=rule.quantity,
                published=published,
                source=CSPNET,
                rule=rule.words,
                count=None,
                reading=Reading.ROUNDED,
                reason="quoted for comparison; the catalogue has no such network",
            )
