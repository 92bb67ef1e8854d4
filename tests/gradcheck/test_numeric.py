"""Finite differences, and functions that draw random numbers: those are refused, and generators are put back."""

import numpy as np
import pytest
from checked_models import leaf
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn import ops, tensor
from tinygrad_cnn.drawing import randn
from tinygrad_cnn.gradcheck import GradcheckError, gradcheck, gradgradcheck, numerical_gradient
from tinygrad_cnn.gradcheck.numeric import differences


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_central_differences_of_a_parabola_are_exact(a, b, point):
    x = tensor([point], dtype="float64")
    found = numerical_gradient(lambda: a * x * x + b * x, x, eps=2.0**-10)
    assert found.item() == pytest.approx(2 * a * point + b, abs=1e-10)


def test_slopes_on_both_sides_of_a_kink():
    x = tensor([-1.0, 0.0], dtype="float64")
    found = differences(lambda: np.abs(x.array).sum(), x, (1,), eps=1e-6, here=np.asarray(1.0))
    assert [pytest.approx(slope, abs=1e-9) for slope in found] == [0, 1, -1]


def test_the_step_that_was_really_taken_is_what_is_divided_by():
    x = tensor([1e8], dtype="float64")  # eps = 1e-6 is rounded by 1.5e-8 here
    assert numerical_gradient(lambda: x * 1.0, x).item() == 1


def test_the_upstream_gradient_weighs_the_outputs():
    x = randn(2, 3, dtype="float64")
    upstream = randn(2, 3, dtype="float64")
    found = numerical_gradient(lambda: ops.exp(x), x, upstream)
    np.testing.assert_allclose(found.array, upstream.array * np.exp(x.array), rtol=1e-8)
    assert found.dtype == np.float64


def test_it_is_what_backpropagation_computes():
    x = randn(2, 3, dtype="float64", requires_grad=True)
    numerical = numerical_gradient(lambda: ops.tanh(x), x)
    ops.sum(ops.tanh(x)).backward()
    np.testing.assert_allclose(numerical.array, x.grad.array, atol=1e-9)


def test_the_tensor_is_bitwise_unchanged():
    x = tensor([0.1, -0.0, 1e-300], dtype="float64")
    before = x.array.tobytes()
    numerical_gradient(lambda: x * 3, x)
    assert x.array.tobytes() == before


@pytest.mark.parametrize("value", [1e300, float("inf"), float("nan")])
def test_a_step_that_is_lost_in_rounding_is_an_error(value):
    x = tensor([1.0, value], dtype="float64")
    before = x.array.tobytes()
    with pytest.raises(ValueError, match="a step of eps=1e-06 does not change the value"):
        numerical_gradient(lambda: x + 1, x)
    assert x.array.tobytes() == before


def test_float32_is_refused():
    x = randn(2)
    with pytest.raises(TypeError, match="numerical_gradient: x: expected float64, got float32"):
        numerical_gradient(lambda: x * x, x)


class TestRandomFunctions:
    @pytest.mark.parametrize("seed", range(10))
    def test_one_channel_that_is_seldom_dropped(self, seed):
        import tinygrad_cnn

        tinygrad_cnn.manual_seed(seed)
        x = leaf(1, 1, 2, 2)
        before = x.array.copy()
        for check in (gradcheck, gradgradcheck):
            with pytest.raises(GradcheckError, match="is it random"):
                check(lambda x: tinygrad_cnn.nn.functional.dropout2d(x, 0.1, True) * x, x)
        assert np.array_equal(x.array, before)

    def test_another_source_of_random_numbers(self):
        source = np.random.default_rng(0)
        with pytest.raises(GradcheckError, match="is it random"):
            gradcheck(lambda x: x * float(source.random() < 0.9), leaf(2))

    def test_random_numbers_that_are_the_same_at_each_call(self):
        import tinygrad_cnn

        def seeded(x):
            tinygrad_cnn.manual_seed(5)
            return x * randn(2, dtype="float64")

        assert gradcheck(seeded, leaf(2))
        assert gradgradcheck(lambda x: seeded(x) * x, leaf(2))

    def test_random_numbers_that_do_not_count(self):
        assert gradcheck(lambda x: x * x + 0 * randn(2, dtype="float64"), leaf(2))

    def test_the_generator_is_put_back(self):
        import tinygrad_cnn

        x = leaf(2)
        tinygrad_cnn.manual_seed(3)
        expected = randn(2).tolist()
        tinygrad_cnn.manual_seed(3)
        gradcheck(lambda x: x + 0 * randn(2, dtype="float64"), x)
        assert randn(2).tolist() == expected
