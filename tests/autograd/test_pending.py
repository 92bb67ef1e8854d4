"""Gradients that are worked out later: `Pending`, and `SparseSum`, the sum of many reads of one tensor."""

from itertools import permutations

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import pending, registry
from tinygrad_cnn.autograd.pending import Pending, SparseSum
from tinygrad_cnn.autograd.walk import run

READS = {
    "rows": lambda x: [x[i] for i in range(len(x))],
    "elements": lambda x: [x[i, 0] for i in range(len(x))],
    "split": lambda x: x.split(1),
    "chunk": lambda x: x.chunk(len(x)),
    "iteration": list,
    "picked rows": lambda x: [x[tg.tensor([i, i])] for i in range(len(x))],
}


@pytest.mark.parametrize("name", READS)
def test_many_reads_of_one_tensor_are_summed_in_one_array(name, monkeypatch):
    def not_needed(*_args, **_how):
        raise AssertionError("an array of the whole shape was made for one part")

    monkeypatch.setattr(registry["index_add_zeros"], "kernel", not_needed)
    sums = []
    value = pending.SparseSum.value
    monkeypatch.setattr(pending.SparseSum, "value", lambda self: sums.append(len(self._terms)) or value(self))
    x = tg.tensor(np.arange(20.0).reshape(10, 2), requires_grad=True)
    parts = [part.sum() for part in READS[name](x)]
    sum(part * part for part in parts).backward()
    assert sums == [10]
    expected = np.zeros((10, 2))
    for i in range(10):
        row = x.detach().numpy()[i]
        expected[i] = 8 * row.sum() if name == "picked rows" else 2 * row.sum()
        if name == "elements":
            expected[i] = [2 * row[0], 0]
    assert x.grad.tolist() == expected.tolist()


def test_parts_and_whole_gradients_add_up_in_any_order():
    w = tg.tensor(np.linspace(-1, 1, 6).reshape(3, 2), requires_grad=True)

    def program(read_first):
        x = w * 3
        uses = [lambda: x[0].sum(), lambda: (x * x).sum(), lambda: x.relu().sum(), lambda: x[[0, 0, 2]].exp().sum()]
        return sum(use() for use in (uses if read_first else uses[::-1]))

    found = [tg.autograd.grad(program(first), w)[0].numpy() for first in (False, True)]
    (recorded,) = tg.autograd.grad(program(True), w, create_graph=True)
    for one in found:
        np.testing.assert_allclose(one, recorded.detach().numpy(), rtol=1e-12)


def test_hooks_targets_and_retained_gradients_are_arrays():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 1
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.retain_grad()
    (y[0] * 2).sum().backward()
    assert seen == [[[2, 2], [0, 0]]] * 2
    assert y.grad.tolist() == x.grad.tolist() == [[2, 2], [0, 0]]
    z = x * 1
    (g,) = tg.autograd.grad((z[1] * 5).sum(), z)
    assert g.tolist() == [[0, 0], [5, 5]]
    total = z[1].sum()
    sums, _ = run([(total, tg.ones(()))], [z], None, False)
    assert all(type(one) is np.ndarray for one in sums.values())


def test_infinities_meet_without_a_warning():
    weights = tg.tensor([[np.inf, np.inf], [-np.inf, -np.inf]])
    for x in (tg.ones(2, 2, requires_grad=True), tg.ones(2, 2, requires_grad=True) * 1):
        (g,) = tg.autograd.grad(tg.stack([x[0], x[0]]), x, weights)
        assert np.isnan(g.numpy()).tolist() == [[True, True], [False, False]]


class Fixed(Pending):
    """A pending gradient of given values."""

    __slots__ = ("values",)

    def __init__(self, values):
        super().__init__(values.shape, values.dtype)
        self.values = values

    def value(self):
        return self.values.copy()


def sparse(*rows, size=4):
    """Return the sum of ones, twos, threes ... at these rows of (size, 2)."""
    parts = [SparseSum(add_at, np.full((1, 2), k + 1.0), {"at": row}, (size, 2)) for k, row in enumerate(rows)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def add_at(out, g, *, at):
    out[at] += g[0]


def test_a_pending_gradient_plus_anything_is_an_array():
    a, b = np.arange(4.0), np.full(4, 10.0)
    for found in (Fixed(a) + b, b + Fixed(a), Fixed(a) + Fixed(b)):
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, a + b)
    assert a.tolist() == [0, 1, 2, 3]
    assert (Fixed(a).shape, Fixed(a).dtype, Fixed(a).taker) == ((4,), np.dtype("f8"), None)


def test_a_sum_of_parts_is_zero_where_no_part_is():
    total = sparse(2, 0, 2)
    assert isinstance(total, SparseSum)
    assert total.value().tolist() == [[2, 2], [0, 0], [4, 4], [0, 0]]
    assert sparse(1, size=2).value().dtype == np.float64
    assert SparseSum(add_at, np.ones((1, 2), np.float32), {"at": 0}, (2, 2)).value().dtype == np.float32


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 5])
def test_parts_whole_arrays_and_pending_gradients_add_up_in_every_order(order):
    dense = np.arange(8.0).reshape(4, 2)
    kept = dense.copy()
    others = [sparse(3, 3), dense, Fixed(dense * 10)]
    others = [others[i] for i in list(permutations(range(3)))[order]]
    left = right = None
    for one in others:
        left = one if left is None else left + one
    for one in [sparse(3, 3) if isinstance(one, SparseSum) else one for one in others]:
        right = one if right is None else one + right
    expected = dense * 11
    expected[3] += 3
    for total in (left, right):
        np.testing.assert_array_equal(total.value() if isinstance(total, Pending) else total, expected)
    np.testing.assert_array_equal(dense, kept)


def test_a_pending_gradient_is_worked_out_when_it_joins_a_sum_of_parts():
    for total in (sparse(0) + Fixed(np.ones((4, 2))), Fixed(np.ones((4, 2))) + sparse(0)):
        assert total.value().tolist() == [[2, 2], [1, 1], [1, 1], [1, 1]]


def test_two_sums_with_whole_arrays_of_their_own_are_one():
    dense = np.ones((4, 2))
    total = (sparse(0) + dense) + (sparse(1) + dense * 2)
    assert total.value().tolist() == [[4, 4], [4, 4], [3, 3], [3, 3]]
    assert dense.tolist() == np.ones((4, 2)).tolist()


def test_the_value_is_an_array_of_its_own_each_time():
    dense = np.ones((4, 2))
    total = sparse(0) + dense
    first = total.value()
    first[...] = 9
    assert total.value().tolist() == [[2, 2], [1, 1], [1, 1], [1, 1]]
    assert dense.tolist() == np.ones((4, 2)).tolist()


def test_anomaly_mode_sees_arrays_and_names_the_read_that_is_not_finite():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with autograd.detect_anomaly():
        y = x[0].sum() + x[1].sum() * 2
        y.backward()
        assert x.grad.tolist() == [[1, 1], [2, 2]]
        with pytest.raises(RuntimeError, match="NaN|nan"):
            (x * 1)[0].sum().backward(tg.tensor(float("nan")))


def test_a_hook_may_replace_a_sum_of_reads():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 1
    y.register_hook(lambda g: g * 100)
    (y[0].sum() + y[0, 1] * 2).backward()
    assert x.grad.tolist() == [[100, 300], [0, 0]]


def test_with_create_graph_reads_are_recorded_as_tensors():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    (g,) = autograd.grad((x[0] ** 3).sum() + x[0, 0] ** 2, x, create_graph=True)
    assert g.tolist() == [[5, 12], [0, 0]]
    assert autograd.grad(g.sum(), x)[0].tolist() == [[8, 12], [0, 0]]
