"""`CnnBasicModel`: what it builds from its configuration."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.models import (
    CnnBasicModel,
)

NOTES = [["conv", {"ksize": 5, "chn": 6}], ["max", {"stride": 4}], ["conv", {"ksize": 3, "chn": 12}],
         ["avg", {"stride": 2}]]  # fmt: skip


def shapes(model):
    return {name: parameter.shape for name, parameter in model.named_parameters()}


def test_two_numbers_are_two_full_layers():
    model = CnnBasicModel([30, 10])
    assert shapes(model) == {
        "hidden.full0.weight": (30, 27648), "hidden.full0.bias": (30,),
        "hidden.full1.weight": (10, 30), "hidden.full1.bias": (10,),
        "output.weight": (5, 10), "output.bias": (5,),
    }  # fmt: skip
    assert list(dict(model.hidden.named_children())) == ["flatten", "full0", "full0_relu", "full1", "full1_relu"]
    written = CnnBasicModel([["full", {"width": 30}], ["full", {"width": 10}]])
    assert repr(written) == repr(model)


def test_the_convolutional_network_of_the_notes():
    model = CnnBasicModel(NOTES)
    assert shapes(model) == {
        "hidden.conv0.weight": (6, 3, 5, 5), "hidden.conv0.bias": (6,),
        "hidden.conv2.weight": (12, 6, 3, 3), "hidden.conv2.bias": (12,),
        "output.weight": (5, 1728), "output.bias": (5,),
    }  # fmt: skip
    names = ["conv0", "conv0_relu", "max1", "conv2", "conv2_relu", "avg3", "flatten"]
    assert list(dict(model.hidden.named_children())) == names
    assert model(tg.zeros(2, 3, 96, 96)).shape == (2, 5)


def test_pairs_activations_and_even_kernels():
    layers = [
        ["conv", {"ksize": [2, 3], "chn": 4, "actfunc": "none"}], ("max", {"stride": (2, 3), "actfunc": "tanh"}),
        ["avg", {"stride": 1}], ["full", {"width": 7, "actfunc": "sigmoid"}], 3,
    ]  # fmt: skip
    model = CnnBasicModel(layers, (2, 4, 9), 6)
    names = ["conv0", "max1", "max1_tanh", "avg2", "flatten", "full3", "full3_sigmoid", "full4", "full4_relu"]
    assert list(dict(model.hidden.named_children())) == names
    assert model.hidden[0](tg.zeros(1, 2, 4, 9)).shape == (1, 4, 4, 9)
    assert shapes(model)["hidden.full3.weight"] == (7, 4 * 2 * 3)
    assert model(tg.zeros(5, 2, 4, 9)).shape == (5, 6)


def test_no_hidden_layer_is_softmax_regression():
    assert shapes(CnnBasicModel([], (1, 4, 4), 3)) == {"output.weight": (3, 16), "output.bias": (3,)}


def test_initial_weights():
    tg.manual_seed(0)
    model = CnnBasicModel([["conv", {"ksize": 5, "chn": 40}], ["max", {"stride": 2}], 30], (3, 8, 8))
    for name, parameter in model.named_parameters():
        values = parameter.detach().numpy()
        if name.endswith("bias"):
            assert not values.any()
        else:
            assert values.std() == pytest.approx(0.03, rel=0.15), name


def test_the_input_size_is_checked():
    with pytest.raises(ValueError, match=r"expected input_size as \(C, H, W\), got \(28, 28\)"):
        CnnBasicModel([3], (28, 28))
