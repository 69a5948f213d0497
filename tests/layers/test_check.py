"""Every refusal states the rule, the value received and the mend."""

import pytest
import torch

from yoloexplain.layers.check import check_choice, check_count, check_image


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("cat.jpg", ["torch tensor", "str", "to_tensor"]),
        (torch.zeros(3, 64, 96), ["4 axes", "(3, 64, 96)", "image[None]"]),
        (torch.zeros(2, 3, 64, 96, dtype=torch.uint8), ["floating-point", "torch.uint8", "/ 255"]),
        (torch.zeros(2, 1, 64, 96), ["3 channel", "got 1", "in_channels=1"]),
        (torch.zeros(2, 3, 64, 100), ["multiple of the stride 32", "64x100", "64x96"]),
        (torch.zeros(2, 3, 0, 96), ["at least 1", "0x96"]),
    ],
)
def test_an_image_that_does_not_fit_is_refused_in_words(image, words):
    with pytest.raises(ValueError, match=r"must|takes") as error:
        check_image(image, in_channels=3, stride=32)
    assert all(word in str(error.value) for word in words), error.value


def test_a_fixed_size_is_named():
    with pytest.raises(ValueError, match="takes 448x448 pixels only, got 448x512"):
        check_image(torch.zeros(1, 3, 448, 512), 3, size=(448, 448))


def test_a_fitting_image_passes_in_half_precision_and_on_meta_too():
    check_image(torch.zeros(2, 3, 64, 96, dtype=torch.bfloat16), 3, stride=32)
    check_image(torch.empty(2, 3, 64, 96, device="meta"), 3, stride=32)


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3", None])
def test_a_count_must_be_a_positive_integer(value):
    with pytest.raises(ValueError, match=r"num_classes must be a positive integer, got .*; pass"):
        check_count("num_classes", value)


def test_a_choice_is_listed_and_the_nearest_named():
    with pytest.raises(ValueError, match=r"'both', 'first', 'last'; got 'frist'; .*'first'"):
        check_choice("fusion", "frist", ("both", "first", "last"))
