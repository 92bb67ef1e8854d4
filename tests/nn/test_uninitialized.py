"""Tensors without a shape: whatever needs a shape or values raises an error that names the way out."""

import pytest

from tinygrad_cnn import nn


@pytest.mark.parametrize("use", [lambda p: p.shape, lambda p: nn.Linear(2, 3).load_state_dict({"weight": p})])
def test_a_shape_is_refused_with_the_way_out(use):
    with pytest.raises((RuntimeError, ValueError), match="uninitialized parameter: .*; call the model on an example"):
        use(nn.LazyLinear(3).weight)


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p.numpy(),
        lambda p: p + 1,
        lambda p: p.numel(),
        lambda p: p.sum(),
        lambda p: (p * 2).sum().backward(),
        nn.init.zeros_,
        lambda p: nn.utils.parameters_to_vector([p]),
    ],
)
def test_values_are_refused_with_the_way_out(use):
    weight = nn.LazyLinear(3).weight
    weight.requires_grad_(False)
    with pytest.raises((RuntimeError, ValueError), match="uninitialized parameter: .*; call the model on an example"):
        use(weight)
