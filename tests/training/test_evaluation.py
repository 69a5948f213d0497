"""mAP against plain loops, on results made for the purpose."""

import numpy as np
import pytest
import torch
from small_training import NAMES, SETTINGS, Tiny, squares

from yoloexplain.data.record import Scene
from yoloexplain.figures.precision import precision_recall
from yoloexplain.results import Detections, Instances
from yoloexplain.training import evaluate
from yoloexplain.training.batches import in_order
from yoloexplain.training.evaluation import score
from yoloexplain.training.plots import draw_all
from yoloexplain.training.task import task_of


def perfect(scene: Scene) -> Instances:
    """What a network that is always right would say, a little less surely for each next one."""
    count = len(scene)
    return Instances(
        torch.from_numpy(scene.boxes_xyxy), torch.linspace(0.9, 0.5, count),
        torch.from_numpy(scene.labels), masks=torch.from_numpy(scene.masks.copy()),
    )  # fmt: skip


def test_perfect_answers_score_one_in_boxes_and_masks() -> None:
    scenes = squares(9)
    scores = score(list(in_order(scenes, SETTINGS)), list(map(perfect, scenes)), NAMES, masks=True)
    assert scores.map50 == scores.map50_95 == scores.mask_map50 == scores.mask_map50_95 == 1
    assert scores.best_precision == scores.best_recall == 1
    assert scores.per_class == dict.fromkeys(NAMES, 1.0)
    assert scores.images == 9
    assert scores.confusion.sum() == np.trace(scores.confusion) == sum(map(len, scenes))


def test_masks_are_judged_by_their_pixels_and_boxes_are_not() -> None:
    scenes = squares(9)
    found = []
    for scene in scenes:
        result = perfect(scene)
        result.masks[:, ::2] = False  # half of every mask is gone
        found.append(result)
    scores = score(list(in_order(scenes, SETTINGS)), found, NAMES, masks=True)
    assert scores.map50_95 == 1
    assert scores.mask_map50_95 is not None
    assert scores.mask_map50_95 < 0.1


def test_map50_is_the_mean_area_of_ranked_lists() -> None:
    """Against a loop: the surest first, each object claimed once, 101 recalls, mean of classes."""
    random = np.random.default_rng(4)
    scenes = squares(12)
    found = []
    for scene in scenes:
        true = perfect(scene)
        wrong = torch.from_numpy(random.uniform(0, 30, (4, 4))).float()
        wrong[:, 2:] += wrong[:, :2] + 5
        moved = true.boxes_xyxy + torch.from_numpy(random.normal(0, 3, (len(scene), 4))).float()
        boxes = torch.cat([moved, wrong])
        scores = torch.from_numpy(random.uniform(0.05, 0.95, len(boxes))).float()
        labels = torch.cat([true.labels, torch.from_numpy(random.integers(0, 3, 4))])
        found.append(Detections(boxes, scores, labels))
    measured = score(list(in_order(scenes, SETTINGS)), found, NAMES)
    areas = []
    for k in range(3):
        claims = sorted(
            ((s, i, box) for i, r in enumerate(found)
             for box, s, label in zip(r.boxes_xyxy.double().numpy(), r.scores.tolist(),
                                      r.labels.tolist(), strict=True) if label == k),
            key=lambda claim: -claim[0],
        )  # fmt: skip
        free = {i: [b for b, label in zip(s.boxes_xyxy.astype(float), s.labels, strict=True)
                    if label == k] for i, s in enumerate(scenes)}  # fmt: skip
        total = sum(map(len, free.values()))
        right = []
        for _, i, box in claims:
            overlaps = [overlap(box, other) for other in free[i]]
            hit = bool(overlaps) and max(overlaps) >= 0.5
            right.append(hit)
            if hit:
                free[i].pop(int(np.argmax(overlaps)))
        curve = precision_recall(right, total)
        places = np.searchsorted(curve.recall, np.linspace(0, 1, 101))  # no slack for rounding
        areas.append(np.append(curve.envelope, 0)[places].mean())
    assert 0.2 < measured.map50 < 0.98
    assert measured.map50 == pytest.approx(np.mean(areas), abs=1e-6)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(w, 0) * max(h, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def test_best_point_is_where_the_wrong_answers_begin() -> None:
    scenes = squares(9)
    found = []
    for scene in scenes:
        true = perfect(scene)
        boxes = torch.cat([true.boxes_xyxy, torch.tensor([[0.0, 0, 2, 2]] * 3)])
        scores = torch.cat([true.scores, torch.tensor([0.3, 0.3, 0.3])])
        labels = torch.cat([true.labels, torch.tensor([0, 1, 2])])
        found.append(Detections(boxes, scores, labels))
    scores_ = score(list(in_order(scenes, SETTINGS)), found, NAMES)
    assert (scores_.best_precision, scores_.best_recall) == (1, 1)


def test_confusions_are_counted_once_each() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    boxes = [[0, 0, 20, 20], [30, 0, 50, 20], [0, 40, 20, 60]]
    scene = Scene.from_boxes(image, boxes, [0, 1, 2])
    found = Detections(
        torch.tensor([[0.0, 0, 20, 20], [1, 0, 20, 20], [30, 0, 50, 20], [40, 40, 60, 60],
                      [0, 40, 20, 60]]),
        torch.tensor([0.9, 0.8, 0.7, 0.6, 0.2]),  # the last one is not sure enough
        torch.tensor([0, 0, 2, 1, 2]),
    )  # fmt: skip
    confusion = score(list(in_order([scene], SETTINGS)), [found], NAMES).confusion
    assert confusion.tolist() == [[1, 0, 0, 1], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_shifted_boxes_pass_the_loose_threshold_and_fail_the_strict_ones() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    scene = Scene.from_boxes(image, [[10, 10, 40, 40]], [1])
    found = Detections(torch.tensor([[13.0, 13, 43, 43]]), torch.tensor([0.5]), torch.tensor([1]))
    scores = score(list(in_order([scene], SETTINGS)), [found], NAMES)
    assert scores.map50 == pytest.approx(1)  # IoU 729 / 1071 = 0.68: four of ten thresholds
    assert scores.map50_95 == pytest.approx(0.4)
    assert np.isnan([scores.per_class["red"], scores.per_class["blue"]]).all()


def test_no_answer_at_all_scores_nought() -> None:
    scenes = squares(4)
    nothing = Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, dtype=torch.int64))
    scores = score(list(in_order(scenes, SETTINGS)), [nothing] * 4, NAMES)
    assert (scores.map50, scores.map50_95, scores.best_recall) == (0, 0, 0)
    assert scores.confusion[-1].sum() == sum(map(len, scenes))


def test_evaluation_without_any_object_is_an_error() -> None:
    empty = Scene.from_boxes(np.zeros((64, 64, 3), np.uint8), [], [])
    with pytest.raises(ValueError, match="at least one labelled object, got 3 images without"):
        evaluate(task_of(Tiny(), NAMES, 64), [empty] * 3, SETTINGS)


def test_evaluation_leaves_the_network_as_it_was() -> None:
    model = Tiny().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    evaluate(task_of(model, NAMES, 64), squares(5), SETTINGS)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_network_for_other_classes_is_an_error() -> None:
    model = Tiny()
    model.num_classes = 5  # type: ignore[assignment]
    with pytest.raises(ValueError, match="built for the data's 3 classes, got one for 5"):
        task_of(model, NAMES, 64)


def test_every_picture_is_drawn(tmp_path) -> None:  # type: ignore[no-untyped-def]
    scenes = squares(4)
    found = list(map(perfect, scenes))
    scores = score(list(in_order(scenes, SETTINGS)), found, NAMES, masks=True)
    history = [{"epoch": e, "loss_box": 1 / e, **scores.row()} for e in (1.0, 2.0)]
    samples = list(zip(scenes, found, strict=True))
    files = draw_all(tmp_path, history=history, scores=scores, samples=samples)
    wanted = ["losses", "scores", "precision_recall", "confusion", "samples"]
    assert [file.stem for file in files] == wanted
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
