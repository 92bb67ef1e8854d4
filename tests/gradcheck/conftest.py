"""An operation with a wrong gradient."""

import numpy as np
import pytest

from tinygrad_cnn.autograd import primitive, registry


@pytest.fixture
def scaled():
    """An identity whose gradient is one and a half times too large at the last element."""

    @primitive(name="scaled")
    def identity(x):
        return x.copy()

    @identity.vjp(0)
    def identity_vjp_0(g, _y, _x):
        return g * np.array([1.0, 1.0, 1.5])

    yield identity
    del registry["scaled"]
