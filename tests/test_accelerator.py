"""There is no device besides the CPU, whatever it is asked for by."""

import pytest

import tinygrad_cnn as tg


def test_there_is_no_accelerator():
    assert not tg.accelerator.is_available()
    assert tg.accelerator.device_count() == 0
    assert tg.accelerator.current_accelerator(check_available=True) is None
    with pytest.raises(AttributeError, match="accelerator.synchronize is not in tinygrad_cnn: there is no GPU"):
        tg.accelerator.synchronize()
