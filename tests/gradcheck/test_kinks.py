"""A kink is told from a wrong gradient, also if several lie within a step."""

from itertools import pairwise

import numpy as np
import pytest
from checked_models import Model, one

from tinygrad_cnn import ops
from tinygrad_cnn.creation import tensor
from tinygrad_cnn.gradcheck import check_parameters, format_table


class TestKinks:
    def test_at_and_beside_a_kink(self):
        row = one([0.0, 4e-7, -4e-7, 1.0], ops.relu)
        assert (row.kinks, row.wrong, row.passed) == (3, 0, True)
        assert row.worst_index == (3,)
        assert row.max_abs_error < 1e-9

    def test_a_kink_farther_away_than_the_step_plays_no_part(self):
        assert one([2e-6, -2e-6], ops.relu).kinks == 0

    def test_a_max_pool_tie(self):
        row = one([1.0, 1.0, 0.0], lambda p: ops.max(p, 0).values)
        assert (row.kinks, row.wrong) == (2, 0)

    def test_a_value_outside_of_both_slopes_is_wrong_even_at_a_kink(self, scaled):
        row = one([1.0, 1.0, 0.0], lambda p: ops.abs(scaled(p)) + p * 2)  # slopes 1 and 3 at the kink: 2 is between
        assert (row.kinks, row.wrong) == (0, 0)
        row = one([1.0, 1.0, 0.0], lambda p: ops.relu(p) + 3 * scaled(p))  # slopes 3 and 4, backpropagated 4.5
        assert (row.kinks, row.wrong) == (0, 1)

    def test_slopes_that_differ_within_the_tolerance_are_no_kink(self):
        row = one([0.0], lambda p: p + 25 * p * p + 1.2e-4 * (p - p.detach()))  # slopes 1 ± 2.5e-5, off by 1.2e-4
        assert (row.kinks, row.wrong) == (0, 1)

    def test_a_bias_of_zero_over_black_pixels_is_at_a_kink(self):
        row = one([0.0], lambda p: ops.relu(p * tensor([1.0, 1.0], dtype="float64")))
        assert (row.kinks, row.wrong) == (1, 0)

    def test_strong_curvature_is_no_excuse(self, scaled):
        row = one([1.0, 1.0, 1.0], lambda p: ops.exp(8 * scaled(p)))
        assert (row.kinks, row.wrong) == (0, 1)

    def test_a_parameter_with_nothing_but_kinks_has_no_worst_element(self):
        row = one([0.0, 0.0], ops.relu)
        assert (row.kinks, row.wrong, row.passed, row.worst_index) == (2, 0, True, None)


class TestSeveralKinksWithinAStep:
    def test_a_right_gradient_outside_of_both_slopes(self):
        # the slopes at a distance of 1e-6 are 1 and 0; at 0 it is 1 + 2 − 1 = 2
        row = one([0.0], lambda p: ops.relu(p + 1e-8) + 2 * ops.relu(p + 2e-8) - 2 * ops.relu(p - 3e-8) + 0 * p)
        assert (row.kinks, row.wrong, row.passed) == (1, 0, True)

    def test_a_wrong_gradient_there(self, scaled):
        row = one(
            [0.0, 0.0, 0.0],
            lambda p: ops.relu(scaled(p) + 1e-8) + 2 * ops.relu(scaled(p) + 2e-8) - 2 * ops.relu(scaled(p) - 3e-8),
        )
        assert (row.kinks, row.wrong, row.worst_index) == (2, 1, (2,))

    @pytest.mark.parametrize("seed", range(5))
    def test_a_deep_network_with_small_weights(self, seed):
        source = np.random.default_rng(seed)
        sizes = (15, 20, 10, 10, 10, 10, 10, 30, 10)
        parameters = {}
        for i, (wide, high) in enumerate(pairwise(sizes)):
            parameters[f"w{i}"] = tensor(source.normal(size=(high, wide)) * 0.05, requires_grad=True)
            parameters[f"b{i}"] = tensor(np.zeros(high), requires_grad=True)
        model, x = Model(**parameters), tensor(source.normal(size=(2, 15)))

        def loss():
            y = x
            for i in range(len(sizes) - 1):
                y = ops.linear(ops.relu(y) if i else y, parameters[f"w{i}"], parameters[f"b{i}"])
            return ops.cross_entropy(y, tensor([1, 2]), reduction="mean")

        rows = check_parameters(model, loss)
        assert all(row.passed for row in rows), format_table(rows)
        assert sum(row.kinks for row in rows)

    def test_the_values_are_put_back(self):
        p = tensor([0.0, 1e-8], dtype="float64", requires_grad=True)
        before = p.array.tobytes()
        check_parameters(Model(p=p), lambda: ops.sum(ops.relu(p + 1e-8) - 3 * ops.relu(p - 3e-8)))
        assert p.array.tobytes() == before
