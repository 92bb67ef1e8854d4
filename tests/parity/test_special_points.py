"""First and second order where operations have kinks, ties or zeros: PyTorch's, wherever PyTorch's are numbers."""

import warnings

import numpy as np
import pytest
from special_points import NO_SPECIAL_POINTS, POINTS

import tinygrad_cnn
from tinygrad_cnn.autograd import registry
from tinygrad_cnn.autograd.walk import collect
from tinygrad_cnn.gradcheck import gradgradcheck

OPS = {
    name
    for name, op in registry.items()
    if op.differentiable and op.__wrapped__.__module__.startswith(tinygrad_cnn.__name__)
}
every = pytest.mark.parametrize("point", POINTS, ids=str)


def leaves(framework, point):
    return [framework.tensor(value, requires_grad=True) for value in point.inputs]


def values(tensor):
    if tensor is None:
        return None
    found = tensor.detach()
    return np.array(found.numpy() if isinstance(found, tinygrad_cnn.Tensor) else found.numpy(force=True))


def orders(framework, point):
    """Return the output, its gradients, and their gradients in the inputs and in the upstream gradient."""
    source = np.random.default_rng(3)

    def weights(tensors):
        return [framework.tensor(np.asarray(source.standard_normal(tuple(one.shape)))) for one in tensors]

    xs = leaves(framework, point)
    y = point.call(framework, *xs)
    (upstream,) = weights([y])
    upstream.requires_grad = True
    first = framework.autograd.grad(y, xs, upstream, create_graph=True, allow_unused=True)
    seeds = weights(xs)
    used = [(g, seed) for g, seed in zip(first, seeds, strict=True) if g is not None and g.requires_grad]
    second = [None] * (len(xs) + 1)
    if used and not point.first_only:
        sources, seeds = zip(*used, strict=True)
        second = framework.autograd.grad(sources, [*xs, upstream], seeds, allow_unused=True)
    return [values(one) for one in (y, *first, *second)]


@every
def test_both_orders_are_pytorchs(point, torch, ours):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, found = orders(torch, point), orders(ours, point)
    for i, (there, here) in enumerate(zip(expected, found, strict=True)):
        if there is None and here is None:
            continue
        there = np.zeros_like(here) if there is None else there
        here = np.zeros_like(there) if here is None else here
        assert there.shape == here.shape
        known = ~np.isnan(there) if i else np.ones(there.shape, bool)
        np.testing.assert_allclose(here[known], there[known], rtol=1e-8, atol=1e-8, err_msg=f"result {i}")


@pytest.mark.parametrize("point", [point for point in POINTS if point.smooth], ids=str)
def test_differences_measure_the_second_order_where_there_is_one(point):
    assert gradgradcheck(lambda *xs: point.call(tinygrad_cnn, *xs), leaves(tinygrad_cnn, point))


def names_run(point):
    """Return the operations of the output's graph and of its gradients'."""
    xs = leaves(tinygrad_cnn, point)
    y = point.call(tinygrad_cnn, *xs)
    upstream = tinygrad_cnn.ones_like(y, requires_grad=True)
    first = tinygrad_cnn.autograd.grad(y, xs, upstream, create_graph=True, allow_unused=True)
    roots = [one.grad_fn for one in (y, *first) if one is not None and one.grad_fn is not None]
    return {node.op.name for node in collect(roots)}


def test_every_differentiable_operation_has_a_row_or_a_reason():
    run = set().union(*[names_run(point) for point in POINTS])
    missing = OPS - run - set(NO_SPECIAL_POINTS)
    assert not missing, f"add rows to special_points.py, or to NO_SPECIAL_POINTS, for {', '.join(sorted(missing))}"
    assert not set(NO_SPECIAL_POINTS) - OPS
