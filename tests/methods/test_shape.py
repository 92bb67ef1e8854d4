"""Changes of shape as methods: sizes one by one or as a sequence, views, and what cannot be viewed."""

import numpy as np
import pytest

import tinygrad_cnn as tg

X = tg.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("reshape", (4, -1)), ("view", (-1, 6)), ("permute", (2, 0, 1)), ("expand", (5, -1, 3, 4)), ("repeat", (1, 2, 1)),
     ("tile", (2, 1)), ("flip", (0, 2))],
)  # fmt: skip
def test_numbers_come_one_by_one_or_as_a_sequence(name, sizes):
    one_by_one = getattr(X, name)(*sizes)
    for sequence in (sizes, list(sizes)):
        assert tg.equal(getattr(X, name)(sequence), one_by_one)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: x.reshape_as(tg.zeros(6, 4)), lambda a: a.reshape(6, 4)),
        (lambda x: x.view_as(tg.zeros(6, 4)), lambda a: a.reshape(6, 4)),
        (lambda x: x[:, :1].expand_as(x), lambda a: np.broadcast_to(a[:, :1], a.shape)),
        (lambda x: x[:, :1].broadcast_to((2, 3, 4)), lambda a: np.broadcast_to(a[:, :1], a.shape)),
        (lambda x: x.flatten(1), lambda a: a.reshape(2, 12)),
        (lambda x: x.unflatten(2, (2, -1)), lambda a: a.reshape(2, 3, 2, 2)),
        (lambda x: x.transpose(0, 2), lambda a: a.swapaxes(0, 2)),
        (lambda x: x.swapaxes(0, 1), lambda a: a.swapaxes(0, 1)),
        (lambda x: x.swapdims(1, 2), lambda a: a.swapaxes(1, 2)),
        (lambda x: x.movedim(0, 2), lambda a: np.moveaxis(a, 0, 2)),
        (lambda x: x[0].t(), lambda a: a[0].T),
        (lambda x: x.unsqueeze(1).squeeze(1), lambda a: a),
        (lambda x: x.ravel(), np.ravel),
        (lambda x: x.roll(1, 0), lambda a: np.roll(a, 1, 0)),
        (lambda x: x.tril(1), lambda a: np.tril(a, 1)),
        (lambda x: x.triu(-1), lambda a: np.triu(a, -1)),
        (lambda x: x.repeat_interleave(2, 1), lambda a: np.repeat(a, 2, 1)),
        (lambda x: x.split(2, 2)[1], lambda a: a[:, :, 2:]),
        (lambda x: x.chunk(3, 1)[2], lambda a: a[:, 2:]),
        (lambda x: x.unbind(1)[1], lambda a: a[:, 1]),
    ],
)
def test_values_are_those_of_numpy(call, expected):
    np.testing.assert_array_equal(call(X).array, expected(X.array))


def test_a_view_shares_memory_or_is_refused():
    assert np.shares_memory(X.view(24).array, X.array)
    with pytest.raises(
        RuntimeError, match=r"view: shape \(2, 4, 3\) with strides .* cannot be seen as \(24,\).*reshape"
    ):
        X.transpose(1, 2).view(24)
    assert X.transpose(1, 2).reshape(24).shape == (24,)
    assert tg.zeros(0, 2).t().view(0).shape == (0,)


def test_numpys_name_of_the_axis():
    assert X.unsqueeze(axis=0).shape == (1, 2, 3, 4)
    assert X[:1].squeeze(axis=0).shape == (3, 4)
