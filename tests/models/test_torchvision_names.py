"""The functions named like torchvision's: numbers of parameters, keys of the state, arguments."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import models

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

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def norm(name):
    return [f"{name}.{key}" for key in NORM]


@pytest.mark.parametrize(
    ("name", "count"), [*SIZES.items(), *[pytest.param(*one, marks=pytest.mark.slow) for one in LARGE.items()]]
)
def test_numbers_of_parameters(name, count):
    assert sum(p.numel() for p in getattr(models, name)(weights=None).parameters()) == count


def test_keys_of_resnets():
    keys = list(models.resnet50().state_dict())
    block = [key for i in (1, 2, 3) for key in [f"layer2.0.conv{i}.weight", *norm(f"layer2.0.bn{i}")]]
    block += ["layer2.0.downsample.0.weight", *norm("layer2.0.downsample.1")]
    assert [key for key in keys if key.startswith("layer2.0.")] == block
    assert keys[:6] == ["conv1.weight", *norm("bn1")]
    assert keys[-2:] == ["fc.weight", "fc.bias"]
    assert len(keys) == 320
    assert len(models.resnet34().state_dict()) == 218


def test_keys_of_densenet():
    keys = list(models.densenet121().state_dict())
    layer = "features.denseblock3.denselayer24"
    expected = [*norm(f"{layer}.norm1"), f"{layer}.conv1.weight", *norm(f"{layer}.norm2"), f"{layer}.conv2.weight"]
    assert [key for key in keys if key.startswith(f"{layer}.")] == expected
    assert [key for key in keys if "transition2" in key] == [
        *norm("features.transition2.norm"),
        "features.transition2.conv.weight",
    ]
    assert keys[:6] == ["features.conv0.weight", *norm("features.norm0")]
    assert keys[-7:] == [*norm("features.norm5"), "classifier.weight", "classifier.bias"]
    assert len(keys) == 727


def test_keys_of_mobilenet():
    keys = list(models.mobilenet_v2().state_dict())
    first = ["features.1.conv.0.0.weight", *norm("features.1.conv.0.1"), "features.1.conv.1.weight"]
    assert [key for key in keys if key.startswith("features.1.")] == [*first, *norm("features.1.conv.2")]
    last = [key for i in (0, 1) for key in [f"features.17.conv.{i}.0.weight", *norm(f"features.17.conv.{i}.1")]]
    last += ["features.17.conv.2.weight", *norm("features.17.conv.3")]
    assert [key for key in keys if key.startswith("features.17.")] == last
    assert keys[-8:] == ["features.18.0.weight", *norm("features.18.1"), "classifier.1.weight", "classifier.1.bias"]
    assert len(keys) == 314


def test_widths_are_rounded_to_eights():
    narrow = models.mobilenet_v2(width_mult=0.35, num_classes=3)
    assert narrow.features[1].conv[1].weight.shape == (8, 16, 1, 1)
    assert narrow.last_channel == 1280


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


def test_bottlenecks_may_begin_as_relu():
    model = models.resnet50(num_classes=2, zero_init_residual=True)
    x = tg.randn(2, 256, 4, 4)
    assert (model.layer1[1](x) == tg.relu(x)).all()
    assert not (models.resnet50(num_classes=2).layer1[1](x) == tg.relu(x)).all()


def test_dense_layers_drop_what_they_add():
    model = models.DenseNet(4, (2, 2), 8, drop_rate=0.9, num_classes=2)
    x = tg.randn(4, 3, 32, 32)
    assert not (model(x) == model(x)).all()
    assert (model.eval()(x) == model(x)).all()
