import copy
import threading

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.utils._python_dispatch import TorchDispatchMode

from yoloexplain.inspection.meta import meta_twin, named_tensors


class Hoard(nn.Module):
    """Tensors in every place where a module can keep one."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.also = self.conv
        self.register_buffer("anchors", torch.randn(2, 2))
        self.register_buffer("passing", torch.randn(2), persistent=False)
        self.plain = torch.randn(5)
        self.listed = [torch.randn(6), nn.Parameter(torch.randn(7))]
        self.computed = torch.randn(3, requires_grad=True) * 2

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) * self.plain.sum() + self.passing[0]


def tensors_of(module: Hoard) -> list[Tensor]:
    return [
        module.conv.weight,
        module.conv.bias,
        module.anchors,
        module.passing,
        module.plain,
        *module.listed,
        module.computed,
    ]


def test_the_twin_has_every_tensor_on_the_meta_device_with_its_shape_and_type():
    model = Hoard().half()
    twin = meta_twin(model)
    for ours, theirs in zip(tensors_of(twin), tensors_of(model), strict=True):
        assert ours.is_meta
        assert not theirs.is_meta
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)


def test_the_twin_shares_what_the_network_shares():
    twin = meta_twin(Hoard())
    assert twin.also is twin.conv
    assert len(list(twin.parameters())) == 2


def test_no_value_is_read_or_copied_on_the_way():
    done = set()

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            output = func(*args, **(kwargs or {}))
            if not output.is_meta:
                done.add(func.name())
            return output

    model = Hoard()
    with Watch():
        meta_twin(model)
    assert done <= {"aten::detach", "aten::alias"}


def test_the_twin_is_in_eval_mode_and_forgets_hooks_that_cannot_be_copied():
    model = Hoard().train()
    lock = threading.Lock()  # copy.deepcopy refuses locks

    class Holder:
        def __init__(self) -> None:
            self.lock = lock

        def __call__(self, *_: object) -> None:
            raise AssertionError("the hook has run")

    model.register_forward_hook(Holder())
    model.conv.register_full_backward_hook(Holder())
    with pytest.raises(TypeError):
        copy.deepcopy(model)
    twin = meta_twin(model)
    assert not twin.training
    assert model.training
    assert not twin._forward_hooks
    twin(torch.empty(1, 3, 2, 2, device="meta"))


def test_pruned_normed_and_parametrised_layers_have_twins():
    model = nn.Sequential(
        parametrizations.weight_norm(nn.Conv2d(3, 4, 3)),
        prune.l1_unstructured(nn.Conv2d(4, 4, 3), "weight", 0.5),
    )
    twin = meta_twin(model)
    assert twin(torch.empty(1, 3, 9, 8, device="meta")).shape == (1, 4, 5, 4)


def test_a_scripted_network_is_refused_with_a_way_out():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted = torch.jit.script(nn.Conv2d(3, 3, 1))
    with pytest.raises(TypeError, match=r"scripted module at '0'; pass the network as it was"):
        meta_twin(nn.Sequential(scripted))


def test_a_device_of_its_own_does_not_disturb_the_twin():
    from yoloexplain.inspection import summarize

    class Placed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(5, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            grid = torch.linspace(-1, 1, x.shape[-1], device="cpu").expand(1, 1, *x.shape[2:])
            more = torch.ones(1, 1, *x.shape[2:]).to("cpu")
            return self.conv(torch.cat([x.cpu(), grid, more], dim=1))

    assert summarize(Placed(), (3, 4)).rows[0].output_shape == (1, 2, 3, 4)


def test_tensors_are_named_by_where_they_are():
    a, b, c = torch.zeros(1), torch.zeros(2), torch.zeros(3)
    nested = {"p3": a, "masks": (b, [c]), "note": "none"}
    assert [name for name, _ in named_tensors(nested)] == ["p3", "masks.0", "masks.1.0"]
    assert [name for name, _ in named_tensors(a)] == [""]
