"""`Embedding`: the padding row, given tables, and what the constructor refuses."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn

REFUSED = [
    (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, r"Embedding: expected padding_idx in \[-3, 2\], got 3"),
    (
        lambda: nn.Embedding.from_pretrained(tc.zeros(3)),
        ValueError,
        r"expected embeddings \(num_embeddings, embedding_dim\), got shape \(3,\)",
    ),
]


def test_the_padding_row_starts_at_zero_and_stays():
    layer = nn.Embedding(5, 3, padding_idx=-1)
    assert repr(layer) == "Embedding(5, 3, padding_idx=4)"
    assert layer.weight[4].tolist() == [0, 0, 0]
    y = layer(tc.tensor([[0, 4], [0, 2]]))
    assert y.shape == (2, 2, 3)
    y.sum().backward()
    assert layer.weight.grad.tolist() == [[2] * 3, [0] * 3, [1] * 3, [0] * 3, [0] * 3]
    assert layer.weight.is_leaf


def test_given_rows_are_shared_and_frozen_unless_asked_otherwise():
    table = tc.randn(4, 2)
    layer = nn.Embedding.from_pretrained(table)
    assert layer.weight.array is table.array
    assert not layer.weight.requires_grad
    assert (layer.num_embeddings, layer.embedding_dim) == (4, 2)
    trained = nn.Embedding.from_pretrained(table, freeze=False, padding_idx=1)
    assert trained.weight.requires_grad
    assert trained.padding_idx == 1
    np.testing.assert_array_equal(trained(tc.tensor([1])).detach().numpy(), table.numpy()[1:2])


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
