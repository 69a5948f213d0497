"""A small sample of every widget, and which chapter shows which, for tests and benchmarks."""

import importlib.util
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"
STEMS = sorted(path.stem for path in SAMPLES.glob("*.py"))
# What each chapter shows; every chapter may scrub through feature maps as well.
CHAPTERS = {
    "0": "grid_assignment parameter_shares yolov1_loss",
    "1": "dense_block_builder concat_provenance",
    "2": "csp_split csp_halves",
    "3": "pyramid receptive_field_on_photo pooling",
    "4": "architecture_map version_lens head_cell non_max_suppression focus_steps",
    "5": "assignment iou_playground loss_curves activation_curves augmentation_steps "
    "training_curve",
    "6": "location_grid mask_channels coordinate_channels matrix_nms_steps dice_loss",
}
EVERYWHERE = "feature_maps"


def sample(stem: str) -> list[Any]:
    """Make the samples of one widget."""
    spec = importlib.util.spec_from_file_location(f"sample_{stem}", SAMPLES / f"{stem}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.sample())


def of_chapter(chapter: str) -> list[Any]:
    """Make samples of everything that a chapter shows."""
    stems = [*CHAPTERS[chapter].split(), EVERYWHERE]
    return [widget for stem in stems for widget in sample(stem)]
