"""What `unfold` and `fold` refuse."""

import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def zeros(*shape):
    return tc.zeros(*shape)


REFUSED = [
    (lambda: F.unfold(zeros(4, 4), 2), RuntimeError, r"unfold: expected input \(N, C, H, W\) or \(C, H, W\)"),
    (lambda: F.unfold(zeros(1, 1, 2, 2), 3), RuntimeError, r"unfold: .* got a window of \(3, 3\) on \(2, 2\)"),
    (
        lambda: F.fold(zeros(1, 5, 9), 4, 2),
        RuntimeError,
        r"fold: expected input \(N, C·4, 3·3\) for output_size \(4, 4\) and kernel_size \(2, 2\), got \(1, 5, 9\)",
    ),
    (lambda: F.fold(zeros(1, 4, 8), 4, 2), RuntimeError, r"fold: expected input .* got \(1, 4, 8\)"),
    (lambda: F.fold(zeros(9), 4, 2), RuntimeError, r"fold: expected input \(N, C·KH·KW, OH·OW\)"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
