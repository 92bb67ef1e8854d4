"""`DataParallel` and `data_parallel` run the module on the whole batch."""

import importlib

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn as tg
from tinygrad_cnn import nn


def test_import_paths():
    assert importlib.import_module("tinygrad_cnn.nn.parameter").Parameter is nn.Parameter
    assert nn.parameter.Parameter is nn.Parameter
    assert importlib.import_module("tinygrad_cnn.nn.parallel").DataParallel is nn.DataParallel
    assert nn.init._calculate_fan_in_and_fan_out(tc.ones(4, 3, 5, 5)) == (75, 100)
    assert nn.utils.parameters_to_vector(nn.Linear(2, 3).parameters()).shape == (9,)


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
