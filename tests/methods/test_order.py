"""Order and occurrences, as methods."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops

X = tg.tensor([[3, 1, 2], [1, 1, 0]])


@pytest.mark.parametrize(
    ("name", "args", "values", "indices"),
    [
        ("sort", (), [[1, 2, 3], [0, 1, 1]], [[1, 2, 0], [2, 0, 1]]),
        ("sort", (0, True), [[3, 1, 2], [1, 1, 0]], [[0, 0, 0], [1, 1, 1]]),
        ("topk", (2, 1, False), [[1, 2], [0, 1]], [[1, 2], [2, 0]]),
        ("median", (1, True), [[2], [1]], [[2], [0]]),
        ("mode", (1,), [1, 1], [1, 1]),
    ],
)
def test_values_and_where_they_were(name, args, values, indices):
    found = getattr(X, name)(*args)
    assert (found.values.tolist(), found.indices.tolist()) == (values, indices)
    again = getattr(ops, name)(X, *args)
    assert (again.values.tolist(), again.indices.tolist()) == (values, indices)


def test_one_result():
    assert X.argsort(descending=True).tolist() == [[0, 2, 1], [0, 1, 2]]
    assert X.median().item() == 1
    assert X[0].bincount(minlength=6).tolist() == [0, 1, 1, 1, 0, 0]
    assert X[0].bincount(tg.tensor([0.5, 1.0, 2.0])).tolist() == [0, 1, 2, 0.5]


def test_unique_returns_what_is_asked_for():
    values, inverse, counts = X.unique(return_inverse=True, return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([0, 1, 2, 3], [1, 3, 1, 1])
    assert values[inverse].tolist() == X.tolist()
    assert X.unique(dim=0).tolist() == [[1, 1, 0], [3, 1, 2]]


@pytest.mark.parametrize("name", ["sort", "argsort", "mode"])
def test_numpys_name_of_the_axis(name):
    found, expected = getattr(X, name)(axis=0), getattr(X, name)(dim=0)
    assert tg.equal(found, expected) if name == "argsort" else tg.equal(found.values, expected.values)
