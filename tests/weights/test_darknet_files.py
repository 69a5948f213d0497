"""Darknet's nameless files are read by their length to the number, and written the same way."""

import struct
from pathlib import Path

import pytest
import torch
from torch import nn

from yoloexplain import create_model
from yoloexplain.backbones.csp_darknet import CSPDarknet53
from yoloexplain.backbones.darknet import Darknet53
from yoloexplain.weights import RefusedFileError, load_official, save_official
from yoloexplain.weights.darknet import TAILS, darknet_order, write_darknet

TRUNKS: dict[str, type[nn.Module]] = {"darknet53": Darknet53, "cspdarknet53": CSPDarknet53}
# floats of a whole file, counted from darknet53.cfg and csdarknet53-omega.cfg
NUMBERS = {"darknet53": 41_645_640, "cspdarknet53": 27_677_512}


@pytest.fixture(scope="module")
def trunks() -> dict[str, nn.Module]:
    made = {}
    for name, build in TRUNKS.items():
        torch.manual_seed(0)
        made[name] = build()
        for module in made[name].modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    return made


def equal(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return all(torch.equal(a[name], b[name]) for name in darknet_order(one))


@pytest.mark.parametrize("name", TRUNKS)
def test_the_order_names_every_number_of_the_cfg_once(name: str) -> None:
    with torch.device("meta"):
        model = create_model(name)
    order, state = darknet_order(model), model.state_dict()
    counters = {key for key in state if key.endswith("num_batches_tracked")}
    assert len(set(order)) == len(order)
    assert set(order) == set(state) - counters
    assert sum(state[key].numel() for key in order) == NUMBERS[name]


@pytest.mark.parametrize("name", TRUNKS)
def test_what_is_written_is_read_to_the_bit(
    name: str, trunks: dict[str, nn.Module], tmp_path: Path
) -> None:
    save_official(trunks[name], tmp_path / "net.weights")
    fresh = TRUNKS[name]()
    assert not equal(fresh, trunks[name])
    assert equal(load_official(fresh, tmp_path / "net.weights"), trunks[name])


def test_a_convolution_lies_in_the_file_as_darknet_reads_it(trunks: dict[str, nn.Module]) -> None:
    content = write_darknet(trunks["darknet53"])
    assert struct.unpack("<3iQ", content[:20]) == (0, 2, 5, 0)
    stem = trunks["darknet53"].get_submodule("stem")
    floats = torch.frombuffer(bytearray(content[20 : 20 + 4 * (4 * 32 + 864)]), dtype=torch.float32)
    shift, scale, mean, variance, weight = floats.split([32, 32, 32, 32, 864])
    assert torch.equal(shift, stem.bn.bias)
    assert torch.equal(scale, stem.bn.weight)
    assert torch.equal(mean, stem.bn.running_mean)
    assert torch.equal(variance, stem.bn.running_var)
    assert torch.equal(weight.view(32, 3, 3, 3), stem.conv.weight)


def test_a_state_dict_of_darknet_has_our_own_names(
    trunks: dict[str, nn.Module], tmp_path: Path
) -> None:
    state = save_official(trunks["cspdarknet53"], tmp_path / "net.safetensors")
    assert "stages.0.bypass.conv.weight" in state
    fresh = load_official(TRUNKS["cspdarknet53"](), tmp_path / "net.safetensors")
    assert equal(fresh, trunks["cspdarknet53"])


def test_heads_of_both_lengths_are_known(trunks: dict[str, nn.Module], tmp_path: Path) -> None:
    numbers = write_darknet(trunks["cspdarknet53"])[20:]
    file = tmp_path / "net.weights"
    for head in (struct.pack("<3iI", 0, 1, 0, 7), struct.pack("<3iQ", 1, 0, 0, 7)):
        file.write_bytes(head + numbers)
        fresh = TRUNKS["cspdarknet53"]()
        assert equal(load_official(fresh, file), trunks["cspdarknet53"])


@pytest.mark.parametrize("name", TRUNKS)
def test_a_trunk_reads_the_beginning_of_the_files_that_go_on_behind_it(
    name: str, trunks: dict[str, nn.Module], tmp_path: Path
) -> None:
    content = write_darknet(trunks[name])
    with torch.device("meta"):
        whole = NUMBERS[name] - sum(p.numel() for p in create_model(name).head.parameters())
    assert len(content) == 20 + 4 * whole
    file, tails = tmp_path / "net.weights", TAILS[TRUNKS[name]]
    assert tails[min(tails, key=tails.__getitem__)] == NUMBERS[name] - whole
    for tail in (min(tails.values()), 17):
        file.write_bytes(content + bytes(4 * tail))
        if tail != 17:
            assert equal(load_official(TRUNKS[name](), file), trunks[name])
        else:
            with pytest.raises(RefusedFileError, match=f"{whole + 17:,} numbers where {whole:,}"):
                load_official(TRUNKS[name](), file)


def test_files_of_another_length_are_refused_with_both_counts(
    trunks: dict[str, nn.Module], tmp_path: Path
) -> None:
    content, file = write_darknet(trunks["cspdarknet53"]), tmp_path / "net.weights"
    before = create_model("cspdarknet53", num_classes=2)
    state = {name: x.clone() for name, x in before.state_dict().items()}
    cases = {
        content: r"those of the trunk alone; load it with load_official\(model.backbone",
        content[:-3]: r"26,652,511.25 numbers where",
        content + bytes(16_000): r"26,656,512 numbers where 26,654,562 are needed",
        content[:15]: "15 bytes, too short for a head",
        b"PK\x03\x04" + content[4:]: "a head of version 67324752.2.5",
        struct.pack("<3iQ", 0, -1, 0, 0) + content[20:]: r"a head of version 0.-1.0",
    }
    for damaged, words in cases.items():
        file.write_bytes(damaged)
        with pytest.raises(RefusedFileError, match=words) as error:
            load_official(before, file)
        assert "nothing was loaded; check that the download is complete" in str(error.value)
    assert all(torch.equal(x, state[name]) for name, x in before.state_dict().items())


def test_other_networks_have_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds Darknet-53 or CSPDarknet-53, got Classifier"):
        save_official(create_model("resnet18"), tmp_path / "net.weights")
    assert not list(tmp_path.iterdir())
