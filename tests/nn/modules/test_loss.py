"""Losses as modules: their arguments, text, and what their constructors refuse."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn import functional as F

X = tc.tensor(np.random.default_rng(1).normal(size=(2, 4, 7, 6)))

REFUSED = [
    (lambda: nn.KLDivLoss(reduction="rows"), ValueError, "KLDivLoss: expected reduction"),
    (lambda: nn.L1Loss(reduction="avg"), ValueError, "L1Loss: expected reduction .* got 'avg'"),
]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
        (nn.MSELoss(), "MSELoss()"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr(layer, text):
    assert repr(layer) == text


def test_losses_hand_their_arguments_to_the_function():
    scores, target = X[:, :, 0, 0], tc.tensor([1, 3])
    weight = tc.tensor([1.0, 2.0, 3.0, 4.0], dtype=tc.float64)
    loss = nn.CrossEntropyLoss(weight, ignore_index=3, reduction="sum", label_smoothing=0.1)
    expected = F.cross_entropy(scores, target, weight, ignore_index=3, reduction="sum", label_smoothing=0.1)
    assert loss(scores, target).item() == expected.item()
    assert list(loss.state_dict()) == ["weight"]
    assert list(nn.CrossEntropyLoss().state_dict()) == []
    assert nn.MSELoss(reduction="sum")(X, X + 1).item() == pytest.approx(X.numel())


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
