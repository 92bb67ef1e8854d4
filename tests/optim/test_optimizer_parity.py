"""The optimizers take PyTorch's steps, setting by setting, and each other's state."""

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
    ("Adam", {"lr": 0.1, "weight_decay": 0.2, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.5, "betas": (0.5, 0.8), "eps": 1e-3}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0, "maximize": True}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.2, "amsgrad": True, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.5, "eps": 1e-3}),
    ("RMSprop", {"lr": 0.1, "weight_decay": 0.2, "maximize": True}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.1, "centered": True}),
    ("RMSprop", {"lr": 0.1, "centered": True, "momentum": 0.5, "alpha": 0.7, "maximize": True, "weight_decay": 0.2}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.3, "eps": 1e-3}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.2}),
    ("Adagrad", {"lr": 0.1, "maximize": True, "weight_decay": 0.2}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.1, "rho": 0.5, "eps": 1e-3}),
    ("Adadelta", {"rho": 1.0}),
    ("Adadelta", {"rho": 0.0, "weight_decay": 0.2, "maximize": True}),
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
        assert own["state"][i].keys() == {key for key, value in entry.items() if value is not None}
        for key, value in entry.items():
            if value is not None:
                np.testing.assert_allclose(np.asarray(own["state"][i][key]), value.numpy(), rtol=rtol, atol=rtol)
    for key, value in own["param_groups"][0].items():
        assert other["param_groups"][0][key] == value


def pairs(name, settings):
    """Return the same parameters in the same optimizer, in two groups, here and there."""
    rng = np.random.default_rng(1)
    starts = [rng.normal(size=shape) for shape in [(3, 4), (5,), ()]]
    ours = [nn.Parameter(tc.tensor(start)) for start in starts]
    theirs = [torch.nn.Parameter(torch.tensor(start)) for start in starts]
    made = [
        getattr(library, name)([{"params": some[:2]}, {"params": some[2:], "lr": 0.3}], **settings)
        for library, some in ((optim, ours), (torch.optim, theirs))
    ]
    return ours, theirs, *made


def follow(ours, theirs, mine, reference, steps):
    rng = np.random.default_rng(2)
    for _ in range(steps):
        for p, q in zip(ours, theirs, strict=True):
            g = rng.normal(size=p.shape)
            p.grad, q.grad = tc.tensor(g), torch.tensor(g)
        mine.step()
        reference.step()


def converted(value, tensor):
    """Return a state dict with its tensors made by `tensor`."""
    if isinstance(value, tc.Tensor | torch.Tensor):
        return tensor(value.detach().numpy().copy())
    if isinstance(value, dict):
        return {key: converted(part, tensor) for key, part in value.items()}
    return [converted(part, tensor) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=str)
@pytest.mark.parametrize("to_pytorch", [False, True])
def test_the_state_travels(name, settings, to_pytorch):
    ours, theirs, mine, reference = pairs(name, settings)
    follow(ours, theirs, mine, reference, 5)
    if to_pytorch:
        state = converted(mine.state_dict(), torch.tensor)
        reference = getattr(torch.optim, name)([{"params": theirs[:2]}, {"params": theirs[2:]}], lr=5)
        reference.load_state_dict(state)
    else:
        state = converted(reference.state_dict(), tc.tensor)
        mine = getattr(optim, name)([{"params": ours[:2]}, {"params": ours[2:]}], lr=5)
        mine.load_state_dict(state)
    follow(ours, theirs, mine, reference, 5)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-12, atol=1e-12)
