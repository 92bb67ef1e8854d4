"""VGG: torchvision's keys and numbers of parameters."""

import pytest
from model_keys import count, equal_with_order, layer, norm, shapes

import tinygrad_cnn as tg
from tinygrad_cnn.models import (
    vgg11,
    vgg11_bn,
    vgg_features,
)

VGG11 = (64, 128, 256, 256, 512, 512, 512, 512)


def test_vgg11():
    model = vgg11()
    channels = (3, *VGG11)
    keys = {}
    for place, i, o in zip((0, 3, 6, 8, 11, 13, 16, 18), channels, VGG11, strict=False):
        keys |= layer(f"features.{place}", o, i, 3, 3)
    keys |= layer("classifier.0", 4096, 25088) | layer("classifier.3", 4096, 4096) | layer("classifier.6", 1000, 4096)
    equal_with_order(shapes(model), keys)
    assert count(model) == 132_863_336
    assert model.features(tg.zeros(1, 3, 64, 96)).shape == (1, 512, 2, 3)
    assert model.classifier[0].weight.detach().numpy()[:64].std() == pytest.approx(0.01, rel=0.01)
    assert model.features[18].weight.detach().numpy().std() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)
    assert not model.features[18].bias.detach().numpy().any()


def test_vgg11_bn_has_the_convolutions_of_vgg11_and_norms():
    features = vgg_features((64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"), batch_norm=True)
    channels = (3, *VGG11)
    keys = {}
    for place, i, o in zip((0, 4, 8, 11, 15, 18, 22, 25), channels, VGG11, strict=False):
        keys |= layer(str(place), o, i, 3, 3) | norm(str(place + 1), o)
    equal_with_order(shapes(features), keys)
    assert (
        count(features) - sum(o * i * 9 + o for i, o in zip(channels, VGG11, strict=False)) == 132_868_840 - 132_863_336
    )
    assert vgg11_bn.__doc__.count("132,868,840") == 1
