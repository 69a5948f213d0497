"""Focus loses nothing, and is a convolution in disguise."""

import torch
from torch.nn import functional as F

from yoloexplain.layers import Focus
from yoloexplain.layers.focus import focus_as_convolution, space_to_depth


def test_each_quarter_holds_the_pixels_that_a_slow_loop_finds():
    x = torch.randn(2, 3, 6, 10)
    y = space_to_depth(x)
    assert y.shape == (2, 12, 3, 5)
    for quarter, (dy, dx) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        for c in range(3):
            for i in range(3):
                for j in range(5):
                    pixel = x[:, c, 2 * i + dy, 2 * j + dx]
                    assert torch.equal(y[:, 3 * quarter + c, i, j], pixel)


def test_focus_equals_one_convolution_of_twice_the_size_with_its_weights_rearranged(filled):
    focus = filled(Focus(3, 8, 3))
    image = torch.randn(2, 3, 16, 28)
    kernel = focus_as_convolution(focus.conv.conv.weight)
    assert kernel.shape == (8, 3, 6, 6)
    straight = F.conv2d(image, kernel, stride=2, padding=2)
    folded = focus.conv.conv(space_to_depth(image))
    torch.testing.assert_close(straight, folded, rtol=1e-5, atol=1e-5)
    assert folded.std() > 0.1


def test_the_rearranged_kernel_has_the_same_number_of_weights(filled):
    weight = filled(Focus(3, 8, 3)).conv.conv.weight
    assert focus_as_convolution(weight).numel() == weight.numel()
