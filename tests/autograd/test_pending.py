"""Operations of many inputs and tensors of many uses: the backward pass takes time in their number, not its square."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Op, pending, registry
from tinygrad_cnn.autograd.walk import run


def test_a_vjp_of_many_inputs_gets_none_that_were_not_saved():
    op = Op(lambda *xs: np.sum(xs, axis=0), "total")
    seen = []

    @op.vjp_n
    def total_vjp_n(n, g, _y, *_xs):
        seen.append((n, len(_xs)))
        return g

    leaves = [tg.ones(2, requires_grad=True) for _ in range(5)]
    op(*leaves).sum().backward()
    assert seen == [(n, 0) for n in range(5)]
    assert all(leaf.grad.tolist() == [1, 1] for leaf in leaves)


@pytest.mark.parametrize("join", [tg.cat, tg.stack])
def test_many_tensors_joined(join):
    leaves = [tg.full((1,), float(i), requires_grad=True) for i in range(3000)]
    y = join(leaves)
    (y * y).sum().backward()
    assert [leaf.grad.item() for leaf in leaves] == [2.0 * i for i in range(3000)]


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
