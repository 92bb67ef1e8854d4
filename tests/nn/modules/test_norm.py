"""`LayerNorm` and `GroupNorm`: what their constructors refuse."""

import pytest

from tinygrad_cnn import nn

REFUSED = [
    (lambda: nn.LayerNorm(()), ValueError, "LayerNorm: expected normalized_shape with at least one size"),
    (lambda: nn.LayerNorm(2.5), TypeError, "LayerNorm: expected sizes as ints"),
    (
        lambda: nn.GroupNorm(3, 4),
        ValueError,
        "GroupNorm: expected num_groups ≥ 1 that divides num_channels=4, got 3",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
