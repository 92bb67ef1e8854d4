"""Cross-entropy: the compiled form equals the NumPy form."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_forms import (
    agree,
    both,
    falls_back,
    float32,
    form_of,
    needs_compiler,
    same_bits_on_any_threads,
    spread_out,
    vjps_of,
)

from tinygrad_cnn import kernels, ops
from tinygrad_cnn.backends.kernels import kernels_of

pytestmark = needs_compiler

REDUCTIONS = ("none", "sum", "mean")
SHAPES = st.one_of(
    st.tuples(st.integers(1, 20), st.integers(1, 70)),
    st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 40)),
    st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6)),
)


def classified(shape, seed, scale=3):
    target = np.random.default_rng(seed).integers(0, shape[1], shape[:1] + shape[2:])
    return float32(seed, *shape) * np.float32(scale), target


@example((33, 10), 0)
@given(SHAPES, st.integers(0, 9))
def test_cross_entropy_and_its_gradient(shape, seed):
    x, target = classified(shape, seed)
    for reduction in REDUCTIONS:
        found, expected = both("cross_entropy", x, target, reduction=reduction)
        agree(np.asarray(found), np.asarray(expected))
        g = float32(seed + 1, *target.shape) if reduction == "none" else np.array(0.7, np.float32)
        agree(*both("cross_entropy_input", g, x, target, reduction=reduction))


@pytest.mark.parametrize("shape", [(6, 5), (6, 40), (6, 5, 3)])
def test_nan_and_infinities(shape):
    x, target = classified(shape, 0)
    x[0, 0], x[1, 1], x[2, 2], x[3], x[4, 0] = np.nan, np.inf, -np.inf, -np.inf, 1e30
    target[2] = 2
    for reduction in REDUCTIONS:
        g = np.ones(target.shape if reduction == "none" else (), np.float32)
        found, expected = both("cross_entropy", x, target, reduction=reduction)
        agree(np.asarray(found), np.asarray(expected))
        agree(*both("cross_entropy_input", g, x, target, reduction=reduction))


def test_arrays_that_are_not_contiguous():
    x, target = classified((6, 5, 3), 1)
    agree(
        np.asarray(both("cross_entropy", spread_out(x), spread_out(target), reduction="none")[0]),
        kernels.cross_entropy(x, target, reduction="none"),
    )
    g = float32(2, *target.shape)
    agree(*both("cross_entropy_input", spread_out(g), spread_out(x), spread_out(target), reduction="none"))
    agree(*both("cross_entropy_input", np.broadcast_to(np.float32(2), ()), x, target, reduction="mean"))


def test_any_number_of_threads_gives_the_same_bits():
    x, target = classified((3001, 17), 0)
    wide, places = classified((40, 5, 300), 0)
    g = np.ones((), np.float32)
    loss, gradient = form_of("cross_entropy"), form_of("cross_entropy_input")
    same_bits_on_any_threads(
        lambda: (
            loss(x, target, reduction="mean"),
            gradient(g, x, target, reduction="mean"),
            loss(wide, places, reduction="sum"),
            gradient(g, wide, places, reduction="sum"),
        )
    )


def test_what_is_left_to_numpy():
    x, target = classified((6, 5), 0)
    g = np.ones((), np.float32)
    for scores, classes in (
        (x[:0], target[:0]),
        (x.astype(np.float64), target),
        (x, target.astype(np.int32)),
    ):
        assert falls_back("cross_entropy", scores, classes, reduction="mean")
        assert falls_back("cross_entropy_input", g, scores, classes, reduction="mean")
    for classes in (target - 5, target + 5):
        assert falls_back("cross_entropy", x, classes, reduction="mean")
        assert falls_back("cross_entropy_input", g, x, classes, reduction="mean")
        with (
            kernels_of("compiled"),
            pytest.raises(IndexError, match=r"cross_entropy: expected class indices in \[0, 4\]"),
        ):
            ops.cross_entropy(x, classes, reduction="mean")


def test_joint_gradients_are_those_of_the_vjp_and_none_for_the_classes():
    x, target = classified((6, 5), 0)
    gradients = form_of("cross_entropy_gradients")
    for reduction, g in (("none", float32(1, 6)), ("sum", np.array(0.7, np.float32))):
        gx, nothing = gradients([True, False], g, None, None, x, target, reduction=reduction)
        assert nothing is None
        agree(gx, vjps_of("cross_entropy", g, None, x, target, reduction=reduction)[0].astype(np.float32))
    assert gradients([True, False], g, None, None, x.astype(float), target, reduction="sum") is None
    assert gradients([True, False], g, None, None, x, target - 5, reduction="sum") is None
