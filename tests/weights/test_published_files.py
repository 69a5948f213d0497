"""Published files are fetched once, into PyTorch's cache, and only with the right checksum."""

import hashlib
from pathlib import Path

import pytest
import torch
from torch import nn

from yoloexplain import create_model, list_models
from yoloexplain.weights import load_official, official_if_present, published_file, save_official
from yoloexplain.weights.published_files import FILES, PublishedFile, catalogue_name


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a file for resnet18 on a page of its own, published with its checksum."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    page = tmp_path / "page"
    page.mkdir()
    save_official(create_model("resnet18"), page / "net.pth")
    digits = hashlib.sha256((page / "net.pth").read_bytes()).hexdigest()[:8]
    (page / "net.pth").rename(page / f"resnet18-{digits}.pth")
    file = PublishedFile((page / f"resnet18-{digits}.pth").as_uri(), digits)
    monkeypatch.setitem(FILES, "resnet18", file)
    return tmp_path


def the_page(cache: Path) -> Path:
    """The one file that is published."""
    (file,) = (cache / "page").iterdir()
    return file


def test_a_file_is_fetched_once_with_a_progress_bar(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = load_official(create_model("resnet18"))
    assert "100" in capsys.readouterr().err
    published = load_official(create_model("resnet18"), the_page(cache)).state_dict()
    the_page(cache).unlink()
    second = load_official(create_model("resnet18"))
    assert capsys.readouterr().err == ""
    for model in (first, second):
        assert all(torch.equal(x, published[name]) for name, x in model.state_dict().items())


def test_without_a_connection_one_line_says_which_file_to_place_where(
    cache: Path,
) -> None:
    the_page(cache).unlink()
    file = published_file(create_model("resnet18"))
    with pytest.raises(ConnectionError) as error:
        load_official(create_model("resnet18"))
    message = str(error.value)
    assert len(message.splitlines()) == 1
    assert f"download {file.address} where there is a connection" in message
    assert message.endswith(f"place it at {cache / 'hub' / 'checkpoints' / file.name}")


def test_a_file_with_a_wrong_checksum_is_not_loaded(cache: Path) -> None:
    the_page(cache).write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"must have a checksum that begins .*nothing was kept"):
        load_official(create_model("resnet18"))
    place = published_file(create_model("resnet18")).place
    assert not list(place.parent.iterdir())
    place.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"remove that file, and it will be fetched again"):
        load_official(create_model("resnet18"))
    assert official_if_present(create_model("resnet18")) is None


def test_what_is_present_is_found_and_nothing_is_fetched(cache: Path) -> None:
    model = create_model("resnet18")
    assert official_if_present(model) is None
    assert official_if_present(create_model("yolov5s", release="3.1")) is None
    assert not (cache / "hub").exists()
    load_official(model)
    assert official_if_present(model) == published_file(model).place


def test_files_without_a_known_checksum_have_to_be_passed() -> None:
    cases: list[tuple[nn.Module, str]] = [
        (create_model("yolov5s", release="6.0"), "releases/tag/v6.0 has yolov5s.pt"),
        (create_model("densenet264"), "got densenet264: its authors published none"),
        (create_model("yolov1-small"), "its authors published none"),
        (create_model("solo-small"), "its authors published none"),
    ]
    with torch.device("meta"):
        cases += [(create_model(f"{csp}darknet53"), f"{csp}darknet53: its weights are at https://")
                  for csp in ("", "csp")]  # fmt: skip
    for model, words in cases:
        with pytest.raises(ValueError, match="a known checksum was published") as error:
            published_file(model)
        assert words in str(error.value)
        assert str(error.value).endswith("pass the path of a file")


def test_names_and_checksums_agree() -> None:
    for name, file in FILES.items():
        assert file.address.startswith("https://")
        assert set(file.sha256) <= set("0123456789abcdef")
        assert len(file.sha256) in (8, 64)
        if not name.startswith("yolov5"):
            assert file.name.endswith(f"-{file.sha256}.pth")
    places = [file.place for file in FILES.values()]
    assert len(set(places)) == len(places)


def test_every_file_belongs_to_a_network_of_the_catalogue() -> None:
    builds = [(name, {}) for name in list_models() if not name.endswith("-demo")]
    with torch.device("meta"):
        known = {catalogue_name(create_model(name, **options))
                 for name, options in [*builds, ("yolov5s", {"release": "4.0"})]}  # fmt: skip
    assert set(FILES) <= known
