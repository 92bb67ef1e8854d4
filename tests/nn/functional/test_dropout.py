"""Dropout: the share it drops, its gradient, the ends of its range, and what it refuses."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.gradcheck import gradcheck


def zeros(*shape):
    return tc.zeros(*shape)


REFUSED = [
    (lambda: F.dropout(zeros(2), 1.5), ValueError, r"dropout: expected p in \[0, 1\], got 1.5"),
    (lambda: F.dropout(zeros(2).long()), RuntimeError, "dropout: expected input of a floating-point dtype, got int64"),
]


def test_dropout_keeps_the_expected_share_scaled_and_repeats_under_a_seed():
    x = tc.ones(100, 100)
    tc.manual_seed(3)
    y = F.dropout(x, 0.2).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1.25)}
    assert (y == 0).mean() == pytest.approx(0.2, abs=0.02)
    again = F.dropout(x, 0.2).numpy()
    assert (again != y).any()
    tc.manual_seed(3)
    np.testing.assert_array_equal(F.dropout(x, 0.2).numpy(), y)


def test_dropout2d_drops_whole_channels():
    y = F.dropout2d(tc.ones(20, 30, 2, 3), 0.4).numpy().reshape(20, 30, 6)
    assert (y == y[:, :, :1]).all()
    assert (y[:, :, 0] == 0).mean() == pytest.approx(0.4, abs=0.08)
    assert (y[:, :, 0].min(0) != y[:, :, 0].max(0)).any()  # each image has a draw of its own


@pytest.mark.parametrize("dropped", [F.dropout, F.dropout2d])
def test_dropout_passes_gradients_through_the_elements_it_kept(dropped):
    x = tc.randn(3, 4, 2, 2, dtype=tc.float64, requires_grad=True)
    y = dropped(x, 0.5)
    y.backward(tc.ones_like(y))
    np.testing.assert_allclose(x.grad.numpy(), y.detach().numpy() / x.detach().numpy(), rtol=1e-12)

    def seeded(x):
        tc.manual_seed(0)
        return dropped(x, 0.5)

    assert gradcheck(seeded, x)


def test_dropout_at_the_ends_of_its_range():
    x = tc.randn(5, requires_grad=True)
    assert F.dropout(x, 0.0) is x
    assert F.dropout(x, 0.5, training=False) is x
    y = F.dropout(x, 1.0)
    y.sum().backward()
    assert y.tolist() == x.grad.tolist() == [0] * 5
    assert F.dropout(tc.tensor(2.0), 1.0).item() == 0


def test_dropout2d_warns_where_an_image_may_lack_its_batch_axis():
    with pytest.warns(UserWarning, match=r"dropout2d: expected input \(N, C, H, W\), got \(3, 4, 4\)"):
        F.dropout2d(zeros(3, 4, 4))


def test_dropout2d_needs_channels():
    with (
        pytest.warns(UserWarning, match="dropout2d"),
        pytest.raises(RuntimeError, match=r"dropout2d: expected input with at least 2 axes, got \(2,\)"),
    ):
        F.dropout2d(zeros(2))


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
