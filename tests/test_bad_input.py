"""Bad input gets one sentence, in Python and on the command line: rule, value and mend."""

import subprocess
import sys

import pytest
import torch

from yoloexplain import create_model, summarize
from yoloexplain.__main__ import main


def in_a_process(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)


def test_unknown_model_suggests_the_nearest_names() -> None:
    with pytest.raises(ValueError, match=r"must be one of .*got 'yolov5q'.*yolov5"):
        create_model("yolov5q")
    with pytest.raises(ValueError, match=r"got 'desnet121'.*did you mean densenet121"):
        create_model("desnet121")


def test_unknown_release_lists_the_ten_that_exist() -> None:
    every = ", ".join(f"'{r}'" for r in "1.0 2.0 3.0 3.1 4.0 5.0 6.0 6.1 6.2 7.0".split())
    with pytest.raises(ValueError, match=f"release must be one of {every}; got '8.0'"):
        create_model("yolov5s", release="8.0")


@pytest.mark.parametrize(
    ("name", "release", "existing", "since"),
    [
        (
            "yolov5n",
            "5.0",
            "yolov5s, yolov5m, yolov5l, yolov5x, yolov5s6, yolov5m6, yolov5l6, yolov5x6",
            "6.0",
        ),
        ("yolov5n", "4.0", "yolov5s, yolov5m, yolov5l, yolov5x", "6.0"),
        ("yolov5s6", "4.0", "yolov5s, yolov5m, yolov5l, yolov5x", "5.0"),
        ("yolov5n6", "5.0", "yolov5s6, yolov5m6, yolov5l6, yolov5x6", "6.0"),
    ],
)
def test_size_that_a_release_did_not_have_is_refused_by_name(
    name: str, release: str, existing: str, since: str
) -> None:
    with pytest.raises(
        ValueError, match=f"release {release} has .*{existing}; got {name};"
    ) as error:
        create_model(name, release=release)
    assert f"from release {since}" in str(error.value)


@pytest.mark.parametrize("option", ["num_classes", "in_channels"])
@pytest.mark.parametrize("value", [0, -3, 2.5, "80", True])
@pytest.mark.parametrize(
    "name",
    [
        "densenet121",
        "densenet-cifar",
        "resnet18",
        "cspdarknet53",
        "csp-densenet121",
        "yolov1-darknet",
        "yolov1-resnet50",
        "yolov1-notebook",
        "yolov5n",
        "solo-r50-fpn",
        "solo-r50-fpn-decoupled",
        "solo-r50-fpn-table",
    ],
)
def test_count_that_is_no_positive_integer_is_refused(
    name: str, option: str, value: object
) -> None:
    with (
        torch.device("meta"),
        pytest.raises(
            ValueError, match=f"{option} must be a positive integer, got {value!r}; pass"
        ),
    ):
        create_model(name, **{option: value})


def test_option_that_a_model_does_not_take_is_refused_by_name() -> None:
    with pytest.raises(
        ValueError, match=r"resnet18 takes the options .*num_classes.*got 'release'"
    ):
        create_model("resnet18", release="7.0")


IMAGES = {
    "densenet121": (64, 96),
    "resnet18": (64, 96),
    "yolov1-darknet": (448, 448),
    "yolov1-resnet50": (64, 96),
    "yolov5n": (64, 96),
    "solo-r50-fpn": (64, 96),
}


@pytest.mark.parametrize(("name", "size"), IMAGES.items())
def test_image_of_the_wrong_rank_channels_or_type_is_refused(
    name: str, size: tuple[int, int]
) -> None:
    with torch.device("meta"):
        model = create_model(name).eval()
        wrong = {
            r"4 axes .*got 3 .*image\[None\]": torch.empty(3, *size),
            r"3 channel\(s\), got 1 .*in_channels=1": torch.empty(2, 1, *size),
            r"floating-point .*got dtype torch.uint8; .*float\(\) / 255": torch.empty(
                2, 3, *size, dtype=torch.uint8
            ),
        }
    for message, image in wrong.items():
        with pytest.raises(ValueError, match=message):
            model(image)


def test_image_that_is_no_tensor_is_refused() -> None:
    # in a process of its own: here in the tests, the types are checked before the network can
    code = "from yoloexplain import create_model; create_model('yolov5n')([[0.0]])"
    done = in_a_process("-c", code)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ValueError: an image must be a torch tensor")
    assert "got list; " in last


@pytest.mark.parametrize(
    ("name", "stride", "size", "nearest"),
    [("yolov5n", 32, (64, 100), "64x96"), ("yolov5n6", 64, (128, 96), "128x128")],
)
def test_side_that_is_no_multiple_of_the_stride_is_refused(
    name: str, stride: int, size: tuple[int, int], nearest: str
) -> None:
    with torch.device("meta"):
        model, image = create_model(name).eval(), torch.empty(2, 3, *size)
    message = f"multiple of the stride {stride}, got {size[0]}x{size[1]}; .*{nearest}"
    with pytest.raises(ValueError, match=message):
        model(image)
    with pytest.raises(ValueError, match=message):
        summarize(model, size)


def test_image_of_another_size_than_the_linear_layer_takes_is_refused() -> None:
    with torch.device("meta"):
        model = create_model("yolov1-darknet").eval()
    with pytest.raises(ValueError, match="takes 448x448 pixels only, got 448x512; resize"):
        summarize(model, (448, 512))


@pytest.mark.parametrize("size", [(0, 640), (640, -32), (640,), (1, 2, 3)])
def test_size_that_is_no_pair_of_positive_integers_is_refused(size: object) -> None:
    with torch.device("meta"):
        model = create_model("yolov5n").eval()
    with pytest.raises((ValueError, TypeError), match="got"):
        summarize(model, size)


COMMANDS = {
    "summary yolov5q": "got 'yolov5q'",
    "summary yolov5s --release 8.0": "got '8.0'",
    "summary yolov5n --release 4.0": "release 4.0 has yolov5s, yolov5m, yolov5l, yolov5x; got",
    "summary yolov5s --depth -1": "depth must be zero or a positive integer, got -1",
    "summary yolov5s --depth 1.5": "got '1.5'",
    "parameters yolov5s --seed lucky": "got 'lucky'",
    "summary yolov5s --image-size 640 600": "multiple of the stride 32, got 640x600",
    "summary yolov5s --image-size 0 640": "got",
    "summary yolov5s --image-size -32 640": "got",
    "summary yolov5s --image-size 640": "requires 2 arguments",
    "summary yolov5s --image-size wide high": "'--image-size': it takes whole numbers, got 'wide'",
    "summary yolov5s --num-classes 0": "num_classes must be a positive integer, got 0",
    "summary yolov5s --num-classes many": "'--num-classes': it takes whole numbers, got 'many'",
    "summary yolov5s --in-channels -1": "in_channels must be a positive integer, got -1",
    "summary yolov1-darknet --image-size 448 512": "takes 448x448 pixels only, got 448x512",
    "summary resnet18 --release 7.0": "got 'release'",
    "summary resnet18 --format xml": "'xml'",
    "summary resnet18 --colour": "--colour",
    "summary": "Missing argument",
    "parameters desnet121": "did you mean densenet121",
    "parameters yolov5s --num-classes -1": "num_classes must be a positive integer, got -1",
    "parameters resnet18 --release 7.0": "got 'release'",
    "ledger no-such-number": "got 'no-such-number'",
    "summarise yolov5s": "No such command 'summarise'",
}


@pytest.mark.parametrize(("command", "part"), COMMANDS.items())
def test_bad_command_gives_one_line_and_exit_code_2(
    command: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert part in err


def test_process_ends_with_exit_code_2_and_no_traceback() -> None:
    done = in_a_process("-m", "yoloexplain", *"summary yolov5s --image-size 640 600".split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(
        "error: both sides must be a multiple of the stride 32, got 640x600"
    )
    assert len(done.stderr.splitlines()) == 1
