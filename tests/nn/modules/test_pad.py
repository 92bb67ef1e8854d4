"""Padding layers refuse another number of widths."""

import pytest

from tinygrad_cnn import nn

REFUSED = [
    (lambda: nn.ReflectionPad2d((1, 2)), ValueError, "ReflectionPad2d: expected padding as an int or"),
    (lambda: nn.ZeroPad2d((1, 2)), ValueError, r"ZeroPad2d: expected padding as an int or \(left, right, top"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
