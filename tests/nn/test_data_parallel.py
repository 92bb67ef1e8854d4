"""`DataParallel` computes what its module computes, and names its parameters as PyTorch does."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn


def test_it_passes_through():
    layer = nn.Linear(2, 2)
    model = nn.DataParallel(layer, device_ids=[0, 1])
    x = tg.ones(3, 2)
    assert np.array_equal(model(x).detach().numpy(), layer(x).detach().numpy())
    assert model.module is layer
    assert list(model.state_dict()) == ["module.weight", "module.bias"]
    assert not model.eval().module.training


def test_the_function():
    layer = nn.Linear(2, 2)
    x = tg.ones(3, 2)
    expected = layer(x).tolist()
    assert nn.parallel.data_parallel(layer, x, range(2)).tolist() == expected
    assert nn.parallel.data_parallel(layer, (x,)).tolist() == expected
    assert nn.parallel.data_parallel(layer, (), module_kwargs={"input": x}).tolist() == expected
    with pytest.raises(NotImplementedError, match="DistributedDataParallel is not in tinygrad_cnn: training is of one"):
        nn.parallel.DistributedDataParallel(layer)


def test_only_modules_are_taken():
    with pytest.raises(TypeError, match="DataParallel: expected a module, got function"):
        nn.DataParallel(lambda x: x)
