"""Recorded changes in place: gradients are those of the values, memory is shared, and nothing stale is used."""

import numpy as np
import pytest
from inplace_programs import PROGRAMS

import tinygrad_cnn as tg
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck


def leaves():
    source = np.random.default_rng(3)
    values = [source.uniform(0.3, 1.5, (2, 3)) * source.choice([-1, 1], (2, 3)) for _ in range(2)]
    return [tg.tensor(value, requires_grad=True) for value in values]


CHECKED = [one for one in PROGRAMS if one.__name__ not in {"under_no_grad", "detached_memory", "mixed_dtype"}]


@pytest.mark.parametrize("program", CHECKED, ids=lambda program: program.__name__)
def test_gradients_are_those_of_the_values(program):
    assert gradcheck(lambda x, w: program(tg, x, w), leaves())
    assert gradgradcheck(lambda x, w: program(tg, x, w), leaves())


def test_memory_stays_the_same_and_is_shared_with_views():
    x, _ = leaves()
    y = x * 2
    v = y.view(6)
    memory = y.array
    y += 1
    assert y.array is memory
    assert np.shares_memory(v.array, memory)
    np.testing.assert_array_equal(v.detach().numpy(), y.detach().numpy().reshape(6))


def test_a_constant_becomes_part_of_the_graph_and_so_do_its_views():
    x, _ = leaves()
    y = tg.zeros(2, 3, dtype=tg.float64)
    v = y[0]
    assert not v.requires_grad
    y += x
    assert y.requires_grad
    assert not y.is_leaf
    assert v.requires_grad
    assert v.grad_fn is not None
    (v * v).sum().backward()
    np.testing.assert_allclose(
        x.grad.numpy(), [2 * x[0].tolist()[0], *[2 * a for a in x[0].tolist()[1:]]] * np.array([[1.0] * 3, [0.0] * 3])
    )


def test_a_saved_value_that_is_changed_is_noticed():
    x, w = leaves()
    y = x * 1
    z = y * w
    y += 1
    with pytest.raises(RuntimeError, match=r"mul: argument 0, of shape \(2, 3\).*version 0.*at version 1 now"):
        z.sum().backward()


def test_a_saved_output_that_is_changed_through_a_view_is_noticed():
    x, _ = leaves()
    y = x.exp()
    y.view(6)[0] = 1.0
    with pytest.raises(RuntimeError, match="exp: the output"):
        y.sum().backward()


def test_a_result_that_does_not_fit_changes_nothing():
    x, _ = leaves()
    y = x * 1
    before = y.tolist()
    node = y.grad_fn
    with pytest.raises(RuntimeError, match=r"add_: the result has shape \(4, 2, 3\) and does not fit"):
        y.add_(tg.ones(4, 2, 3, dtype=tg.float64))
    with pytest.raises(RuntimeError, match=r"writing into a tensor of shape \(2, 3\)"):
        y[0] = tg.ones(7, dtype=tg.float64)
    assert y.tolist() == before
    assert y.grad_fn is node
