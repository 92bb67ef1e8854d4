"""What tests of the backward pass share: leaves, operations with a VJP of the test's own, and walks back from ones."""

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Op
from tinygrad_cnn.autograd.walk import run


def leaf(*values):
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def op_of(vjp, kernel=lambda x: x * 1, **options):
    """Return an operation with this VJP of its input 0."""
    op = Op(kernel, "noted", **options)
    op.vjp(0)(vjp)
    return op


def noting(seen, name):
    """Return an operation that notes `name` when its VJP runs."""

    def vjp(g, _y, _x):
        seen.append(name)
        return g

    return op_of(vjp)


def walked(output, targets=None, *, retain_graph=None, create_graph=False, seed=None):
    """Return what `run` gives from `output`, started at ones."""
    seed = tg.ones(output.shape, dtype=output.dtype) if seed is None else seed
    return run([(output, seed)], targets, retain_graph, create_graph)
