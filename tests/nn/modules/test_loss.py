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


def numbers(*values):
    return tc.tensor(values, dtype=tc.float64)


D, ZERO = numbers(-3.0, 2.0, 0.5), tc.zeros(3, dtype=tc.float64)
P, T = numbers(0.5, 0.25, 0.75), numbers(1.0, 0.0, 0.5)
DIAGONAL = tc.tensor([[-3.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.5]], dtype=tc.float64)
LN2, LN3 = np.log(2), np.log(3)

VALUES = [
    (lambda: nn.L1Loss(reduction="sum"), D, ZERO, 5.5),
    (lambda: nn.L1Loss(), D, ZERO, 5.5 / 3),
    (lambda: nn.MSELoss(reduction="none"), D, ZERO, [9, 4, 0.25]),
    (lambda: nn.SmoothL1Loss(), D, ZERO, (2.5 + 1.5 + 0.125) / 3),
    (lambda: nn.SmoothL1Loss(reduction="none", beta=2.0), D, ZERO, [2, 1, 0.0625]),
    (lambda: nn.HuberLoss(), D, ZERO, (2.5 + 1.5 + 0.125) / 3),
    (lambda: nn.HuberLoss("none", 2.0), D, ZERO, [4, 2, 0.125]),
    (lambda: nn.KLDivLoss(reduction="batchmean"), numbers(0.0, 0.0), numbers(0.5, 1.0), -LN2 / 4),
    (lambda: nn.KLDivLoss(reduction="sum", log_target=True), numbers(0.0, 0.0), numbers(-LN2, 0.0), -LN2 / 2),
    (lambda: nn.BCELoss(reduction="none"), P, T, [LN2, 2 * LN2 - LN3, 2 * LN2 - LN3 / 2]),
    (lambda: nn.BCELoss(numbers(2.0, 0.0, 0.0), reduction="sum"), P, T, 2 * LN2),
    (lambda: nn.BCEWithLogitsLoss(reduction="sum"), ZERO, T, 3 * LN2),
    (lambda: nn.BCEWithLogitsLoss(numbers(1.0, 2.0, 4.0), pos_weight=numbers(3.0)), ZERO, T, (3 + 2 + 8) * LN2 / 3),
    (lambda: nn.NLLLoss(reduction="sum"), DIAGONAL, tc.tensor([0, 1, 0]), 1),
    (lambda: nn.NLLLoss(numbers(2.0, 1.0, 1.0), ignore_index=1), DIAGONAL, tc.tensor([0, 1, 2]), (6 - 0.5) / 3),
]


@pytest.mark.parametrize(("make", "x", "target", "expected"), VALUES, ids=[str(i) for i in range(len(VALUES))])
def test_the_loss_of_a_few_numbers(make, x, target, expected):
    assert make()(x, target).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"])
def test_the_target_is_the_second_argument_of_a_distance(name):
    with pytest.raises(TypeError, match="expected target as a tensor, got list"):
        getattr(nn, name)()(D, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("reduction", ["none", "sum", "mean", "batchmean"])
def test_the_divergence_alone_can_be_averaged_over_rows(reduction):
    assert nn.KLDivLoss(reduction=reduction).reduction == reduction
    if reduction == "batchmean":
        with pytest.raises(ValueError, match="MSELoss: expected reduction 'none', 'mean' or 'sum', got 'batchmean'"):
            nn.MSELoss(reduction=reduction)


OLD = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss", "SmoothL1Loss"]


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize(("old", "reduction"), [({"size_average": False}, "sum"), ({"reduce": False}, "none")])
def test_old_arguments_still_choose_the_reduction_with_a_warning_at_the_line_of_the_call(name, old, reduction):
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead") as noted:
        layer = getattr(nn, name)(**old)
    assert layer.reduction == reduction
    assert [one.filename for one in noted] == [__file__]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
