"""Every network of `tinygrad_cnn.models` trains one step as its twin in PyTorch does."""

import numpy as np
import pytest

from tinygrad_cnn import models

pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch==2.13.0")

import imagenet_twins
import model_twins

MODELS = {
    "convnet2": ("ConvNet2", {"init": "he"}),
    "cnn_basic": ("CnnBasicModel", {"hconfigs": model_twins.LAYERS, "input_size": (3, 16, 12)}),
    "simple_convnet": ("SimpleConvNet", {"weight_init_std": 0.05}),
    "two_layer_fc": ("TwoLayerFC", {"input_size": 3 * 8 * 8, "hidden_size": 40, "num_classes": 10}),
    "three_layer_convnet": (
        "ThreeLayerConvNet",
        {"in_channel": 3, "channel_1": 12, "channel_2": 8, "num_classes": 10, "img_sz": (12, 10)},
    ),
    "six_convnet": ("SixConvNet", {}),
    "digit_convnet": ("DigitConvNet", {}),
    "digit_convnet_average": ("DigitConvNet", {"pool": "avg"}),
    "deep_convnet": ("DeepConvNet", {"dropout": 0.0}),
    "lenet5": ("LeNet5", {}),
    "resnet20": ("resnet20", {}),
    "resnet18": ("resnet18", {"num_classes": 10}),
    "resnet34": ("resnet34", {"num_classes": 10}),
    "resnet50": ("resnet50", {"num_classes": 10}),
    "densenet121": ("densenet121", {"num_classes": 6}),
    "mobilenet_v2": ("mobilenet_v2", {"num_classes": 6, "dropout": 0.0}),
    "alexnet": ("alexnet", {"num_classes": 7, "dropout": 0.0}),
    "vgg11": ("vgg11", {"num_classes": 5, "dropout": 0.0}),
    "vgg11_bn": ("vgg11_bn", {"num_classes": 5, "dropout": 0.0}),
    "vgg13": ("vgg13", {"num_classes": 5, "dropout": 0.0}),
    "vgg16": ("vgg16", {"num_classes": 5, "dropout": 0.0}),
    "vgg16_bn": ("vgg16_bn", {"num_classes": 5, "dropout": 0.0}),
    "vgg19": ("vgg19", {"num_classes": 5, "dropout": 0.0}),
}
"""The twin -> the name in `models` and its arguments; without dropout, which draws other numbers there."""

SLOW = {"alexnet", "densenet121", "resnet34", "resnet50"} | {name for name in MODELS if name.startswith("vgg")}
"""Large, deep, or both: weights, gradients and momenta of a VGG fill gigabytes."""

PARTS = {
    "BasicBlock", "Bottleneck", "InvertedResidual", "vgg_features",
    "AlexNet", "CifarResNet", "DenseNet", "MobileNetV2", "ResNet", "VGG",
}  # fmt: skip
"""What the functions of `models` build from."""

LIKE_ANOTHER = {"vgg13_bn", "vgg19_bn"}
"""Made as `vgg16_bn` is, of the counts of `vgg13` and `vgg19`."""


def step(framework, model, x, t):
    """One step of SGD with momentum; the loss."""
    optimizer = framework.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    loss = framework.nn.functional.cross_entropy(model(framework.from_numpy(x)), framework.from_numpy(t))
    loss.backward()
    optimizer.step()
    return loss.item()


def pair(name, torch):
    """The model and its twin, in float64, with a batch and its classes."""
    made, options = MODELS[name]
    mine = getattr(models, made)(**options).double()
    theirs, shape, classes = getattr(imagenet_twins if hasattr(imagenet_twins, name) else model_twins, name)()
    source = np.random.default_rng(1)
    return mine, theirs.double(), source.standard_normal(shape), source.integers(0, classes, shape[0])


SCORED = {"vgg13", "vgg16", "vgg19"}
"""Not trained here: `vgg11` and `vgg16_bn` are the same class, and a step of each fills gigabytes."""


def named(names):
    return pytest.mark.parametrize(
        "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in names]
    )


@named(name for name in MODELS if name not in SCORED)
def test_one_step_of_training(name, ours, torch):
    mine, theirs, x, t = pair(name, torch)
    assert [key for key, _ in mine.named_parameters()] == [key for key, _ in theirs.named_parameters()]
    assert list(mine.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({key: torch.from_numpy(value.numpy().copy()) for key, value in mine.state_dict().items()})
    found, expected = step(ours, mine, x, t), step(torch, theirs, x.copy(), t)
    assert found == pytest.approx(expected, rel=1e-9)
    for (key, p), (_, q) in zip(mine.named_parameters(), theirs.named_parameters(), strict=True):
        same(p.grad, q.grad, f"gradient of {key}")
    after = theirs.state_dict()
    for key, value in mine.state_dict().items():
        same(value, after[key], key)


@named(MODELS)
def test_weights_of_pytorch_give_the_same_scores(name, ours, torch):
    mine, theirs, x, _ = pair(name, torch)
    with torch.no_grad():
        theirs(torch.from_numpy(x))  # moves the running statistics
    mine.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    with torch.no_grad(), ours.no_grad():
        same(mine.eval()(ours.from_numpy(x)), theirs.eval()(torch.from_numpy(x)), "scores")


def same(mine, theirs, what):
    """The same to nine digits, of the largest value where terms cancel; all cancel in a bias before a BatchNorm."""
    mine, theirs = mine.numpy(), theirs.numpy()
    nothing = 1e-11 * np.abs(theirs).max(initial=0) + 1e-14
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=nothing, err_msg=what)


def test_every_model_has_a_twin():
    assert {made for made, _ in MODELS.values()} | PARTS | LIKE_ANOTHER == set(models.__all__)
