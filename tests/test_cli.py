"""The command line: what it prints, how quickly it helps, and that a pipe gets everything."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest
import torch

from yoloexplain import create_model, list_models, summarize
from yoloexplain.__main__ import main
from yoloexplain.ledger import ledger
from yoloexplain.yolov5.releases import RELEASES

Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, command: str) -> str:
    assert main(command.split()) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def in_a_process(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_list_names_every_network_in_one_line_each(capsys: Capture) -> None:
    out = run(capsys, "list")
    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert [line[0] for line in lines if line[0] in list_models()] == list_models()


def test_list_as_json_gives_names_and_options(capsys: Capture) -> None:
    rows = {row["name"]: row for row in json.loads(run(capsys, "list --format json"))}
    assert list(rows) == list_models()
    assert rows["yolov5s"]["options"]["release"] == "7.0"
    assert rows["yolov5s"]["image_size"] == [640, 640]
    assert rows["solo-r50-fpn-table"]["options"]["num_classes"] == 79
    assert all(row["summary"] for row in rows.values())


def test_summary_as_json_has_exactly_the_promised_keys(capsys: Capture) -> None:
    content = json.loads(run(capsys, "summary yolov5s --release 1.0 --format json"))
    keys = ["model", "image_size", "rows", "total_params", "trainable_params", "mult_adds"]
    assert list(content) == keys
    row_keys = {
        "path",
        "type",
        "depth",
        "is_leaf",
        "output_shape",
        "params",
        "mult_adds",
        "recursive",
    }
    assert all(set(row) == row_keys for row in content["rows"])
    assert content["model"] == "yolov5s"
    assert content["image_size"] == [640, 640]
    assert content["total_params"] == content["trainable_params"] == 7_468_157


def test_summary_as_json_says_what_summarize_says(capsys: Capture) -> None:
    command = "summary yolov5n --num-classes 3 --in-channels 1 --image-size 64 96 --format json"
    content = json.loads(run(capsys, command))
    with torch.device("meta"):
        model = create_model("yolov5n", num_classes=3, in_channels=1)
    assert content == {"model": "yolov5n"} | summarize(model, (64, 96)).to_dict()
    leaves = [row["mult_adds"] for row in content["rows"] if row["is_leaf"]]
    assert content["mult_adds"] == sum(leaves)


def test_summary_as_csv_has_the_rows_of_the_json(capsys: Capture) -> None:
    rows = json.loads(run(capsys, "summary resnet18 --format json"))["rows"]
    table = list(csv.DictReader(io.StringIO(run(capsys, "summary resnet18 --format csv"))))
    assert [row["path"] for row in table] == [row["path"] for row in rows]
    assert [int(row["params"]) for row in table] == [row["params"] for row in rows]
    shapes = [[int(side) for side in row["output_shape"].split("x")] for row in table]
    assert shapes == [row["output_shape"] for row in rows]


def test_summary_as_table_shows_totals_and_as_many_levels_as_asked(capsys: Capture) -> None:
    shallow = run(capsys, "summary yolov1-darknet --depth 1")
    deep = run(capsys, "summary yolov1-darknet --depth 4")
    assert "275,731,794" in shallow
    assert "Conv2d" in deep
    assert "Conv2d" not in shallow
    assert len(deep.splitlines()) > len(shallow.splitlines())


def test_sizes_are_height_then_width(capsys: Capture) -> None:
    content = json.loads(run(capsys, "summary solo-r50-fpn-table --format json"))
    assert content["image_size"] == [1333, 800]
    stem = next(row for row in content["rows"] if row["path"] == "backbone.conv1")
    assert stem["output_shape"] == [1, 64, 667, 400]


def test_parameters_prints_the_weight_table_under_its_published_names(capsys: Capture) -> None:
    rows = json.loads(run(capsys, "parameters yolov5s --release 1.0 --format json"))
    keys = ["index", "name", "gradient", "parameters", "shape", "mu", "sigma"]
    assert all(list(row) == keys for row in rows)
    assert len(rows) == 191
    assert rows[84]["name"] == "model.7.conv.weight"
    assert (rows[84]["parameters"], rows[84]["shape"]) == (1_179_648, [512, 256, 3, 3])
    assert rows[148]["mu"] == pytest.approx(-4.67, abs=0.02)


def test_parameters_are_the_same_for_the_same_seed_only(capsys: Capture) -> None:
    first, again, other = (
        run(capsys, f"parameters densenet-cifar --seed {seed} --format csv") for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other
    header, *rows = csv.reader(io.StringIO(first))
    assert header == ["index", "name", "gradient", "parameters", "shape", "mu", "sigma"]
    assert sum(int(row[3]) for row in rows) == 769_162


def test_parameters_says_which_take_no_gradient(capsys: Capture) -> None:
    rows = json.loads(run(capsys, "parameters yolov1-resnet50 --format json"))
    frozen = sum(row["parameters"] for row in rows if not row["gradient"])
    assert frozen == 23_508_032


def test_ledger_prints_published_beside_ours(capsys: Capture) -> None:
    out = run(capsys, "ledger yolov1-notebook parameters")
    assert out.count("243,662,846") == 2
    assert "agrees" in out


def test_ledger_as_json_and_csv_hold_the_same_rows(capsys: Capture) -> None:
    rows = json.loads(run(capsys, "ledger densenet121 --format json"))
    table = list(csv.DictReader(io.StringIO(run(capsys, "ledger densenet121 --format csv"))))
    assert rows == table
    assert {row["status"] for row in rows} == {"agrees"}


@pytest.mark.parametrize(
    "command", ["", "--help", "list --help", "summary --help", "parameters --help", "ledger --help"]
)
def test_help_does_not_import_torch(command: str) -> None:
    code = (
        "import sys\n"
        "from yoloexplain.__main__ import main\n"
        f"code = main({command.split()!r})\n"
        "heavy = {'torch', 'numpy', 'matplotlib', 'torchinfo', 'skimage'} & sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = in_a_process("-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: yoloexplain" in done.stdout


def test_help_names_every_release(capsys: Capture) -> None:
    text = " ".join(run(capsys, "summary --help").replace("│", " ").split())
    *first, last = RELEASES
    assert f"{', '.join(first)} or {last}." in text


def test_pipe_gets_every_column_in_full_and_no_colour() -> None:
    narrow = {"COLUMNS": "40", "TERM": "xterm-256color"}
    done = in_a_process("-m", "yoloexplain", "ledger", "solo-r50-fpn-table", **narrow)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("solo-r50-fpn-table")]
    assert len(rows) == int(done.stdout.splitlines()[-1].split()[0])


def test_narrow_terminal_gets_every_word_of_the_ledger_wrapped(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    out = re.sub(r"\x1b\[[0-9;]*m", "", run(capsys, "ledger solo-r50-fpn-table mult"))
    assert max(len(line) for line in out.splitlines()) <= 60
    assert "…" not in out
    (row,) = (row for row in ledger("solo-r50-fpn-table mult") if row.reason)
    shown = set(out.split())
    assert set(f"{row.source} {row.rule} {row.reason}".split()) <= shown


def test_reader_that_stops_early_sees_no_traceback() -> None:
    command = f"{sys.executable} -m yoloexplain summary densenet264 --format json | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{\n", "")
