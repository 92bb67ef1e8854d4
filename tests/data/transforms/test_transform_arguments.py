"""Checks of arguments, and the errors they give."""

import math

import pytest

from tinygrad_cnn.data.transforms.arguments import margins, probability, size_pair, span


def test_forms():
    assert size_pair("T", 3) == size_pair("T", [3]) == (3, 3)
    assert size_pair("T", (3, 4)) == (3, 4)
    assert margins("T", 1) == (1, 1, 1, 1)
    assert margins("T", (1, 2)) == (1, 2, 1, 2)
    assert margins("T", (1, 2, 3, 4)) == (1, 2, 3, 4)
    assert span("T", "x", [1, 2], 0, math.inf) == (1.0, 2.0)
    assert probability("T", 1) == 1.0


@pytest.mark.parametrize("value", [(2, 1), (-1, 1), (1,), (1, 2, 3), "ab", 3, None, (math.nan, 1), (True, 2)])
def test_spans(value):
    with pytest.raises(ValueError, match="T: expected x as two numbers, 0 ≤ a ≤ b ≤ inf, got"):
        span("T", "x", value, 0, math.inf)
