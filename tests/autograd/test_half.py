"""float16 keeps values; what is computed from them is computed in float32 and rounded once."""

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn import nn, ops
from tinygrad_cnn.autograd import Function, grad
from tinygrad_cnn.nn import functional as F


def half(*values, **options):
    return torch.tensor(values, dtype=torch.float16, **options)


def rounded(values):
    return np.asarray(values, np.float32).astype(np.float16).tolist()


X = np.float32(np.float16(0.1))


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda x: x * 1e-3, X * np.float32(1e-3)),
        (lambda x: x * 1e-9 * 1e9, 0),  # the product is a float16 again
        (lambda x: x * 1e5, X * 1e5),  # the number is not one of float16
        (lambda x: x / 1e-5, X / np.float32(1e-5)),
        (lambda x: x + 1e-4, X + np.float32(1e-4)),
        (lambda x: 0.1 - x, np.float32(0.1) - X),
        (lambda x: torch.add(x, x, alpha=0.1), X + np.float32(0.1) * X),
        (lambda x: x**0.3, X ** np.float32(0.3)),
        (lambda x: F.leaky_relu(-x, 1e-3), -X * np.float32(1e-3)),
        (lambda x: x.clamp(max=0.05), 0.05),
    ],
)
def test_numbers_are_not_rounded_first(compute, expected):
    found = compute(half(0.1))
    assert found.dtype == np.float16
    assert found.tolist() == rounded([expected])


def test_comparisons_are_made_in_float16():
    assert (half(0.1) == 0.1).tolist() == [True]
    assert (half(0.1) >= 0.1).tolist() == [True]


def test_what_float16_cannot_hold_is_infinite_in_silence():
    assert half(60000.0, 60000.0).sum().item() == np.inf
    assert half(60000.0, 60000.0).mean().item() == 60000
    assert (half(300.0) * 300).item() == np.inf


def test_steps_in_between_do_not_overflow():
    assert half(300.0, 400.0).norm().item() == 500
    assert half(300.0, 400.0).var().item() == 5000
    assert half(200.0, 200.0).matmul(half(100.0, 200.0)).item() == 60000
    assert torch.ones(1000, 1000, dtype=torch.float16).mean().item() == 1


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_do_not_divide_by_a_count_that_float16_lacks(create_graph):
    x = torch.ones(100_000, dtype=torch.float16, requires_grad=True)
    (found,) = grad(ops.mean(x), x, create_graph=create_graph)
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found.detach().array, np.float16(1e-5))


@pytest.mark.parametrize("create_graph", [False, True])
def test_every_gradient_has_the_dtype_of_its_tensor(create_graph):
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LayerNorm(16),
        nn.Dropout(0.2), nn.Linear(16, 3),
    ).half()  # fmt: skip
    x = torch.randn(5, 2, 6, 6).to(torch.float16)
    loss = F.cross_entropy(model(x), torch.tensor([0, 1, 2, 0, 1]))
    assert loss.dtype == np.float16
    for found, p in zip(
        grad(loss, list(model.parameters()), create_graph=create_graph), model.parameters(), strict=True
    ):
        assert found.dtype == p.dtype == np.float16
        assert np.isfinite(found.detach().array).all()
    assert all(buffer.dtype != np.float32 for buffer in model.buffers())


def test_a_network_at_float16_follows_the_one_at_float32():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 900, 10)
    )
    x, t = torch.randn(64, 3, 32, 32), torch.randint(10, (64,))
    results = []
    for dtype in (torch.float32, torch.float16):
        model.to(dtype)
        for p in model.parameters():
            p.grad = None
        loss = F.cross_entropy(model(x.to(dtype)), t)
        loss.backward()
        results.append([loss.detach().array, *[p.grad.array for p in model.parameters()]])
    for single, coarse in zip(*results, strict=True):
        np.testing.assert_allclose(coarse, single, rtol=0.03, atol=0.05 * np.abs(single).max())


def test_running_statistics_without_a_graph():
    layer = nn.BatchNorm2d(1).half()
    x = torch.full((64, 1, 40, 40), 100.0, dtype=torch.float16)
    with torch.no_grad():
        layer(x)
    assert layer.running_mean.tolist() == [10]


def test_views_stay_views():
    x = half(1.0, 2.0, 3.0, 4.0)
    x.view(2, 2)[0].mul_(10)
    assert x.tolist() == [10, 20, 3, 4]
    assert x.reshape(2, 2).array.base is x.array


def test_conversions_keep_their_dtype():
    assert half(1.0).float().dtype == np.float32
    x = half(1.5, requires_grad=True)
    (x.float() * 3).sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (np.float16, [3])


def test_smoothed_targets_are_not_rounded():
    x = torch.zeros(1, 1000, dtype=torch.float16)
    x[0, 0] = 8.0
    found = F.cross_entropy(x, torch.tensor([0]), label_smoothing=0.1)
    expected = F.cross_entropy(x.double(), torch.tensor([0]), label_smoothing=0.1)
    assert found.item() == np.float16(expected.item())


def test_a_users_function_sees_what_it_was_given():
    seen = []

    class Twice(Function):
        @staticmethod
        def forward(ctx, x):
            seen.append(x.dtype)
            return x + x, x * 3

        @staticmethod
        def backward(ctx, g, h):
            seen.extend([g.dtype, h.dtype])
            return g * 2 + h * 3

    x = half(1.0, requires_grad=True)
    y, z = Twice.apply(x)
    (y + z).sum().backward()
    assert seen == [np.float16] * 3
    assert x.grad.tolist() == [5]
