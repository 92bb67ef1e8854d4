"""A list of samples becomes one batch, with PyTorch's structure and dtypes."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

from tinygrad_cnn import Tensor, tensor
from tinygrad_cnn.data import default_collate

Sample = namedtuple("Sample", "image label")


@pytest.mark.parametrize(
    ("batch", "values", "dtype"),
    [
        ([1.5, 2.0], [1.5, 2.0], "float64"),
        ([1, 2], [1, 2], "int64"),
        ([1, 2.5], [1, 2.5], "float64"),
        ([True, False], [True, False], "bool"),
        ([np.float32(1), np.float32(2)], [1, 2], "float32"),
        ([np.zeros(2, np.uint8), np.ones(2, np.uint8)], [[0, 0], [1, 1]], "uint8"),
        ([tensor([1.0]), tensor([2.0])], [[1], [2]], "float32"),
    ],
)
def test_leaves(batch, values, dtype):
    result = default_collate(batch)
    assert isinstance(result, Tensor)
    assert result.tolist() == values
    assert result.dtype == dtype


def test_stacked_arrays_are_copies():
    array = np.zeros(2)
    default_collate([array]).fill_(1)
    assert array.tolist() == [0, 0]


def test_structures():
    x, t = default_collate([(tensor([1.0]), 2), (tensor([3.0]), 4)])
    assert x.tolist() == [[1], [3]]
    assert t.tolist() == [2, 4]
    nested = default_collate([{"x": [1, 2], "name": "a"}, {"x": [3, 4], "name": "b"}])
    assert [part.tolist() for part in nested["x"]] == [[1, 3], [2, 4]]
    assert nested["name"] == ["a", "b"]
    named = default_collate([Sample(1.0, 2), Sample(3.0, 4)])
    assert isinstance(named, Sample)
    assert named.label.tolist() == [2, 4]


def test_mappings_keep_their_type_where_it_can_be_made():
    assert type(default_collate([OrderedDict(a=1), OrderedDict(a=2)])) is OrderedDict
    plain = default_collate([defaultdict(int, a=1), defaultdict(int, a=2)])
    assert plain["a"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("batch", "error", "match"),
    [
        ([], ValueError, "expected at least one sample, got none"),
        ([np.zeros(2), np.zeros(3)], RuntimeError, r"samples of equal shape, got \(2,\) and \(3,\)"),
        ([(1, 2), (1,)], RuntimeError, r"samples of equal length, got \[1, 2\]"),
        ([{"a": 1}, {"b": 1}], RuntimeError, r"samples with keys \['a'\], got one with \['b'\]"),
        ([tensor([1.0], requires_grad=True)], RuntimeError, "requires a gradient, which would be lost"),
        ([object()], TypeError, "got object; pass a collate_fn"),
    ],
)
def test_refuses(batch, error, match):
    with pytest.raises(error, match=f"default_collate: .*{match}"):
        default_collate(batch)


def test_same_as_pytorch():
    torch = pytest.importorskip("torch")
    batch = [(np.float32(1), 2, 3.5, "a", {"k": np.arange(2)}), (np.float32(3), 4, 5, "b", {"k": np.arange(2)})]
    ours, theirs = default_collate(batch), torch.utils.data.default_collate(batch)
    assert type(ours) is type(theirs)
    assert ours[3] == list(theirs[3])
    for mine, its in (*zip(ours[:3], theirs[:3], strict=True), (ours[4]["k"], theirs[4]["k"])):
        assert mine.dtype == its.numpy().dtype
        np.testing.assert_array_equal(mine.numpy(), its.numpy())
