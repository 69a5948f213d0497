"""Scenes as tensors: exact boxes, an order that a seed decides, shares that add up."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch
from small_training import SETTINGS, squares

from yoloexplain.data.record import Scene
from yoloexplain.layers.check_targets import check_targets
from yoloexplain.training.batches import Framed, collate, in_order, loader, shares

MIXED = replace(SETTINGS, augment="mosaic")


def test_targets_say_where_the_boxes_are() -> None:
    image = np.zeros((32, 64, 3), np.uint8)
    first = Scene.from_boxes(image, [[16, 8, 32, 16]], [2])
    second = Scene.from_boxes(image + 255, [], [])
    batch = collate([(7, first), (9, second), (4, first)])
    assert batch.images.shape == (3, 3, 32, 64)
    assert batch.images[1].eq(1).all()
    row = [24 / 64, 12 / 32, 16 / 64, 8 / 32]
    assert batch.targets.tolist() == [[0, 2, *row], [2, 2, *row]]
    assert batch.numbers == (7, 9, 4)
    assert batch.masks is None
    assert [labels.tolist() for labels in batch.labels()] == [[2], [], [2]]


def test_scenes_without_any_object_make_a_batch_of_background() -> None:
    empty = Scene.from_boxes(np.zeros((32, 32, 3), np.uint8), [], [])
    batch = collate([(0, empty), (1, empty)])
    assert batch.targets.shape == (0, 6)
    assert [mask.shape for mask in batch.masks or ()] == [(0, 32, 32)] * 2


def test_boxes_without_area_are_left_out_and_a_box_of_one_pixel_stays() -> None:
    scene = Scene.from_boxes(np.zeros((32, 32, 3), np.uint8), [[3, 3, 3, 9], [5, 5, 6, 6]], [0, 1])
    batch = collate([(0, scene)])
    assert batch.targets[:, 1].tolist() == [1]
    assert batch.targets[0, 4].item() == pytest.approx(1 / 32)


def test_pictures_of_other_sizes_are_framed_with_boxes_and_masks() -> None:
    (scene,) = squares(1, size=64)
    wide = Scene.from_masks(
        np.concatenate([scene.image] * 2, axis=1),
        np.concatenate([scene.masks, np.zeros_like(scene.masks)], axis=2),
        scene.labels,
    )
    framed = Framed([wide], 64)[0]
    assert framed.size == (64, 64)
    np.testing.assert_allclose(framed.boxes_xyxy, scene.boxes_xyxy / 2 + [0, 16, 0, 16], atol=1.01)


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_shares_side_by_side_are_the_joint_batch(processes: int) -> None:
    whole = shares(43, SETTINGS, 3)
    assert [len(batch) for batch in whole] == [8] * 5
    parts = [shares(43, SETTINGS, 3, process, processes) for process in range(processes)]
    joined = [list(chain(*step)) for step in zip(*parts, strict=True)]
    assert joined == whole
    seen = list(chain(*whole))
    assert len(set(seen)) == len(seen)


def test_order_follows_from_seed_and_epoch() -> None:
    assert shares(43, SETTINGS, 3) == shares(43, SETTINGS, 3)
    assert shares(43, SETTINGS, 3) != shares(43, SETTINGS, 4)
    assert shares(43, SETTINGS, 3) != shares(43, replace(SETTINGS, seed=1), 3)


def test_few_scenes_make_one_smaller_batch() -> None:
    assert [sorted(batch) for batch in shares(3, SETTINGS, 0)] == [[0, 1, 2]]


def test_no_scene_and_uneven_shares_are_errors() -> None:
    with pytest.raises(ValueError, match="at least one scene, got none"):
        shares(0, SETTINGS, 0)
    with pytest.raises(ValueError, match="multiple of the 3 processes, got 8"):
        shares(40, SETTINGS, 0, 0, 3)


def test_changes_are_the_same_whoever_reads_and_others_in_another_epoch() -> None:
    scenes = squares(12)
    numbers = [[0, 5, 3], [7, 1, 2]]
    alone = list(loader(scenes, numbers, MIXED, 2))
    helped = list(loader(scenes, numbers, replace(MIXED, workers=2), 2))
    later = list(loader(scenes, numbers, MIXED, 3))
    for one, other in zip(alone, helped, strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.targets, other.targets)
    assert not torch.equal(alone[0].images, later[0].images)


@pytest.mark.parametrize("augment", ["none", "light", "mosaic"])
def test_changed_scenes_keep_the_size_and_rules_of_targets(augment: str) -> None:
    settings = replace(SETTINGS, augment=augment)
    for batch in loader(squares(24), shares(24, settings, 0), settings):
        assert batch.images.shape[2:] == (64, 64)
        check_targets(batch.targets, len(batch.numbers), 3)
        assert batch.masks is not None
        for masks, labels in zip(batch.masks, batch.labels(), strict=True):
            assert len(masks) == len(labels)


def test_an_evaluation_sees_every_scene_once_unchanged_and_in_order() -> None:
    scenes = squares(11)
    batches = list(in_order(scenes, SETTINGS))
    assert list(chain(*(batch.numbers for batch in batches))) == list(range(11))
    images = torch.cat([batch.images for batch in batches])
    wanted = np.stack([scene.image for scene in scenes])
    assert torch.equal((images * 255).round().byte().permute(0, 2, 3, 1), torch.from_numpy(wanted))
