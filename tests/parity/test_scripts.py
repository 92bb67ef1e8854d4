"""Scripts written for PyTorch run with the import changed, and print the same numbers."""

import numpy as np
import pytest
from networks import (
    barebones_three_layer_convnet,
    barebones_two_layer_fc,
    random_weight,
    sequential_convnet,
    three_layer_convnet,
    train_barebones,
    train_module,
    zero_weight,
)


@pytest.fixture
def images():
    """Four mini-batches of 8 pictures whose class shifts their mean, so that there is something to learn."""
    source = np.random.default_rng(0)
    t = source.integers(0, 10, 32)
    x = source.standard_normal((32, 3, 32, 32)) * 0.5 + t[:, None, None, None] / 5
    return [(x[i : i + 8], t[i : i + 8]) for i in range(0, 32, 8)]


def batches(framework, images):
    return [(framework.from_numpy(x), framework.from_numpy(t)) for x, t in images]


@pytest.mark.parametrize(
    ("model_fn", "shapes"),
    [
        (barebones_two_layer_fc, [(3072, 40), (40, 10)]),
        (barebones_three_layer_convnet, [(8, 3, 5, 5), (8,), (4, 8, 3, 3), (4,), (4096, 10), (10,)]),
    ],
)
def test_barebones(model_fn, shapes, images, ours, torch):
    device, dtype = ours.device("cpu"), ours.float64
    params = [
        random_weight(ours, shape, device, dtype) if len(shape) > 1 else zero_weight(ours, shape, device, dtype)
        for shape in shapes
    ]
    copies = [torch.from_numpy(p.detach().numpy().copy()).requires_grad_() for p in params]
    losses, accuracy = train_barebones(ours, model_fn, params, batches(ours, images), 3e-3, device, dtype)
    expected = train_barebones(
        torch, model_fn, copies, batches(torch, images), 3e-3, torch.device("cpu"), torch.float64
    )
    assert losses == pytest.approx(expected[0], rel=1e-9)
    assert accuracy == expected[1]
    for p, q in zip(params, copies, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    ("build", "options"),
    [
        (three_layer_convnet, {"lr": 3e-3}),
        (sequential_convnet, {"lr": 1e-2, "momentum": 0.9, "nesterov": True}),
    ],
    ids=["Module", "Sequential"],
)
def test_module(build, options, images, ours, torch):
    results = []
    state = None
    for framework in (ours, torch):
        model, _, _ = build(framework)
        model = model.to(framework.float64)
        if state is None:
            state = {name: value.numpy().copy() for name, value in model.state_dict().items()}
        else:
            model.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        optimizer = framework.optim.SGD(model.parameters(), **options)
        results.append(
            train_module(
                framework, model, optimizer, batches(framework, images), framework.device("cpu"), framework.float64
            )
        )
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-8)
    assert results[0][1] == results[1][1]
