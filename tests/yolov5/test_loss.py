"""YOLOv5's loss, against the published code's own numbers and against a slow plain loop."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from yoloexplain.yolov5 import RELEASES, Hyperparameters, YOLOv5, assign, loss
from yoloexplain.yolov5.hyperparameters import check_range

PLAIN = Hyperparameters(classes=0.5 * 4 / 80)
HARD = Hyperparameters(
    objectness=0.7,
    classes=0.3,
    objectness_positive=0.8,
    class_positive=1.4,
    anchor_threshold=2.91,
    focal_gamma=1.5,
    label_smoothing=0.1,
)
CASES = {"plain": PLAIN, "hard": HARD, "empty": PLAIN, "one_class": PLAIN, "edge": PLAIN}
TERMS = ("box", "objectness", "classes")


def targets_of(case, published):
    if case == "empty":
        return torch.zeros(0, 6)
    targets = torch.tensor(published["edge_targets" if case == "edge" else "targets"])
    if case == "one_class":
        targets[:, 1] = 0
    if case == "p6":
        targets[:, 0].clamp_(max=1)
        targets[:, 1] %= 3
        targets[:, 4:] = (2 * targets[:, 4:]).clamp(max=1)
    return targets


@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("release", list(RELEASES))
def test_every_term_is_the_published_one(release, case, published, network, raw_outputs):
    if case not in published["loss"][release]:
        assert case == "edge"
        assert float(release) < 4  # before 4.0 such a centre pointed outside the map
        return
    numbers = published["loss"][release][case]
    model = network("s", release, 1 if case == "one_class" else 4)
    raw = raw_outputs(model)
    terms = loss(raw, targets_of(case, published), model, CASES[case])
    for name in TERMS:
        assert getattr(terms, name).item() == pytest.approx(numbers[name], rel=1e-5), name
    assert 3 * terms.total.item() == pytest.approx(numbers["times_batch"], rel=1e-5)


@pytest.mark.parametrize("release", ["5.0", "6.0", "6.1", "6.2", "7.0"])
def test_four_levels_are_balanced_as_published(release, published, network, raw_outputs):
    model = network("s6", release, 3)
    raw = raw_outputs(model, size=(128, 192), batch=2)
    terms = loss(raw, targets_of("p6", published), model, PLAIN)
    for name in TERMS:
        wanted = published["loss"][release]["p6"][name]
        assert getattr(terms, name).item() == pytest.approx(wanted, rel=1e-5), name


@pytest.mark.parametrize("case", ["plain", "hard"])
@pytest.mark.parametrize("release", list(RELEASES))
def test_the_gradient_is_the_published_one(release, case, published, network, raw_outputs):
    model = network("s", release, 4)
    raw = {level: values.requires_grad_() for level, values in raw_outputs(model).items()}
    terms = loss(raw, targets_of(case, published), model, CASES[case])
    (3 * terms.total).backward()
    for level, (magnitude, squares) in published["loss"][release][case]["gradient"].items():
        slope = raw[level].grad.double()
        assert slope.abs().sum().item() == pytest.approx(magnitude, rel=1e-5)
        assert slope.square().sum().item() == pytest.approx(squares, rel=1e-5)


def sigmoid(t):
    return 1 / (1 + math.exp(-t))


def slow_bce(logit, asked, weight, gamma):
    p = sigmoid(logit)
    value = -(weight * asked * math.log(p) + (1 - asked) * math.log(1 - p))
    if gamma:
        right = asked * p + (1 - asked) * (1 - p)
        value *= (asked * 0.25 + (1 - asked) * 0.75) * (1 - right) ** gamma
    return value


def slow_ciou(a, b):
    """Of two boxes (cx, cy, w, h), by the formula."""
    wide, high = (
        max(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2)
        - min(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2)
        for i in (0, 1)
    )
    shared = math.prod(
        max(
            0.0,
            min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2)
            - max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2),
        )
        for i in (0, 1)
    )
    value = shared / (a[2] * a[3] + b[2] * b[3] - shared)
    distance = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
    v = 4 / math.pi**2 * (math.atan(a[2] / a[3]) - math.atan(b[2] / b[3])) ** 2
    alpha = v / (1 - value + v) if v else 0.0
    return value - distance / (wide**2 + high**2) - alpha * v


def slow_loss(raw, targets, model, h):
    """Release 7.0, one prediction at a time."""
    box = objectness = classes = 0.0
    assigned = assign(raw, targets, model, h.anchor_threshold)
    for (level, values), weight in zip(raw.items(), (4.0, 1.0, 0.4), strict=True):
        found, asked = assigned[level], {}
        boxes, labels = [], []
        for n in range(len(found.image)):
            where = tuple(int(part[n]) for part in found[:4])
            t = values[where].tolist()
            anchor = found.anchors_cells[n].tolist()
            predicted = [2 * sigmoid(t[i]) - 0.5 for i in (0, 1)]
            predicted += [(2 * sigmoid(t[i + 2])) ** 2 * anchor[i] for i in (0, 1)]
            overlap = slow_ciou(predicted, found.boxes_cells[n].tolist())
            boxes.append(1 - overlap)
            asked[where] = max(overlap, 0.0)
            for k in range(model.num_classes):
                wanted = (k == int(found.label[n])) * (
                    1 - h.label_smoothing
                ) + h.label_smoothing / 2
                labels.append(slow_bce(t[5 + k], wanted, h.class_positive, h.focal_gamma))
        box += sum(boxes) / max(len(boxes), 1)
        classes += sum(labels) / max(len(labels), 1)
        every = [
            slow_bce(
                values[b, a, j, i, 4].item(),
                asked.get((b, a, j, i), 0.0),
                h.objectness_positive,
                h.focal_gamma,
            )
            for b in range(values.shape[0])
            for a in range(values.shape[1])
            for j in range(values.shape[2])
            for i in range(values.shape[3])
        ]
        objectness += weight * sum(every) / len(every)
    return h.box * box, h.objectness * objectness, h.classes * classes


MODEL = YOLOv5("n", num_classes=3)
place = st.one_of(st.integers(0, 16).map(lambda n: n / 16), st.floats(0, 1, width=16))
side = st.one_of(st.integers(1, 16).map(lambda n: n / 16), st.just(1 / 96))
target = st.tuples(st.integers(0, 1), st.integers(0, 2), place, place, side, side)
settings_of = st.builds(
    Hyperparameters,
    focal_gamma=st.sampled_from([0.0, 0.5, 1.5]),
    label_smoothing=st.sampled_from([0.0, 0.2]),
    class_positive=st.sampled_from([1.0, 2.0]),
    objectness_positive=st.sampled_from([1.0, 0.5]),
    anchor_threshold=st.sampled_from([2.0, 4.0]),
)


@settings(max_examples=25)
@given(st.lists(target, max_size=5), settings_of, st.integers(0, 100))
def test_the_terms_are_those_of_a_slow_loop_over_predictions(rows, h, seed):
    generator = torch.Generator().manual_seed(seed)
    raw = {
        level: 2 * torch.randn(2, 3, 64 // s, 96 // s, 8, generator=generator)
        for level, s in MODEL.head.strides.items()
    }
    targets = torch.tensor(rows, dtype=torch.float32).view(-1, 6)
    found = [term.item() for term in loss(raw, targets, MODEL, h)]
    assert found == pytest.approx(list(slow_loss(raw, targets, MODEL, h)), rel=2e-5, abs=1e-7)


def outputs(model, scale=1.0, size=(64, 96)):
    return {
        level: (
            scale * torch.randn(2, 3, size[0] // s, size[1] // s, 5 + model.num_classes)
        ).requires_grad_()
        for level, s in model.head.strides.items()
    }


def test_without_an_object_box_and_class_are_zero_and_all_gradients_finite():
    for rows in (torch.zeros(0, 6), torch.tensor([[1, 2, 0.5, 0.5, 1 / 96, 1 / 64]])):
        raw = outputs(MODEL)
        terms = loss(raw, rows, MODEL, PLAIN)
        assert terms.box.item() == terms.classes.item() == 0
        assert terms.objectness > 0
        for term in (terms.box, terms.classes):
            slopes = torch.autograd.grad(term, list(raw.values()), retain_graph=True)
            assert all(not slope.any() for slope in slopes)
        terms.total.backward()
        assert all(values.grad[..., 4].any() for values in raw.values())
        assert all(values.grad.isfinite().all() for values in raw.values())


def test_a_single_class_has_no_class_term_but_a_gradient(network):
    model = network("s", "7.0", 1)
    raw = outputs(model)
    terms = loss(raw, torch.tensor([[0, 0, 0.4, 0.6, 0.3, 0.5]]), model, PLAIN)
    assert terms.classes.item() == 0
    assert not any(slope.any() for slope in torch.autograd.grad(terms.classes, list(raw.values())))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.5])
def test_saturated_outputs_keep_loss_and_gradient_finite(gamma):
    raw = outputs(MODEL, scale=200.0)
    targets = torch.tensor([[0, 1, 0.4, 0.6, 0.3, 0.5], [1, 2, 0.9, 0.1, 0.1, 0.2]])
    terms = loss(raw, targets, MODEL, replace(PLAIN, focal_gamma=gamma))
    terms.total.backward()
    assert terms.total.isfinite()
    assert all(values.grad.isfinite().all() for values in raw.values())


def test_a_box_predicted_where_it_is_costs_nothing():
    raw = outputs(MODEL)
    targets = torch.tensor([[0, 1, 0.4, 0.6, 0.3, 0.5], [1, 2, 0.77, 0.21, 0.12, 0.2]])
    before = loss(raw, targets, MODEL, PLAIN)
    for level, found in assign(raw, targets, MODEL).items():
        offset, size = found.boxes_cells.split(2, dim=1)
        bounded = torch.cat([offset + 0.5, (size / found.anchors_cells).sqrt()], dim=1) / 2
        values = raw[level].detach()
        where = found.image, found.anchor, found.row, found.column
        values[(*where, slice(0, 4))] = bounded.logit()
        values[..., 4] = -20
        values[(*where, 4)] = 20
        values[(*where, slice(5, None))] = -20
        values[(*where, 5 + found.label)] = 20
        raw[level] = values
    terms = loss(raw, targets, MODEL, PLAIN)
    assert terms.box.item() == pytest.approx(0, abs=1e-5)
    assert terms.classes.item() == pytest.approx(0, abs=1e-5)
    assert terms.objectness.item() == pytest.approx(0, abs=1e-4)
    assert before.total > 0.1


def test_of_boxes_that_ask_the_same_prediction_the_last_sets_its_objectness():
    one = [0, 0, 0.52, 0.52, 0.5, 0.5]
    other = [0, 1, 0.54, 0.54, 0.2, 0.9]
    raw = {level: torch.zeros_like(values) for level, values in outputs(MODEL).items()}
    terms = {}
    for name, rows in {"one last": [other, one], "other last": [one, other]}.items():
        terms[name] = loss(raw, torch.tensor(rows), MODEL, PLAIN)
    assert terms["one last"].box.item() == pytest.approx(terms["other last"].box.item())
    # All logits are 0, so what is asked changes no loss; the gradient tells.
    for last, rows in ((one, [other, one]), (other, [one, other])):
        graph = {level: values.clone().requires_grad_() for level, values in raw.items()}
        loss(graph, torch.tensor(rows), MODEL, PLAIN).objectness.backward()
        alone = {level: values.clone().requires_grad_() for level, values in raw.items()}
        loss(alone, torch.tensor([last]), MODEL, PLAIN).objectness.backward()
        found = assign(raw, torch.tensor([last]), MODEL)["p5"]
        where = found.image, found.anchor, found.row, found.column
        torch.testing.assert_close(
            graph["p5"].grad[(*where, 4)], alone["p5"].grad[(*where, 4)], rtol=0, atol=0
        )


def test_half_precision_outputs_are_widened():
    raw = {level: values.detach() for level, values in outputs(MODEL).items()}
    targets = torch.tensor([[0, 1, 0.4, 0.6, 0.3, 0.5]])
    whole = loss(raw, targets, MODEL, PLAIN)
    half = loss({level: v.bfloat16() for level, v in raw.items()}, targets, MODEL, PLAIN)
    for name in TERMS:
        assert getattr(half, name).dtype == torch.float32
        torch.testing.assert_close(getattr(half, name), getattr(whole, name), rtol=2e-2, atol=1e-4)


def test_a_step_along_the_gradient_lowers_every_term():
    raw = outputs(MODEL)
    targets = torch.tensor([[0, 1, 0.4, 0.6, 0.3, 0.5], [1, 2, 0.77, 0.21, 0.12, 0.2]])
    optimizer = torch.optim.Adam(raw.values(), lr=0.1)
    first = loss(raw, targets, MODEL, PLAIN)
    for _ in range(30):
        optimizer.zero_grad()
        terms = loss(raw, targets, MODEL, PLAIN)
        terms.total.backward()
        optimizer.step()
    for name in TERMS:
        assert getattr(terms, name) < 0.6 * getattr(first, name), name


@pytest.mark.parametrize("release", ["1.0", "2.0", "3.0", "3.1", "4.0"])
def test_label_smoothing_is_read_from_release_5_on(release, network, raw_outputs):
    model = network("s", release, 4)
    targets = torch.tensor([[0, 1, 0.4, 0.6, 0.3, 0.5]])
    smooth = replace(PLAIN, label_smoothing=0.3)
    same = [loss(raw_outputs(model), targets, model, h).classes for h in (PLAIN, smooth)]
    assert same[0] == same[1]
    model = network("s", "5.0", 4)
    other = [loss(raw_outputs(model), targets, model, h).classes for h in (PLAIN, smooth)]
    assert other[0] != other[1]


def test_a_bad_target_stops_before_any_number_is_made():
    with pytest.raises(ValueError, match=r"class must be a whole number from 0 to 2.*got \(0, 3,"):
        loss(outputs(MODEL), torch.tensor([[0, 3, 0.5, 0.5, 0.1, 0.1]]), MODEL, PLAIN)
    with pytest.raises(ValueError, match="must be finite"):
        loss(outputs(MODEL), torch.tensor([[0, 1, math.nan, 0.5, 0.1, 0.1]]), MODEL, PLAIN)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("box", -0.1, "at least 0"),
        ("objectness", math.nan, "at least 0"),
        ("classes", math.inf, "at least 0"),
        ("objectness_positive", 0.0, "above 0"),
        ("class_positive", -1.0, "above 0"),
        ("anchor_threshold", 1.0, "above 1"),
        ("focal_gamma", -0.5, "at least 0"),
        ("label_smoothing", 1.0, "at least 0 and below 1"),
    ],
)
def test_a_hyperparameter_out_of_range_is_refused(name, value, rule):
    with pytest.raises(
        ValueError, match=f"{name} must be a finite number, {rule}, got .*; the rel"
    ):
        Hyperparameters(**{name: value})


@pytest.mark.parametrize("value", ["1", True, None])
def test_a_hyperparameter_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match=f"box must be a finite number, at least 0, got {value!r}"):
        check_range("box", value, 0.0)


def test_the_releases_differ_in_two_gains_only():
    for release in RELEASES:
        assert replace(Hyperparameters.of(release), classes=0.5) == Hyperparameters()
    assert Hyperparameters.of("1.0").classes == 0.58
    assert Hyperparameters.of("6.0", "m") == Hyperparameters.of("7.0", "n") == Hyperparameters()
    for size in ("m", "l6", "x"):
        large = Hyperparameters.of("6.1", size)
        assert (large.classes, large.objectness) == (0.3, 0.7)
    with pytest.raises(ValueError, match=r"release must be one of .*got '8.0'"):
        Hyperparameters.of("8.0")
    with pytest.raises(ValueError, match="yolov5n exists from release 6"):
        Hyperparameters.of("5.0", "n")


def test_gains_are_carried_over_to_classes_levels_and_image_size(network):
    h = Hyperparameters(box=0.05, objectness=1.0, classes=0.5)
    assert h.scaled(network("s", "7.0", 80), 640) == h
    small = h.scaled(network("s", "7.0", 8), 320)
    assert (small.box, small.objectness, small.classes) == (0.05, 0.25, pytest.approx(0.05))
    four = h.scaled(network("s6", "7.0", 80), 1280)
    assert (four.box, four.objectness) == (pytest.approx(0.0375), pytest.approx(3.0))
    assert four.classes == pytest.approx(0.375)
    assert h.scaled(network("s", "3.1", 80), 320).objectness == 1.0
    with pytest.raises(ValueError, match="image_size must be a positive integer"):
        h.scaled(network("s", "7.0", 80), 0)
