"""Gathering and adding by an index of each element: shapes, repeats, 0-d tensors, empty indices, messages."""

import numpy as np
import pytest
from derivatives import gradients, leaf

from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.creation import ones, tensor, zeros


def test_each_element_is_found_along_the_axis():
    x = np.arange(12.0).reshape(3, 4)[::-1]
    index = np.array([[3, 0], [1, 1]])
    np.testing.assert_array_equal(ops.gather(x, 1, index), np.take_along_axis(x[:2], index, 1))
    index = np.array([[2, 0, 1, 1]], np.int32)
    np.testing.assert_array_equal(ops.gather(x, -2, index), np.take_along_axis(x, index, 0))


def test_an_element_read_twice_gets_both_gradients():
    index = tensor([[0, 0, 1]])
    assert gradients(lambda x: ops.gather(x, 1, index), [[1.0, 2.0], [3.0, 4.0]]) == [[[2, 1], [0, 0]]]


def test_every_addend_counts_and_sees_the_gradient_of_its_position():
    x, src = leaf([1.0, 2.0, 3.0]), leaf([10.0, 20.0, 30.0, 40.0])
    y = ops.scatter_add(x, 0, tensor([2, 0, 2]), src)  # the source may be longer
    assert y.tolist() == [21, 2, 43]
    by_x, by_src = grad(y, [x, src], leaf([1.0, 2.0, 5.0]))
    assert by_x.tolist() == [1, 2, 5]
    assert by_src.tolist() == [5, 1, 5, 0]
    assert x.tolist() == [1, 2, 3]


def test_only_the_index_is_saved():
    x = leaf([1.0, 2.0])
    node = ops.gather(x, 0, tensor([1])).grad_fn
    assert not isinstance(node.args[0], np.ndarray)
    assert node.args[1].tolist() == [1]


def test_a_0d_tensor_counts_as_a_vector_and_an_empty_index_fits_anything():
    assert ops.gather(tensor(5.0), 0, tensor(0)).shape == ()
    assert ops.gather(tensor(5.0), 0, tensor([0, 0])).tolist() == [5, 5]
    assert ops.gather(ones(2, 3), 1, zeros(0)).shape == (0,)
    assert ops.scatter_add(tensor(1.0), 0, tensor(0), tensor(2.0)).item() == 3
    assert ops.scatter_add(ones(2), 0, zeros(0, dtype="i8"), zeros(0)).tolist() == [1, 1]


REFUSED = {
    "gather range": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([[0, 3]])),
        RuntimeError,
        r"gather: expected indices in \[0, 2\], got 0 to 3",
    ),
    "gather negative": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([[-1]])),
        RuntimeError,
        r"gather: expected indices in \[0, 2\], got -1 to -1",
    ),
    "gather axes": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([0])),
        RuntimeError,
        r"gather: expected an index no larger than the input, \(2, 3\), .* got \(1,\)",
    ),
    "gather length": (
        lambda: ops.gather(zeros(2, 3), 1, tensor([[0]] * 3)),
        RuntimeError,
        r"gather: .* along dim 1; got \(3, 1\)",
    ),
    "gather dtype": (
        lambda: ops.gather(zeros(2, 3), 1, zeros(1, 1)),
        RuntimeError,
        r"gather: expected an index of int64 or int32, got float32",
    ),
    "scatter range": (
        lambda: ops.scatter_add(zeros(2), 0, tensor([2]), ones(1)),
        RuntimeError,
        r"scatter_add: expected indices in \[0, 1\], got 2 to 2",
    ),
    "scatter dtype": (
        lambda: ops.scatter_add(zeros(2), 0, tensor([0]), ones(1, dtype="f8")),
        RuntimeError,
        "scatter_add: expected src of the dtype of the input, float32, got float64",
    ),
    "scatter src": (
        lambda: ops.scatter_add(zeros(2), 0, tensor([0, 0]), ones(1)),
        RuntimeError,
        r"no larger than src, \(1,\), .* input, \(2,\); got \(2,\)",
    ),
    "scatter axes": (lambda: ops.scatter_add(zeros(2), 0, tensor([[0]]), ones(1)), RuntimeError, r"got \(1, 1\)"),
    "scatter other axis": (
        lambda: ops.scatter_add(zeros(1, 2), 1, zeros(2, 1, dtype="i8"), ones(2, 1)),
        RuntimeError,
        r"along dim 1, than the input, \(1, 2\); got \(2, 1\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why(case):
    run, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        run()
