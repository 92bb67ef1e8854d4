"""Argument checks: what they accept, and messages that say where, what was expected and what came."""

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
)  # fmt: skip


def test_axes_count_from_either_end():
    assert [normalize_dim("op", dim, 3) for dim in (0, 2, -1, np.int64(-3))] == [0, 2, 2, 0]
    assert normalize_dim("op", -1, 0) == 0  # a 0-d tensor counts as having one axis
    assert normalize_dims("op", (-1, 0), 3) == (0, 2)
    assert normalize_dims("op", None, 3) == normalize_dims("op", (), 3) == (0, 1, 2)
    assert normalize_dims("op", 0, 0) == ()
    assert real_axis("op", -1, 2, IndexError) == 1


def test_sizes_come_one_by_one_or_as_one_sequence():
    assert normalize_shape("op", (2, 3)) == normalize_shape("op", ([2, 3],)) == (2, 3)
    assert normalize_shape("op", (np.int32(4),)) == (4,)
    assert normalize_shape("op", ((),)) == ()


def test_one_number_stands_for_every_axis():
    assert per_axis("op", "stride", 3, 2, least=1) == (3, 3)
    assert per_axis("op", "stride", [3], 2, least=1) == (3, 3)
    assert per_axis("op", "stride", (1, MOST), 2, least=1) == (1, MOST)
    assert pair("op", "stride", 2, least=1) == (2, 2)


@pytest.mark.parametrize(
    ("check", "kind", "message"),
    [
        (lambda: normalize_dim("op", 3, 3), IndexError, r"op: expected dim in \[-3, 2\] for a 3-d tensor, got 3"),
        (lambda: normalize_dim("op", 1.0, 3), TypeError, "op: expected dim as an int, got 1.0"),
        (lambda: normalize_dims("op", (0, -3), 3), RuntimeError, r"op: expected each axis once in dim, got \(0, -3\)"),
        (lambda: normalize_dims("op", 1, 0), IndexError, "for a 0-d tensor, got 1"),
        (lambda: real_axis("op", 0, 0, RuntimeError), RuntimeError, "op: expected a tensor with at least one axis"),
        (lambda: normalize_shape("op", (2.0,)), TypeError, r"op: expected sizes as ints, got \(2.0,\)"),
        (lambda: per_axis("op", "k", 1.5, 1, least=0), TypeError, "op: expected k as an int, got 1.5"),
        (
            lambda: per_axis("op", "k", (1, 2, 3), 2, least=0),
            RuntimeError,
            r"an int or a pair of ints, got \(1, 2, 3\)",
        ),
        (lambda: per_axis("op", "k", 0, 2, least=1), RuntimeError, "op: expected k of at least 1, got 0"),
        (lambda: per_axis("op", "k", MOST + 1, 2, least=1), RuntimeError, f"op: expected k of at most {MOST}"),
        (lambda: pair("op", "k", -1, least=0), ValueError, "op: expected k of at least 0, got -1"),
        (lambda: check_room("op", (2**40, 2**40)), RuntimeError, "op: expected an output that fits in memory"),
    ],
)
def test_messages(check, kind, message):
    with pytest.raises(kind, match=message):
        check()


def test_values_are_shown_briefly_however_large():
    nested = []
    nested.append(nested)
    for value in ("x" * 10**6, list(range(10**6)), nested, {i: i for i in range(1000)}):
        assert len(shown(value)) < 200
    assert shown([1, "a"]) == "[1, 'a']"


def test_integers_of_64_bits():
    assert fits_64_bits(("a", 2**63 - 1, (-(2**63),)))
    assert not fits_64_bits(2**63)
    assert not fits_64_bits(("a", (-(2**63) - 1,)))


def test_the_nearest_name_is_suggested_whatever_its_case():
    assert nearest("RELU", ["relu", "gelu"]) == "; did you mean 'relu'?"
    assert nearest("conv", ["linear"]) == ""
    assert nearest(5, []) == ""
