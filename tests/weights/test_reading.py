"""Files of whole objects are read for their tensors; files that want more are refused.

Whatever a file asks for, nothing is imported, called, written or sent while it is read: the tests
listen to Python's own audit events.
"""

import io
import pickle
import random
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
import torch
from forging import Calls, archive, chain, nothing_happens, number, published, tensor, text
from torch import Tensor, nn

from yoloexplain import create_model
from yoloexplain.weights import RefusedFileError, load_official
from yoloexplain.weights.loading import in_published_names
from yoloexplain.weights.published_states import read_state

INSTRUCTIONS = (
    b"(.0123FIJKLMNPQRSTUVXabcdeghijloprstu}]\x80\x81\x82\x85\x86\x87\x88\x8a\x8c\x8e\x93"
)
FLOATS = torch.arange(4, dtype=torch.float32).numpy().tobytes()


@pytest.fixture(autouse=True, scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Read one good file of each format, so that Python has loaded what reading needs."""
    file = tmp_path_factory.mktemp("warm") / "net.pt"
    for content in small_files():
        file.write_bytes(content)
        read_state(file)
    file.write_bytes(archive(pickle.dumps({"a": "b"}, protocol=0)))
    with pytest.raises(RefusedFileError):
        read_state(file)


@pytest.fixture
def model() -> nn.Module:
    return create_model("yolov5n", num_classes=1)


def read(file: Path, content: bytes) -> dict[str, Tensor]:
    """Write a file and read it, listening."""
    file.write_bytes(content)
    with nothing_happens():
        return read_state(file).tensors


def refused(file: Path, content: bytes, words: str) -> None:
    """Read a file that has to be refused, with these words."""
    file.write_bytes(content)
    with pytest.raises(RefusedFileError, match=words) as error, nothing_happens():
        read_state(file)
    assert str(error.value).startswith("a checkpoint may hold tensors")
    assert "nothing was run or loaded; take the file from its authors again" in str(error.value)


# --- what the authors publish -------------------------------------------------------------------


@pytest.mark.parametrize("old", [False, True], ids=["newer format", "older format"])
def test_a_file_of_whole_objects_gives_its_tensors(
    model: nn.Module, tmp_path: Path, old: bool
) -> None:
    state = {name: x.half() if x.is_floating_point() else x
             for name, x in in_published_names(model).items()}  # fmt: skip
    notes = {"epoch": -1, "best_fitness": torch.tensor(0.5).numpy(), "date": "today"}
    content = published(state, lambda net: {**notes, "model": net, "ema": None}, old=old)
    found = read(tmp_path / "net.pt", content)
    assert len(found) > 300
    assert found.keys() == state.keys()
    for name, value in found.items():
        assert value.dtype == state[name].dtype
        assert torch.equal(value, state[name])


def test_half_precision_is_taken_into_a_network_in_single(model: nn.Module, tmp_path: Path) -> None:
    state = {name: x.half() if x.is_floating_point() else x
             for name, x in in_published_names(model).items()}  # fmt: skip
    (tmp_path / "net.pt").write_bytes(published(state, lambda net: {"model": net}))
    fresh = load_official(create_model("yolov5n", num_classes=1), tmp_path / "net.pt")
    for name, value in in_published_names(fresh).items():
        assert value.dtype in (torch.float32, torch.int64)
        assert torch.equal(value, state[name].to(value.dtype)), name


def test_the_running_mean_goes_before_the_network_in_training(
    model: nn.Module, tmp_path: Path
) -> None:
    state = in_published_names(model)
    doubled = {name: 2 * x for name, x in state.items()}
    both = io.BytesIO()
    torch.save({"model": state, "ema": doubled, "optimizer": {"state": {}}}, both)
    bias = "model.24.m.0.bias"
    assert torch.equal(read(tmp_path / "a.pt", both.getvalue())[bias], doubled[bias])
    none = io.BytesIO()
    torch.save({"model": state, "ema": None}, none)
    assert torch.equal(read(tmp_path / "b.pt", none.getvalue())[bias], state[bias])


def test_state_dicts_are_found_bare_and_wrapped(tmp_path: Path) -> None:
    weight = {"w": torch.arange(6.0).view(2, 3).T}
    parallel = {f"module.{name}": x for name, x in weight.items()}
    for i, content in enumerate((weight, {"state_dict": weight, "meta": {}}, parallel)):
        stream = io.BytesIO()
        torch.save(content, stream)
        assert torch.equal(read(tmp_path / f"{i}.pth", stream.getvalue())["w"], weight["w"])


def test_buffers_that_are_not_saved_are_not_read(tmp_path: Path) -> None:
    net = nn.Linear(2, 2)
    net.register_buffer("kept", torch.ones(1))
    net.register_buffer("scratch", torch.ones(1), persistent=False)
    stream = io.BytesIO()
    torch.save(net, stream)
    assert list(read(tmp_path / "net.pt", stream.getvalue())) == ["weight", "bias", "kept"]


def test_a_file_says_the_epsilon_of_its_norms(model: nn.Module, tmp_path: Path) -> None:
    first = create_model("yolov5s", release="1.0")
    file = tmp_path / "net.pt"
    file.write_bytes(published(in_published_names(first), lambda net: {"model": net}))
    assert {m.eps for m in first.modules() if isinstance(m, nn.BatchNorm2d)} == {1e-4}
    load_official(first, file)  # forging writes 1e-3
    norms = {name: m.eps for name, m in first.named_modules() if isinstance(m, nn.BatchNorm2d)}
    assert set(norms.values()) == {1e-3}


def test_a_file_with_another_activation_is_refused(tmp_path: Path) -> None:
    first = create_model("yolov5s", release="2.0")
    file = tmp_path / "net.pt"
    state = in_published_names(first)
    file.write_bytes(published(state, lambda net: {"model": net}, nn.Hardswish()))
    with pytest.raises(
        ValueError, match=r"LeakyReLU in release 2.0, got Hardswish; .*3.0 and 3.1 Hardswish"
    ):
        load_official(first, file)
    file.write_bytes(published(state, lambda net: {"model": net}, nn.LeakyReLU(0.1)))
    load_official(first, file)


# --- files that want to run something -----------------------------------------------------------

BOMBS = {
    "a command": (
        Calls(__import__("os").system, "touch {here}/ran"),
        "asks for '(posix|nt).system'",
    ),
    "a process": (
        Calls(subprocess.check_output, ["touch", "{here}/ran"]),
        "asks for '(subprocess|commands)",
    ),
    "an evaluation": (Calls(eval, "open('{here}/ran', 'w')"), "asks for '.*builtin.*eval'"),
    "an execution": (Calls(exec, "open('{here}/ran', 'w')"), "asks for '.*builtin.*exec'"),
    "an import": (Calls(__import__, "antigravity"), "asks for '.*builtin.*__import__'"),
    "a lookup": (Calls(getattr, "x", "upper"), "asks for '.*builtin.*getattr'"),
    "a file": (Calls(io.open, "{here}/ran", "w"), "asks for '_?io.open'"),
    "a download": (Calls(torch.hub.load, "a/b", "c"), "calls 'torch.hub.load'"),
    "torch.load": (Calls(torch.load, "{here}/other.pt"), "calls 'torch.serialization.load'"),
    "a pickle in it": (Calls(pickle.loads, b"."), "asks for '_?pickle.loads'"),
}


@pytest.mark.parametrize("form", [archive, chain], ids=["newer format", "older format"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_calls_something_is_refused(bomb: str, form: object, tmp_path: Path) -> None:
    call, words = BOMBS[bomb]
    function, arguments = call.does
    placed = [x.format(here=tmp_path) if isinstance(x, str) else x for x in arguments]
    for protocol in (0, 2, 4):
        hidden = {"model": {"w": [Calls(function, *placed)]}}
        content = form(pickle.dumps(hidden, protocol=protocol))  # type: ignore[operator]
        if form is chain and protocol == 0:
            continue  # the older format's pickles all say their protocol
        refused(tmp_path / "net.pt", content, words)
    assert [path.name for path in tmp_path.iterdir()] == ["net.pt"]


RAW = {
    "an instance of an unknown function": (b"\x80\x02cmodels.common\nrun\n)R.", "calls 'models"),
    "the oldest way to make an instance": (b"(S'x'\nios\nsystem\n.", "uses the instruction INST"),
    "another old way": (b"(cmodels.common\nConv\no.", "uses the instruction OBJ"),
    "a registered extension": (b"\x80\x02\x82\x01.", "uses the instruction EXT1"),
    "a class of Python's own": (
        b"\x80\x02csubprocess\nPopen\n)\x81.",
        "asks for 'subprocess.Popen",
    ),
    "a path through a module": (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "asks for 'os.system'"),
    "a name made of something else": (b"\x80\x04K\x01K\x02\x93.", "is damaged"),
    "no end": (b"\x80\x02}", "is damaged"),
    "nothing before the end": (b"\x80\x02.", "is damaged"),
    "two values at the end": (b"\x80\x02}}.", "is damaged"),
    "a list as a key": (b"\x80\x02}]K\x01s.", "holds no network"),
    "a value that was never kept": (b"\x80\x02h\x07.", "is damaged"),
    "a mark that is not there": (b"\x80\x02}u.", "is damaged"),
    "text that is none": (b"\x80\x02X\x02\x00\x00\x00\xff\xfe.", "is damaged"),
    "a length of four gigabytes": (b"\x80\x02X\xff\xff\xff\xff.", "is damaged"),
    "a length of eight exabytes": (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.", "is damaged"),
    "a place far out": (b"\x80\x02}r\xff\xff\xff\x7f0.", "is damaged"),
    "an unknown storage": (
        b"\x80\x02(" + text("storage") + b"tQ.",
        "names a storage in an unk",
    ),
}


@pytest.mark.parametrize("case", RAW)
def test_a_description_that_is_no_checkpoints_is_refused(case: str, tmp_path: Path) -> None:
    pickled, words = RAW[case]
    refused(tmp_path / "net.pt", archive(pickled), words)


# --- files that want to fill the memory, or never end -------------------------------------------


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    deep = 150_000
    lists = b"\x80\x02" + b"]" * deep + b"a" * (deep - 1) + b"."
    refused(tmp_path / "net.pt", archive(lists), "is nested deeper")
    tuples = b"\x80\x02)" + b"\x85" * deep + b"."
    refused(tmp_path / "net.pt", archive(tuples), "holds no network")
    keys = b"\x80\x02})" + b"\x85" * deep + b"K\x01s."  # hashing it would exhaust the stack
    refused(tmp_path / "net.pt", archive(keys), "holds no network")


def test_a_network_that_contains_itself_is_refused(tmp_path: Path) -> None:
    layer = b"cmodels.common\nConv\n)\x81"
    inside = b"\x80\x02" + layer + b"q\x00}" + text("_modules") + b"}" + text("m") + b"h\x00ssb."
    refused(tmp_path / "net.pt", archive(inside), "nested deeper than any network")
    circle = b"\x80\x02}q\x00" + text("model") + b"h\x00s."
    refused(tmp_path / "net.pt", archive(circle), "holds no network")


def test_a_few_layers_that_contain_one_another_many_times_are_refused(tmp_path: Path) -> None:
    layer = b"cmodels.common\nConv\n)\x81q"
    content = b"\x80\x02" + layer + b"\x000"
    for i in range(1, 31):  # each twice in the next: a billion paths
        below = b"h" + bytes([i - 1])
        twice = b"}(" + text("a") + below + text("b") + below + b"u"
        content += layer + bytes([i]) + b"}" + text("_modules") + twice + b"sb0"
    started = time.perf_counter()
    refused(tmp_path / "net.pt", archive(content + b"h\x1e."), "more layers than any network")
    assert time.perf_counter() - started < 5


def test_copies_of_copies_are_refused(tmp_path: Path) -> None:
    long = b"(" + b"K\x01" * 15_000 + b"lq\x00"
    content = b"\x80\x02" + long + b"0]" + b"cbuiltins\nset\nh\x00\x85Ra" * 500 + b"."
    refused(tmp_path / "net.pt", archive(content), "copies more than any checkpoint")


def test_a_compressed_archive_is_refused_unread(tmp_path: Path) -> None:
    zeros = bytes(50_000_000)
    content = archive(b"\x80\x02}.", {"0": zeros}, compression=zipfile.ZIP_DEFLATED)
    assert len(content) < 100_000
    refused(tmp_path / "net.pt", content, "has a compressed or locked member")


@pytest.mark.parametrize(
    "name", ["../outside", "archive/../../outside", "/etc/outside", "archive\\..\\outside", "C:/x"]
)
def test_a_member_that_points_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    content = archive(b"\x80\x02}.", extra={name: b"x"})
    refused(tmp_path / "net.pt", content, "has a member that points elsewhere")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    content = archive(tensor([4], [1]), {"0": FLOATS}, extra={"archive/data/0": FLOATS})
    refused(tmp_path / "net.pt", content, "two members of one name")


def test_archives_of_another_kind_are_refused(tmp_path: Path) -> None:
    script = archive(b"\x80\x02}.", extra={"archive/constants.pkl": b"\x80\x02)."})
    refused(tmp_path / "net.pt", script, "an archive of another kind")
    refused(tmp_path / "net.pt", archive(b"\x80\x02}.", root="a/b"), "an archive of another kind")
    other = archive(tensor([4], [1]), {"0": FLOATS}, extra={"archive/byteorder": b"big"})
    refused(tmp_path / "net.pt", other, "other byte order")


TENSORS = {
    "more values than there are": ([10**9], [1], 0, 4),
    "one value a billion times": ([10**9], [0], 0, 4),
    "the same values twice": ([2, 4], [0, 1], 0, 4),
    "a step beyond the end": ([2], [4], 0, 4),
    "a start beyond the end": ([1], [1], 4, 4),
    "a start before the beginning": ([1], [1], -1, 4),
    "a negative side": ([-4], [1], 0, 4),
    "a step backwards": ([4], [-1], 3, 4),
    "sides without steps": ([2, 2], [1], 0, 4),
    "nine axes": ([1] * 9, [1] * 9, 0, 4),
    "an empty giant": ([0, 10**15], [1, 1], 0, 4),
    "sides beyond all numbers": ([2**62, 2**62], [1, 1], 0, 4),
}


@pytest.mark.parametrize("case", TENSORS)
def test_a_tensor_that_claims_too_much_is_refused(case: str, tmp_path: Path) -> None:
    content = archive(tensor(*TENSORS[case]), {"0": FLOATS})
    refused(tmp_path / "net.pt", content, "reaches beyond its numbers")


def test_the_same_numbers_named_a_thousand_times_are_refused(tmp_path: Path) -> None:
    one = tensor([2**18], [1], count=2**18)[3:-2]  # between "a dictionary" and "set, and stop"
    named = b"".join(b"X\x01\x00\x00\x00w".replace(b"w", bytes([65 + i])) + one[6:] + b"s"
                     for i in range(50))  # fmt: skip
    content = archive(b"\x80\x02}" + named + b".", {"0": bytes(2**20)})
    refused(tmp_path / "net.pt", content, "together claim far more than the file holds")


def test_a_storage_that_promises_too_much_is_refused(tmp_path: Path) -> None:
    content = archive(tensor([4], [1], count=2**40), {"0": FLOATS})
    refused(tmp_path / "net.pt", content, "promises 4398046511104 bytes for a tensor and holds 16")
    refused(tmp_path / "net.pt", archive(tensor([4], [1])), "and holds 0")
    old = chain(tensor([4], [1], count=2**40), ["0"], (2**40).to_bytes(8, "little") + FLOATS)
    refused(tmp_path / "net.pt", old, "not written to its end")
    wrong = chain(tensor([4], [1]), ["0"], (2**40).to_bytes(8, "little") + FLOATS)
    refused(tmp_path / "net.pt", wrong, "promises 16 bytes for a tensor and holds")


def test_the_forged_files_are_right_but_for_what_is_wrong_with_them(tmp_path: Path) -> None:
    new = read(tmp_path / "net.pt", archive(tensor([2, 2], [1, 2]), {"0": FLOATS}))
    old = read(
        tmp_path / "net.pt", chain(tensor([2, 2], [1, 2]), ["0"], bytes([4]) + bytes(7) + FLOATS)
    )
    for found in (new, old):
        assert torch.equal(found["w"], torch.tensor([[0.0, 2.0], [1.0, 3.0]]))
    assert number(300) == b"\x8a\x02\x2c\x01"


# --- files that were not written to their end, and files hit by lightning -----------------------


def small_files() -> list[bytes]:
    """Make a small network's file in both formats."""
    state = {"model.0.conv.weight": torch.randn(1, 1, 3, 3)}
    state |= {f"model.0.bn.{name}": x for name, x in nn.BatchNorm2d(1).state_dict().items()}
    forms = (False, True)
    return [published(state, lambda net: {"ema": net, "epoch": 3}, old=old) for old in forms]


@pytest.mark.parametrize("which", [0, 1], ids=["newer format", "older format"])
def test_a_file_cut_anywhere_is_refused(which: int, tmp_path: Path) -> None:
    whole = small_files()[which]
    assert len(read(tmp_path / "net.pt", whole)) == 6
    for end in [*range(0, len(whole), 61), len(whole) - 1]:
        with pytest.raises(RefusedFileError):
            read(tmp_path / "net.pt", whole[:end])


def damage(content: bytes, chance: random.Random) -> bytes:
    """Change a file here and there: a byte, an instruction, something lost, something doubled."""
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(len(damaged))
        match chance.randrange(4):
            case 0:
                damaged[at] = chance.randrange(256)
            case 1:
                damaged[at] = chance.choice(INSTRUCTIONS)
            case 2:
                del damaged[at : at + chance.randrange(1, 40)]
            case _:
                damaged[at:at] = damaged[at : at + chance.randrange(40)]
    return bytes(damaged)


def pickled_part(content: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Take a small file apart: its description, and its storages by key."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {name.split("/", 1)[1]: packed.read(name) for name in packed.namelist()}
    keys = [name for name in parts if name.startswith("data/")]
    return parts["data.pkl"], {name[5:]: parts[name] for name in keys}


def test_thousands_of_damaged_files_are_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    chance, (new, old) = random.Random(0), small_files()
    described, storages = pickled_part(new)
    kinds = (
        lambda: damage(new, chance),
        lambda: damage(old, chance),
        lambda: archive(damage(described, chance), storages),  # whole outside, hurt inside
    )
    started, outcomes = time.perf_counter(), {"read": 0, "refused": 0}
    for i in range(1200):
        if time.perf_counter() - started > 5:
            break
        try:
            tensors = read(tmp_path / "net.pt", kinds[i % 3]())
        except ValueError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            assert sum(x.numel() for x in tensors.values()) < 1000
    assert outcomes["read"] > 20
    assert outcomes["refused"] > 200
