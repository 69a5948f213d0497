"""Dice loss: both languages move a mask alike, and judge it as the package does."""

import numpy as np
import pytest
import torch

from yoloexplain.solo.loss import ALPHA, dice_loss, focal_loss
from yoloexplain.widgets import DiceLoss
from yoloexplain.widgets.dice_loss import signed_distances


def test_both_languages_compare_masks_alike(javascript) -> None:
    p = torch.rand(12, 9, 7, dtype=torch.float64)
    q = (torch.rand(12, 9, 7) < 0.4).double()
    calls = [
        ("diceOf", [a.flatten().tolist(), b.flatten().tolist()]) for a, b in zip(p, q, strict=True)
    ]
    found = javascript("solo", calls)
    losses = torch.tensor([one["loss"] for one in found], dtype=torch.float64)
    torch.testing.assert_close(losses, dice_loss(p, q))
    torch.testing.assert_close(found[0]["shared"], float((p[0] * q[0]).sum()))


@pytest.mark.parametrize("gamma", [0.0, 2.0, 3.5])
def test_both_languages_weigh_pixels_alike(gamma, javascript) -> None:
    logits = torch.randn(40, dtype=torch.float64) * 4
    classes = torch.where(torch.rand(40) < 0.5, 0, -1)  # the one class, or none
    expected = focal_loss(logits[:, None], classes, gamma, ALPHA)[:, 0]
    call = ("focalOf", [logits.sigmoid().tolist(), (classes + 1).tolist(), gamma, ALPHA])
    found = list(javascript("solo", [call])[0].values())
    torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), expected)


@pytest.mark.parametrize("shift", [(0, 0), (7, -4), (-30, 20)])
def test_both_languages_move_the_mask_alike(shift, javascript) -> None:
    mask = np.zeros((30, 42), bool)
    mask[5:20, 10:30] = True
    mask[10:14, 15:25] = False  # a hole
    widget = DiceLoss(mask, shift=shift)
    for grow, soft in ((0.0, 0.5), (-2.5, 1.0), (6.0, 4.0)):
        widget.view.grow, widget.view.soft = grow, soft
        call = [widget.distances.ravel().tolist(), mask.shape, shift, grow, soft]
        found = list(javascript("solo", [("guessFrom", call)])[0].values())
        np.testing.assert_allclose(np.reshape(found, mask.shape), widget.guess(), atol=1e-12)


def test_distances_are_to_the_outline() -> None:
    mask = np.zeros((5, 6), bool)
    mask[1:4, 1:4] = True
    found = signed_distances(mask)
    assert found[2, 2] == 1.5
    assert found[2, 1] == 0.5
    assert found[2, 4] == -0.5
    assert found[0, 0] == -1.0  # the root of two less a half, in quarters
    assert ((found > 0) == mask).all()


def test_it_says_what_was_done_to_the_mask() -> None:
    mask = np.zeros((20, 30), bool)
    mask[5:15, 5:15] = True
    widget = DiceLoss(mask, shift=(3, -2))
    assert repr(widget) == (
        "DiceLoss: a mask of 100 pixels on 30 × 20, the prediction off by (3, -2), grown by 0.0, "
        "blurred over 0.50"
    )
    assert "p · q" in widget.picture().alt
    held = np.frombuffer(widget.view.distances, np.int8).reshape(mask.shape) / 4
    assert (held == widget.distances).all()


def test_large_masks_are_shrunk() -> None:
    mask = np.zeros((640, 640), bool)
    mask[100:500, 200:400] = True
    assert DiceLoss(mask).mask.shape == (64, 64)
    assert DiceLoss(mask).mask.sum() == 800


@pytest.mark.parametrize(
    ("mask", "shift", "words"),
    [
        (np.ones((4, 4), bool), (0, 0), "only one kind"),
        (np.zeros((4, 4), bool), (0, 0), "only one kind"),
        (np.ones((2, 4, 4), bool), (0, 0), "two axes"),
        (np.eye(4, dtype=bool), (9, 0), "within 3 and 3 pixels"),
    ],
)
def test_bad_input_is_named(mask, shift, words) -> None:
    with pytest.raises(ValueError, match=words):
        DiceLoss(mask, shift=shift)
