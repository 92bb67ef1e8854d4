"""A list of samples becomes one batch, with PyTorch's structure and dtypes."""

from collections import OrderedDict, UserList, defaultdict, namedtuple
from types import MappingProxyType

import numpy as np
import pytest

from tinygrad_cnn import Tensor, tensor
from tinygrad_cnn.data import default_collate, default_convert

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
    filled = default_collate([defaultdict(int, a=1), defaultdict(int, a=2)])
    assert filled["a"].tolist() == [1, 2]
    assert filled["b"] == 0
    assert type(default_collate([MappingProxyType({"a": 1})])) is MappingProxyType

    class Strict(dict):
        def __init__(self):
            super().__init__()

        def __copy__(self):
            raise TypeError

    sample = Strict()
    sample["a"] = 1
    assert type(default_collate([sample])) is dict


def test_sequences_keep_their_type_where_it_can_be_made():
    joined = default_collate([UserList([1, "a"]), UserList([2, "b"])])
    assert type(joined) is UserList
    assert joined[0].tolist() == [1, 2]
    assert joined[1] == ["a", "b"]
    assert [part.tolist() for part in default_collate([range(2), range(2)])] == [[0, 0], [1, 1]]


def test_convert():
    sample = {
        "x": np.float32(1),
        "pair": (np.zeros(2), "a"),
        "named": Sample(np.ones(1), 3),
        "list": [np.int64(1), None],
    }
    found = default_convert(sample)
    assert isinstance(found["x"], Tensor)
    assert found["x"].dtype == "float32"
    assert isinstance(found["pair"], list)
    assert isinstance(found["pair"][0], Tensor)
    assert found["pair"][1] == "a"
    assert isinstance(found["named"], Sample)
    assert found["named"].label == 3
    assert found["list"][1] is None
    words = np.array(["a"])
    assert default_convert(words) is words
    assert type(default_convert(range(3))) is list


@pytest.mark.parametrize(
    ("batch", "error", "match"),
    [
        ([], ValueError, "expected at least one sample, got none"),
        ([np.zeros(2), np.zeros(3)], RuntimeError, r"samples of equal shape, got \(2,\) and \(3,\)"),
        ([(1, 2), (1,)], RuntimeError, r"samples of equal length, got \[1, 2\]"),
        ([{"a": 1}, {"b": 1}], RuntimeError, r"samples with keys \['a'\], got one with \['b'\]"),
        ([tensor([1.0], requires_grad=True)], RuntimeError, "requires a gradient, which would be lost"),
        ([object()], TypeError, "got object; pass a collate_fn"),
        ([None], TypeError, "mappings or sequences, got NoneType; pass a collate_fn"),
        ([1, None], TypeError, "one type, got int and, as number 1 of the batch, NoneType; pass a collate_fn"),
        ([np.zeros(2), None], TypeError, "one type, got ndarray and, as number 1 of the batch, NoneType"),
        ([(1, {"x": None})], TypeError, r"sequences at \[1\]\['x'\], got NoneType"),
        ([(1, {"x": 1}), (2, {"x": "b"})], TypeError, r"samples at \[1\]\['x'\] of one type, got int and, .* str"),
        (
            [(1, [np.zeros(2)]), (2, [np.zeros(3)])],
            RuntimeError,
            r"samples at \[1\]\[0\] of equal shape, got \(2,\) and",
        ),
        ([[1, 2], 3], TypeError, "of one type, got list and, as number 1 of the batch, int"),
        ([{"a": 1}, 3], TypeError, "of one type, got dict and, as number 1 of the batch, int"),
        ([np.array(["a"])], TypeError, "expected arrays of numbers, got dtype <U1"),
        ([np.array([None])], TypeError, "expected arrays of numbers, got dtype object"),
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
    plain = [[1, {"a": UserList([2.0])}], [3, {"a": UserList([4.0])}]]
    assert type(default_collate(plain)) is type(torch.utils.data.default_collate(plain)) is list
    assert type(default_collate(plain)[1]["a"]) is type(torch.utils.data.default_collate(plain)[1]["a"]) is UserList
    for mine, its in (*zip(ours[:3], theirs[:3], strict=True), (ours[4]["k"], theirs[4]["k"])):
        assert mine.dtype == its.numpy().dtype
        np.testing.assert_array_equal(mine.numpy(), its.numpy())
