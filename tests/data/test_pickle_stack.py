"""Unfinished items on the stack of the pickle machine never leave it as values."""

import pytest

from tinygrad_cnn.data.errors import DataError
from tinygrad_cnn.data.pickle_stack import Global, Mark, RawArray, RawDtype, UnfinishedTuple
from tinygrad_cnn.data.pickles import Machine

UNFINISHED = [Mark(), Global("numpy", "dtype"), RawDtype("f4"), RawArray(), UnfinishedTuple((Mark(),))]


@pytest.mark.parametrize("item", UNFINISHED, ids=lambda item: type(item).__name__)
def test_an_unfinished_item_is_not_a_value(item):
    machine = Machine("file.pkl", 100)
    machine.stack.append(item)
    with pytest.raises(DataError, match=r"file.pkl: expected values and whole arrays, got an unfinished"):
        machine.pop()


@pytest.mark.parametrize("item", UNFINISHED[1:], ids=lambda item: type(item).__name__)
def test_a_tuple_with_an_unfinished_item_is_unfinished(item):
    machine = Machine("file.pkl", 100)
    machine.make_tuple([1, item])
    assert type(machine.stack[-1]) is UnfinishedTuple


def test_a_finished_array_is_its_value():
    machine, array = Machine("file.pkl", 100), RawArray()
    array.value = "the array"
    machine.make_tuple([1, array])
    assert machine.pop() == (1, "the array")
