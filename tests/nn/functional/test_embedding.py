"""`embedding` and `one_hot` as functions: gradients of repeated and padded rows, and messages."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.nn.functional import embedding, one_hot

W = tg.ones(4, 2)

CASES = {
    "index": (
        lambda: embedding(tg.tensor([1, 4]), W),
        IndexError,
        r"indices in \[0, 3\] .* 1 to 4",
    ),
    "negative": (lambda: embedding(tg.tensor([-1]), W), IndexError, "for 4 rows, got -1 to -1"),
    "float": (lambda: embedding(tg.ones(1), W), RuntimeError, "embedding: expected indices of int64 or int32"),
    "weight": (
        lambda: embedding(tg.tensor([0]), W[0]),
        RuntimeError,
        r"embedding_dim\), got shape \(2,\)",
    ),
    "padding": (lambda: embedding(tg.tensor([0]), W, 4), ValueError, r"padding_idx in \[-4, 3\], got 4"),
    "list": (lambda: embedding([0], W), TypeError, "embedding: expected input as a tensor, got list"),
    "hot float": (lambda: one_hot(tg.ones(1)), RuntimeError, "one_hot: expected indices of int64, got float32"),
    "hot negative": (lambda: one_hot(tg.tensor([-1])), RuntimeError, "one_hot: expected indices of at least 0, got -1"),
    "hot few": (lambda: one_hot(tg.tensor([3]), 3), RuntimeError, "one_hot: .* below num_classes = 3, got 3"),
    "hot nothing": (lambda: one_hot(tg.zeros(0, dtype=tg.int64)), RuntimeError, "one_hot: expected num_classes for"),
}


def test_equal_indices_add_into_their_row_but_not_into_the_padding():
    index = tg.tensor([[1, 3, 1], [2, 1, 3]])
    for padding, padded in ((None, None), (1, 1), (-1, 3)):
        weight = tg.ones(4, 2, requires_grad=True)
        y = embedding(index, weight, padding_idx=padding)
        assert y.shape == (2, 3, 2)
        y.sum().backward()
        counts = np.array([0, 3, 1, 2])
        counts[[] if padded is None else padded] = 0
        assert weight.grad.tolist() == [[count, count] for count in counts]


def test_the_second_order_passes_through_the_padding_too():
    weight = tg.tensor([[1.0], [2.0]], dtype=tg.float64, requires_grad=True)
    y = embedding(tg.tensor([0, 1, 1]), weight, padding_idx=0)
    (first,) = tg.autograd.grad((y * y).sum(), [weight], create_graph=True)
    assert first.tolist() == [[0], [8]]
    (second,) = tg.autograd.grad((first * first).sum(), [weight])
    assert second.tolist() == [[0], [64]]  # d/dw (4w)² = 32 w


def test_one_hot():
    assert one_hot(tg.tensor([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(tg.tensor([2, 0])).dtype == tg.int64
    assert one_hot(tg.tensor([[1]]), num_classes=4).tolist() == [[[0, 1, 0, 0]]]
    assert one_hot(tg.tensor(1)).tolist() == [0, 1]
    assert one_hot(tg.zeros(0, dtype=tg.int64), 3).shape == (0, 3)


@pytest.mark.parametrize("case", CASES)
def test_the_message_names_what_was_expected_and_what_came(case):
    run, kind, message = CASES[case]
    with pytest.raises(kind, match=message):
        run()
