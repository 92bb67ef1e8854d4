"""Values changed in place after they were saved are noticed in the backward pass."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import versions


def leaf(*values):
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def test_changed_argument_is_named():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x * w).sum()
    with tg.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match=r"mul: argument 1, of shape \(2,\).*version 0.*at version 1 now.*clone"):
        y.backward()
    assert x.grad is None


def test_changed_output_is_named():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.detach().zero_()
    with pytest.raises(RuntimeError, match="exp: the output"):
        y.sum().backward()


def test_change_through_a_view_is_noticed():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x * w).sum()
    with tg.no_grad():
        w.view(2, 1)[0] = 9.0
    with pytest.raises(RuntimeError, match="mul: argument 1"):
        y.backward()


def test_change_of_an_unsaved_value_is_harmless():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x + w).sum()
    with tg.no_grad():
        w += 1
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_changes_before_the_forward_pass_are_harmless():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with tg.no_grad():
        w += 1
        w += 1
    (x * w).sum().backward()
    assert x.grad.tolist() == [5.0, 6.0]
    assert w._version == 2


def test_versions_of_dead_arrays_are_forgotten():
    before = len(versions._writes)
    for _ in range(100):
        tg.zeros(3).add_(1)
    assert len(versions._writes) <= before + 1
