"""The networks and shapes that are measured are the ones that the tables name, and both frameworks agree on them."""

import math

import pytest

import tinygrad_cnn
from benchmarks import imagenet
from benchmarks.networks import NETWORKS
from benchmarks.same import TOLERANCE, TRAINED, differences
from benchmarks.steps import stand_still, training_step
from benchmarks.untuned import SHAPES
from tinygrad_cnn.models import DeepConvNet, SixConvNet, resnet18, vgg11

PARAMETERS = {
    "W0": 1 * 16 * 25 + 16 + 784 * 3 + 3,
    "W1": 3 * 6 * 25 + 6 + 6 * 12 * 9 + 12 + 1728 * 5 + 5,
    "W2a": 3072 * 4000 + 4000 + 4000 * 10 + 10,
    "W2b": 3 * 32 * 25 + 32 + 32 * 16 * 9 + 16 + 16384 * 10 + 10,
    "W3": 250 + 5000 + 32000 + 1000 + 140,
    "W4": 30 * 25 + 30 + 4320 * 100 + 100 + 1010,
}


def shapes(model):
    return [tuple(parameter.shape) for parameter in model.parameters()]


def test_all_eight_are_there():
    assert list(NETWORKS) == ["W0", "W1", "W2a", "W2b", "W2c", "W3", "W4", "W5"]
    assert len(SHAPES) >= 14


@pytest.mark.parametrize("name", list(PARAMETERS))
def test_parameters(name):
    assert sum(math.prod(shape) for shape in shapes(NETWORKS[name].model(tinygrad_cnn))) == PARAMETERS[name]


@pytest.mark.parametrize(("name", "model"), [("W2c", SixConvNet), ("W5", DeepConvNet)])
def test_the_deep_ones_are_those_of_the_package(name, model):
    assert shapes(NETWORKS[name].model(tinygrad_cnn)) == shapes(model())


def test_the_large_ones_are_those_of_the_package():
    assert sorted(shapes(imagenet.resnet18(tinygrad_cnn))) == sorted(shapes(resnet18(num_classes=1000)))
    small = tinygrad_cnn.summary(imagenet.resnet18(tinygrad_cnn), (1, 3, 64, 64)).multiply_adds
    assert small == tinygrad_cnn.summary(resnet18(num_classes=1000), (1, 3, 64, 64)).multiply_adds
    assert vgg11.__module__.endswith("vgg")


COMPARABLE = [
    pytest.param(name, marks=[pytest.mark.slow] if name == "W2c" else [])
    for name, network in NETWORKS.items()
    if not network.random
]


@pytest.mark.parametrize("name", COMPARABLE)
def test_the_first_losses_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    network = NETWORKS[name]
    losses = []
    for framework in (tinygrad_cnn, torch):
        step, _ = training_step(framework, network, *network.data(framework))
        losses.append([float(step().item()) for _ in range(3)])
    assert losses[0] == pytest.approx(losses[1], rel=TRAINED)
    assert losses[0][0] == pytest.approx(losses[1][0], rel=1e-5)
    assert abs(losses[0][2] - losses[0][0]) > 2 * TRAINED * losses[0][0]  # so that wrong steps would be seen


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "vgg11"])
def test_a_shape_gives_what_pytorch_gives(name):
    torch = pytest.importorskip("torch")
    figures = []
    for framework in (tinygrad_cnn, torch):
        call, check = SHAPES[name].prepare(framework)
        call()
        call()  # gradients of one call, not sums over calls
        figures.append(check())
    assert figures[0] == pytest.approx(figures[1], rel=TOLERANCE)
    assert all(figure > 0 for figure in figures[0])


def test_steps_become_tiny():
    network = NETWORKS["W0"]
    step, optimizer = training_step(tinygrad_cnn, network, *network.data(tinygrad_cnn))
    stand_still(optimizer)
    first, second = float(step().item()), float(step().item())
    assert second == pytest.approx(first, rel=1e-4)


def test_differences_are_named():
    same = {"name": "a", "ours": {"check": [1.0, 2.0]}, "torch": {"check": [1.0001, 2.0]}}
    differences([same, {"name": "alone", "ours": {"check": [1.0]}}])
    with pytest.raises(SystemExit, match="b: the results differ: ours .*3.0.*PyTorch"):
        differences([same, {"name": "b", "ours": {"check": [3.0]}, "torch": {"check": [2.0]}}])
    with pytest.raises(SystemExit, match="c: "):
        differences([{"name": "c", "ours": {"check": [float("nan")]}, "torch": {"check": [2.0]}}])
    with pytest.raises(SystemExit, match="d: "):
        differences([{"name": "d", "ours": {"check": [1.0]}, "torch": {"check": [1.0, 2.0]}}])
