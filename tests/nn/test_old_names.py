"""Arguments and names that PyTorch keeps from before: they do what they stand for, and warn."""

import importlib

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.nn import init

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


INITIALS = [
    "uniform", "normal", "constant", "eye", "dirac", "orthogonal", "xavier_uniform", "xavier_normal",
    "kaiming_uniform", "kaiming_normal",
]  # fmt: skip


@pytest.mark.parametrize("name", INITIALS)
def test_initial_values_under_their_old_names(name):
    arguments = (3.0,) if name == "constant" else ()
    shape = (3, 4, 2) if name == "dirac" else (3, 4)
    tc.manual_seed(1)
    expected = getattr(init, f"{name}_")(tc.zeros(shape), *arguments)
    tc.manual_seed(1)
    x = tc.zeros(shape)
    with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`"):
        found = getattr(init, name)(x, *arguments)
    assert found is x
    assert (found == expected).all()


def test_backward_hooks_under_their_old_name():
    layer, seen = nn.Linear(2, 2), []
    with pytest.warns(FutureWarning, match="register_backward_hook is deprecated"):
        handle = layer.register_backward_hook(lambda module, before, after: seen.append((before[0].shape, len(after))))
    layer(tc.ones(3, 2, requires_grad=True)).sum().backward()
    assert seen == [((3, 2), 1)]
    handle.remove()
    layer(tc.ones(3, 2, requires_grad=True)).sum().backward()
    assert len(seen) == 1


def test_import_paths():
    assert importlib.import_module("tinygrad_cnn.nn.parameter").Parameter is nn.Parameter
    assert nn.parameter.Parameter is nn.Parameter
    assert importlib.import_module("tinygrad_cnn.nn.parallel").DataParallel is nn.DataParallel
    assert nn.init._calculate_fan_in_and_fan_out(tc.ones(4, 3, 5, 5)) == (75, 100)
    assert nn.utils.parameters_to_vector(nn.Linear(2, 3).parameters()).shape == (9,)
