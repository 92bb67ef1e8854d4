"""Checks of arguments: a missing weight, and the old arguments `size_average` and `reduce`."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn import functional as F

MEANT = [
    ({"size_average": True}, "mean"), ({"size_average": False}, "sum"), ({"reduce": True}, "mean"),
    ({"reduce": False}, "none"), ({"size_average": True, "reduce": False}, "none"),
    ({"size_average": False, "reduce": True}, "sum"), ({"size_average": False, "reduce": False}, "none"),
]  # fmt: skip

LOSSES = {
    "mse_loss": "MSELoss", "l1_loss": "L1Loss", "smooth_l1_loss": "SmoothL1Loss", "kl_div": "KLDivLoss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "nll_loss": "NLLLoss", "cross_entropy": "CrossEntropyLoss",
}  # fmt: skip


def operands(name):
    source = np.random.default_rng(0)
    x = tc.tensor(source.uniform(0.1, 0.9, (4, 3)))
    return x, tc.tensor([0, 2, 1, 1]) if name in ("nll_loss", "cross_entropy") else tc.tensor(source.random((4, 3)))


@pytest.mark.parametrize("function", [nn.functional.linear, nn.functional.conv1d, nn.functional.conv2d])
def test_a_missing_weight_is_named(function):
    with pytest.raises(TypeError, match="expected weight as a tensor, got NoneType"):
        function(tc.ones(2, 3, 4, 4), None)


@pytest.mark.filterwarnings("ignore:kl_div")
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(("given", "reduction"), MEANT, ids=str)
def test_size_average_and_reduce(name, given, reduction):
    function, module = getattr(F, name), getattr(nn, LOSSES[name])
    x, t = operands(name)
    expected = function(x, t, reduction=reduction)
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead") as caught:
        found = function(x, t, **given)
    assert caught[0].filename == __file__
    assert (found == expected).all()
    with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated") as caught:
        made = module(**given)
    assert caught[0].filename == __file__
    assert made.reduction == reduction
    assert (made(x, t) == expected).all()
