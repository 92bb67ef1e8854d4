"""Argument checks: what they return, and that a message says what was expected and what came."""

import numpy as np
import pytest

from tinygrad_cnn._checks import (
    MOST,
    check_room,
    fits_64_bits,
    nearest,
    normalize_dim,
    normalize_dims,
    normalize_shape,
    pair,
    per_axis,
    real_axis,
    shown,
)


def test_an_axis_counts_from_the_front():
    assert [normalize_dim("op", dim, 3) for dim in range(-3, 3)] == [0, 1, 2, 0, 1, 2]
    assert normalize_dim("op", np.int64(-1), 2) == 1
    assert normalize_dim("op", 0, 0) == normalize_dim("op", -1, 0) == 0


@pytest.mark.parametrize(
    ("dim", "ndim", "kind", "message"),
    [
        (3, 3, IndexError, r"op: expected dim in \[-3, 2\] for a 3-d tensor, got 3"),
        (-4, 3, IndexError, "got -4"),
        (1, 0, IndexError, r"in \[-1, 0\] for a 0-d tensor"),
        (1.0, 3, TypeError, "op: expected dim as an int, got 1.0"),
        (None, 3, TypeError, "got None"),
    ],
)
def test_an_axis_that_is_not_there_is_refused(dim, ndim, kind, message):
    with pytest.raises(kind, match=message):
        normalize_dim("op", dim, ndim)


def test_a_0_d_tensor_can_have_no_axis_to_go_along():
    assert real_axis("op", -1, 2, IndexError) == 1
    with pytest.raises(RuntimeError, match="op: expected a tensor with at least one axis"):
        real_axis("op", 0, 0, RuntimeError)


def test_axes_are_sorted_and_none_means_all():
    assert normalize_dims("op", (-1, 0), 3) == normalize_dims("op", [2, 0], 3) == (0, 2)
    assert normalize_dims("op", -2, 3) == (1,)
    assert normalize_dims("op", None, 3) == normalize_dims("op", (), 3) == normalize_dims("op", [], 3) == (0, 1, 2)
    assert normalize_dims("op", 0, 0) == normalize_dims("op", (-1,), 0) == normalize_dims("op", None, 0) == ()
    with pytest.raises(RuntimeError, match=r"op: expected each axis once in dim, got \(0, -3\)"):
        normalize_dims("op", (0, -3), 3)
    with pytest.raises(IndexError, match="got 1"):
        normalize_dims("op", 1, 0)


def test_sizes_come_one_by_one_or_as_a_sequence():
    assert normalize_shape("op", (2, np.int32(3))) == normalize_shape("op", ([2, 3],)) == (2, 3)
    assert normalize_shape("op", ()) == normalize_shape("op", ((),)) == ()
    assert normalize_shape("op", (4,)) == (4,)
    with pytest.raises(TypeError, match=r"op: expected sizes as ints, got \(2, 3.0\)"):
        normalize_shape("op", (2, 3.0))


def test_one_number_stands_for_every_axis():
    assert per_axis("op", "stride", 2, 3, least=1) == per_axis("op", "stride", [2], 3, least=1) == (2, 2, 2)
    assert per_axis("op", "stride", (1, np.int8(2)), 2, least=1) == (1, 2)
    assert per_axis("op", "padding", (0, MOST), 2, least=0) == (0, MOST)
    assert pair("Conv2d", "stride", 3, least=1) == (3, 3)


@pytest.mark.parametrize(
    ("value", "axes", "kind", "message"),
    [
        (1.5, 2, TypeError, "op: expected stride as an int or a pair of ints, got 1.5"),
        ("a", 1, TypeError, "op: expected stride as an int, got 'a'"),
        ((1, 2, 3), 2, RuntimeError, r"as an int or a pair of ints, got \(1, 2, 3\)"),
        ((1, 2), 1, RuntimeError, r"as an int, got \(1, 2\)"),
        ((1, 0), 2, RuntimeError, r"op: expected stride of at least 1, got \(1, 0\)"),
        (MOST + 1, 2, RuntimeError, "of at most 2147483647, got 2147483648"),
    ],
)
def test_other_numbers_for_the_axes_are_refused(value, axes, kind, message):
    with pytest.raises(kind, match=message):
        per_axis("op", "stride", value, axes, least=1)


def test_modules_refuse_with_a_value_error():
    with pytest.raises(ValueError, match="Conv2d: expected stride of at least 1, got 0"):
        pair("Conv2d", "stride", 0, least=1)
    with pytest.raises(ValueError, match="Conv2d: expected padding of at least 0, got -1"):
        pair("Conv2d", "padding", -1, least=0)


def test_an_output_that_no_memory_holds_is_refused():
    check_room("op", (1024, 1024))
    check_room("op", (0, 2**62))
    with pytest.raises(
        RuntimeError, match=r"op: expected an output that fits in memory, got \(1048576, 1099511627776\)"
    ):
        check_room("op", [2**20, 2**40])


def test_a_value_in_a_message_is_cut_short():
    assert shown([1, 2]) == "[1, 2]"
    assert len(shown("a" * 1000)) == 80
    deep = []
    for _ in range(10_000):
        deep = [deep]
    assert shown(deep) == "[[[[...]]]]"
    itself = []
    itself.append(itself)
    for value in (itself, list(range(10**6)), {i: i for i in range(1000)}):
        assert len(shown(value)) < 200


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        (2**63 - 1, True),
        (-(2**63), True),
        (2**63, False),
        (-(2**63) - 1, False),
        ("a", True),
        ((1, ("b", 2**64)), False),
    ],
)
def test_only_integers_of_64_bits_fit(key, fits):
    assert fits_64_bits(key) is fits
    assert fits_64_bits((0, key)) is fits


def test_the_nearest_name_is_asked_for():
    assert nearest("Adma", ["SGD", "Adam"]) == "; did you mean 'Adam'?"
    assert nearest("SGD ", ["sgd"]) == "; did you mean 'sgd'?"
    assert nearest("RELU", ["relu", "gelu"]) == "; did you mean 'relu'?"
    assert nearest("x", ["Adam"]) == ""
    assert nearest(3, []) == ""
    assert nearest("adxx", ["Adam"], cutoff=0.9) == ""
