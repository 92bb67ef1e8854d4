"""Names, shapes and numbers of parameters of the models, against what papers, courses and torchvision say."""

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.models import (
    BasicBlock,
    Bottleneck,
    CifarResNet,
    DeepConvNet,
    DigitConvNet,
    InvertedResidual,
    LeNet5,
    MobileNetV2,
    ResNet,
    SixConvNet,
    ThreeLayerConvNet,
    TwoLayerFC,
    alexnet,
    resnet18,
    resnet20,
    vgg11,
    vgg11_bn,
    vgg_features,
)  # fmt: skip


def shapes(model):
    return {name: value.shape for name, value in model.state_dict().items()}


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def layer(name, *weight, bias=True):
    """Return the keys of a convolution or fully connected layer."""
    return {f"{name}.weight": weight, **({f"{name}.bias": weight[:1]} if bias else {})}


def norm(name, n):
    """Return the keys of a batch normalisation."""
    keys = {f"{name}.{key}": (n,) for key in ("weight", "bias", "running_mean", "running_var")}
    return {**keys, f"{name}.num_batches_tracked": ()}


def equal_with_order(found, expected):
    assert found == expected
    assert list(found) == list(expected)


# --- torchvision's keys ---------------------------------------------------------------------------------------------


def test_alexnet():
    model = alexnet()
    equal_with_order(
        shapes(model),
        {
            **layer("features.0", 64, 3, 11, 11), **layer("features.3", 192, 64, 5, 5),
            **layer("features.6", 384, 192, 3, 3), **layer("features.8", 256, 384, 3, 3),
            **layer("features.10", 256, 256, 3, 3), **layer("classifier.1", 4096, 9216),
            **layer("classifier.4", 4096, 4096), **layer("classifier.6", 1000, 4096),
        },
    )  # fmt: skip
    assert count(model) == 61_100_840
    assert model.features(tg.zeros(1, 3, 224, 224)).shape == (1, 256, 6, 6)
    assert model.eval()(tg.zeros(1, 3, 224, 224)).shape == (1, 1000)
    assert model.features(tg.zeros(1, 3, 63, 63)).shape == (1, 256, 1, 1)
    assert [module.p for module in model.modules() if isinstance(module, nn.Dropout)] == [0.5, 0.5]


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


def test_resnet18():
    model = resnet18()
    keys = {**layer("conv1", 64, 3, 7, 7, bias=False), **norm("bn1", 64)}
    before = 64
    for stage, n in enumerate((64, 128, 256, 512), 1):
        for block, channels in enumerate((before, n)):
            name = f"layer{stage}.{block}"
            keys |= layer(f"{name}.conv1", n, channels, 3, 3, bias=False) | norm(f"{name}.bn1", n)
            keys |= layer(f"{name}.conv2", n, n, 3, 3, bias=False) | norm(f"{name}.bn2", n)
            if channels != n:
                keys |= layer(f"{name}.downsample.0", n, channels, 1, 1, bias=False) | norm(f"{name}.downsample.1", n)
        before = n
    equal_with_order(shapes(model), {**keys, **layer("fc", 1000, 512)})
    assert count(model) == 11_689_512
    assert model.layer4(model.layer3(model.layer2(tg.zeros(1, 64, 56, 56)))).shape == (1, 512, 7, 7)
    assert model.layer3[0].conv1.weight.detach().numpy().std() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.02)
    assert ResNet(BasicBlock, (1, 1, 1, 1), 7).eval()(tg.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_zero_init_residual_makes_each_block_begin_as_relu():
    model = ResNet(BasicBlock, (1, 1, 1, 1), zero_init_residual=True)
    x = tg.randn(2, 64, 4, 4)
    assert (model.layer1[0](x) == tg.relu(x)).all()
    assert not (ResNet(BasicBlock, (1, 1, 1, 1)).layer1[0](x) == tg.relu(x)).all()


def test_resnet20():
    model = resnet20()
    assert count(model) == 269_722
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) + 1 == 20
    assert model.layer3(model.layer2(tg.zeros(1, 16, 32, 32))).shape == (1, 64, 8, 8)
    assert count(CifarResNet(18)) == 1_727_962  # 110 layers, 1.7M in the paper


def test_resnet20_shortcut():
    x = tg.arange(1.0, 2 * 16 * 9 + 1).reshape(2, 16, 3, 3)
    shortcut = resnet20().layer2[0].downsample(x)
    assert shortcut.shape == (2, 32, 2, 2)
    assert not shortcut[:, :8].any()
    assert not shortcut[:, 24:].any()
    assert (shortcut[:, 8:24] == x[:, :, ::2, ::2]).all()


# --- the reports' networks ------------------------------------------------------------------------------------------


def test_two_layer_fc():
    model = TwoLayerFC(3 * 32 * 32, 4000, 10)
    equal_with_order(shapes(model), {**layer("fc1", 4000, 3072), **layer("fc2", 10, 4000)})
    assert model.fc1.weight.detach().numpy().std() == pytest.approx((2 / 3072) ** 0.5, rel=0.01)
    assert not model.fc1.bias.detach().numpy().any()


def test_three_layer_convnet():
    model = ThreeLayerConvNet(3, 32, 16, 10)
    expected = {**layer("conv1", 32, 3, 5, 5), **layer("conv2", 16, 32, 3, 3), **layer("fc", 10, 16 * 32 * 32)}
    equal_with_order(shapes(model), expected)
    assert model.fc.weight.detach().numpy().std() == pytest.approx((2 / 16384) ** 0.5, rel=0.02)
    assert model.conv2.weight.detach().numpy().std() == pytest.approx((2 / 288) ** 0.5, rel=0.1)
    assert not any(value.detach().numpy().any() for name, value in model.named_parameters() if name.endswith("bias"))
    assert ThreeLayerConvNet(1, 4, 2, 3, (6, 9))(tg.zeros(2, 1, 6, 9)).shape == (2, 3)


def test_six_convnet():
    model = SixConvNet()
    keys = {}
    sizes = [(64, 3, 5), (32, 64, 3), (32, 32, 3), (32, 32, 3), (16, 32, 3), (16, 16, 3)]
    for place, (o, i, k) in zip((0, 3, 6, 10, 13, 16), sizes, strict=True):
        keys |= layer(f"features.{place}", o, i, k, k) | norm(f"features.{place + 1}", o)
    equal_with_order(shapes(model), {**keys, **layer("classifier.1", 10, 1024), **norm("classifier.2", 10)})
    assert model.features(tg.zeros(1, 3, 32, 32)).shape == (1, 16, 8, 8)
    kinds = [type(module).__name__ for module in model.features]
    assert kinds == [*["Conv2d", "BatchNorm2d", "ReLU"] * 3, "MaxPool2d"] * 2


@pytest.mark.parametrize("pool", ["max", "avg"])
def test_digit_convnet(pool):
    model = DigitConvNet(pool)
    sizes = {name: value.numel() for name, value in model.named_parameters()}
    weights = [n for name, n in sizes.items() if name.endswith("weight")]
    biases = [n for name, n in sizes.items() if name.endswith("bias")]
    assert weights == [250, 5_000, 32_000, 1_000]
    assert sum(weights) == 38_250
    assert sum(biases) == 140
    assert model(tg.zeros(2, 1, 28, 28)).shape == (2, 10)
    with pytest.raises(ValueError, match="DigitConvNet: expected pool 'max' or 'avg', got 'min'"):
        DigitConvNet("min")


def test_deep_convnet():
    model = DeepConvNet()
    keys = {}
    for place, o, i in ((0, 16, 1), (2, 16, 16), (5, 32, 16), (7, 32, 32), (10, 64, 32), (12, 64, 64)):
        keys |= layer(f"features.{place}", o, i, 3, 3)
    equal_with_order(shapes(model), {**keys, **layer("classifier.1", 50, 1024), **layer("classifier.4", 10, 50)})
    assert count(model) == 123_552
    assert sum(isinstance(module, nn.MaxPool2d) for module in model.modules()) == 3
    x = tg.randn(2, 1, 28, 28)
    assert not (model(x) == model(x)).all()  # dropout is on
    assert (model.eval()(x) == model(x)).all()
    assert model.features[12].weight.detach().numpy().std() == pytest.approx((2 / 576) ** 0.5, rel=0.05)


def test_lenet5():
    model = LeNet5()
    expected = {**layer("conv1", 6, 1, 5, 5), **layer("conv2", 16, 6, 5, 5), **layer("fc1", 120, 400),
                **layer("fc2", 84, 120), **layer("fc3", 10, 84)}  # fmt: skip
    equal_with_order(shapes(model), expected)
    assert count(model) == 61_706
    assert model(tg.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ResNet(BasicBlock, (2, 2, 2)), r"ResNet: expected 4 numbers of blocks of at least 1, got \[2, 2, 2\]"),
        (lambda: ResNet(Bottleneck, (2, 0, 2, 2)), r"ResNet: expected 4 numbers .* at least 1, got \[2, 0, 2, 2\]"),
        (lambda: InvertedResidual(8, 8, 3, 1), "InvertedResidual: expected stride 1 or 2, got 3"),
        (lambda: MobileNetV2(inverted_residual_setting=[(1, 2, 3)]), "MobileNetV2: expected stages of four numbers"),
        (lambda: CifarResNet(0), "CifarResNet: expected n of at least 1, got 0"),
        (lambda: ThreeLayerConvNet(3, 4, 4, 2, 0), "ThreeLayerConvNet: expected img_sz of at least 1, got 0"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()
