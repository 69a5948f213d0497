"""An observation is a trace with values, and it ends where the forward does."""

import gc

import pytest
import torch
from torch import nn

from yoloexplain import create_model, receptive_field
from yoloexplain.inspection import trace
from yoloexplain.inspection.observation import observe
from yoloexplain.inspection.receptive_field import fields_of_values


def test_the_graph_is_the_one_of_the_twin_without_values() -> None:
    model, image = create_model("yolov5n"), torch.rand(1, 3, 64, 96)
    seen = observe(model, image, lambda tensor: tuple(tensor.shape))
    graph = trace(model, image)
    assert [node.op for node in seen.graph.nodes] == [node.op for node in graph.nodes]
    assert [node.inputs for node in seen.graph.nodes] == [node.inputs for node in graph.nodes]
    assert all(seen.graph.shape(value) == shape for value, shape in seen.seen.items())
    assert seen.failure is None


def test_fields_survive_a_batch_norm_with_values() -> None:
    model = create_model("yolov5n")
    outputs = observe(model, torch.rand(1, 3, 64, 96)).graph
    value = outputs.value("backbone.stage4")
    found = fields_of_values(outputs, [value])[value]
    assert found.size == receptive_field(model, (64, 96))["backbone.stage4"].size


def test_a_failure_is_reported_and_what_was_reached_is_kept() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(5, 4, 1), nn.ReLU())
    seen = observe(model, torch.rand(1, 3, 8, 8), lambda tensor: tensor.mean())
    assert [call.path for call in seen.graph.calls] == ["", "0", "1"]
    assert len(seen.seen) == 1
    assert seen.failure is not None
    assert (seen.failure.path, seen.failure.error) == ("1", "RuntimeError")
    assert [value.node for value in seen.failure.reads] == [seen.graph.nodes[-1].index]


def test_a_kept_observation_holds_shapes_and_no_numbers() -> None:
    model, image = create_model("yolov5n"), torch.rand(1, 3, 64, 96)
    known = {id(tensor) for tensor in live_tensors()}
    kept = observe(model, image, lambda tensor: tuple(tensor.shape))
    gc.collect()
    new = [tensor for tensor in live_tensors() if id(tensor) not in known]
    made = [tensor for tensor in new if not isinstance(tensor, nn.Parameter) and tensor.ndim == 4]
    assert len(kept.graph.calls) > 100
    assert kept.graph.calls[0].output_shape == (1, 3, 8, 12, 85)
    assert [tensor for tensor in made if not tensor.is_meta] == []


def live_tensors() -> list[torch.Tensor]:
    return [one for one in gc.get_objects() if issubclass(type(one), torch.Tensor)]


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        return x + torch.rand_like(x)


def test_buffers_and_the_random_state_are_left_alone() -> None:
    model, state = Noisy(), torch.get_rng_state()
    observe(model, torch.rand(1, 3, 4, 4, generator=torch.Generator()))
    assert model.count == 0
    assert torch.equal(torch.get_rng_state(), state)


def test_the_fused_shortcut_of_attention_stays_as_it_was() -> None:
    before = torch.backends.mha.get_fastpath_enabled()
    observe(nn.ReLU(), torch.rand(1, 3, 4, 4))
    assert torch.backends.mha.get_fastpath_enabled() is before
    with pytest.raises(TypeError, match="model must be"):
        observe("model", torch.rand(1, 3, 4, 4))  # type: ignore[arg-type]
