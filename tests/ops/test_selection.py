"""Choices element by element: who gets the gradient at a tie, NaN, limits that cross, dtypes."""

import numpy as np
import pytest
from derivatives import gradients, leaf

from tinygrad_cnn import ops
from tinygrad_cnn.creation import ones, tensor, zeros

NAN = float("nan")


@pytest.mark.parametrize(("op", "first"), [(ops.maximum, [0, 0.5, 1]), (ops.minimum, [1, 0.5, 0])])
def test_equal_elements_of_two_tensors_get_half_each(op, first):
    assert gradients(op, [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]) == [first, [1 - share for share in first]]


def test_halves_add_up_over_a_broadcast_axis():
    assert gradients(ops.maximum, [[1.0, 3.0], [2.0, 2.0]], 2.0) == [[[0, 1], [0.5, 0.5]], 2]


def test_clamp_passes_the_gradient_at_its_limits():
    assert gradients(lambda x: ops.clamp(x, 1, 3), [0.0, 1, 2, 3, 4]) == [[0, 1, 1, 1, 0]]


def test_nan_goes_through_every_maximum():
    x = tensor([1.0, NAN, 2.0])
    for found in (ops.amax(x), ops.amin(x), ops.max(x, 0).values, ops.relu(x)[1], ops.maximum(x, 5.0)[1]):
        assert np.isnan(found.item())
    assert ops.argmax(x).item() == 1
    assert np.isnan(ops.clamp(x, 0, 1.5)[1].item())


def test_clamp_gives_the_gradient_of_what_lies_beyond_to_the_limit():
    x, low, high = [0.0, 1, 2, 3, 4, 2, NAN], [1.0, 1, 1, 1, 1, 3, 1], [3.0, 3, 3, 3, 3, 1, 3]
    assert gradients(ops.clamp, x, low, high) == [[0, 1, 1, 1, 0, 0, 0], [1] + [0] * 6, [0, 0, 0, 0, 1, 1, 0]]
    assert ops.clamp(tensor(x), tensor(low), tensor(high)).tolist()[:6] == [1, 1, 2, 3, 3, 1]


def test_clamp_promotes_and_broadcasts():
    assert ops.clamp(tensor([1, 5]), 0, 2.5).tolist() == [1.0, 2.5]
    assert ops.clamp(tensor([1, 5]), 2).dtype == "int64"
    assert ops.clamp(ones(2), tensor(1.0, dtype="float64")).dtype == "float32"
    assert ops.clamp(ones(2), max=zeros(3, 1)).shape == (3, 2)
    assert np.isnan(ops.clamp(ones(2), NAN).array).all()


@pytest.mark.parametrize("op", [ops.maximum, ops.minimum])
def test_nan_goes_through_a_choice_and_so_does_its_gradient(op):
    assert gradients(op, [NAN, 1.0], [0.0, NAN]) == [[1, 1], [1, 1]]


def test_an_element_on_a_limit_keeps_its_gradient():
    x, low, high = [0.0, 1, 2, 3, 4], [1.0] * 5, [3.0] * 5
    assert gradients(ops.clamp, x, low, high) == [[0, 1, 1, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]


def test_of_equal_limits_only_the_upper_is_given_a_gradient_as_in_pytorch():
    assert gradients(ops.clamp, [0.0, 1, 2], [1.0] * 3, [1.0] * 3) == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("x", "other", "expected"), [(1.0, 0.0, "f4"), (1, 0, "i8"), (True, False, "?"), (1, 0.5, "f4")]
)
def test_where_of_two_numbers(x, other, expected):
    assert ops.where(tensor([True, False]), x, other).dtype == expected


def test_where_promotes_its_choices_and_not_the_condition():
    condition = tensor([True, False])
    assert ops.where(condition, ones(2, dtype="f4"), ones(2, dtype="f8")).dtype == "f8"
    assert ops.where(condition, ones(2, dtype="i4"), 0).dtype == "i4"


def test_each_choice_gets_the_gradient_where_it_was_chosen_and_broadcasts_back():
    mask = np.array([[True], [False], [True]])
    assert gradients(lambda x, y: ops.where(mask, x, y), [1.0, 2.0], 5.0) == [[2, 2], 2]
    x = leaf([1.0, 2.0])
    assert ops.where(mask, x, 0).grad_fn.args[0] is not None  # the condition is all that is saved
    assert ops.where(mask, x, 0).grad_fn.args[1] is None


def test_a_large_choice_keeps_the_bits_of_what_is_chosen():
    x, y = np.full(10_000, -0.0), np.full(10_000, np.nan)
    mask = np.arange(10_000) % 3 == 0
    found = ops.where(mask, x, y)
    assert np.signbit(found[mask]).all()
    assert np.isnan(found[~mask]).all()


def test_nothing_is_chosen_from_nothing():
    assert ops.maximum(zeros(0, 3), ones(3)).shape == (0, 3)
    assert ops.where(zeros(0, dtype="?"), ones(1), 2.0).shape == (0,)


FLAGS = tensor([True, False])
REFUSED = {
    "where shapes": (
        lambda: ops.where(FLAGS, ones(3), 0),
        RuntimeError,
        r"where: expected shapes .* \(2,\) and \(3,\)",
    ),
    "clamp shapes": (lambda: ops.clamp(ones(2), ones(3)), RuntimeError, r"clamp: expected shapes .* \(2,\) and \(3,\)"),
    "where condition": (
        lambda: ops.where(ones(2), 1, 2),
        RuntimeError,
        "where: expected a condition of booleans, got float32",
    ),
    "clamp": (lambda: ops.clamp(FLAGS), RuntimeError, r"clamp: expected min, max or both, got neither"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
