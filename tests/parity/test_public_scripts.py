"""What public scripts compute with PyTorch they compute here, from the same weights: losses, gradients, weights."""

import zlib

import numpy as np
import pytest
from public_scripts import SCRIPTS


def results(framework, script):
    def draw(*shape, seed=0):
        return framework.from_numpy(np.random.default_rng(seed).normal(size=shape))

    def fill(module):
        module = module.double()
        for key, value in module.state_dict().items():
            if value.is_floating_point() and not key.endswith("running_var"):
                values = np.random.default_rng(zlib.crc32(key.encode())).normal(size=tuple(value.shape))
                value.copy_(framework.from_numpy(values * 0.4))
        return module

    return [value.detach().numpy() for value in script(framework, fill, draw)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_a_script_computes_the_same(script, ours, torch):
    found, expected = results(ours, script), results(torch, script)
    assert len(found) == len(expected) > 1
    for here, there in zip(found, expected, strict=True):
        assert here.dtype == there.dtype
        np.testing.assert_allclose(here, there, rtol=1e-7, atol=1e-10)
