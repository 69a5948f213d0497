"""Nothing is lost: runs that are killed, disks that are full, losses that break."""

import csv
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_training import NAMES, SETTINGS, Tiny, squares, train_small

from yoloexplain.files import write_whole
from yoloexplain.training import BrokenLossError, fit
from yoloexplain.training.checkpoint import (
    Checkpoint,
    last_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from yoloexplain.weights import load_weights, read_weights, save_weights

SCRIPT = Path(__file__).parent / "small_training.py"


def test_killed_in_mid_epoch_and_resumed_it_ends_with_the_same_weights(tmp_path: Path) -> None:
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    child = subprocess.Popen(
        [sys.executable, str(SCRIPT), "train", str(broken)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert [child.stdout.readline().strip() for _ in range(2)] == ["1", "2"]
    time.sleep(0.3)  # an epoch of 40 slow scenes takes at least 0.8 seconds
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    place = last_checkpoint(broken / "checkpoints")
    assert place is not None
    assert place.name == "epoch-00002"

    resumed = train_small(broken, resume=True)
    unbroken = train_small(whole)
    for name, value in unbroken.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value), name
    for name, value in unbroken.task.model.state_dict().items():
        assert torch.equal(resumed.task.model.state_dict()[name], value), name
    assert len(unbroken.history) == 4
    for row, same in zip(unbroken.history, resumed.history, strict=True):
        assert {**row, "seconds": 0} == {**same, "seconds": 0}
    texts = [(folder / "results.csv").read_text().splitlines() for folder in (broken, whole)]
    tables = [list(csv.DictReader(lines)) for lines in texts]
    assert [row["epoch"] for row in tables[0]] == ["1", "2", "3", "4"]
    assert [row["map50"] for row in tables[0]] == [row["map50"] for row in tables[1]]


def checkpoint(epoch: int, values: int = 100_000) -> Checkpoint:
    weights = {"w": torch.full((values,), float(epoch))}
    return Checkpoint(epoch, weights, weights, {"epoch": epoch, "v": torch.full((values,), epoch)})


def write_on_and_on(folder: Path) -> None:
    for epoch in range(1, 100_000):
        save_checkpoint(folder, checkpoint(epoch))


def test_killed_at_any_moment_a_writer_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    reached = []
    for number, delay in enumerate((0.02, 0.031, 0.043, 0.057, 0.08, 0.11)):
        folder = tmp_path / str(number)
        child = fork.Process(target=write_on_and_on, args=(folder,))
        child.start()
        while last_checkpoint(folder) is None and child.is_alive():
            time.sleep(0.001)
        time.sleep(delay)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        place = last_checkpoint(folder)
        assert place is not None
        found = load_checkpoint(place)
        assert place.name == f"epoch-{found.epoch:05d}"
        for values in (found.weights["w"], found.mean["w"], found.state["v"]):
            assert values.eq(found.epoch).all()
        reached.append(found.epoch)
    assert max(reached) > 1


def write_without_room(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        save_checkpoint(folder, checkpoint(2))
    except OSError:
        os._exit(7)
    os._exit(0)


def test_full_disk_is_an_error_and_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint(1))
    child = multiprocessing.get_context("fork").Process(target=write_without_room, args=(tmp_path,))
    child.start()
    child.join()
    assert child.exitcode == 7
    assert [place.name for place in tmp_path.iterdir()] == ["epoch-00001"]
    assert load_checkpoint(tmp_path / "epoch-00001").weights["w"].eq(1).all()


def test_failed_write_keeps_the_old_file_and_leaves_no_litter(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_whole(file, b"old")
    with pytest.raises(TypeError):
        write_whole(file, 5)  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_loss_that_is_no_number_stops_with_the_batch_named(tmp_path: Path) -> None:
    model = Tiny()

    def spoil(_: object) -> None:
        model.last.weight.data.fill_(float("nan"))

    with pytest.raises(BrokenLossError, match="got centre nan") as caught:
        fit(model, squares(16), SETTINGS, names=NAMES, folder=tmp_path, on_epoch=spoil)
    message = str(caught.value)
    assert "epoch 2, batch 1, of the scenes" in message
    assert f"the last good checkpoint is {tmp_path / 'checkpoints' / 'epoch-00001'}" in message
    kept = load_checkpoint(tmp_path / "checkpoints" / "epoch-00001")
    assert all(value.isfinite().all() for value in kept.weights.values())
    assert len((tmp_path / "results.csv").read_text().splitlines()) == 2


def test_gradient_that_is_no_number_changes_no_weight(tmp_path: Path) -> None:
    model = Tiny()
    model.last.bias.register_hook(lambda gradient: gradient * float("inf"))
    before = model.last.weight.detach().clone()
    with pytest.raises(BrokenLossError, match=r"got gradient .* in epoch 1, batch 1"):
        fit(model, squares(8), SETTINGS, names=NAMES)
    assert torch.equal(model.last.weight, before)


def test_folder_that_holds_a_run_is_not_overwritten_and_resume_needs_one(tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=1)
    fit(Tiny(), squares(8), settings, names=NAMES, folder=tmp_path / "a")
    with pytest.raises(ValueError, match="a folder of its own"):
        fit(Tiny(), squares(8), settings, names=NAMES, folder=tmp_path / "a")
    with pytest.raises(ValueError, match="resume needs a checkpoint, found none"):
        fit(Tiny(), squares(8), settings, names=NAMES, folder=tmp_path / "b", resume=True)


def test_training_goes_on_with_the_settings_that_it_began_with(tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=1)
    fit(Tiny(), squares(8), settings, names=NAMES, folder=tmp_path)
    changed = replace(settings, epochs=2)
    with pytest.raises(ValueError, match="with epochs 1, got 2"):
        fit(Tiny(), squares(8), changed, names=NAMES, folder=tmp_path, resume=True)


def test_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, checkpoint(1))
    content = (place / "state.pt").read_bytes()
    (place / "state.pt").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="a checkpoint must hold"):
        load_checkpoint(place)


def test_checkpoint_with_code_in_it_is_not_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    place = save_checkpoint(tmp_path / "c", checkpoint(1))
    torch.save({"epoch": 1, "evil": Evil()}, place / "state.pt")
    with pytest.raises(ValueError, match="could not be read"):
        load_checkpoint(place)
    assert not (tmp_path / "ran").exists()


def test_weights_carry_their_card_and_fit_where_names_and_shapes_do(tmp_path: Path) -> None:
    file, model, other = tmp_path / "w.safetensors", Tiny(), Tiny(num_classes=5)
    save_weights(file, model, {"model": "tiny", "names": list(NAMES)})
    weights, card = read_weights(file)
    assert card == {"model": "tiny", "names": list(NAMES)}
    assert weights.keys() == model.state_dict().keys()
    whole = len(weights)
    assert load_weights(other, file) == (whole - 2, whole)  # all but the last layer
    assert torch.equal(other.body[0].weight, model.body[0].weight)
    file.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="weights must be a safetensors file"):
        read_weights(file)
