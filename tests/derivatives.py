"""Gradients of small functions as lists, for tests at single points."""

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import tensor


def leaf(values):
    return tensor(values, dtype="float64", requires_grad=True)


def gradients(function, *values):
    """Return the gradients of the sum of `function` with respect to `values`."""
    leaves = [leaf(value) for value in values]
    return [one.tolist() for one in grad(ops.sum(function(*leaves)), leaves)]


def second_order(function, values):
    """Return the matrix of second derivatives of a function of a vector."""
    x = leaf(values)
    (first,) = grad(function(x), x, create_graph=True)
    if not first.requires_grad:
        return [[0.0] * len(values) for _ in values]
    return [grad(first[i], x, retain_graph=True)[0].tolist() for i in range(len(values))]


def weighted_twice(function, values, weights):
    """Return the gradient of `function` weighted by `weights`, and the derivative of its sum by each weight."""
    x, g = leaf(values), leaf(weights)
    (first,) = grad(function(x), [x], g, create_graph=True)
    (second,) = grad(ops.sum(first), [g])
    return first.tolist(), second.tolist()


def with_gradient(function, values, dtype):
    """Return the values of `function` and the gradient of their sum, of `values` in `dtype`."""
    x = tensor(values, dtype=dtype, requires_grad=True)
    y = function(x)
    ops.sum(y).backward()
    return y.tolist(), x.grad.tolist()
