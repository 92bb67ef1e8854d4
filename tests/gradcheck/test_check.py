"""`gradcheck` and `gradgradcheck` find every wrong element, say where, and leave everything as it was."""

import re

import numpy as np
import pytest
from checked_models import leaf

from tinygrad_cnn import ops, randn, tensor, zeros
from tinygrad_cnn.autograd import grad, primitive, registry
from tinygrad_cnn.gradcheck import GradcheckError, gradcheck, gradgradcheck


@pytest.fixture
def wrong():
    """Return a function that makes an identity whose gradient is g · factor."""
    made = []

    def make(factor):
        name = f"wrong{len(made)}"
        made.append(name)

        @primitive(name=name)
        def identity(x):
            return x.copy()

        @identity.vjp(0)
        def identity_vjp_0(g, _y, _x):
            return g * factor

        return identity

    yield make
    for name in made:
        del registry[name]


def test_right_gradients_pass():
    assert gradcheck(lambda x, y: ops.exp(x) * y, (leaf(2, 3), leaf(3)))
    assert gradgradcheck(lambda x, y: ops.exp(x) * y, (leaf(2, 3), leaf(3)))


@pytest.mark.parametrize("index", list(np.ndindex(2, 3)))
def test_one_wrong_element_is_found_whichever_it_is(wrong, index):
    factor = np.ones((2, 3))
    factor[index] = 1.5
    with pytest.raises(GradcheckError) as caught:
        gradcheck(wrong(factor), leaf(2, 3))
    expected = (
        f"input 0, shape (2, 3): worst at {index} for output 0 at {index}: analytic 1.5, numerical 1, "
        "absolute error 0.5, relative error 0.333; 1 of 6 elements are off"
    )
    found = re.sub(r"(numerical) (1\.0000\d*|0\.9999\d*|1)\b", r"\1 1", str(caught.value))
    assert expected in found


def test_every_input_that_is_wrong_is_named_and_no_other(wrong):
    double, negative = wrong(2.0), wrong(-1.0)
    with pytest.raises(GradcheckError, match="gradients disagree") as caught:
        gradcheck(lambda x, y, z: (x + double(y), negative(z)), (leaf(2), leaf(2), leaf(2)))
    lines = str(caught.value).split("\n")[1:]
    assert [line.split(",")[0].strip() for line in lines] == ["input 1", "input 2"]
    assert "for output 1 at" in lines[1]
    assert all(line.endswith("2 of 2 elements are off") for line in lines)


def test_the_message_does_not_grow_with_the_tensors(wrong):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(wrong(2.0), leaf(15, 10))
    assert len(str(caught.value)) < 300


def test_a_gradient_that_is_right_on_average_is_still_wrong(wrong):
    with pytest.raises(GradcheckError, match="2 of 2 elements are off"):
        gradcheck(lambda x: ops.sum(wrong(np.array([1.1, 0.9]))(x)), leaf(2))


def test_a_value_that_silently_became_a_constant_is_found():
    with pytest.raises(GradcheckError, match="analytic 0, numerical"):
        gradcheck(lambda x: x.detach() * 2, leaf(3))
    with pytest.raises(GradcheckError, match=r"input 0.*3 of 3 elements"):
        gradcheck(lambda x: x * x.detach(), leaf(3))


def test_nan_is_an_error(wrong):
    with pytest.raises(GradcheckError, match="analytic nan, numerical 1"):
        gradcheck(wrong(float("nan")), tensor([1.0], dtype="float64", requires_grad=True))


def test_raise_exception_false_returns_the_verdict(wrong):
    assert gradcheck(wrong(2.0), leaf(2), raise_exception=False) is False
    assert gradcheck(wrong(1.0), leaf(2), raise_exception=False) is True
    assert gradgradcheck(lambda x: wrong(1.0)(x) * x, leaf(2), raise_exception=False) is True


def test_tolerances_are_those_given(wrong):
    near = wrong(1.01)
    assert gradcheck(near, leaf(2), atol=0.02)
    assert gradcheck(near, leaf(2), rtol=0.02)
    assert not gradcheck(near, leaf(2), rtol=0.005, raise_exception=False)


def test_second_order_is_checked_apart_from_first():
    @primitive(name="half_right")
    def square(x):
        return x * x

    @square.vjp(0)
    def square_vjp_0(g, _y, x):
        detached = x.detach() if hasattr(x, "detach") else x
        return g * 2 * detached

    try:
        assert gradcheck(square, leaf(3))
        with pytest.raises(GradcheckError, match=r"gradgradcheck: gradients disagree[\s\S]*input 0.*3 of 3"):
            gradgradcheck(square, leaf(3))
    finally:
        del registry["half_right"]


def test_second_order_names_the_upstream_gradient():
    @primitive(name="bent")
    def identity(x):
        return x.copy()

    @identity.vjp(0)
    def identity_vjp_0(g, _y, _x):
        return g * (g.detach() if hasattr(g, "detach") else g)  # not linear in g, and only half of it recorded

    try:
        with pytest.raises(GradcheckError, match="grad_outputs 0, shape"):
            gradgradcheck(identity, leaf(3))
    finally:
        del registry["bent"]


def test_given_upstream_gradients_are_used_and_not_changed():
    weight = tensor([2.0, 3.0], dtype="float64")
    assert gradgradcheck(lambda x: x * x, leaf(2), weight)
    assert weight.tolist() == [2, 3]
    assert not weight.requires_grad
    with pytest.raises(RuntimeError, match=r"expected a gradient of shape \(2,\)"):
        gradgradcheck(lambda x: x * x, leaf(2), zeros(3, dtype="float64"))


def test_inputs_and_gradients_are_bitwise_unchanged():
    x, y = leaf(2, 3), leaf(3)
    ops.sum(x * y).backward()
    before = [one.array.tobytes() for one in (x, y, x.grad, y.grad)]
    for check in (gradcheck, gradgradcheck):
        check(lambda x, y: x * y, (x, y))
        assert [one.array.tobytes() for one in (x, y, x.grad, y.grad)] == before


def test_inputs_are_put_back_when_the_function_raises():
    x = leaf(3)
    before = x.array.tobytes()
    calls = []

    def failing(x):
        calls.append(1)
        if len(calls) == 5:
            raise ZeroDivisionError
        return x * 2

    with pytest.raises(ZeroDivisionError):
        gradcheck(failing, x)
    assert x.array.tobytes() == before


def test_views_of_the_input_may_be_returned():
    assert gradcheck(lambda x: x[1:], leaf(3))
    assert gradcheck(lambda x: x, leaf(3))


def test_inputs_without_gradient_numbers_and_several_outputs():
    index = tensor([1, 0])
    assert gradcheck(lambda x, i, s: (x[i] * s, ops.argmax(x), ops.sum(x)), (leaf(2, 2), index, 3.0))
    assert gradcheck(lambda x: [x * x, x.detach()], leaf(2))  # an output that requires none is left out


def test_0d_and_empty_inputs():
    assert gradcheck(lambda x: x * x, leaf())
    assert gradcheck(lambda x: ops.sum(x), leaf(0, 3))


def test_a_function_that_differentiates_within_itself():
    assert gradcheck(lambda x: grad(ops.sum(x * x * x), x, create_graph=True)[0], leaf(3))


def test_it_is_independent_of_recording_and_of_the_default_generator():
    import tinygrad_cnn

    tinygrad_cnn.manual_seed(3)
    expected = randn(2).tolist()
    tinygrad_cnn.manual_seed(3)
    x = tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    gradgradcheck(lambda x: x * x, x)
    assert randn(2).tolist() == expected


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
class TestRefusals:
    def test_float32(self, check):
        with pytest.raises(TypeError, match=rf"{check.__name__}: input 1: expected float64, got float32.*double"):
            check(lambda x, y: x * y, (leaf(2), randn(2, requires_grad=True)))

    def test_float32_within(self, check):
        with pytest.raises(TypeError, match="expected float64 outputs, got float32 for output 0"):
            check(lambda x: x.float(), leaf(2))

    def test_nothing_to_check(self, check):
        with pytest.raises(ValueError, match="expected at least one input with requires_grad=True"):
            check(lambda x: x, zeros(2, dtype="float64"))

    def test_random_functions(self, check):
        with pytest.raises(GradcheckError, match="different values for the same inputs; is it random"):
            check(lambda x: x * randn(2, dtype="float64"), leaf(2))

    def test_results_that_are_no_tensors(self, check):
        with pytest.raises(TypeError, match="expected the function to return a tensor or several, got float"):
            check(lambda x: 1.0, leaf(2))

    def test_integer_results(self, check):
        with pytest.raises(ValueError, match="expected a floating-point output"):
            check(lambda x: ops.argmax(x), leaf(2))

    def test_memory_that_cannot_be_written_to(self, check):
        x = ops.expand(zeros(1, dtype="float64"), 3)
        x.requires_grad = True
        with pytest.raises(ValueError, match="got a read-only tensor"):
            check(lambda x: x * x, x)
