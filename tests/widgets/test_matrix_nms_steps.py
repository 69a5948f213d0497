"""Matrix NMS step by step: overlaps, decay and removal are the package's own in both languages."""

import numpy as np
import pytest
import torch

from yoloexplain import boxes, create_model, solo
from yoloexplain.data.scenes import Scenes
from yoloexplain.solo.decode import candidates
from yoloexplain.solo.matrix_nms import mask_iou
from yoloexplain.widgets import MatrixNMSSteps


def cases(count: int, classes: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Masks of overlapping boxes, one of them empty; scores with ties; labels."""
    masks = torch.zeros(count, 13, 17, dtype=torch.bool)
    for mask in masks[1:]:
        y, x = int(torch.randint(7, ())), int(torch.randint(9, ()))
        mask[y : y + 6, x : x + 7] = True
    scores = torch.randint(1, 12, (count,)) / 12
    return masks, scores, torch.randint(classes, (count,))


def flat(masks: torch.Tensor) -> list[list[int]]:
    return masks.flatten(1).int().tolist()


def test_both_languages_overlap_masks_alike(javascript) -> None:
    masks, _, _ = cases(14, 1)
    found = javascript("matrix_nms", [("maskOverlaps", [flat(masks)])])[0]
    torch.testing.assert_close(torch.tensor(found), mask_iou(masks))


@pytest.mark.parametrize("kernel", ["gaussian", "linear"])
@pytest.mark.parametrize("sigma", [0.5, 2.0])
def test_both_languages_let_scores_decay_alike(kernel, sigma, javascript) -> None:
    for classes in (1, 3):
        masks, scores, labels = cases(15, classes)
        overlaps = mask_iou(masks).double().tolist()
        call = ("matrixNMS", [overlaps, scores.tolist(), labels.tolist(), kernel, sigma])
        found = javascript("matrix_nms", [call])[0]
        expected = solo.matrix_nms(masks, scores, labels, kernel=kernel, sigma=sigma)
        torch.testing.assert_close(torch.tensor(found["after"]), expected, atol=1e-5, rtol=1e-4)
        order = scores.argsort(descending=True, stable=True).tolist()
        assert found["order"] == order
        for j, i in enumerate(found["from"]):  # what is said to decide does decide
            assert (i < 0) == (j == order[0])
            if i >= 0:
                factor = found["factors"][i][j]
                assert found["after"][j] == pytest.approx(float(scores[j]) * factor)
                assert order.index(i) < order.index(j)


def test_greedy_nms_on_boxes_as_masks_removes_the_same(javascript) -> None:
    masks, scores, labels = cases(15, 2)
    masks[0, 3:5, 2:9] = True  # every mask is a box, so the package's NMS on boxes can judge
    scores = scores + torch.arange(15) / 1000  # no ties
    corners = [
        [m.any(0).nonzero().min(), m.any(1).nonzero().min(), m.any(0).nonzero().max() + 1,
         m.any(1).nonzero().max() + 1] for m in masks
    ]  # fmt: skip
    for threshold in (0.15, 0.53):
        call = [mask_iou(masks).tolist(), scores.tolist(), labels.tolist(), threshold]
        by = javascript("matrix_nms", [("greedyByOverlap", call)])[0]
        kept = boxes.nms(torch.tensor(corners).float(), scores, threshold, labels)
        assert {j for j, i in enumerate(by) if i < 0} == set(kept.tolist())
        assert all(i < 0 or scores[i] > scores[j] for j, i in enumerate(by))


PHOTO = np.zeros((26, 34, 3), np.uint8)


def test_candidates_are_sorted_and_the_best_twelve_stay() -> None:
    masks, scores, labels = cases(15, 3)
    widget = MatrixNMSSteps(PHOTO, masks.numpy(), scores.numpy(), labels.numpy(), names=["a"])
    order = scores.argsort(descending=True, stable=True)[:12]
    assert widget.view.table["labels"] == labels[order].tolist()
    held = np.unpackbits(np.frombuffer(widget.view.masks, np.uint8))[: 12 * 13 * 17]
    assert (held.reshape(12, 13, 17) == masks[order].numpy()).all()
    assert repr(widget).startswith("MatrixNMSSteps: 12 candidates of ")
    assert "Matrix of overlaps between 12 predictions" in widget.picture().alt


def test_a_networks_candidates_are_shown() -> None:
    scene = Scenes(60, seed=2, size=160, split="val")[20]
    model = create_model("solo-demo")
    widget = MatrixNMSSteps.from_model(model, scene.image, confidence=0.05, count=6)
    with torch.no_grad():
        output = model(torch.from_numpy(scene.image).permute(2, 0, 1)[None].float() / 255)
    found = candidates(output, 0, model.head.strides, 0.05, 0.5)
    np.testing.assert_allclose(widget.scores, found.scores[:6].numpy(), rtol=1e-5)
    assert len(widget.view.masks) + len(widget.view.photo) < 100_000
    with pytest.raises(ValueError, match="two candidates or more, got 0 above a confidence of 1"):
        MatrixNMSSteps.from_model(model, scene.image, confidence=1.0)


MASKS = np.ones((3, 5, 5), bool)


@pytest.mark.parametrize(
    ("masks", "scores", "options", "words"),
    [
        (MASKS[0], [0.5], {}, "shape \\(N, h, w\\)"),
        (MASKS, [0.5], {}, "one score and one label each"),
        (MASKS[:1], [0.5], {}, "two masks or more, got 1"),
        (MASKS, [2.0, 0.1, 0.1], {}, "scores must lie in 0 to 1"),
        (MASKS, [0.3, 0.2, 0.1], {"kernel": "box"}, "'box'"),
        (MASKS, [0.3, 0.2, 0.1], {"sigma": 0}, "sigma must lie above 0"),
        (MASKS, [0.3, 0.2, 0.1], {"threshold": 2}, "threshold must lie in 0 to 1"),
    ],
)
def test_bad_input_is_named(masks, scores, options, words) -> None:
    with pytest.raises(ValueError, match=words):
        MatrixNMSSteps(PHOTO, masks, scores, **options)
