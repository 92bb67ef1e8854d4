"""`Size`: a tuple that prints as PyTorch's does."""

import copy
import pickle

import pytest

import tinygrad_cnn as tg


def test_sizes_are_tuples_that_print_as_pytorchs():
    size = tg.zeros(64, 10).size()
    assert repr(size) == str(size) == "torch.Size([64, 10])"
    assert size == (64, 10)
    assert isinstance(size, tg.Size)
    assert size.numel() == 640
    assert size[0] == 64
    assert repr(size[1:] + tg.Size([3])) == "torch.Size([10, 3])"
    assert tg.zeros(size).size(1) == 10
    assert tg.Size([2, 3]) == (2, 3)
    assert repr(tg.tensor(1).size()) == "torch.Size([])"
    assert pickle.loads(pickle.dumps(size)) == copy.deepcopy(size) == size


def test_slices_and_sums_of_sizes_are_sizes_and_items_are_ints():
    size = tg.Size([4, 0, 5])
    assert type(size[:2]) is type(size + tg.Size([1])) is type(size + size[:1]) is tg.Size
    assert type(size[0]) is int
    assert (size[-1], size[:2], size + size[:1]) == (5, (4, 0), (4, 0, 5, 4))
    with pytest.raises(IndexError):
        size[3]


@pytest.mark.parametrize(("size", "count"), [((), 1), ((3,), 3), ((4, 0, 5), 0), ((2, 3, 4), 24)])
def test_the_number_of_elements_is_the_product(size, count):
    assert tg.Size(size).numel() == count


def test_a_size_is_the_shape():
    assert tg.zeros(2, 3, 4).size() == tg.zeros(2, 3, 4).shape == (2, 3, 4)
