"""`check_parameters` on small models: it finds what is wrong, tells kinks apart, and leaves the model as it was."""

from itertools import pairwise

import numpy as np
import pytest
from checked_models import Model, leaf, one

from tinygrad_cnn import ops
from tinygrad_cnn.creation import tensor
from tinygrad_cnn.drawing import randn
from tinygrad_cnn.gradcheck import GradcheckError, check_parameters, format_table


def network():
    """Return a convolution, ReLU, max-pool, linear network and its loss on fixed data."""
    model = Model(k=leaf(3, 1, 3, 2), c=leaf(3), w=leaf(4, 12), b=leaf(4))
    x = randn(5, 1, 6, 5, dtype="float64")
    target = tensor([0, 1, 2, 3, 0])

    def loss():
        how = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
        y = ops.relu(ops.conv2d(x, model.k, model.c, groups=1, **how))
        y = ops.max_pool2d(y, kernel_size=(2, 2), **{**how, "stride": (2, 2)})
        return ops.cross_entropy(ops.linear(ops.flatten(y, 1), model.w, model.b), target, reduction="mean")

    return model, loss


def test_a_right_model_passes_with_one_row_a_parameter():
    rows = check_parameters(*network())
    assert [(row.name, row.shape, row.elements, row.checked) for row in rows] == [
        ("k", (3, 1, 3, 2), 18, 18),
        ("c", (3,), 3, 3),
        ("w", (4, 12), 48, 20),
        ("b", (4,), 4, 4),
    ]
    for row in rows:
        assert row.passed
        assert row.wrong == row.kinks == 0
        assert row.max_rel_error < 1e-4
        assert row.analytic == pytest.approx(row.numeric, rel=1e-4)
        assert len(row.worst_index) == len(row.shape)


def test_a_wrong_element_is_found_and_placed(scaled):
    row = one([1.0, 2.0, 3.0], scaled)
    assert not row.passed
    assert (row.wrong, row.kinks, row.checked, row.worst_index) == (1, 0, 3, (2,))
    assert (row.analytic, row.numeric) == (1.5, pytest.approx(1))
    assert row.max_abs_error == pytest.approx(0.5)
    assert row.max_rel_error == pytest.approx(1 / 3)


def test_small_gradients_are_compared_relatively(scaled):
    assert not one([1.0, 2.0, 3.0], lambda p: scaled(p) * 1e-6).passed


def test_a_gradient_that_is_missing_is_wrong():
    row = one([1.0, 2.0, 3.0], lambda p: p.detach() * p)
    assert (row.wrong, row.passed) == (3, False)


def test_a_parameter_the_loss_does_not_use_has_a_zero_gradient():
    model = Model(used=leaf(2), unused=leaf(2))
    rows = check_parameters(model, lambda: ops.sum(model.used * model.used))
    assert [(row.passed, row.analytic) for row in rows][1] == (True, 0)


def test_nan_is_wrong():
    row = one([1.0, 2.0], lambda p: p * float("nan"))
    assert (row.wrong, row.passed, row.max_rel_error) == (2, False, np.inf)


class TestSampling:
    def test_the_seed_decides(self):
        def visited(seed):
            model = Model(p=tensor(np.arange(100.0), requires_grad=True))
            before, seen = model.p.array.copy(), set()

            def loss():
                seen.update(np.flatnonzero(model.p.array != before).tolist())
                return ops.sum(model.p * model.p)

            check_parameters(model, loss, samples=7, seed=seed)
            assert len(seen) == 7
            return seen

        assert visited(1) == visited(1)
        assert visited(1) != visited(2)

    def test_the_default_generator_is_not_used(self):
        import tinygrad_cnn

        tinygrad_cnn.manual_seed(5)
        expected = randn(3).tolist()
        tinygrad_cnn.manual_seed(5)
        one(np.arange(50.0), lambda p: p * p)
        assert randn(3).tolist() == expected

    def test_samples_must_be_positive(self):
        with pytest.raises(ValueError, match="expected samples of at least 1, got 0"):
            check_parameters(*network(), samples=0)


class TestNothingIsChanged:
    def state(self, model):
        gradients = [(p.grad, None if p.grad is None else p.grad.array.tobytes()) for p in model.parameters.values()]
        return [p.array.tobytes() for p in model.parameters.values()], gradients

    def test_values_and_gradients(self):
        model, loss = network()
        check_parameters(model, loss, samples=3)
        assert all(p.grad is None for p in model.parameters.values())
        loss().backward()
        before = self.state(model)
        check_parameters(model, loss, samples=3)
        assert self.state(model) == before

    @pytest.mark.parametrize("nth", [1, 2, 3, 4, 5])
    def test_when_the_loss_raises(self, nth):
        model, loss = network()
        loss().backward()
        before = self.state(model)
        calls = []

        def failing():
            calls.append(1)
            if len(calls) == nth:
                raise ZeroDivisionError
            return loss()

        with pytest.raises(ZeroDivisionError):
            check_parameters(model, failing)
        assert self.state(model) == before

    def test_when_the_loss_changes_gradients_itself(self):
        model, loss = network()
        loss().backward()
        before = self.state(model)

        def meddling():
            model.k.grad = None
            loss().backward()
            return loss()

        check_parameters(model, meddling, samples=1)
        assert self.state(model) == before


class TestRefusals:
    def test_float32_parameters(self):
        model = Model(p=leaf(2), q=randn(2, requires_grad=True))
        with pytest.raises(
            TypeError, match=r"check_parameters: q: expected float64, got float32.*model and its inputs"
        ):
            check_parameters(model, lambda: ops.sum(model.p))

    def test_a_float32_loss(self):
        model = Model(p=leaf(2))
        with pytest.raises(TypeError, match=r"expected a float64 loss, got float32; use model.double\(\)"):
            check_parameters(model, lambda: ops.sum(model.p).float())

    def test_a_loss_of_several_elements(self):
        model = Model(p=leaf(2))
        with pytest.raises(RuntimeError, match=r"expected a loss with one element, got shape \(2,\)"):
            check_parameters(model, lambda: model.p * 2)

    def test_a_loss_that_is_no_tensor(self):
        with pytest.raises(TypeError, match="expected loss_fn to return a tensor, got float"):
            check_parameters(Model(p=leaf(2)), lambda: 1.0)

    def test_a_random_loss(self):
        model = Model(p=leaf(2))
        with pytest.raises(GradcheckError, match="for the same parameters; give it fixed data"):
            check_parameters(model, lambda: ops.sum(model.p * randn(2, dtype="float64")))

    def test_a_loss_that_is_seldom_another(self):
        source, calls = np.random.default_rng(0), []
        model = Model(p=leaf(2))

        def loss():
            calls.append(1)
            return ops.sum(model.p * (1.0 if len(calls) < 3 else float(source.random() < 0.5)))

        with pytest.raises(GradcheckError, match="for the same parameters; give it fixed data"):
            check_parameters(model, loss)

    def test_no_parameters(self):
        with pytest.raises(ValueError, match="expected a model with parameters that require a gradient"):
            check_parameters(Model(frozen=randn(2, dtype="float64")), lambda: 1.0)


def test_frozen_and_empty_parameters_are_left_out():
    model = Model(p=leaf(2), frozen=randn(2), empty=leaf(0, 3))
    rows = check_parameters(model, lambda: ops.sum(model.p * model.p) + ops.sum(model.empty))
    assert [row.name for row in rows] == ["p"]


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
