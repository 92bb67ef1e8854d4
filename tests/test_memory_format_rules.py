"""The names of memory layouts: how they print, and that a copy or a pickle is the same object."""

import copy
import pickle

import pytest

import tinygrad_cnn as tg


@pytest.mark.parametrize("name", ["contiguous_format", "preserve_format", "channels_last"])
def test_each_prints_as_pytorchs_and_is_the_only_one_of_its_name(name):
    one = getattr(tg, name)
    assert repr(one) == f"torch.{name}"
    assert isinstance(one, tg.memory_format)
    assert copy.copy(one) is copy.deepcopy(one) is pickle.loads(pickle.dumps(one)) is one
