"""SGD and Adam take PyTorch's steps, setting by setting."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim

torch = pytest.importorskip("torch")

SETTINGS = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.1, "maximize": True, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.2}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True, "weight_decay": 0.2}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=str)
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-13), ("float32", 2e-5)])
def test_thirty_steps(name, settings, dtype, rtol):
    rng = np.random.default_rng(0)
    starts = [rng.normal(size=shape).astype(dtype) for shape in [(3, 4), (5,), ()]]
    ours = [nn.Parameter(tc.tensor(start)) for start in starts]
    theirs = [torch.nn.Parameter(torch.tensor(start)) for start in starts]
    mine, reference = getattr(optim, name)(ours, **settings), getattr(torch.optim, name)(theirs, **settings)
    for step in range(30):
        for p, q in zip(ours, theirs, strict=True):
            g = np.asarray(rng.normal(size=p.shape) * (0.1 if step > 10 else 1)).astype(dtype)
            p.grad, q.grad = tc.tensor(g), torch.tensor(g)
        mine.step()
        reference.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=rtol, atol=rtol)
    own, other = mine.state_dict(), reference.state_dict()
    for i, entry in other["state"].items():
        for key, value in entry.items():
            if value is not None:
                np.testing.assert_allclose(np.asarray(own["state"][i][key]), value.numpy(), rtol=rtol, atol=rtol)
    for key, value in own["param_groups"][0].items():
        assert other["param_groups"][0][key] == value
