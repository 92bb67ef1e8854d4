"""Memory formats are constants: they print as PyTorch's, and copies and pickles are the same object."""

import copy
import pickle

import pytest

import tinygrad_cnn as tg

NAMES = ["contiguous_format", "preserve_format", "channels_last"]


@pytest.mark.parametrize("name", NAMES)
def test_there_is_one_of_each(name):
    one = getattr(tg, name)
    assert repr(one) == f"torch.{name}"
    assert isinstance(one, tg.memory_format)
    for other in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert other is one


def test_they_differ():
    assert len({getattr(tg, name) for name in NAMES}) == 3
