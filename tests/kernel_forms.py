"""What tests of compiled kernels share: both forms of one call, and how to compare them."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn.autograd import grad, registry
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.backends.threads import get_num_threads, set_num_threads

try:
    from tinygrad_cnn.fast import dispatch
    from tinygrad_cnn.fast.build import find_compiler
except ModuleNotFoundError:  # the package without its fast room
    dispatch, find_compiler = None, lambda: None

needs_compiler = pytest.mark.skipif(
    find_compiler() is None, reason='no C compiler; pip install "tinygrad-cnn[fast]" brings one'
)


def form_of(name):
    """Return the compiled form of an operation's kernel, or of its joint gradients, `NAME_gradients`.

    A kernel takes ``relu=True`` too, to end with a ReLU, and gives NotImplemented for what it leaves to NumPy. Joint
    gradients take (wanted, g, relu_mask, y, *inputs, **attrs).
    """
    op = registry[name.removesuffix("_gradients")]
    with kernels_of("compiled"):
        return partial(_kernel, name, op.kernel) if op.name == name else partial(_gradients, op, op.gradients)


def _kernel(name, form, *args, relu=False, **how):
    from tinygrad_cnn.fast.fusion import fused_relu

    kernel = dispatch.numpy_kernels[name]
    dispatch.numpy_kernels[name] = lambda *_, **__: NotImplemented
    operand = (args[0] if name == "batch_norm" else args[1]) if relu else None
    fused_relu.operand = operand
    try:
        found = form(*args, **how)
        if not relu or found is NotImplemented:
            return found
        y = found[0] if isinstance(found, tuple) else found
        assert (y is fused_relu.output) == operand.flags.c_contiguous  # of a copy the kernel cannot tell
        if y is not fused_relu.output:
            np.maximum(y, 0, out=y)  # as the layer after it does
        return found
    finally:
        dispatch.numpy_kernels[name] = kernel
        fused_relu.operand = fused_relu.output = None


def _gradients(op, form, wanted, g, relu_mask, y, *inputs, batch_mean=None, batch_var=None, **attrs):
    from tinygrad_cnn.fast.relu_mask import MaskedGradient

    if relu_mask is not None:
        g = MaskedGradient(g, relu_mask, op)
    aux = None if batch_mean is None else {"batch_mean": batch_mean, "batch_var": batch_var}
    return form(SimpleNamespace(args=inputs, out=y, attrs=attrs, aux=aux, parents=inputs), g, wanted)


def vjps_of(name, g, relu_mask, *inputs, **attrs):
    """Return what the VJPs of an operation give in float64 for each input; None for inputs that have no gradient.

    Args:
        g: the gradient of the output; with `relu_mask`, of the output of a ReLU after it, which the mask is.
    """
    through = _double(g if relu_mask is None else np.where(relu_mask <= 0, 0, g))
    leaves = [
        tc.tensor(_double(one), requires_grad=True) if one is not None and one.dtype.kind == "f" else one
        for one in inputs
    ]
    wanted = [one for one in leaves if isinstance(one, tc.Tensor)]
    with kernels_of("numpy"), np.errstate(all="ignore"):
        y = registry[name](*leaves, **attrs)
        found = iter(grad(y[0] if isinstance(y, tuple) else y, wanted, tc.tensor(through)))
    return [next(found).numpy() if isinstance(one, tc.Tensor) else None for one in leaves]


def _double(a):
    return np.asarray(a, np.float64)


def both(name, *args, **how):
    """Return what the compiled and the NumPy form of a kernel give; fails if there is no compiled form for this."""
    found = form_of(name)(*args, **how)
    assert found is not NotImplemented, f"{name} has no compiled form for {args}, {how}"
    with np.errstate(all="ignore"):  # of NaN and infinities
        return found, dispatch.numpy_kernels[name](*args, **how)


def falls_back(name, *args, **how):
    """Return whether the compiled form leaves this call to NumPy."""
    return form_of(name)(*args, **how) is NotImplemented


def near(found, exact, sizes=None):
    """Check a float32 result against float64 values: NaN and infinities alike, the others to 1e-6 of `sizes`.

    These are the sums of the sizes of the terms that were added up; 1 + |exact| unless they are given. What is exactly
    0 may be off by rounding, but not by next to nothing: such a number was filled in as bytes.
    """
    assert (found.shape, found.dtype) == (exact.shape, np.float32)
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(found[~finite], exact[~finite])
    assert not ((exact == 0) & (found != 0) & (abs(found) < np.finfo(np.float32).tiny * 4)).any()
    sizes = np.broadcast_to(1 + abs(exact) if sizes is None else sizes, exact.shape)[finite]
    errors = abs(found[finite] - exact[finite])
    worst = (errors / np.maximum(sizes, 1e-30)).max(initial=0)  # where nothing is added up, exactly 0
    assert worst <= 1e-6, f"off by {worst:.1e} of the largest possible sum"


def agree(found, expected, rtol=1e-5, atol=1e-6):
    """Check that results have the same shapes and dtypes, and values equal to rounding."""
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            agree(one, other, rtol, atol)
    elif expected is None:
        assert found is None
    else:
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def same_bits_on_any_threads(call):
    """Check that `call`, an array or a tuple of arrays, gives the same bits on one, two and three threads."""
    before, results = get_num_threads(), []
    try:
        for count in (1, 2, 3):
            set_num_threads(count)
            found = call()
            results.append([one.tobytes() for one in (found if isinstance(found, tuple) else (found,))])
    finally:
        set_num_threads(before)
    assert results[0] == results[1] == results[2]


def float32(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def with_specials(a, seed=0):
    """Return a copy of `a` with NaN, infinities, zeros of both signs and ties strewn in."""
    flat = a.ravel().copy()
    places = np.random.default_rng(seed).integers(0, flat.size, flat.size // 2)
    flat[places] = np.resize(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1, 1, 2], np.float32), places.size)
    return flat.reshape(a.shape)


def spread_out(a):
    """Return an array equal to `a` that is not contiguous."""
    return np.repeat(a, 2, axis=-1)[..., ::2]
