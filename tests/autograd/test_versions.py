"""Values changed in place after they were saved are noticed in the backward pass."""

import weakref

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import ops
from tinygrad_cnn.autograd import versions


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
    kept = [tg.zeros(3).add_(1) for _ in range(100)]
    assert len(versions._writes) >= before + 100
    del kept
    assert len(versions._writes) <= before


def test_only_the_reference_of_an_entry_forgets_it():
    x = tg.zeros(3).add_(1)
    key = id(versions.storage(x.array))
    versions._forget(key, weakref.ref(x.array))
    assert x._version == 1
    versions._forget(-1, versions._writes[key][0])  # of no array


def test_what_a_dead_array_left_says_nothing_of_the_next_one_of_its_id(monkeypatch):
    """A signal may end `_forget` before it deletes the entry."""
    dead = weakref.ref(np.zeros(2))
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x * w).sum()
    left = versions._Writes()
    left.count, stamp = 5, next(versions.clock)
    left.stamps.append(stamp)
    monkeypatch.setitem(versions._writes, id(w.array), (dead, left))
    monkeypatch.setattr(versions, "newest", stamp)
    assert w._version == 0
    y.backward()
    assert x.grad.tolist() == [3.0, 4.0]
    with tg.no_grad():
        w += 1
    assert w._version == 1


def test_an_array_that_was_never_changed_is_at_version_0():
    assert tg.zeros(3)._version == 0


def _pooled(x):
    y, indices = F.adaptive_max_pool2d(x[None, None], 1, return_indices=True)
    return y, indices


def _largest(x):
    return x.max(1)


PICKS = {
    "gather": lambda x, i: x.gather(0, i[None].expand(2, 2)[:, :1].expand(2, 3)),
    "index_select": lambda x, i: x.index_select(0, i),
    "getitem": lambda x, i: x[i],
    "getitem, mixed": lambda x, i: x[:, i],
    "embedding": lambda x, i: F.embedding(i, x),
    "cross_entropy": lambda x, i: F.cross_entropy(x, i),
    "scatter_add": lambda x, i: tg.zeros(2, 3, dtype=tg.float64).scatter_add(0, i[:, None].expand(2, 3), x),
    "setitem": lambda x, i: ops.setitem(x, 0.0, index=i),
}


@pytest.mark.parametrize("name", PICKS)
def test_changed_indices_are_noticed(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    index = tg.tensor([0, 1])
    y = PICKS[name](x, index).sum()
    index.fill_(0)
    with pytest.raises(RuntimeError, match=r"was changed in place: it is at version 1 now"):
        y.backward()
    assert x.grad is None


@pytest.mark.parametrize("name", ["getitem", "masked_select", "masked_fill", "where"])
def test_changed_masks_are_noticed(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    mask = x.detach() > 2
    picks = {
        "getitem": lambda: x[mask],
        "masked_select": lambda: x.masked_select(mask),
        "masked_fill": lambda: x.masked_fill(mask, 0.0),
        "where": lambda: tg.where(mask, x, 0.0),
    }
    y = picks[name]().sum()
    mask.fill_(True)
    with pytest.raises(RuntimeError, match="was changed in place"):
        y.backward()


@pytest.mark.parametrize("find", [_pooled, _largest])
def test_changed_indices_that_an_operation_returned_are_noticed(find):
    x = leaf([1.0, 2.0, 3.0], [4.0, 9.0, 6.0])
    values, indices = find(x)
    indices.zero_()
    with pytest.raises(RuntimeError, match=r"('positions'|argument 1), of shape .*was changed in place"):
        values.sum().backward()


def test_indices_of_windows_are_a_copy():
    x = leaf([1.0, 2.0, 3.0], [4.0, 9.0, 6.0])
    y, indices = F.max_pool2d(x[None, None], 2, return_indices=True)
    indices.zero_()
    y.sum().backward()
    assert x.grad.tolist() == [[0, 0, 0], [0, 1, 0]]


def test_an_index_changed_in_a_view_is_noticed():
    x, index = leaf(1.0, 2.0, 3.0), tg.tensor([0, 1])
    v = x * 1
    v[index].sum()
    w = (x * 1).view(3)
    w[index] = 0.0  # in the steps of no view, but in the write's attributes
    index[0] = 2
    with pytest.raises(RuntimeError, match="'index', of shape"):
        w.sum().backward()
