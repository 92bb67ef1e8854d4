"""Loss and every gradient of the reports' networks equal PyTorch's."""

import numpy as np
import pytest
from networks import NETWORKS


def twins(build, ours, torch, dtype):
    """Return the network in both frameworks with the same weights, inputs and targets."""
    mine, shape, classes = build(ours)
    theirs, _, _ = build(torch)
    mine = mine.to(getattr(ours, dtype))
    theirs = theirs.to(getattr(torch, dtype))
    names = [name for name, _ in theirs.named_parameters()]
    assert [name for name, _ in mine.named_parameters()] == names
    theirs.load_state_dict({name: torch.from_numpy(value.numpy().copy()) for name, value in mine.state_dict().items()})
    source = np.random.default_rng(1)
    x = source.standard_normal(shape).astype(dtype)
    t = source.integers(0, classes, shape[0])
    return mine, theirs, x, t


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-9), ("float32", 2e-3)])
@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_loss_and_every_gradient(build, dtype, rtol, ours, torch):
    mine, theirs, x, t = twins(build, ours, torch, dtype)
    x_mine = ours.from_numpy(x).requires_grad_()
    x_theirs = torch.from_numpy(x.copy()).requires_grad_()
    loss = ours.nn.functional.cross_entropy(mine(x_mine), ours.from_numpy(t))
    loss.backward()
    expected = torch.nn.functional.cross_entropy(theirs(x_theirs), torch.from_numpy(t))
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=rtol * 1e-2 if dtype == "float32" else rtol)
    pairs = [("input", x_mine, x_theirs)]
    pairs += [
        (name, p, q) for (name, p), (_, q) in zip(mine.named_parameters(), theirs.named_parameters(), strict=True)
    ]
    for name, p, q in pairs:
        scale = float(q.grad.abs().max())
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=rtol, atol=rtol * 1e-2 * scale, err_msg=name)


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_gradient_of_the_gradient(build, ours, torch):
    mine, theirs, x, t = twins(build, ours, torch, "float64")

    def penalty(framework, model, x, t, grad):
        loss = framework.nn.functional.cross_entropy(model(x), t)
        gradients = grad(loss, list(model.parameters()), create_graph=True)
        sum((g * g).sum() for g in gradients).backward()
        return [p.grad for p in model.parameters()]

    found = penalty(ours, mine, ours.from_numpy(x), ours.from_numpy(t), ours.autograd.grad)
    expected = penalty(torch, theirs, torch.from_numpy(x), torch.from_numpy(t), torch.autograd.grad)
    for (name, _), p, q in zip(mine.named_parameters(), found, expected, strict=True):
        scale = float(q.abs().max())
        np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-8, atol=1e-10 * scale, err_msg=name)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"lr": 0.1}),
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
        ("Adam", {"lr": 1e-2}),
        ("Adam", {"lr": 1e-2, "weight_decay": 1e-2, "betas": (0.8, 0.99)}),
        ("Adam", {"lr": 1e-2, "amsgrad": True}),
    ],
    ids=lambda value: str(value),
)
def test_training_steps(name, options, ours, torch):
    from networks import blog_network

    mine, theirs, x, t = twins(blog_network, ours, torch, "float64")
    ends = []
    for framework, model in ((ours, mine), (torch, theirs)):
        optimizer = getattr(framework.optim, name)(model.parameters(), **options)
        for _ in range(8):
            optimizer.zero_grad()
            loss = framework.nn.functional.cross_entropy(model(framework.from_numpy(x)), framework.from_numpy(t))
            loss.backward()
            optimizer.step()
        ends.append([value.detach().numpy() for value in model.parameters()])
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-12)
