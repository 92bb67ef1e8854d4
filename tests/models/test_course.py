"""The networks of the courses: shapes, initial weights, refusals, and that they learn."""

import numpy as np
import pytest
from model_keys import count, equal_with_order, layer, norm, shapes

import tinygrad_cnn as tc
import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.models import (
    ConvNet2,
    DeepConvNet,
    DigitConvNet,
    SimpleConvNet,
    SixConvNet,
    ThreeLayerConvNet,
    TwoLayerFC,
)


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


def test_convnet2_has_the_shapes_of_the_report():
    assert shapes(ConvNet2()) == {
        "conv1.weight": (16, 1, 5, 5),
        "conv1.bias": (16,),
        "fc1.weight": (3, 784),
        "fc1.bias": (3,),
    }
    assert ConvNet2(img_sz=9, kernel_sz=9, kernel_num=2, num_cls=5)(tc.zeros(4, 1, 9, 9)).shape == (4, 5)


def test_simple_convnet_has_the_shapes_of_the_course():
    assert shapes(SimpleConvNet()) == {
        "conv1.weight": (30, 1, 5, 5),
        "conv1.bias": (30,),
        "fc1.weight": (100, 4320),
        "fc1.bias": (100,),
        "fc2.weight": (10, 100),
        "fc2.bias": (10,),
    }


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("pad", [0, 2])
def test_simple_convnet_works_out_its_own_sizes(stride, pad):
    model = SimpleConvNet((3, 13, 18), 4, 3, pad, stride, hidden_size=7, output_size=5)
    assert model(tc.zeros(2, 3, 13, 18)).shape == (2, 5)


@pytest.mark.parametrize(
    ("make", "std"),
    [
        (lambda: SimpleConvNet(), {"conv1": 0.01, "fc1": 0.01, "fc2": 0.01}),
        (lambda: SimpleConvNet(weight_init_std=0.5), {"conv1": 0.5, "fc1": 0.5, "fc2": 0.5}),
        (lambda: ConvNet2(), {"conv1": 0.001, "fc1": 0.001}),
        (lambda: ConvNet2(init="he"), {"conv1": (2 / 25) ** 0.5, "fc1": (2 / 784) ** 0.5}),
    ],
)
def test_initial_weights(make, std):
    tc.manual_seed(0)
    model = make()
    for name, expected in std.items():
        layer = getattr(model, name)
        assert layer.weight.detach().numpy().std() == pytest.approx(expected, rel=0.15), name
        assert not layer.bias.detach().numpy().any()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ThreeLayerConvNet(3, 4, 4, 2, 0), "ThreeLayerConvNet: expected img_sz of at least 1, got 0"),
        (lambda: ConvNet2(kernel_sz=12), r"ConvNet2: expected kernel_sz in \[1, 11\] for images of 11, got 12"),
        (lambda: ConvNet2(init="zero"), "ConvNet2: expected init 'small' or 'he', got 'zero'"),
        (lambda: SimpleConvNet((1, 5, 28)), "SimpleConvNet: expected maps of at least 2×2 .* got 1×24"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_an_image_of_the_wrong_size_is_refused_by_the_layer_that_meets_it():
    with pytest.raises(RuntimeError, match=r"last axis of 4320 .* got \(2, 1920\)") as caught:
        SimpleConvNet()(tc.zeros(2, 1, 20, 20))
    layer = "in SimpleConvNet.fc1 Linear(in_features=4320, out_features=100, bias=True)"
    assert str(caught.value).splitlines()[1].startswith(f"{layer}: got (2, 1920) after reshape of (2, 30, 8, 8)")


@pytest.mark.parametrize("make", [lambda: ConvNet2(init="he"), lambda: SimpleConvNet((1, 11, 11), 4, 3)])
def test_learns_four_images_by_heart(make):
    tc.manual_seed(0)
    model = make()
    x, t = tc.randn(4, 1, 11, 11), tc.tensor([0, 1, 2, 1])
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01
    np.testing.assert_array_equal(model(x).argmax(1).numpy(), t.numpy())
