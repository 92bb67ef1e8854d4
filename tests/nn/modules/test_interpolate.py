"""`Upsample` refuses an unknown mode."""

import pytest

from tinygrad_cnn import nn

REFUSED = [
    (
        lambda: nn.Upsample(scale_factor=2, mode="bicubic"),
        NotImplementedError,
        "'nearest', 'linear' or 'bilinear', got",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
