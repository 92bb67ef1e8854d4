"""What layers keep and refuse, beyond what their functions do."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: nn.Conv1d(2, 3, (1, 2)), ValueError, r"Conv1d: expected kernel_size as an int, got \(1, 2\)"),
        (lambda: nn.Conv1d(0, 3, 1), ValueError, "Conv1d: expected at least 1 channel in and out, got 0 and 3"),
        (
            lambda: nn.Conv1d(2, 3, 1, padding_mode="mirror"),
            ValueError,
            "Conv1d: expected padding_mode as one of zeros, reflect, replicate, circular, got 'mirror'",
        ),
        (
            lambda: nn.ConvTranspose2d(2, 3, 1, padding_mode="reflect"),
            ValueError,
            "ConvTranspose2d: expected padding_mode as one of zeros, got 'reflect'",
        ),
        (
            lambda: nn.ConvTranspose2d(2, 3, 1, padding="same"),
            TypeError,
            "ConvTranspose2d: expected padding as an int or a pair of ints, got 'same'",
        ),
        (lambda: nn.ConvTranspose2d(2, 3, 1, groups=2), ValueError, "divide in_channels=2 and out_channels=3"),
        (lambda: nn.LayerNorm(()), ValueError, "LayerNorm: expected normalized_shape with at least one size"),
        (lambda: nn.LayerNorm(2.5), TypeError, "LayerNorm: expected sizes as ints"),
        (
            lambda: nn.GroupNorm(3, 4),
            ValueError,
            "GroupNorm: expected num_groups ≥ 1 that divides num_channels=4, got 3",
        ),
        (lambda: nn.Dropout(1.5), ValueError, r"Dropout: expected p in \[0, 1\], got 1.5"),
        (lambda: nn.Dropout2d(-0.1), ValueError, r"Dropout2d: expected p in \[0, 1\], got -0.1"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, r"Embedding: expected padding_idx in \[-3, 2\], got 3"),
        (
            lambda: nn.Embedding.from_pretrained(tc.zeros(3)),
            ValueError,
            r"expected embeddings \(num_embeddings, embedding_dim\), got shape \(3,\)",
        ),
        (lambda: nn.Unflatten(1, 4), TypeError, "Unflatten: expected unflattened_size as a sequence of ints, got 4"),
        (
            lambda: nn.Upsample(scale_factor=2, mode="bicubic"),
            NotImplementedError,
            "'nearest', 'linear' or 'bilinear', got",
        ),
        (lambda: nn.ZeroPad2d((1, 2)), ValueError, r"ZeroPad2d: expected padding as an int or \(left, right, top"),
        (lambda: nn.Hardtanh(1, 1), ValueError, "Hardtanh: expected min_val < max_val, got 1 and 1"),
        (lambda: nn.L1Loss(reduction="avg"), ValueError, "L1Loss: expected reduction .* got 'avg'"),
        (lambda: nn.AvgPool1d((2, 3)), RuntimeError, r"AvgPool1d: expected kernel_size as an int, got \(2, 3\)"),
    ],
)
def test_constructors_refuse(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize("size", [(12, 15), (15, 15), (13, 18), (13,), (4, 6, 13, 15, 1)])
def test_an_output_size_that_no_convolution_would_bring_back(size):
    layer = nn.ConvTranspose2d(4, 6, 3, stride=(2, 3), padding=(1, 2))
    with pytest.raises(ValueError, match=r"output_size from \(13, 14\) to \(14, 16\) for input \(2, 4, 7, 6\), got"):
        layer(tc.zeros(2, 4, 7, 6), output_size=size)


def test_dropout_zeroes_elements_or_channels_while_training_only():
    tc.manual_seed(0)
    x = tc.ones(20, 30, 4, 4)
    single, whole = nn.Dropout(0.25), nn.Dropout2d(0.25)
    y = single(x).numpy()
    assert set(np.unique(y)) == {0, np.float32(1 / 0.75)}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)
    planes = whole(x).numpy().reshape(600, 16)
    assert (planes == planes[:, :1]).all()
    assert (planes[:, 0] == 0).mean() == pytest.approx(0.25, abs=0.06)
    assert single.eval()(x) is x
    assert whole.eval()(x) is x


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


def test_identity_returns_its_input():
    x = tc.ones(2)
    assert nn.Identity(54, anything=True)(x) is x
