"""Programs that change tensors in place give PyTorch's values and gradients."""

import numpy as np
import pytest
from inplace_programs import PROGRAMS, REFUSED_BY_PYTORCH

SHARED = [program for program in PROGRAMS if program not in REFUSED_BY_PYTORCH]


@pytest.mark.parametrize("program", SHARED, ids=lambda program: program.__name__)
def test_values_and_gradients(program, ours, torch):
    source = np.random.default_rng(0)
    values = [source.uniform(0.3, 1.5, (2, 3)) * source.choice([-1, 1], (2, 3)) for _ in range(2)]
    results = []
    for framework in (ours, torch):
        x, w = (framework.tensor(value, dtype=framework.float64, requires_grad=True) for value in values)
        y = program(framework, x, w)
        gradients = framework.autograd.grad((y * y).sum(), (x, w), create_graph=True)
        second = framework.autograd.grad(sum((g * g).sum() for g in gradients), (x, w), allow_unused=True)
        found = [None if g is None else g.detach().numpy() for g in (*gradients, *second)]
        results.append([y.detach().numpy(), *found])
    for found, expected in zip(*results, strict=True):
        if expected is None or found is None:
            assert found is None or not np.any(found)
            assert expected is None or not np.any(expected)
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
