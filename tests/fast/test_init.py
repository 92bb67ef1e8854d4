"""`fast.install`: what it puts in place, and that it may be called again."""

import pytest
from kernel_forms import float32

import tinygrad_cnn as tc
from tinygrad_cnn import fast, nn, ops
from tinygrad_cnn.autograd import engine, registry
from tinygrad_cnn.backends import kernels
from tinygrad_cnn.fast import dispatch, fusion, memory


@pytest.fixture(autouse=True)
def _same_mode_afterwards():
    before = kernels._mode
    yield
    kernels.reset(before)


def test_importing_the_package_has_put_everything_in_place():
    assert engine.is_lent is memory.is_lent
    assert nn.Sequential._run_layers is fusion.run_layers
    assert kernels._provider is dispatch


def test_installing_again_changes_nothing_but_that_the_kernels_are_chosen_anew():
    x, numpy_kernels = float32(0, 5), dict(dispatch.numpy_kernels)
    before = ops.relu(x)
    kernels.set_kernel_mode("numpy")
    fast.install()
    fast.install()
    assert kernels._running is None
    test_importing_the_package_has_put_everything_in_place()
    assert dispatch.numpy_kernels == numpy_kernels == {name: registry[name].__wrapped__ for name in numpy_kernels}
    assert (ops.relu(x) == before).all()
    assert nn.Sequential(nn.Linear(5, 2), nn.ReLU())(tc.ones(1, 5)).shape == (1, 2)
