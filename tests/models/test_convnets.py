import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import optim
from tinygrad_cnn.models import ConvNet2, SimpleConvNet


def count(model):
    return {name: parameter.shape for name, parameter in model.named_parameters()}


def test_convnet2_has_the_shapes_of_the_report():
    assert count(ConvNet2()) == {
        "conv1.weight": (16, 1, 5, 5),
        "conv1.bias": (16,),
        "fc1.weight": (3, 784),
        "fc1.bias": (3,),
    }
    assert ConvNet2(img_sz=9, kernel_sz=9, kernel_num=2, num_cls=5)(tc.zeros(4, 1, 9, 9)).shape == (4, 5)


def test_simple_convnet_has_the_shapes_of_the_course():
    assert count(SimpleConvNet()) == {
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
        (lambda: ConvNet2(kernel_sz=12), r"ConvNet2: expected kernel_sz in \[1, 11\] for images of 11, got 12"),
        (lambda: ConvNet2(init="zero"), "ConvNet2: expected init 'small' or 'he', got 'zero'"),
        (lambda: SimpleConvNet((1, 5, 28)), "SimpleConvNet: expected at least 2×2 places .* got 1×24"),
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
