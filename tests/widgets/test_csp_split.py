"""What the browser counts is what the package's own blocks have."""

from itertools import product

import pytest
import torch
from torch import nn

from yoloexplain.inspection import trace
from yoloexplain.layers import CSPDenseBlock, DenseBlock
from yoloexplain.layers.dense import Transition
from yoloexplain.widgets import CSPSplit

SIZE = (12, 20)
CASES = [
    (channels, growth, layers, around, fusion)
    for (channels, growth, layers), fusion in product(
        [(64, 32, 6), (24, 12, 2), (17, 5, 3)], ("both", "first", "last")
    )
    for around in (1, channels // 4, channels // 2)
]


def build(channels: int, growth: int, layers: int, around: int, fusion: str) -> CSPDenseBlock:
    with torch.device("meta"):
        block = CSPDenseBlock(
            channels, growth, layers, split_ratio=around / channels, fusion=fusion
        )
    assert block.bypass_channels == around
    return block


def counted(module: nn.Module, channels: int) -> tuple[int, int]:
    """Parameters and multiply-adds on maps of ``SIZE``."""
    graph = trace(module, torch.empty(1, channels, *SIZE))
    return sum(p.numel() for p in module.parameters()), sum(n.mult_adds for n in graph.nodes)


def reading(block: DenseBlock) -> int:
    return sum(layer.narrow[2].in_channels for layer in block.layers)


def test_a_csp_block_costs_what_it_costs(javascript) -> None:
    calls = [("cspBlock", [*case, SIZE[0] * SIZE[1]]) for case in CASES]
    for case, found in zip(CASES, javascript("csp", calls), strict=True):
        block = build(*case)
        assert (found["params"], found["macs"]) == counted(block, case[0])
        assert found["reads"] == reading(block.block)
        assert found["channels"]["out"] == block.out_channels
        assert found["channels"]["entering"] == block.block_channels
        assert found["channels"]["dense"] == block.block.out_channels


def test_a_plain_block_costs_what_it_costs(javascript) -> None:
    sizes = sorted({case[:3] for case in CASES})
    calls = [("plainBlock", [*size, SIZE[0] * SIZE[1]]) for size in sizes]
    for size, found in zip(sizes, javascript("csp", calls), strict=True):
        with torch.device("meta"):
            block = DenseBlock(*size)
            whole = nn.Sequential(block, Transition(block.out_channels, block.out_channels // 2))
        assert (found["params"], found["macs"]) == counted(whole, size[0])
        assert found["reads"] == reading(block)


def test_readers_read_as_many_channels_as_their_convolutions(javascript) -> None:
    calls = [("readers", case) for case in CASES]
    for case, found in zip(CASES, javascript("csp", calls), strict=True):
        block = build(*case)
        widths = [layer.narrow[2].in_channels for layer in block.block.layers]
        if case[4] != "first":
            widths.append(block.mix_dense[2].in_channels)
        widths.append(block.out_channels if case[4] == "last" else block.mix_all[2].in_channels)
        channels = [source["channels"] for source in found["sources"]]
        assert [sum(channels[k] for k in row["reads"]) for row in found["rows"]] == widths


def test_a_gradient_comes_back_from_each_reader_and_no_other(javascript) -> None:
    (found,) = javascript("csp", [("readers", [8, 4, 3, 4, "last"])])
    block = CSPDenseBlock(8, 4, 3, fusion="last").eval()
    for i, layer in enumerate(block.block.layers):
        x = torch.randn(1, 8, 6, 6, requires_grad=True)
        seen = torch.cat([x[:, 4:], torch.zeros(1, 4 * i, 6, 6)], dim=1)  # what layer i reads
        (slope,) = torch.autograd.grad(layer(seen).sum(), x)
        around, enters = slope[:, :4].abs().sum() > 0, slope[:, 4:].abs().sum() > 0
        reads = found["rows"][i]["reads"]
        assert (bool(around), bool(enters)) == (0 in reads, 1 in reads) == (False, True)


def test_it_names_its_stage_and_draws_it() -> None:
    widget = CSPSplit(32, 16, 4, split_ratio=0.25, fusion="last")
    words = "8 of 32 channels go around a dense block of 4 layers with growth rate 16, fusion last"
    assert repr(widget) == f"CSPSplit: {words}"
    assert "8 that bypass and 24" in widget.picture().alt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"channels": 1}, "channels"),
        ({"layers": 0}, "layers"),
        ({"layers": 17}, "at most 16"),
        ({"channels": 4096}, "at most 1024"),
        ({"split_ratio": 0.0}, "1 to 63"),
        ({"split_ratio": 1.0}, "which are 64"),
        ({"channels": 64, "growth_rate": 4, "layers": 2, "split_ratio": 0.75}, "1 to 35"),
        ({"fusion": "none"}, "'none'"),
        ({"map_size": (0, 8)}, "map_size"),
    ],
)
def test_bad_input_is_named(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        CSPSplit(**options)
