"""Numbers of parameters of the functions named after torchvision's, and their arguments for trained weights."""

import inspect

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import models, nn
from tinygrad_cnn.models.weights import draw_weights
from tinygrad_cnn.random import Generator

SIZES = {
    "resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032, "densenet121": 7_978_856,
    "mobilenet_v2": 3_504_872,
}  # fmt: skip


LARGE = {
    "alexnet": 61_100_840, "vgg11": 132_863_336, "vgg11_bn": 132_868_840, "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736, "vgg16": 138_357_544, "vgg16_bn": 138_365_992, "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
}  # fmt: skip
"""The number of parameters that torchvision's documentation gives."""


@pytest.mark.parametrize(
    ("name", "count"), [*SIZES.items(), *[pytest.param(*one, marks=pytest.mark.slow) for one in LARGE.items()]]
)
def test_numbers_of_parameters(name, count, monkeypatch):
    for method in ("normal", "uniform"):  # drawing the values would take seconds
        monkeypatch.setattr(Generator, method, lambda _self, shape, dtype: np.zeros(shape, dtype))
    assert sum(p.numel() for p in getattr(models, name)(weights=None).parameters()) == count


@pytest.mark.parametrize("name", SIZES)
def test_arguments(name):
    make = getattr(models, name)
    assert make(False, True, num_classes=3).eval()(tg.zeros(1, 3, 32, 32)).shape == (1, 3)
    for asked, text in (({"weights": "DEFAULT"}, "weights='DEFAULT'"), ({"pretrained": True}, "pretrained=True")):
        with pytest.raises(ValueError, match=f"{name}: expected weights=None, got {text}: no trained weights come"):
            make(**asked)


@pytest.mark.parametrize("name", LARGE)
def test_trained_weights_are_refused_before_anything_is_made(name):
    with pytest.raises(ValueError, match=f"{name}: expected weights=None, got pretrained=True"):
        getattr(models, name)(pretrained=True)


def test_signatures_show_the_arguments_of_the_model():
    assert list(inspect.signature(models.resnet18).parameters) == ["num_classes", "zero_init_residual"]
    assert models.resnet18.__name__ == "resnet18"


@pytest.mark.parametrize(("std", "expected"), [(0.3, 0.3), (None, (2 / 400) ** 0.5)])
def test_drawn_weights(std, expected):
    tg.manual_seed(0)
    layers = [nn.Linear(400, 50), nn.Conv2d(16, 40, 5), nn.Conv2d(16, 40, 5, bias=False), nn.BatchNorm1d(3)]
    draw_weights(layers, std)
    for layer in layers[:3]:
        assert layer.weight.detach().numpy().std() == pytest.approx(expected, rel=0.02)
    assert not layers[0].bias.detach().numpy().any()
    assert not layers[1].bias.detach().numpy().any()
    np.testing.assert_array_equal(layers[3].weight.detach().numpy(), 1)
