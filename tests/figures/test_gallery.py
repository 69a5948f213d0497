"""The gallery: the folder is in step with the code, and every picture can be shown."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from yoloexplain import gallery
from yoloexplain.figures.picture import Picture
from yoloexplain.gallery import GALLERY

Legible = Callable[[Figure], None]
IMAGES = Path(__file__).parents[2] / "images"


@cache
def drawn(name: str) -> Picture:
    return GALLERY[name]()


@pytest.mark.parametrize("name", GALLERY)
def test_the_committed_picture_is_what_the_package_draws_to_the_byte(name: str) -> None:
    svg = drawn(name).to_svg()
    committed = IMAGES / f"{name}.svg"
    assert committed.is_file(), f"{committed} is missing; run make images"
    assert committed.read_bytes() == svg, f"{committed} is stale; run make images"


def test_no_other_file_lies_beside_the_pictures() -> None:
    assert gallery.strays(IMAGES) == []


def test_the_pictures_stay_small_enough_to_be_read_over_a_slow_line() -> None:
    sizes = {path.name: path.stat().st_size for path in IMAGES.iterdir()}
    assert max(sizes.values()) < 300_000
    assert sum(sizes.values()) < 3_000_000


@pytest.mark.parametrize("name", GALLERY)
def test_no_word_covers_another_or_leaves_the_page(name: str, legible: Legible) -> None:
    legible(drawn(name))


@pytest.mark.parametrize("name", GALLERY)
def test_every_picture_says_in_words_what_it_shows(name: str) -> None:
    alt = drawn(name).alt
    assert 30 < len(alt) < 500
    assert any(character.isdigit() for character in alt)


def test_nobodys_settings_and_no_hash_seed_change_a_picture(tmp_path: Path) -> None:
    settings = tmp_path / "matplotlibrc"
    settings.write_text("font.size: 30\naxes.grid: True\nsvg.fonttype: none\n", encoding="utf-8")
    code = (
        "import sys; from yoloexplain.gallery import GALLERY\n"
        "for name in ('focal-loss', 'pan'): sys.stdout.buffer.write(GALLERY[name]().to_svg())"
    )
    environment = os.environ | {"MATPLOTLIBRC": str(settings), "PYTHONHASHSEED": "7"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    expected = b"".join((IMAGES / f"{name}.svg").read_bytes() for name in ("focal-loss", "pan"))
    assert run.returncode == 0, run.stderr.decode()
    assert run.stdout == expected


def test_drawing_the_gallery_reports_strays_and_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gallery, "GALLERY", {"pan": GALLERY["pan"]})
    (tmp_path / "holiday.jpg").write_bytes(b"sun")
    assert gallery.main([str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("1 pictures")
    assert said.err == "not drawn by the gallery: holiday.jpg\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["holiday.jpg", "pan.svg"]


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_the_gallery_says_how_it_is_used(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert gallery.main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage:")
